"""Roads that cross: two offices, two forms, a lost key, a colleague gone (第三条, 第六条)."""

from typing import Any

import pytest

from app.catalog.enums import Category, KeyState, LineVerdict, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.errors import DomainError, InvalidInput, Refused
from app.models.accounts import Account
from app.models.cases import Case
from app.models.keys import Key
from app.models.work import LineDecision
from tests.support.cases import case
from tests.support.factories import Office, administrator_of, items, open_work, staff_of
from tests.support.kinds import LINES, WHY, drafted, employed, sent, unit_of

K = ApplicationKind
EAST = administrator_of("east")
INFO, RESEARCH = staff_of(OfficeCode.INFO), staff_of(OfficeCode.RESEARCH)
REG, MKT, MKT2 = staff_of(OfficeCode.REG), staff_of(OfficeCode.MKT), staff_of(OfficeCode.MKT, 2)


def refuse(*positions: int) -> dict[str, Any]:
    return {"lines": [{"position": it, "verdict": "refused", "reason": WHY} for it in positions]}


def lose(office: Office, account: Account) -> Key:
    key = office.session.query(Key).filter_by(holder_id=account.id).one()
    office.perform(RESEARCH, key.id, "report_lost", model=Key, comment=WHY)
    return key


# --- Registration and transaction side by side


@pytest.fixture
def mixed(office: Office) -> int:
    """One person asks for registration, one for transaction, one for both."""
    tier = office.organization("east").type
    asked = [(Category.REGISTRATION,), (Category.TRANSACTION,), tuple(Category)[:2]]
    lines = [{**office.person(), "items": items(tier, *it)} for it in asked]
    return office.submitted("east", lines=lines)


@pytest.mark.rule("M3")
def test_an_office_refuses_nobody_who_asks_for_nothing_in_its_charge(office: Office, mixed: int):
    with pytest.raises(InvalidInput) as refusal:
        office.perform(REG, mixed, "approve", data=refuse(1, 2))
    (detail,) = refusal.value.details
    assert (detail.field, detail.code, detail.rule) == (
        "data.lines.2",
        "line_of_another_office",
        "M3",
    )
    office.perform(REG, mixed, "approve", data=refuse(1))
    office.perform(MKT, mixed, "approve", data=refuse(3))
    form = office.application(mixed)
    assert form.state == "passed"
    refused, passed = LineVerdict.REFUSED, LineVerdict.PASSED
    assert [line.verdict for line in form.lines] == [refused, passed, refused]
    positions = {line.id: line.position for line in form.lines}
    duties = {work.id: work.duty.value for work in form.work_items}
    said = {
        (duties[it.work_item_id], positions[it.line_id], it.verdict)
        for it in office.session.query(LineDecision)
    }
    assert said == {
        ("review_registration", 1, refused),
        ("review_registration", 3, passed),
        ("review_transaction", 2, passed),
        ("review_transaction", 3, refused),
    }


@pytest.mark.rule("M3", "M5.1")
def test_a_returned_form_is_decided_anew_by_both_offices(office: Office, mixed: int):
    office.perform(REG, mixed, "approve", data=refuse(1))
    office.perform(MKT, mixed, "return", comment=WHY)
    form = office.application(mixed)
    assert (form.state, {line.verdict for line in form.lines}) == (
        "returned",
        {LineVerdict.PENDING},
    )
    office.perform(EAST, mixed, "submit")
    duties = [work.duty.value for work in open_work(office.application(mixed))]
    assert sorted(duties) == ["review_registration", "review_transaction"]
    assert office.count(LineDecision, LineDecision.verdict == LineVerdict.REFUSED) == 1


# --- Cancellation, keys and business


@pytest.mark.rule("M6.1", "M9")
def test_nobody_is_asked_for_a_key_that_is_lost(office: Office):
    account = employed(office)
    key = lose(office, account)
    identity = sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    assert office.perform(INFO, identity, "cancel_user").state == "completed"
    form = office.application(identity)
    assert open_work(form) == []
    assert form.closed_at == office.now
    office.session.refresh(key)
    assert key.state == KeyState.LOST


@pytest.mark.rule("M6.1", "M9")
def test_a_key_lost_before_it_came_back_ends_the_wait_for_it(office: Office):
    account = employed(office)
    identity = sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    assert office.perform(INFO, identity, "cancel_user").state == "passed"
    lose(office, account)
    assert office.perform(RESEARCH, identity, "take_back_key").state == "completed"


@pytest.mark.rule("M6.3")
def test_business_of_a_cancelled_user_is_deleted_though_the_key_is_still_awaited(office: Office):
    account = employed(office)
    login = account.login_name
    cancelled = sent(office, K.USER_CANCELLATION, [{"login_name": login}])
    office.perform(INFO, cancelled, "cancel_user")
    found = office.session.get_one(Case, case(office, login))
    line = {"login_name": login, "case_numbers": found.number}
    identity = sent(office, K.BUSINESS_DELETION, [line])
    assert office.application(cancelled).state == "passed"
    with pytest.raises(Refused) as refusal:
        sent(office, K.BUSINESS_DELETION, [line])
    assert [detail.code for detail in refusal.value.details] == ["already_asked"]
    assert office.perform(RESEARCH, identity, "delete_business").state == "completed"
    office.session.refresh(found)
    assert found.state == "deleted"


@pytest.mark.rule("M6")
@pytest.mark.parametrize(
    ("first", "second"),
    [(K.USER_RENAME, K.USER_CANCELLATION), (K.KEY_REPLACEMENT, K.PERMISSION_CHANGE)],
)
def test_one_open_form_at_a_time_concerns_a_person(office: Office, first: Any, second: Any):
    line = LINES[first](office, "east")
    login = line.get("login_name") or line["old_login_name"]
    open_one = sent(office, first, [line])
    other = {"login_name": login}
    if second == K.PERMISSION_CHANGE:
        other["requested_items"] = ["district.transaction.1"]
    identity = drafted(office, second, [other])
    with pytest.raises(Refused) as refusal:
        office.perform(EAST, identity, "submit")
    (detail,) = refusal.value.details
    assert detail.code == "already_asked"
    assert office.application(open_one).number in detail.message
    office.perform(EAST, open_one, "withdraw")
    assert office.perform(EAST, identity, "submit").state == "submitted"


@pytest.mark.rule("M5.1")
@pytest.mark.parametrize("kind", list(K))
def test_what_an_office_has_decided_is_not_withdrawn(office: Office, kind: ApplicationKind):
    identity = sent(office, kind)
    applicant = administrator_of(unit_of(kind))
    decided = {"passed", "configured", "completed"}
    office.walk(identity, until=lambda it: it.state in decided)
    with pytest.raises(DomainError) as refusal:
        office.perform(applicant, identity, "withdraw")
    assert int(refusal.value.status) == 409


# --- Colleagues


@pytest.mark.rule("M3")
def test_what_somebody_gone_had_taken_on_is_back_at_the_office(office: Office):
    identity = office.submitted("east", Category.TRANSACTION)
    office.perform(MKT, identity, "claim")
    with pytest.raises(Refused):
        office.perform(MKT2, identity, "approve")
    account = office.account(MKT)
    office.perform(INFO, account.id, "cancel", model=Account, comment=WHY)
    (work,) = open_work(office.application(identity))
    assert work.claimed_by_id is None
    number = office.application(identity).number
    event = office.last_event()
    assert event.new["handed_back"] == [number]
    assert office.perform(MKT2, identity, "approve").state == "passed"
