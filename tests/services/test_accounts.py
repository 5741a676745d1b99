"""Accounts opened by hand: whose data is checked, who may, what roles go together, what is told."""

import pytest

from app.catalog.enums import AccountState
from app.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.models.accounts import Account
from app.security.actor import Actor
from app.services.accounts import (
    amend_account,
    assign_roles,
    open_account,
    reset_password,
    reveal_citizen_id,
)
from app.services.commits import committing
from app.services.signin import sign_in
from app.workflow.form import person_digest
from tests.support.factories import NOON
from tests.support.hands import SECURITY, activate, entries, open_by, said
from tests.support.people import citizen_id, old_citizen_id, wrong_citizen_id

# --- Opening


@pytest.mark.rule("M4", "M5")
def test_an_account_opened_by_hand_waits_for_its_key(office):
    made = open_by(office)

    assert made.state == AccountState.PENDING
    assert made.password_hash is None
    assert (made.login_name, made.login_key) == ("Xin.Lai", "xin.lai")
    assert made.opened_by_id == office.account(SECURITY).id
    event = office.last_event()
    assert (event.tag, event.rule, event.person_id) == ("account:opened", "M4", made.id)
    assert event.new == {"state": "pending", "office": "REG", "roles": ["reviewer"]}


@pytest.mark.rule("M5")
def test_an_old_number_of_15_digits_is_upgraded_and_found_by_the_same_digest(office):
    made = open_by(office, citizen_id=old_citizen_id(500))

    assert made.citizen_id == citizen_id(500)
    assert made.citizen_id_digest == person_digest(citizen_id(500))


@pytest.mark.rule("M2", "M3", "M5")
@pytest.mark.parametrize(
    ("changed", "field", "code", "rule"),
    [
        ({"citizen_id": wrong_citizen_id(500)}, "citizen_id", "citizen_id_check_digit", "M5"),
        ({"citizen_id": 110101199001011234}, "citizen_id", "not_text", "M5"),
        ({"sex": "female"}, "sex", "citizen_id_sex", "M5"),
        ({"sex": "other"}, "sex", "unknown_choice", "M5"),
        ({"name": ""}, "name", "required", "M5"),
        ({"name": "@SUM(1)"}, "name", "name_formula", "M5"),
        ({"login_name": "a b"}, "login_name", "login_name_characters", "M4"),
        ({"login_name": "REG1"}, "login_name", "login_name_taken", "M5"),
        ({"organization": None}, "organization", "required", "M2"),
        ({"organization": "nothing"}, "organization", "unknown_organization", "M2"),
        ({"office_code": "XYZ"}, "office_code", "unknown_office", "M3"),
        ({"office_code": None}, "roles", "role_needs_office", "M3"),
        ({"roles": []}, "roles", "required", "M4"),
        ({"roles": "reviewer"}, "roles", "required", "M4"),
        ({"roles": ["king"]}, "roles", "unknown_choice", None),
        ({"roles": [{"name": "reviewer"}]}, "roles", "unknown_choice", None),
        ({"roles": ["configurator"]}, "roles", "role_not_of_office", "M3"),
        ({"roles": ["key_officer"]}, "roles", "role_not_of_office", "M3"),
        ({"state": "active"}, "state", "unknown_field", None),
        ({"password": "secret"}, "password", "unknown_field", None),
    ],
)
def test_a_wrong_entry_is_named_by_field_and_rule_and_no_account_is_opened(
    office, changed, field, code, rule
):
    before = office.count(Account)

    with pytest.raises(InvalidInput) as error:
        open_by(office, **changed)

    assert said(error) == [(field, code, rule)]
    assert office.count(Account) == before


@pytest.mark.rule("M5")
def test_one_person_has_one_account_in_an_organization(office):
    open_by(office)

    with pytest.raises(InvalidInput) as error:
        open_by(office, login_name="second", citizen_id=old_citizen_id(500))

    assert said(error) == [("citizen_id", "already_has_account", "M5")]


@pytest.mark.rule("M4")
@pytest.mark.parametrize("roles", [["organization_administrator"], ["holder"]])
def test_outside_the_commission_everybody_after_the_first_administrator_is_applied_for(
    office, roles
):
    with pytest.raises(InvalidInput) as error:
        open_by(
            office, organization=office.organization("bank").code, office_code=None, roles=roles
        )

    assert said(error) == [("roles", "needs_application", "M4")]


@pytest.mark.rule("M3")
@pytest.mark.parametrize("role", ["auditor", "system_administrator", "security_administrator"])
def test_nobody_outside_the_commission_administers_the_whole(office, role):
    with pytest.raises(InvalidInput) as error:
        open_by(
            office, organization=office.organization("bank").code, office_code=None, roles=[role]
        )

    assert ("roles", "role_of_commission", "M3") in said(error)


@pytest.mark.rule("M3")
def test_an_office_belongs_to_the_organization_of_the_account(office):
    with pytest.raises(InvalidInput) as error:
        open_by(office, organization=office.organization("east").code)

    assert ("office_code", "office_of_another_organization", "M3") in said(error)


@pytest.mark.parametrize("login", ["reg1", "research1", "auditor", "system_administrator"])
def test_only_the_security_administrator_opens_accounts_and_the_refusal_is_recorded(office, login):
    with office.acting(login) as actor, pytest.raises(Forbidden):  # noqa: SIM117
        with committing(
            office.session, tag="account:opened", actor=actor, now=NOON, subject_type="account"
        ):
            open_account(office.session, raw=entries(office), actor=actor, now=NOON)

    (event,) = office.refusals()
    assert (event.tag, event.actor_id) == ("account:opened", office.account(login).id)
    assert event.new["code"] == "not_your_duty"


# --- Correcting, roles, passwords


@pytest.mark.rule("M5")
def test_a_correction_is_recorded_with_the_number_masked(office):
    account = office.account("reg1")
    with office.acting(SECURITY) as actor:
        amend_account(
            office.session,
            account,
            {"citizen_id": citizen_id(600), "name": "正确之名"},
            actor=actor,
            now=NOON,
            comment="录入有误",
        )

    event = office.last_event()
    assert event.tag == "account:amended"
    assert event.new["name"] == "正确之名"
    assert event.new["citizen_id"] == citizen_id(600)[:6] + "********" + citizen_id(600)[-4:]
    assert account.citizen_id_digest == person_digest(citizen_id(600))


def test_nobody_corrects_the_own_account(office):
    with office.acting(SECURITY) as actor, pytest.raises(Forbidden) as error:
        amend_account(
            office.session, office.account(SECURITY), {"name": "改名"}, actor=actor, now=NOON
        )

    assert error.value.rule == "X4"


@pytest.mark.rule("M3")
def test_moving_to_another_office_needs_roles_that_fit_there(office):
    with office.acting(SECURITY) as actor, pytest.raises(InvalidInput) as error:
        amend_account(
            office.session,
            office.account("info1"),
            {"office_code": "REG"},
            actor=actor,
            now=NOON,
        )

    assert said(error) == [("roles", "role_not_of_office", "M3")]


@pytest.mark.parametrize(
    "pair",
    [
        ["system_administrator", "security_administrator"],
        ["system_administrator", "auditor"],
        ["security_administrator", "auditor"],
    ],
)
def test_no_account_holds_two_of_the_three_administrators(office, pair):
    with office.acting(SECURITY) as actor, pytest.raises(InvalidInput) as error:
        assign_roles(office.session, office.account("auditor"), pair, actor=actor, now=NOON)

    assert said(error) == [("roles", "roles_separated", "X4")]


@pytest.mark.rule("X4")
@pytest.mark.parametrize(
    "roles",
    [
        ["auditor", "holder"],
        ["auditor", "organization_administrator"],
        ["system_administrator", "organization_administrator"],
        ["security_administrator", "organization_administrator"],
    ],
)
def test_an_administrator_of_the_three_does_nobody_elses_work(office, roles):
    with office.acting(SECURITY) as actor, pytest.raises(InvalidInput) as error:
        assign_roles(office.session, office.account("auditor"), roles, actor=actor, now=NOON)

    assert said(error) == [("roles", "roles_separated", "X4")]


@pytest.mark.rule("X4")
@pytest.mark.parametrize("role", ["auditor", "system_administrator", "security_administrator"])
def test_who_changes_the_roads_or_reads_the_trail_decides_no_form(office, role):
    pair = [role, "reviewer"]
    with office.acting(SECURITY) as actor, pytest.raises(InvalidInput) as error:
        assign_roles(office.session, office.account("reg1"), pair, actor=actor, now=NOON)

    assert said(error) == [("roles", "roles_separated", "X4")]


@pytest.mark.rule("X4")
def test_nobody_serves_oneself_through_a_second_account(office):
    own, other = office.account(SECURITY), office.account("east.admin")
    other.citizen_id, other.citizen_id_digest = own.citizen_id, own.citizen_id_digest
    office.session.commit()
    for change in (
        lambda actor: assign_roles(office.session, other, ["holder"], actor=actor, now=NOON),
        lambda actor: amend_account(
            office.session, other, {"name": "另一个"}, actor=actor, now=NOON
        ),
        lambda actor: reset_password(office.session, other, actor=actor, now=NOON),
    ):
        with office.acting(SECURITY) as actor, pytest.raises(Forbidden) as error:
            change(actor)
        assert error.value.code == "own_account"


def test_nobody_changes_the_own_roles(office):
    with office.acting(SECURITY) as actor, pytest.raises(Forbidden) as error:
        assign_roles(office.session, office.account(SECURITY), ["auditor"], actor=actor, now=NOON)

    assert error.value.code == "own_account"


def test_somebody_remains_who_can_give_roles(office):
    activate(office, SECURITY)
    second = open_by(
        office, login_name="second", office_code=None, roles=["security_administrator"]
    )
    office.session.commit()
    activate(office, "second")

    with office.acting("second") as actor:
        assign_roles(office.session, office.account(SECURITY), ["holder"], actor=actor, now=NOON)
    office.session.flush()

    with office.acting(office.almighty("reg1")) as actor, pytest.raises(InvalidInput) as error:
        assign_roles(office.session, second, ["holder"], actor=actor, now=NOON)
    assert said(error) == [("roles", "last_security_administrator", "M3")]


def test_new_roles_end_the_sessions_that_had_the_old_ones(office):
    account = office.account("auditor")
    before = account.epoch

    with office.acting(SECURITY) as actor:
        assign_roles(office.session, account, ["system_administrator"], actor=actor, now=NOON)

    assert account.epoch == before + 1
    event = office.last_event()
    assert (event.old, event.new) == (
        {"roles": ["auditor"]},
        {"roles": ["system_administrator"]},
    )


def test_a_stale_version_is_refused(office):
    account = office.account("reg1")

    with office.acting(SECURITY) as actor, pytest.raises(Conflict):
        assign_roles(
            office.session,
            account,
            ["reviewer"],
            actor=actor,
            now=NOON,
            expected_version=account.version + 1,
        )


@pytest.mark.rule("M8")
def test_a_reset_password_opens_the_account_and_ends_its_sessions(office):
    account = activate(office, "reg1")
    before = account.epoch

    with office.acting(SECURITY) as actor:
        password = reset_password(office.session, account, actor=actor, now=NOON)

    assert account.epoch > before
    assert account.must_change_password
    assert sign_in(
        office.session, "reg1", password, actor=Actor.system("door"), now=NOON, requires_key=True
    )


@pytest.mark.rule("M4")
def test_an_account_without_key_gets_no_password(office):
    with office.acting(SECURITY) as actor, pytest.raises(Refused) as error:
        reset_password(office.session, office.account("reg1"), actor=actor, now=NOON)

    assert error.value.code == "no_password_now"


@pytest.mark.rule("M5")
def test_revealing_a_number_is_recorded(office):
    account = office.account("east.admin")

    with office.acting("reg1") as actor:
        number = reveal_citizen_id(office.session, account, actor=actor, now=NOON)

    assert number == account.citizen_id
    event = office.last_event()
    assert (event.tag, event.person_id) == ("account:revealed", account.id)
    assert number not in str(event.new)


def test_a_number_beyond_reach_is_not_revealed(office):
    account = office.account("east.admin")

    with office.acting("west.admin") as actor, pytest.raises(NotFound):
        reveal_citizen_id(office.session, account, actor=actor, now=NOON)
