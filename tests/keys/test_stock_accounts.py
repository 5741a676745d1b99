"""Counts add up: for every office and any period, over any history of real acts (M9, 第九条)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.catalog.enums import KeyState, OfficeCode
from app.clock import office_date
from app.errors import DomainError, Forbidden, InvalidInput
from app.models.accounts import Account
from app.models.keys import Key
from app.security.actor import acting
from app.services.keys import receive_keys
from app.services.stock_accounts import account_of, counts_agree, differences
from tests.support.factories import NOON, SETUP, Office
from tests.support.hands import activate, exchange_key

TODAY = office_date(NOON)
DAY = timedelta(days=1)
FORGED = """
INSERT INTO key_movement (key_id, action, from_state, to_state, office_code, at, reason)
SELECT id, 'stock', 'returned', 'in_stock', office_code, '2026-03-02 05:00:00+00', ''
FROM key WHERE serial = 'RESEARCH-0002'
"""
OFFICES = (OfficeCode.RESEARCH, OfficeCode.SERVICE)
HOLDERS = ("reg1", "mkt1", "bank.admin", "developer.admin")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "receive", "issue", "issue", "take_back", "report_lost", "replace", "transfer",
                "transfer", "accept", "accept", "recall", "miss", "recover", "stock", "destroy",
            ]
        ),
        st.sampled_from(OFFICES),
        st.integers(0, 40),
        st.integers(0, 3),
    ),
    min_size=4,
    max_size=30,
)  # fmt: skip


def account(office: Office, code: OfficeCode, since: date, until: date, by: str = "auditor") -> Any:
    with office.acting(by) as actor:
        return account_of(office.session, code, since, until, actor=actor)


def live(office: Office, steps: list[tuple[str, OfficeCode, int, int]]) -> int:
    """Let the officers try each step on some key, some days apart; return how many could be."""
    done = 0
    for number, (action, code, which, days) in enumerate(steps):
        office.now += timedelta(days=days)
        try:
            step(office, action, code, which, number)
        except DomainError:
            office.session.rollback()
            continue
        done += 1
    return done


def step(office: Office, action: str, code: OfficeCode, which: int, number: int) -> None:
    session, who = office.session, f"{code.lower()}1"
    if action == "receive":
        with office.acting(who) as actor:
            receive_keys(session, [f"NEW-{number:04d}"], actor=actor, now=office.now)
            session.commit()
        return
    keys = session.query(Key).order_by(Key.id).all()
    key = keys[which % len(keys)]
    if action == "issue":
        data = {"key_serial": key.serial}
        holder = office.account(HOLDERS[which % len(HOLDERS)]).id
        office.perform(who, holder, "issue_key", model=Account, data=data)
    elif action == "replace":
        exchange_key(office, key.id, office.free_serials(code)[0], who, comment="换领")
    else:
        to = next(other for other in OFFICES if other != code)
        data = {"office_code": to.value} if action == "transfer" else {}
        office.perform(who, key.id, action, model=Key, data=data, comment="因由")


@pytest.mark.rule("M9")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, cut=st.integers(0, 20))
def test_opening_and_movements_make_the_closing_of_every_office_and_period(office, steps, cut):
    """The sums of the ledger are the counts of the keys, however the history ran.

    Each history goes on where the one before it ended: the stock grows older as it would.
    """
    live(office, steps)
    session = office.session
    today = office_date(office.now)
    middle = TODAY + timedelta(days=cut)
    total = 0
    for code in OFFICES:
        whole = account(office, code, TODAY, max(today, middle))
        assert sum(whole.opening.values()) == 0
        session.expire_all()
        kept = {
            state: office.count(Key, Key.office_code == code, Key.state == state)
            for state in KeyState
        }
        assert whole.closing == kept
        first = account(office, code, TODAY, middle)
        second = account(office, code, middle + timedelta(days=1), max(today, middle) + DAY)
        assert first.closing == second.opening
        assert second.closing == kept
        for part in (first, second):
            for state in KeyState:
                moved = sum(flow.change(state) for flow in part.flows)
                assert part.opening[state] + moved == part.closing[state]
        total += sum(kept.values())
    assert total == office.count(Key)
    with acting(session, SETUP):
        assert differences(session) == []


@pytest.mark.rule("M9")
def test_a_transfer_leaves_one_account_and_enters_the_other(office):
    def send(who: str, action: str) -> None:
        key = office.session.query(Key).filter_by(serial="RESEARCH-0001").one().id
        data = {"office_code": "SERVICE"} if action == "transfer" else {}
        office.perform(who, key, action, model=Key, data=data, comment="调剂")

    office.now = NOON + DAY
    send("research1", "transfer")
    office.now = NOON + 2 * DAY
    send("service1", "accept")

    sent = account(office, OfficeCode.RESEARCH, TODAY + DAY, TODAY + DAY)
    assert (sent.opening[KeyState.IN_STOCK], sent.closing[KeyState.IN_STOCK]) == (6, 5)
    assert sent.closing[KeyState.IN_TRANSIT] == 1
    gone = account(office, OfficeCode.RESEARCH, TODAY + 2 * DAY, TODAY + 2 * DAY)
    assert (gone.closing[KeyState.IN_TRANSIT], gone.in_safe(gone.closing)) == (0, 5)
    assert [(f.action, f.outward) for f in gone.flows] == [("accept", True)]
    come = account(office, OfficeCode.SERVICE, TODAY + 2 * DAY, TODAY + 2 * DAY)
    assert come.in_safe(come.closing) == come.in_safe(come.opening) + 1 == 7


@pytest.mark.rule("M9")
def test_an_office_sees_its_own_account_alone(office):
    own = account(office, OfficeCode.RESEARCH, TODAY, TODAY, "research1")
    assert own.in_safe(own.closing) == 6
    with pytest.raises(Forbidden) as error:
        account(office, OfficeCode.SERVICE, TODAY, TODAY, "research1")
    assert error.value.code == "not_your_stock"
    with pytest.raises(Forbidden):
        account(office, OfficeCode.RESEARCH, TODAY, TODAY, "reg1")


def test_a_period_does_not_end_before_it_begins(office):
    with pytest.raises(InvalidInput) as error:
        account(office, OfficeCode.RESEARCH, TODAY, TODAY - DAY)

    assert error.value.details[0].code == "ends_before_it_begins"


@pytest.mark.rule("M9")
@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        ("UPDATE key SET state = 'received' WHERE serial = 'RESEARCH-0002'", "state"),
        ("UPDATE key SET office_code = 'SERVICE' WHERE serial = 'RESEARCH-0002'", "office"),
        (
            "UPDATE key SET holder_id = 5, last_holder_id = 5 WHERE serial = 'RESEARCH-0001'",
            "holder",
        ),
        (
            FORGED,
            "chain",
        ),
    ],
)
def test_a_key_that_the_ledger_does_not_explain_is_named(office, runner, tamper, what):
    activate(office, "reg1")
    assert runner.invoke(args=["keys", "verify"]).exit_code == 0
    before = account(office, OfficeCode.RESEARCH, TODAY, TODAY)
    assert counts_agree(office.session, before, today=TODAY)

    office.session.connection().execute(text(tamper))
    office.session.commit()

    with acting(office.session, SETUP):
        (found,) = differences(office.session)
    assert found.what == what
    if what == "state":
        assert not counts_agree(office.session, before, today=TODAY)
    told = runner.invoke(args=["keys", "verify"])
    assert told.exit_code == 1
    assert f"{found.serial}  {what}" in told.output
