"""What can happen to a key between its receipt and its destruction, and who may do it (M9, M8)."""

import pytest
from sqlalchemy import select

from app.catalog.enums import AccountState, KeyState
from app.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    Refused,
    Unauthenticated,
)
from app.models.accounts import Account
from app.models.keys import Key, KeyMovement
from app.models.notices import Notice
from app.security.actor import Actor
from app.services.signin import sign_in
from tests.support.factories import NOON, Office
from tests.support.hands import activate, exchange_key, issue_key, said


def key(office: Office, serial: str) -> Key:
    office.session.expire_all()
    return office.session.scalars(select(Key).where(Key.serial == serial)).one()


def do(office: Office, who: str, serial: str, action: str, comment: str = "因由", **data: object):
    return office.perform(
        who, key(office, serial).id, action, model=Key, comment=comment, data=data or None
    )


def ledger(office: Office, serial: str) -> list[tuple[str, str, str | None]]:
    query = select(KeyMovement).where(KeyMovement.key_id == key(office, serial).id)
    return [
        (m.action, m.office_code, m.counterpart_code)
        for m in office.session.scalars(query.order_by(KeyMovement.id))
    ]


@pytest.mark.rule("M9")
def test_a_key_is_on_the_senders_books_until_the_other_office_accepts_it(office):
    do(office, "research1", "RESEARCH-0001", "transfer", office_code="SERVICE")
    sent = key(office, "RESEARCH-0001")
    assert (sent.state, sent.office_code) == (KeyState.IN_TRANSIT, "RESEARCH")

    do(office, "service1", "RESEARCH-0001", "accept", comment="")

    there = key(office, "RESEARCH-0001")
    assert (there.state, there.office_code, there.destination_code) == (
        KeyState.IN_STOCK,
        "SERVICE",
        None,
    )
    assert ledger(office, "RESEARCH-0001")[-2:] == [
        ("transfer", "RESEARCH", "SERVICE"),
        ("accept", "SERVICE", "RESEARCH"),
    ]
    issue_key(office, "bank.admin", "RESEARCH-0001", "service2")


@pytest.mark.rule("M9")
def test_a_key_on_the_way_is_nobodys_to_issue_and_can_be_called_back(office):
    do(office, "research1", "RESEARCH-0001", "transfer", office_code="SERVICE")

    for officer in ("research2", "service1"):
        with pytest.raises(DomainError):
            issue_key(office, "reg1", "RESEARCH-0001", officer)
    with pytest.raises(Forbidden):
        do(office, "service1", "RESEARCH-0001", "recall")
    do(office, "research2", "RESEARCH-0001", "recall")

    assert key(office, "RESEARCH-0001").state == KeyState.IN_STOCK
    assert ledger(office, "RESEARCH-0001")[-1] == ("recall", "RESEARCH", "SERVICE")


@pytest.mark.rule("M9")
@pytest.mark.parametrize(
    ("office_code", "error", "code"),
    [
        ("RESEARCH", Refused, "own_office"),
        ("REG", Refused, "keeps_no_stock"),
        ("NOWHERE", InvalidInput, "unknown_choice"),
        (None, InvalidInput, "unknown_choice"),
        (["SERVICE"], InvalidInput, "unknown_choice"),
    ],
)
def test_keys_are_sent_to_the_other_issuing_office_only(office, office_code, error, code):
    with pytest.raises(error) as caught:
        do(office, "research1", "RESEARCH-0001", "transfer", office_code=office_code)

    assert said(caught) == [("data.office_code", code, "M9")]
    assert key(office, "RESEARCH-0001").state == KeyState.IN_STOCK


@pytest.mark.rule("M9")
def test_an_issued_key_is_not_sent(office):
    activate(office, "reg1")

    with pytest.raises(Conflict):
        do(office, "research1", "RESEARCH-0001", "transfer", office_code="SERVICE")


@pytest.mark.rule("M9")
def test_the_sender_cannot_accept_and_no_other_office_sees_the_key(office):
    do(office, "research1", "RESEARCH-0001", "transfer", office_code="SERVICE")

    with pytest.raises(Forbidden) as error:
        do(office, "research1", "RESEARCH-0001", "accept")
    assert error.value.code == "not_sent_to_you"
    with pytest.raises(NotFound):
        do(office, "service1", "RESEARCH-0002", "destroy")


@pytest.mark.rule("M9")
def test_a_key_never_issued_cannot_come_back(office):
    with pytest.raises(Conflict):
        do(office, "research1", "RESEARCH-0001", "take_back")

    assert ledger(office, "RESEARCH-0001")[-1][0] == "stock"


@pytest.mark.rule("M8")
@pytest.mark.rule("M4")
@pytest.mark.parametrize("who", ["mkt1", "research2"])
def test_a_lost_key_stops_at_once_and_every_session_ends(office, who):
    """Reported by the holder, who is no more than a holder of keys, or by the office."""
    password = issue_key(office, "mkt1", "RESEARCH-0001", "research1").secrets["initial_password"]
    holder = office.account("mkt1")
    signing = {"actor": Actor.system("door"), "now": NOON, "requires_key": True}
    assert sign_in(office.session, "mkt1", password, **signing)
    before = holder.epoch

    do(office, who, "RESEARCH-0001", "report_lost", comment="深夜遗失")

    lost = key(office, "RESEARCH-0001")
    assert (lost.state, lost.holder_id, lost.last_holder_id) == (KeyState.LOST, None, holder.id)
    assert holder.epoch > before
    event = office.last_event()
    assert (event.tag, event.rule, event.comment) == ("key:lost", "M8", "深夜遗失")
    with pytest.raises(Unauthenticated):
        sign_in(office.session, "mkt1", password, **signing)


@pytest.mark.rule("M8")
def test_a_key_of_another_organization_cannot_even_be_found(office):
    activate(office, "east.admin")

    with pytest.raises(NotFound):
        do(office, "west.admin", "RESEARCH-0001", "report_lost")

    assert key(office, "RESEARCH-0001").state == KeyState.ISSUED
    assert office.refusals()[-1].tag == "key:lost"


@pytest.mark.rule("M8")
@pytest.mark.parametrize("who", ["mkt1", "info1", "security_administrator", "auditor"])
def test_who_sees_a_key_but_does_not_answer_for_it_cannot_freeze_it(office, who):
    activate(office, "east.admin")

    with pytest.raises(Forbidden) as error:
        do(office, who, "RESEARCH-0001", "report_lost")

    assert (error.value.code, error.value.rule) == ("not_your_key", "M8")
    assert key(office, "RESEARCH-0001").state == KeyState.ISSUED


def test_the_office_that_loses_a_holders_key_tells_the_holder(office):
    holder = activate(office, "east.admin")

    do(office, "research1", "RESEARCH-0001", "report_lost")

    told = office.session.scalars(select(Notice).where(Notice.code == "key_lost")).one()
    assert (told.account_id, told.params["serial"]) == (holder.id, "RESEARCH-0001")


@pytest.mark.rule("M9")
def test_what_is_missing_can_be_found_and_put_in_stock_again(office):
    for action in ("miss", "recover", "stock"):
        do(office, "research1", "RESEARCH-0001", action)

    assert [entry[0] for entry in ledger(office, "RESEARCH-0001")][-3:] == [
        "miss",
        "recover",
        "stock",
    ]


@pytest.mark.rule("M9")
@pytest.mark.parametrize("before", [(), ("report_lost",), ("take_back",)])
def test_a_replacement_links_old_and_new_and_says_why(office, before):
    holder = activate(office, "east.admin")
    for action in before:
        do(office, "research1", "RESEARCH-0001", action)

    exchange_key(
        office, key(office, "RESEARCH-0001").id, "RESEARCH-0002", "research1", comment="损坏"
    )

    old, new = key(office, "RESEARCH-0001"), key(office, "RESEARCH-0002")
    assert (old.state, old.replaced_by_id) == (KeyState.REPLACED, new.id)
    assert (new.state, new.holder_id) == (KeyState.ISSUED, holder.id)
    assert (old.holder_id, old.last_holder_id) == (None, holder.id)
    last = office.session.scalars(
        select(KeyMovement).where(KeyMovement.key_id == old.id).order_by(KeyMovement.id.desc())
    ).first()
    assert (last.action, last.reason, last.holder_id) == ("replace", "损坏", holder.id)
    with pytest.raises(DomainError):
        do(office, "research1", "RESEARCH-0001", "stock")
    do(office, "research1", "RESEARCH-0001", "destroy")


@pytest.mark.rule("M9")
def test_a_key_that_is_not_at_hand_replaces_nothing(office):
    activate(office, "east.admin")
    activate(office, "west.admin")

    with pytest.raises(Refused) as error:
        exchange_key(
            office, key(office, "RESEARCH-0001").id, "RESEARCH-0002", "research1", comment="损坏"
        )

    assert said(error) == [("data.replaced_by_id", "replacement_not_at_hand", "M9")]


@pytest.mark.rule("M9")
def test_nobody_replaces_a_key_without_a_form(office):
    activate(office, "east.admin")

    with pytest.raises(Forbidden):
        do(office, "research1", "RESEARCH-0001", "replace", replaced_by_id=2)


@pytest.mark.rule("M6.1")
def test_a_cancelled_account_may_leave_its_key_unreturned(office):
    holder = activate(office, "mkt1")

    office.perform("info1", holder.id, "cancel", model=Account, comment="离职")

    office.session.expire_all()
    assert holder.state == AccountState.CANCELLED
    assert key(office, "RESEARCH-0001").state == KeyState.ISSUED
    with pytest.raises(DomainError):
        issue_key(office, "reg1", "RESEARCH-0001", "research1")


@pytest.mark.rule("M9")
def test_the_ledger_takes_nobodys_word_for_who_held_a_key(office):
    """What a request sends along cannot write itself into the ledger."""
    forged = {"former_holder_id": office.account("reg1").id, "counterpart_code": "SERVICE"}
    before = ledger(office, "RESEARCH-0001")

    with pytest.raises(InvalidInput) as refused:
        do(office, "research1", "RESEARCH-0001", "destroy", **forged)

    assert [it.field for it in refused.value.details] == [f"data.{name}" for name in forged]
    assert ledger(office, "RESEARCH-0001") == before


@pytest.mark.rule("M8")
def test_the_officer_of_one_office_reports_the_own_key_that_another_office_issued(office):
    activate(office, "service1")

    do(office, "service1", "RESEARCH-0001", "report_lost")

    assert key(office, "RESEARCH-0001").state == KeyState.LOST
