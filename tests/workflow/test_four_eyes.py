"""X4: who applied cannot decide, nor who is named; who reviewed cannot issue; without exception."""

import pytest

from app.catalog.enums import ApplicationState, AuditOutcome, Category, OfficeCode
from app.catalog.permissions import RoleName
from app.errors import Forbidden
from app.models.accounts import Account
from app.models.applications import Application
from app.models.roles import Role
from app.services.accounts import open_account
from tests.support.factories import (
    HOME,
    SETUP,
    STAFF_NUMBERS,
    Office,
    administrator_of,
    items,
    staff,
    staff_of,
)
from tests.support.people import person
from tests.support.rows import changes, everything

pytestmark = pytest.mark.rule("X4")

REG, SERVICE, RESEARCH = OfficeCode.REG, OfficeCode.SERVICE, OfficeCode.RESEARCH
DECISIONS = [
    ("approve", {}),
    ("return", {"comment": "?"}),
    ("reject", {"comment": "?"}),
    ("claim", {}),
]


def number_of(login: str) -> int:
    """The made-up person who works under this login name."""
    return STAFF_NUMBERS + [found for found, *_ in staff()].index(login)


def refuse(office: Office, who: object, identity: int, code: str) -> None:
    """Every decision is refused for the same reason, put on record, and changes nothing."""
    before = everything(office.session)
    for action, said in DECISIONS:
        with pytest.raises(Forbidden) as refusal:
            office.perform(who, identity, action, **said)
        assert (refusal.value.code, refusal.value.rule) == (code, "X4")
        event = office.last_event()
        assert (event.outcome, event.rule) == (AuditOutcome.REFUSED, "X4")
    assert changes(before, everything(office.session)) == {}


def with_every_role(office: Office, login: str) -> Account:
    """Give somebody every role there is, which no service would."""
    account = office.account(login)
    account.roles = list(office.session.query(Role))
    office.session.commit()
    return account


@pytest.mark.parametrize("step", ["created", "submitted"])
def test_who_applied_cannot_decide_with_every_role_and_right(office: Office, step: str):
    login = staff_of(REG)
    with_every_role(office, login)
    lines = office.lines(HOME)
    if step == "created":
        identity = office.draft(HOME, lines=lines, by=login)
        office.perform(administrator_of(HOME), identity, "submit")
    else:
        identity = office.draft(HOME, lines=lines)
        office.perform(login, identity, "submit")
    refuse(office, office.almighty(login), identity, "applicant_decides")
    assert office.perform(staff_of(REG, 2), identity, "approve").state == ApplicationState.PASSED


def test_who_is_named_on_the_form_cannot_decide_it(office: Office):
    login = staff_of(REG)
    form = {
        **person(number_of(login)),
        "items": items(office.organization("east").type, "registration"),
    }
    identity = office.submitted("east", lines=[form])
    refuse(office, login, identity, "named_person_decides")
    refuse(office, office.almighty(login), identity, "named_person_decides")


def test_who_applied_under_another_account_cannot_decide(office: Office):
    """One person may have an account in two organisations; the eyes are the same two."""
    login = "twin"
    with office.acting(SETUP):
        open_account(
            office.session,
            raw={
                **person(number_of(administrator_of("east"))),
                "login_name": login,
                "organization_id": office.organization(HOME).id,
                "office_code": REG.value,
                "roles": [RoleName.REVIEWER.value],
            },
            actor=SETUP,
            now=office.now,
        )
        office.session.commit()
    identity = office.submitted("east")
    refuse(office, login, identity, "applicant_decides")


@pytest.mark.parametrize("unit", ["developer", "bank", "agency", "institute"])
def test_who_reviewed_cannot_issue_the_keys(office: Office, unit: str):
    identity = office.standing_at(ApplicationState.CONFIGURED, unit)
    reviewer = staff_of(SERVICE)
    (serial, *_rest) = office.free_serials(SERVICE)
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    before = everything(office.session)
    for who in (office.actor(reviewer), office.almighty(reviewer)):
        for action, said in (("issue_key", {"data": data}), ("complete", {"comment": "?"})):
            with pytest.raises(Forbidden) as refusal:
                office.perform(who, identity, action, **said)
            assert (refusal.value.code, refusal.value.rule) == ("reviewer_issues", "X4")
    assert changes(before, everything(office.session)) == {}
    assert (
        office.perform(staff_of(SERVICE, 2), identity, "issue_key", data=data).state == "completed"
    )


def test_who_passed_an_earlier_round_and_has_moved_to_the_issuing_office_cannot_issue(
    office: Office,
):
    login = staff_of(REG)
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    office.perform(login, identity, "approve")
    office.perform(staff_of(OfficeCode.MKT), identity, "return", comment="?")
    office.perform(administrator_of("east"), identity, "submit")
    office.perform(staff_of(REG, 2), identity, "approve")
    office.walk(identity, until=lambda a: a.state == ApplicationState.CONFIGURED)
    with_every_role(office, login).office_code = RESEARCH
    office.session.commit()
    with pytest.raises(Forbidden) as refusal:
        office.do_step(identity, "issue_key", RESEARCH, by=login)
    assert refusal.value.code == "reviewer_issues"


def test_who_applied_cannot_issue_either(office: Office):
    login = staff_of(RESEARCH, 2)
    with_every_role(office, login)
    identity = office.draft(HOME, lines=office.lines(HOME), by=login)
    office.perform(administrator_of(HOME), identity, "submit")
    office.walk(identity, until=lambda a: a.state == ApplicationState.CONFIGURED)
    with pytest.raises(Forbidden) as refusal:
        office.do_step(identity, "issue_key", RESEARCH, by=login)
    assert refusal.value.code == "applicant_decides"
    office.do_step(identity, "issue_key", RESEARCH, by=staff_of(RESEARCH))


def test_nobody_suspends_restores_or_cancels_the_own_account(office: Office):
    login = administrator_of("east")
    issuer, (serial, *_rest) = staff_of(RESEARCH), office.free_serials(RESEARCH)
    account = office.account(login).id
    office.perform(issuer, account, "issue_key", model=Account, data={"key_serial": serial})
    own = office.almighty(login)
    for action in ("suspend", "cancel"):
        with pytest.raises(Forbidden) as refusal:
            office.perform(own, account, action, model=Account, comment="?")
        assert (refusal.value.code, refusal.value.rule) == ("own_account", "X4")
    office.perform(staff_of(OfficeCode.INFO), account, "suspend", model=Account, comment="?")
    with pytest.raises(Forbidden) as refusal:
        office.perform(own, account, "restore", model=Account, comment="?")
    assert refusal.value.code == "own_account"


def test_who_opened_an_account_by_hand_cannot_give_it_its_key(office: Office):
    login = staff_of(RESEARCH)
    opener = office.almighty(login)
    with office.acting(opener):
        opened = open_account(
            office.session,
            raw={
                **office.person(),
                "login_name": "by.hand",
                "organization_id": office.organization(HOME).id,
                "office_code": REG.value,
                "roles": [RoleName.REVIEWER.value],
            },
            actor=opener,
            now=office.now,
        ).id
        office.session.commit()
    serial, *_rest = office.free_serials(RESEARCH)
    with pytest.raises(Forbidden) as refusal:
        office.perform(opener, opened, "issue_key", model=Account, data={"key_serial": serial})
    assert (refusal.value.code, refusal.value.rule) == ("opener_issues", "X4")
    other = staff_of(RESEARCH, 2)
    office.perform(other, opened, "issue_key", model=Account, data={"key_serial": serial})
    assert office.session.get_one(Account, opened).is_active


def test_the_buttons_say_beforehand_what_the_door_would_say(office: Office):
    from app.services.applications import what_can_be_done

    login = staff_of(REG)
    form = {
        **person(number_of(login)),
        "items": items(office.organization("east").type, "registration"),
    }
    identity = office.submitted("east", lines=[form])
    with office.acting(login) as actor:
        application = office.session.get_one(Application, identity)
        offered = what_can_be_done(office.session, application, actor=actor, now=office.now)
    reasons = {o["action"]: [why["code"] for why in o["why_not"]] for o in offered}
    for action, _said in DECISIONS:
        assert reasons[action] == ["named_person_decides"]
