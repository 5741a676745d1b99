"""What is wrong on a form that names people is said by field and rule, and nothing is done."""

from typing import Any

import pytest

from app.catalog.enums import AuditOutcome, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.errors import DomainError, InvalidInput, Refused
from app.models.accounts import Account
from app.models.cases import Case
from app.models.keys import Key
from app.services.accounts import assign_roles
from tests.support.cases import case
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.kinds import (
    NEW,
    OLD,
    drafted,
    employed,
    finished,
    key_of,
    keyless,
    sent,
    stock_up,
)
from tests.support.people import citizen_id
from tests.support.rows import changes, everything

K = ApplicationKind
INFO, RESEARCH = staff_of(OfficeCode.INFO), staff_of(OfficeCode.RESEARCH)
CANCELLATIONS = [(K.USER_CANCELLATION, "east"), (K.ENTERPRISE_CANCELLATION, "developer")]


def said(error: pytest.ExceptionInfo[DomainError]) -> list[tuple[str, str, str | None]]:
    return [(detail.field, detail.code, detail.rule) for detail in error.value.details]


def renamed(account: Account, **changed: str) -> dict[str, str]:
    return {
        "old_login_name": account.login_name,
        "new_name": "欧阳新名",
        "sex": account.sex.value,
        "citizen_id": account.citizen_id,
        **changed,
    }


def wrong_line(office: Office, kind: ApplicationKind, lines: list[dict[str, Any]]) -> Any:
    """Draft strictly, as REST does: refused, and nothing is kept."""
    before = everything(office.session)
    with pytest.raises(InvalidInput) as refusal:
        drafted(office, kind, lines)
    office.session.rollback()
    assert changes(before, everything(office.session)) == {}
    return said(refusal)


@pytest.mark.rule("M8")
def test_replacement_of_a_key_that_is_another_persons(office: Office):
    mine, other = employed(office), employed(office)
    line = {"login_name": mine.login_name, "old_key_serial": key_of(office, other)}
    found = wrong_line(office, K.KEY_REPLACEMENT, [line])
    assert found == [("lines.1.old_key_serial", "key_not_theirs", "M8")]


@pytest.mark.rule("M8")
def test_replacement_for_somebody_who_never_had_a_key(office: Office):
    admin = administrator_of("east")
    found = wrong_line(office, K.KEY_REPLACEMENT, [{"login_name": admin}])
    assert found == [("lines.1.login_name", "account_pending", "M4")]


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"new_name": ""}, ("lines.1.new_name", "required", "M5")),
        ({"new_name": "@@"}, ("lines.1.new_name", "name_formula", "M5")),
        (
            {"citizen_id": "110101199003070000"},
            ("lines.1.citizen_id", "citizen_id_check_digit", "M5"),
        ),
        ({"citizen_id": citizen_id(4321)}, ("lines.1.citizen_id", "another_person", "M8")),
        ({"old_name": "别的名字"}, ("lines.1.old_name", "not_on_record", "M5")),
        ({"old_login_name": "nobody.here"}, ("lines.1.old_login_name", "unknown_account", "M2")),
    ],
)
def test_a_change_of_name_that_fails(office: Office, changed: dict[str, str], expected: Any):
    account = employed(office)
    found = wrong_line(office, K.USER_RENAME, [renamed(account, **changed)])
    assert expected in found


@pytest.mark.rule("M5")
def test_a_change_to_the_name_that_is_borne_already(office: Office):
    account = employed(office)
    found = wrong_line(office, K.USER_RENAME, [renamed(account, new_name=account.name)])
    assert found == [("lines.1.new_name", "name_unchanged", "M5")]


@pytest.mark.rule("M4")
def test_a_change_that_asks_for_what_is_held_already(office: Office):
    account = employed(office, items=(OLD, NEW))
    line = {"login_name": account.login_name, "requested_items": [NEW, OLD]}
    found = wrong_line(office, K.PERMISSION_CHANGE, [line])
    assert found == [("lines.1.requested_items", "items_unchanged", "M4")]


@pytest.mark.rule("M4a")
def test_a_change_that_asks_for_nothing_or_for_another_tiers_item(office: Office):
    account = employed(office)
    line: dict[str, Any] = {"login_name": account.login_name, "requested_items": []}
    assert wrong_line(office, K.PERMISSION_CHANGE, [line]) == [
        ("lines.1.requested_items", "required", "M4")
    ]
    line["requested_items"] = ["municipal.registration.1"]
    assert wrong_line(office, K.PERMISSION_CHANGE, [line]) == [
        ("lines.1.requested_items", "item_of_another_tier", "M4a")
    ]


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("kind", [K.ENTERPRISE_USER, K.ENTERPRISE_CANCELLATION])
def test_an_enterprise_never_chooses_items(office: Office, kind: ApplicationKind):
    line = office.person() if kind == K.ENTERPRISE_USER else {}
    if not line:
        line = {"login_name": employed(office, "developer").login_name}
    found = wrong_line(office, kind, [{**line, "items": ["developer.transaction.1"]}])
    assert found == [("lines.1.items", "items_set_by_type", "M4b")]


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("kind", [K.PERMISSION_CHANGE, K.KEY_REPLACEMENT, K.USER_RENAME])
def test_forms_that_touch_items_are_not_an_enterprises(office: Office, kind: ApplicationKind):
    with pytest.raises(InvalidInput) as refusal:
        drafted(office, kind, [{}], unit="developer")
    assert said(refusal) == [("kind", "kind_not_for_organization", "M5")]


@pytest.mark.rule("M6.4")
def test_restoration_of_who_is_not_suspended(office: Office):
    account = employed(office)
    found = wrong_line(office, K.LOGIN_RESTORATION, [{"login_name": account.login_name}])
    assert found == [("lines.1.login_name", "account_not_suspended", "M6.4")]


@pytest.mark.rule("M6.1")
def test_nothing_is_asked_for_who_is_cancelled(office: Office):
    account = employed(office)
    finished(office, sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}]))
    for kind in (K.KEY_REPLACEMENT, K.USER_CANCELLATION, K.LOGIN_RESTORATION):
        found = wrong_line(office, kind, [{"login_name": account.login_name}])
        assert found == [("lines.1.login_name", "account_cancelled", "M6.1")]


@pytest.mark.rule("M5")
def test_the_same_person_twice_on_a_form(office: Office):
    login = employed(office).login_name
    lines = [{"login_name": login}, {"login_name": login.upper()}]
    twice = [("lines.2.login_name", "same_person_twice", "M5")]
    assert wrong_line(office, K.USER_CANCELLATION, lines) == twice
    kept = drafted(office, K.USER_CANCELLATION, lines, strict=False)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), kept, "submit")
    assert said(refusal) == twice


@pytest.mark.rule("M2")
def test_another_organizations_user_is_unknown_here(office: Office):
    stranger = employed(office, "west")
    found = wrong_line(office, K.USER_CANCELLATION, [{"login_name": stranger.login_name}])
    assert found == [("lines.1.login_name", "unknown_account", "M2")]


@pytest.mark.rule("M6.3")
def test_business_of_another_ended_or_unknown_or_of_who_still_works(office: Office):
    gone, other = keyless(office, "east"), keyless(office, "east")
    theirs = office.session.get_one(Case, case(office, other.login_name)).number
    line = {"login_name": gone.login_name, "case_numbers": f"{theirs}；NOTHING-1"}
    identity = drafted(office, K.BUSINESS_DELETION, [line])
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    assert said(refusal) == [("lines.1.case_numbers", "unknown_case", "M6.3")] * 2

    worker = employed(office)
    line = {"login_name": worker.login_name, "case_numbers": theirs}
    found = wrong_line(office, K.BUSINESS_DELETION, [line])
    assert found == [("lines.1.login_name", "key_in_use", "M6.3")]


# --- Refused as it is handed in, and again as it is decided


@pytest.mark.rule("M6")
@pytest.mark.parametrize(("kind", "unit"), CANCELLATIONS)
def test_nobody_with_unfinished_business_is_cancelled(
    office: Office, kind: ApplicationKind, unit: str
):
    account = employed(office, unit)
    number = office.session.get_one(Case, case(office, account.login_name)).number
    identity = drafted(office, kind, [{"login_name": account.login_name}], unit=unit)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    assert said(refusal) == [("lines.1.login_name", "unfinished_business", "M6")]
    assert number in refusal.value.details[0].message
    event = office.last_event()
    assert (event.outcome, event.rule) == (AuditOutcome.REFUSED, "M6")


@pytest.mark.rule("M6")
@pytest.mark.parametrize(("kind", "unit"), CANCELLATIONS)
def test_business_that_came_up_meanwhile_keeps_the_office_from_cancelling(
    office: Office, kind: ApplicationKind, unit: str
):
    account, other = employed(office, unit), employed(office, unit)
    lines = [{"login_name": it.login_name} for it in (account, other)]
    identity = sent(office, kind, lines, unit=unit)
    case(office, account.login_name)
    who = INFO if unit == "east" else staff_of(OfficeCode.SERVICE)
    before = everything(office.session)
    with pytest.raises(Refused) as refusal:
        office.perform(who, identity, "cancel_user")
    assert said(refusal) == [("lines.1.login_name", "unfinished_business", "M6")]
    assert changes(before, everything(office.session)) == {}

    ruling = {"position": 1, "verdict": "refused", "reason": "名下有未完成业务"}
    office.perform(who, identity, "cancel_user", data={"lines": [ruling]})
    office.session.expire_all()
    assert (account.state, other.state) == ("active", "cancelled")


@pytest.mark.rule("M6")
def test_the_last_administrator_of_an_organization_stays(office: Office):
    admin = administrator_of("east")
    (serial, *_rest) = stock_up(office, OfficeCode.RESEARCH)
    office.perform(
        RESEARCH,
        office.account(admin).id,
        "issue_key",
        model=Account,
        data={"key_serial": serial},
    )
    identity = drafted(office, K.USER_CANCELLATION, [{"login_name": admin}])
    with pytest.raises(Refused) as refusal:
        office.perform(admin, identity, "submit")
    assert said(refusal) == [("lines.1.login_name", "last_administrator", "M6")]
    with pytest.raises(Refused) as refusal:
        office.perform(INFO, office.account(admin).id, "cancel", model=Account, comment="?")
    assert ("account", "last_administrator", "M6") in said(refusal)

    second = second_administrator(office)
    office.perform(admin, identity, "submit")
    office.perform(INFO, second.id, "cancel", model=Account, comment="未到岗")
    with pytest.raises(Refused) as refusal:
        office.perform(INFO, identity, "cancel_user")
    assert said(refusal) == [("lines.1.login_name", "last_administrator", "M6")]


def second_administrator(office: Office) -> Account:
    account = employed(office)
    with office.acting("security_administrator") as actor:
        roles = ["holder", "organization_administrator"]
        assign_roles(office.session, account, roles, actor=actor, now=office.now)
        office.session.commit()
    return account


@pytest.mark.rule("M6")
def test_one_form_at_a_time_concerns_a_person(office: Office):
    account = employed(office)
    first = sent(office, K.KEY_REPLACEMENT, [{"login_name": account.login_name}])
    number = office.application(first).number
    identity = drafted(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    assert said(refusal) == [("lines.1.login_name", "already_asked", "M6")]
    assert number in refusal.value.details[0].message
    office.perform(administrator_of("east"), first, "withdraw")
    office.perform(administrator_of("east"), identity, "submit")


@pytest.mark.rule("M8")
def test_what_has_changed_since_it_was_sent_is_not_decided_upon(office: Office):
    account = employed(office)
    identity = sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    account.name = "李改名"
    office.session.commit()
    with pytest.raises(Refused) as refusal:
        office.perform(INFO, identity, "cancel_user")
    assert said(refusal) == [("lines.1.name", "not_on_record", "M5")]


# --- At the counter


@pytest.mark.rule("M9")
def test_a_key_comes_back_from_who_holds_it_and_from_nobody_else(office: Office):
    account, other = employed(office), employed(office)
    identity = sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    office.perform(INFO, identity, "cancel_user")
    for serial in (key_of(office, other), "KD-NEVER-1"):
        line = {"position": 1, "key_serial": serial}
        with pytest.raises(InvalidInput) as refusal:
            office.perform(RESEARCH, identity, "take_back_key", data={"lines": [line]})
        assert said(refusal) == [("data.lines.1.key_serial", "key_not_theirs", "M9")]
    with pytest.raises(InvalidInput) as refusal:
        office.perform(RESEARCH, identity, "take_back_key", data={"lines": []})
    assert said(refusal) == [("data.lines", "required", "M9")]
    assert office.count(Key, Key.state == "returned") == 0


@pytest.mark.rule("M9")
def test_no_new_key_before_the_former_one_is_back(office: Office):
    account = employed(office)
    identity = sent(office, K.KEY_REPLACEMENT, [{"login_name": account.login_name}])
    office.walk(identity, until=lambda it: it.state == "passed")
    (serial,) = stock_up(office, OfficeCode.RESEARCH, 1)
    line = {"position": 1, "key_serial": serial}
    with pytest.raises(Refused) as refusal:
        office.perform(RESEARCH, identity, "issue_key", data={"lines": [line]})
    assert said(refusal) == [("lines.1.key_serial", "former_key_out", "M9")]
    message = refusal.value.details[0].message
    assert account.name in message
    assert key_of(office, account) in message


@pytest.mark.rule("M5")
def test_a_login_name_that_somebody_has_is_not_given_with_a_new_name(office: Office):
    account, other = employed(office), employed(office)
    identity = sent(office, K.USER_RENAME, [renamed(account)])
    office.walk(identity, until=lambda it: it.state == "passed")
    line = {"position": 1, "login_name": other.login_name.upper()}
    with pytest.raises(Refused) as refusal:
        office.perform(INFO, identity, "configure", data={"lines": [line]})
    assert said(refusal) == [("lines.1.login_name", "login_name_taken", "M5")]
    office.session.expire_all()
    assert account.name != "欧阳新名"
