"""Keys come into stock all or none, each row's fault named, every movement in the ledger (M9)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from app.catalog.enums import KeyState, OfficeCode
from app.errors import DomainError, Forbidden, InvalidInput
from app.extensions import db
from app.models.accounts import Account
from app.models.keys import Key, KeyMovement
from app.security.actor import acting
from app.services.acts import perform
from app.services.keys import MAX_BATCH, receive_keys
from tests.support.factories import NOON, Office
from tests.support.hands import said


def receive(office: Office, *serials: object, by: str = "research1") -> list[Key]:
    with office.acting(by) as actor:
        return receive_keys(office.session, serials, actor=actor, now=NOON, comment="第二批")


@pytest.mark.rule("M9")
def test_received_keys_are_in_the_stock_of_the_office_with_both_movements_in_the_ledger(office):
    keys = receive(office, "gm-1", " GM-2 ")

    assert [(key.serial, key.state, key.office_code) for key in keys] == [
        ("GM-1", KeyState.IN_STOCK, "RESEARCH"),
        ("GM-2", KeyState.IN_STOCK, "RESEARCH"),
    ]
    ledger = office.session.scalars(
        select(KeyMovement).where(KeyMovement.key_id == keys[0].id).order_by(KeyMovement.id)
    ).all()
    assert [(m.action, m.from_state, m.to_state, m.reason) for m in ledger] == [
        ("receive", None, KeyState.RECEIVED, "第二批"),
        ("stock", KeyState.RECEIVED, KeyState.IN_STOCK, "第二批"),
    ]
    assert {m.actor_id for m in ledger} == {office.account("research1").id}
    assert [e.tag for e in office.events()][-4:] == [
        "key:received",
        "key:stocked",
        "key:received",
        "key:stocked",
    ]


@pytest.mark.rule("M9")
def test_every_faulty_row_is_named_and_nothing_is_taken_in(office):
    before = office.count(Key)

    with pytest.raises(InvalidInput) as error:
        receive(office, "GM-1", "SERVICE-0001", "gm-1", "-", None, "A\x00B", 17)

    assert said(error) == [
        ("serials.2", "serial_taken", "M9"),
        ("serials.3", "key_twice", "M9"),
        ("serials.4", "key_serial_format", "M9"),
        ("serials.5", "required", "M9"),
        ("serials.6", "nul_character", None),
        ("serials.7", "not_text", "M9"),
    ]
    assert office.count(Key) == before


@pytest.mark.parametrize(("count", "code"), [(0, "required"), (MAX_BATCH + 1, "too_many_rows")])
def test_a_batch_is_neither_empty_nor_without_end(office, count, code):
    with pytest.raises(InvalidInput) as error:
        receive(office, *(f"GM-{n:06d}" for n in range(count)))

    assert said(error) == [("serials", code, "M9")]


@pytest.mark.rule("M9")
def test_an_office_fills_no_other_offices_stock(office):
    with office.acting("research1") as actor, pytest.raises(Forbidden) as error:
        receive_keys(office.session, ["GM-1"], actor=actor, now=NOON, office=OfficeCode.SERVICE)

    assert error.value.code == "not_your_stock"


@pytest.mark.parametrize("login", ["reg1", "info1", "security_administrator", "east.admin"])
def test_who_keeps_no_stock_takes_no_keys_in(office, login):
    with pytest.raises(Forbidden):
        receive(office, "GM-1", by=login)


@pytest.mark.rule("M9")
def test_the_counts_of_a_stock_add_up_to_what_was_received(office):
    receive(office, "GM-1", "GM-2")
    office.session.commit()
    office.perform(
        "research1",
        office.account("reg1").id,
        "issue_key",
        model=Account,
        data={"key_serial": "GM-1"},
    )
    issued = office.session.scalars(select(Key).where(Key.serial == "GM-1")).one()
    office.perform("research2", issued.id, "take_back", model=Key, comment="交回")
    office.perform("research2", issued.id, "destroy", model=Key, comment="损坏")

    states = office.session.scalars(select(Key.state).where(Key.office_code == "RESEARCH")).all()
    received = office.count(
        KeyMovement, KeyMovement.action == "receive", KeyMovement.office_code == "RESEARCH"
    )
    assert len(states) == received
    last = [
        m.to_state
        for m in office.session.scalars(
            select(KeyMovement).where(KeyMovement.key_id == issued.id).order_by(KeyMovement.id)
        )
    ]
    assert last == ["received", "in_stock", "issued", "returned", "destroyed"]


@pytest.mark.postgresql
@pytest.mark.rule("M9")
def test_two_officers_who_hand_out_the_same_key_at_once_serve_one_person(app, office):
    people = {"research1": office.account("reg1").id, "research2": office.account("mkt1").id}
    actors = {login: office.actor(login) for login in people}
    office.session.commit()
    together = Barrier(2)

    def hand_out(login: str) -> str:
        with app.app_context(), acting(db.session(), actors[login]) as actor:
            together.wait()
            try:
                perform(
                    db.session(),
                    Account,
                    people[login],
                    "issue_key",
                    actor=actor,
                    now=NOON,
                    data={"key_serial": "RESEARCH-0001"},
                )
            except DomainError as error:
                return error.code
            return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(hand_out, people))

    assert outcomes == ["done", "key_not_in_stock"]
    assert office.count(Key, Key.state == KeyState.ISSUED) == 1
