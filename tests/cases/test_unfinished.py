"""Nobody with unfinished business is cancelled; what is deleted stays on record (第六条)."""

import pytest
from sqlalchemy import event

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import CASE
from app.errors import Conflict, DomainError, Refused
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.models.keys import Key
from app.workflow.cases import LISTED, unfinished
from tests.support.cases import case, case_of, delete_case
from tests.support.factories import Office, staff_of

INFO, RESEARCH = staff_of(OfficeCode.INFO), staff_of(OfficeCode.RESEARCH)


def free_of_key(office: Office, login: str) -> int:
    """The account's id, its key given back."""
    account = office.account(login)
    for key in office.session.query(Key).filter_by(holder_id=account.id):
        office.perform(RESEARCH, key.id, "take_back", model=Key, comment="交回")
    return account.id


@pytest.mark.rule("M6", "B3")
def test_what_is_unfinished_is_counted_for_many_accounts_in_one_query(office: Office):
    logins = ("east.admin", "west.admin", "bank.admin")
    mine = [case(office, "east.admin") for _ in range(3)]
    office.perform(INFO, mine[0], "close", model=Case, comment="办结")
    delete_case(office, mine[1])
    other = case(office, "west.admin")
    ids = [office.account(login).id for login in logins]
    statements = []
    engine = office.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    found = unfinished(office.session, ids)
    assert len(statements) == 1
    assert {owner: [it.id for it in cases] for owner, cases in found.items()} == {
        ids[0]: [mine[2]],
        ids[1]: [other],
    }
    assert unfinished(office.session, []) == {}


@pytest.mark.rule("M6")
def test_an_account_with_unfinished_business_is_not_cancelled_and_the_business_is_listed(
    office: Office,
):
    identity = free_of_key(office, "east.admin")
    numbers = [case_of(office, case(office, "east.admin")).number for _ in range(2)]
    with pytest.raises(Refused) as refused:
        office.perform(INFO, identity, "cancel", model=Account, comment="离岗")
    told = [(d.code, d.params["number"]) for d in refused.value.details]
    assert told == [("unfinished_business", number) for number in numbers]
    assert office.session.get_one(Account, identity).state == "pending"
    assert office.refusals()[-1].tag == "account:cancelled"


@pytest.mark.rule("M6")
def test_of_very_much_unfinished_business_the_rest_is_counted(office: Office):
    identity = free_of_key(office, "east.admin")
    for _ in range(LISTED + 2):
        case(office, "east.admin")
    with pytest.raises(Refused) as refused:
        office.perform(INFO, identity, "cancel", model=Account, comment="离岗")
    assert len(refused.value.details) == LISTED + 1
    assert refused.value.details[-1].params == {"count": 2}


@pytest.mark.rule("M6")
@pytest.mark.parametrize("how", ["close", "delete"])
def test_once_finished_or_deleted_it_keeps_nobody(office: Office, how: str):
    identity = free_of_key(office, "east.admin")
    mine = case(office, "east.admin")
    if how == "close":
        office.perform("east.admin", mine, "close", model=Case, comment="办结")
    else:
        delete_case(office, mine)
    office.perform(INFO, identity, "cancel", model=Account, comment="离岗")
    assert office.session.get_one(Account, identity).state == "cancelled"


@pytest.mark.rule("M6.3")
def test_a_deleted_case_stays_as_a_row_and_the_event_holds_the_whole_of_it(office: Office):
    identity = case(
        office,
        "east.admin",
        stage="approve",
        accepted_at="2026-01-05",
        number="J-1",
        opened_at="2026-01-04",
    )
    delete_case(office, identity)
    kept = case_of(office, identity)
    assert (kept.state, kept.ended_at, kept.stage) == ("deleted", office.now, "approve")
    (told,) = office.events(AuditEvent.tag == "cases:deleted")
    assert (told.subject_type, told.subject_id, told.rule) == ("cases", identity, "M6.3")
    assert {
        name: told.old[name]
        for name in ("number", "business_type", "owner", "stage", "district_code", "accepted_at")
    } == {
        "number": "J-1",
        "business_type": "transfer_registration",
        "owner": "east.admin",
        "stage": "approve",
        "district_code": "110101",
        "accepted_at": "2026-01-04T16:00:00+00:00",
    }


@pytest.mark.rule("M6.3")
@pytest.mark.parametrize("login", ["east.admin", INFO, RESEARCH, "security_administrator"])
def test_no_person_deletes_business_by_hand(office: Office, login: str):
    identity = case(office, "east.admin")
    with pytest.raises(DomainError):
        office.perform(office.almighty(login), identity, "delete", model=Case, comment="?")
    assert case_of(office, identity).state == "open"


@pytest.mark.parametrize("act", [t.action for t in CASE.transitions if not t.automatic])
def test_what_is_over_stays_over(office: Office, act: str):
    identity = case(office, "east.admin")
    delete_case(office, identity)
    with pytest.raises(Conflict):
        office.perform(INFO, identity, act, model=Case, comment="?")
