"""Real names, one account a person and organisation, nobody without an organisation (M2, M5)."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.catalog.enums import AccountState, ApplicationState, OfficeCode, Sex
from app.errors import Conflict, Forbidden, InvalidInput, Refused
from app.models.accounts import Account
from app.models.applications import Application
from app.services.accounts import open_account
from app.services.applications import open_draft
from app.workflow.effects.accounts import _numbered
from tests.support.factories import (
    HEADER,
    HOME,
    SETUP,
    UNITS,
    Office,
    administrator_of,
    items,
    kind_of,
    staff_of,
)
from tests.support.people import citizen_id, old_citizen_id, person, wrong_citizen_id

ALL_UNITS = list(UNITS)
EITHER = ["east", "developer"]


def told(refusal: Any) -> list[tuple[str, str]]:
    return [(detail.field, detail.code) for detail in refusal.value.details]


def form(unit: str, *people: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines of these people, with an item where the unit chooses some."""
    unit_type = UNITS[unit].type
    asked = {"items": items(unit_type, "registration")} if unit_type.is_management else {}
    return [{**asked, **said} for said in people]


# --- M2


@pytest.mark.rule("M2")
def test_an_account_without_an_organization_cannot_exist(office: Office):
    account = office.account(administrator_of("east"))
    account.organization_id = None
    with pytest.raises(IntegrityError):
        office.session.flush()
    assert not Account.__table__.c.organization_id.nullable


@pytest.mark.rule("M2")
@pytest.mark.parametrize("unit", ALL_UNITS)
def test_every_new_account_belongs_to_the_unit_that_applied(office: Office, unit: str):
    identity = office.standing_at(ApplicationState.CONFIGURED, unit)
    (line,) = office.application(identity).lines
    assert line.account.organization_id == office.organization(unit).id


@pytest.mark.rule("M2")
@pytest.mark.parametrize("action", ["submit", "withdraw"])
def test_a_unit_speaks_for_itself_only(office: Office, action: str):
    identity = office.draft("east")
    seeing_everything = office.almighty(administrator_of("west"))
    with pytest.raises(Forbidden) as refusal:
        office.perform(seeing_everything, identity, action)
    assert (refusal.value.code, refusal.value.rule) == ("not_your_organization", "M2")


# --- M5: the number


@pytest.mark.rule("M5")
@pytest.mark.parametrize("unit", EITHER)
def test_a_mistyped_number_is_refused_by_its_check_digit(office: Office, unit: str):
    line = {**person(1), "citizen_id": wrong_citizen_id(1)}
    with pytest.raises(InvalidInput) as refusal:
        office.draft(unit, lines=form(unit, person(2), line))
    assert told(refusal) == [("lines.2.citizen_id", "citizen_id_check_digit")]
    assert refusal.value.rule == "M5"


@pytest.mark.rule("M5")
@pytest.mark.parametrize("unit", EITHER)
def test_a_draft_keeps_a_mistyped_number_as_typed_but_is_not_handed_in(office: Office, unit: str):
    typed = wrong_citizen_id(1)
    identity = office.draft(
        unit, lines=form(unit, person(2), {**person(1), "citizen_id": typed}), strict=False
    )
    line = office.application(identity).lines[1]
    assert (line.citizen_id, line.person_digest) == (typed, None)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    assert told(refusal) == [("lines.2.citizen_id", "citizen_id_check_digit")]
    assert office.application(identity).state == ApplicationState.DRAFT


@pytest.mark.rule("M5")
@pytest.mark.parametrize("unit", EITHER)
@pytest.mark.parametrize(
    "spelt",
    [
        old_citizen_id,
        lambda number: f" {citizen_id(number)} ",
        lambda number: citizen_id(number).lower(),
        lambda number: (
            f"{citizen_id(number)[:6]} {citizen_id(number)[6:14]} {citizen_id(number)[14:]}"
        ),
    ],
    ids=["15-digits", "spaces-around", "small-x", "in-groups"],
)
def test_a_number_is_stored_with_18_characters_however_it_was_typed(
    office: Office, unit: str, spelt: Any
):
    number = next(n for n in range(1, 100) if citizen_id(n).endswith("X"))
    identity = office.draft(unit, lines=form(unit, {**person(number), "citizen_id": spelt(number)}))
    assert office.application(identity).lines[0].citizen_id == citizen_id(number)
    office.perform(administrator_of(unit), identity, "submit")
    office.walk(identity, until=lambda a: a.state == ApplicationState.CONFIGURED)
    assert office.application(identity).lines[0].account.citizen_id == citizen_id(number)


@pytest.mark.rule("M5")
def test_the_sex_must_agree_with_the_number(office: Office):
    line = {**person(1, sex=Sex.MALE), "sex": "female"}
    with pytest.raises(InvalidInput) as refusal:
        office.draft("east", lines=form("east", line))
    assert told(refusal) == [("lines.1.sex", "citizen_id_sex")]


@pytest.mark.rule("M5")
@pytest.mark.parametrize("missing", ["name", "sex", "citizen_id"])
@pytest.mark.parametrize("unit", EITHER)
def test_name_sex_and_number_are_required_of_everybody(office: Office, unit: str, missing: str):
    identity = office.draft(unit, lines=form(unit, {**person(1), missing: ""}), strict=False)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    assert (f"lines.1.{missing}", "required") in told(refusal)


@pytest.mark.parametrize("missing", HEADER)
def test_every_field_of_the_header_is_required(office: Office, missing: str):
    identity = office.draft("east", strict=False, **{missing: "  "})
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    assert told(refusal) == [(missing, "required")]


def test_an_empty_form_is_not_handed_in(office: Office):
    identity = office.draft("east", lines=[], strict=False)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    assert ("lines", "no_lines") in told(refusal)


# --- M5: one person, one account per organisation


@pytest.mark.rule("M5")
def test_the_same_person_stands_once_on_a_form_however_the_number_is_spelt(office: Office):
    again = {**person(1), "citizen_id": old_citizen_id(1), "name": "王又名"}
    with pytest.raises(InvalidInput) as refusal:
        office.draft("east", lines=form("east", person(1), person(2), again))
    assert told(refusal) == [("lines.3.citizen_id", "same_person_twice")]
    assert refusal.value.details[0].params == {"line": 1}


@pytest.mark.rule("M5")
@pytest.mark.parametrize("unit", EITHER)
def test_who_has_an_account_in_the_organization_gets_no_second(office: Office, unit: str):
    served = office.application(office.standing_at(ApplicationState.COMPLETED, unit)).lines[0]
    again = {"name": served.name, "sex": served.sex.value, "citizen_id": served.citizen_id}
    identity = office.draft(unit, lines=form(unit, again))
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    assert told(refusal) == [("lines.1.citizen_id", "already_has_account")]
    assert refusal.value.rule == "M5"


@pytest.mark.rule("M5")
def test_the_same_person_may_have_an_account_in_another_organization(office: Office):
    for unit in ("east", "west", "developer"):
        identity = office.submitted(unit, lines=form(unit, person(1)))
        office.walk(identity, until=lambda a: a.state == ApplicationState.COMPLETED)
    found = [a for a in office.session.query(Account) if a.citizen_id == person(1)["citizen_id"]]
    assert len({account.organization_id for account in found}) == len(found) == 3
    assert len({account.citizen_id_digest for account in found}) == 1


@pytest.mark.rule("M5")
def test_a_person_is_asked_for_once_while_an_application_is_open(office: Office):
    first = office.submitted("east", lines=form("east", person(1)))
    second = office.draft("east", lines=form("east", person(1)))
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), second, "submit")
    assert told(refusal) == [("lines.1.citizen_id", "already_asked")]
    assert refusal.value.details[0].params == {"number": office.application(first).number}

    office.perform(administrator_of("east"), first, "withdraw")
    office.perform(administrator_of("east"), second, "submit")
    assert office.application(second).state == ApplicationState.SUBMITTED


@pytest.mark.rule("M5")
def test_whom_an_open_application_has_refused_can_be_asked_for_again(office: Office):
    first = office.submitted("east", lines=form("east", person(1), person(2)))
    said = {"lines": [{"position": 1, "verdict": "refuse", "reason": "?"}]}
    office.perform(staff_of(OfficeCode.REG), first, "approve", data=said)
    assert office.submitted("east", lines=form("east", person(1)))
    with pytest.raises(Refused):
        office.submitted("east", lines=form("east", person(2)))


@pytest.mark.rule("M5")
def test_an_account_opened_meanwhile_is_found_by_the_reviewer_and_by_the_configurator(
    office: Office,
):
    """The rule is asked again at every step, for the rows that stand there then."""
    waiting = {
        state: office.standing_at(state, HOME, lines=form(HOME, person(number)))
        for number, state in ((1, ApplicationState.SUBMITTED), (2, ApplicationState.PASSED))
    }
    for number in (1, 2):
        raw = {
            **person(number),
            "login_name": f"meanwhile{number}",
            "organization_id": office.organization(HOME).id,
            "roles": ["holder"],
        }
        open_account(office.session, raw=raw, actor=SETUP, now=office.now)
        office.session.commit()
    for state, login, action in (
        (ApplicationState.SUBMITTED, staff_of(OfficeCode.REG), "approve"),
        (ApplicationState.PASSED, staff_of(OfficeCode.INFO), "configure"),
    ):
        with pytest.raises(Refused) as refusal:
            office.perform(login, waiting[state], action)
        assert told(refusal) == [("lines.1.citizen_id", "already_has_account")]


@pytest.mark.rule("M5")
def test_the_database_itself_lets_no_person_have_two_accounts_in_an_organization(office: Office):
    present = office.account(administrator_of("east"))
    twin = Account(
        name=present.name,
        login_name="twin",
        login_key="twin",
        sex=present.sex,
        citizen_id=present.citizen_id,
        citizen_id_digest=present.citizen_id_digest,
        organization_id=present.organization_id,
        created_at=office.now,
    )
    office.session.add(twin)
    with pytest.raises(IntegrityError):
        office.session.flush()


@pytest.mark.rule("M5")
def test_a_cancelled_account_makes_room_for_a_new_one(office: Office):
    login = administrator_of("east")
    present = office.account(login)
    number, sex, name = present.citizen_id, present.sex.value, present.name
    office.perform(staff_of(OfficeCode.INFO), present.id, "cancel", model=Account, comment="离职")
    line = {"name": name, "sex": sex, "citizen_id": number}
    helper = office.account(administrator_of("west"))
    helper.organization_id = office.organization("east").id
    office.session.commit()
    identity = office.submitted("east", lines=form("east", line), by=administrator_of("west"))
    office.walk(identity, until=lambda a: a.state == ApplicationState.COMPLETED)
    states = [
        account.state
        for account in office.session.query(Account).order_by(Account.id)
        if account.citizen_id == number
    ]
    assert states == [AccountState.CANCELLED, AccountState.ACTIVE]


# --- Names of login


def test_a_login_name_that_is_chosen_is_unique_whatever_its_case(office: Office):
    identity = office.standing_at(ApplicationState.PASSED, "east", people=2)
    taken = administrator_of("west").upper()
    rows = [{"position": 1, "login_name": taken}, {"position": 2, "login_name": "Neu.Eins"}]
    with pytest.raises(Refused) as refusal:
        office.perform(staff_of(OfficeCode.INFO), identity, "configure", data={"lines": rows})
    assert told(refusal) == [("lines.1.login_name", "login_name_taken")]
    rows[0]["login_name"] = "neu.eins"
    with pytest.raises(Refused) as refusal:
        office.perform(staff_of(OfficeCode.INFO), identity, "configure", data={"lines": rows})
    assert told(refusal) == [("lines.2.login_name", "login_name_taken")]


def test_people_of_one_name_get_login_names_of_their_own(office: Office):
    people = [{**office.person(), "name": "张伟"} for _ in range(3)]
    for _ in range(2):
        identity = office.submitted("developer", lines=people)
        office.walk(identity, until=lambda a: a.state == ApplicationState.CONFIGURED)
        people = [{**office.person(), "name": "张伟"} for _ in range(3)]
    names = [a.login_key for a in office.session.query(Account) if a.name == "张伟"]
    assert len(names) == len(set(names)) == 6


def test_login_names_that_the_system_makes_never_meet_one_that_somebody_chose(office: Office):
    people = [{**office.person(), "name": "张伟"} for _ in range(2)]
    identity = office.standing_at(ApplicationState.PASSED, "east", lines=form("east", *people))
    for login, name in (("west.admin", "zhangwei"), ("bank.admin", f"zhangwei.{identity}.1")):
        account = office.account(login)
        account.login_name = account.login_key = name
    office.session.commit()
    office.perform(staff_of(OfficeCode.INFO), identity, "configure")
    names = {line.account.login_name for line in office.application(identity).lines}
    assert names == {f"zhangwei.{identity}.1.2", f"zhangwei.{identity}.2"}


def test_numbered_login_names_of_two_applications_do_not_meet(office: Office):
    """Application 1, line 101 and application 11, line 1 must not make the same name."""
    one, eleven = Application(id=1), Application(id=11)
    made = {_numbered("zhangwei", one, 101), _numbered("zhangwei", eleven, 1)}
    assert len(made) == 2


def test_a_draft_of_a_unit_that_does_not_use_this_form_is_refused(office: Office):
    for unit, other in (("east", "developer"), ("developer", "east")):
        with office.acting(administrator_of(unit)) as actor, pytest.raises(InvalidInput) as refusal:
            open_draft(
                office.session,
                kind=kind_of(other),
                organization=office.organization(unit),
                raw={**HEADER, "lines": form(other, person(1))},
                actor=actor,
                now=office.now,
                strict=True,
            )
        assert told(refusal) == [("kind", "kind_not_for_organization")]


def test_two_configurations_at_once_of_one_person_leave_one_account(office: Office):
    """The guard is asked before; the database has the last word, and it is a conflict in words."""
    first, second = (
        office.standing_at(ApplicationState.PASSED, "east", lines=form("east", person(n)))
        for n in (1, 2)
    )
    line = office.application(second).lines[0]
    line.citizen_id = person(1)["citizen_id"]  # and the digest of another: the guard sees nothing
    office.session.commit()
    office.perform(staff_of(OfficeCode.INFO), first, "configure")
    with pytest.raises(Conflict) as refusal:
        office.perform(staff_of(OfficeCode.INFO), second, "configure")
    assert refusal.value.code == "already_has_account"
    assert office.application(second).state == ApplicationState.PASSED
