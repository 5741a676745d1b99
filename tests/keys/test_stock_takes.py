"""Counting a stock by hand: what differs from the ledger is named and put right (M9, 第九条)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.catalog.enums import CountVerdict as V
from app.catalog.enums import KeyState, OfficeCode, StockTakeState
from app.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.models.keys import Key
from app.models.notices import Notice
from app.models.stock import StockLevel, StockTake
from app.services.keys import receive_keys
from app.services.stock_takes import begin_count, lines_of, set_level
from tests.support.factories import NOON, Office
from tests.support.hands import activate, said

LATER = NOON + timedelta(hours=1)
SIX = [f"RESEARCH-{n:04d}" for n in range(1, 7)]


def begin(office: Office, who: str = "research1", **said: object) -> StockTake:
    with office.acting(who) as actor:
        count = begin_count(office.session, {"note": "季末盘点"}, actor=actor, now=LATER, **said)
        office.session.commit()
        return count


def do(office: Office, count: StockTake, action: str, who: str = "research1", **said: object):
    office.now = LATER
    return office.perform(who, count.id, action, model=StockTake, **said)


def key(office: Office, serial: str) -> Key:
    office.session.expire_all()
    return office.session.scalars(select(Key).where(Key.serial == serial)).one()


def differences(office: Office, count: StockTake) -> dict[str, V]:
    office.session.expire_all()
    return {it.serial: it.verdict for it in lines_of(office.session, count, differing=True)}


@pytest.mark.rule("M9")
def test_a_count_names_what_is_missing_and_what_should_not_be_there(office):
    activate(office, "reg1")
    count = begin(office)

    do(office, count, "count", data={"serials": "research-0001\nRESEARCH-0003 RESEARCH-0004"})
    do(office, count, "count", data={"serials": ["SERVICE-0001", "GM-77", "RESEARCH-0003"]})
    do(office, count, "compare")

    assert differences(office, count) == {
        "RESEARCH-0001": V.WRONG_STATE,
        "RESEARCH-0002": V.MISSING,
        "RESEARCH-0005": V.MISSING,
        "RESEARCH-0006": V.MISSING,
        "SERVICE-0001": V.OTHER_OFFICE,
        "GM-77": V.UNKNOWN,
    }
    assert (count.state, count.expected, count.counted, count.differing) == (
        StockTakeState.COMPARED,
        5,
        5,
        6,
    )


@pytest.mark.rule("M9")
def test_differences_are_settled_by_acts_on_the_keys_before_the_count_is_closed(office):
    activate(office, "reg1")
    count = begin(office)
    do(office, count, "count", data={"serials": [*SIX[:5], "GM-77"]})
    do(office, count, "compare")
    with pytest.raises(Refused) as error:
        do(office, count, "finish")
    assert said(error) == [("lines", "differences_open", "M9")]

    for serial, by in (("RESEARCH-0001", "take_back"), ("RESEARCH-0006", "miss"), ("GM-77", "")):
        do(office, count, "settle", data={"serial": serial, "by": by}, comment="清点后核实")
    do(office, count, "finish")

    assert key(office, "RESEARCH-0001").state == KeyState.RETURNED
    assert key(office, "RESEARCH-0006").state == KeyState.LOST
    assert count.state == StockTakeState.CLOSED
    settled = [e for e in office.events() if e.tag == "stock_take:settled"]
    assert {(e.new["serial"], e.new["settled_by"]) for e in settled} == {
        ("RESEARCH-0001", "take_back"),
        ("RESEARCH-0006", "miss"),
        ("GM-77", "explain"),
    }


@pytest.mark.rule("M9")
def test_what_moved_while_it_was_counted_is_no_difference(office):
    count = begin(office)
    do(office, count, "count", data={"serials": SIX[:5]})
    office.now = LATER + timedelta(minutes=5)
    with office.acting("research2") as actor:
        receive_keys(office.session, ["GM-9"], actor=actor, now=office.now)
        office.session.commit()
    office.perform("research2", key(office, SIX[0]).id, "destroy", model=Key, comment="损坏")

    do(office, count, "compare")

    assert differences(office, count) == {"RESEARCH-0006": V.MISSING}


@pytest.mark.rule("M9")
def test_a_difference_is_settled_once_and_only_in_a_way_that_fits(office):
    count = begin(office)
    do(office, count, "count", data={"serials": SIX[:5]})
    do(office, count, "compare")
    missing = {"serial": "RESEARCH-0006", "by": "miss"}
    for data, field in (
        ({**missing, "by": "take_back"}, "data.by"),
        ({"serial": "RESEARCH-0001"}, "data.serial"),
        ({"serial": 7}, "data.serial"),
    ):
        with pytest.raises(InvalidInput) as error:
            do(office, count, "settle", data=data, comment="核实")
        assert error.value.details[0].field == field
    do(office, count, "settle", data=missing, comment="核实")

    with pytest.raises(Refused) as again:
        do(office, count, "settle", data={**missing, "by": ""}, comment="再次")

    assert said(again) == [("data.serial", "settled_already", "M9")]


@pytest.mark.rule("M9")
def test_no_office_counts_anothers_stock_and_the_attempt_is_on_record(office):
    count = begin(office)

    with office.acting("service1") as actor, pytest.raises(Forbidden):
        begin_count(office.session, {}, actor=actor, now=LATER, office=OfficeCode.RESEARCH)
    with pytest.raises(NotFound):
        do(office, count, "count", "service1", data={"serials": SIX})
    with pytest.raises(Forbidden):
        do(office, count, "count", "auditor", data={"serials": SIX})

    assert [e.tag for e in office.refusals()][-2:] == ["stock_take:counted"] * 2
    assert count.counted == 0


@pytest.mark.rule("M9")
def test_faulty_rows_are_named_and_none_is_taken_down(office):
    count = begin(office)

    with pytest.raises(InvalidInput) as error:
        do(office, count, "count", data={"serials": ["RESEARCH-0001", "?", 3]})

    assert error.value.details[0].field == "data.serials.2"
    assert count.counted == 0


def test_a_stock_is_counted_once_at_a_time(office):
    count = begin(office)
    with pytest.raises(Refused) as error:
        begin(office, "research2")
    assert said(error) == [("note", "count_under_way", "M9")]

    do(office, count, "abandon", comment="改日再盘")

    begin(office, "research2")
    with pytest.raises(Conflict):
        do(office, count, "count", data={"serials": SIX})


@pytest.mark.rule("M9")
def test_officers_are_told_once_when_the_stock_falls_below_its_threshold(office):
    level = office.session.scalars(
        select(StockLevel).where(StockLevel.office_code == "RESEARCH")
    ).one()
    with office.acting("research1") as actor:
        set_level(office.session, level, {"low_at": "5"}, actor=actor, now=NOON)
        office.session.commit()
    assert not level.is_low

    for who in ("reg1", "mkt1", "info1"):
        activate(office, who)

    told = list(office.session.scalars(select(Notice).where(Notice.code == "stock_low")))
    assert told == []  # who has no account at work yet reads nothing
    assert level.is_low
    activate(office, "research2", "research1")
    with office.acting("research1") as actor:
        receive_keys(office.session, ["GN-1", "GN-2", "GN-3", "GN-4"], actor=actor, now=NOON)
        office.session.commit()
    assert not level.is_low
    for who in ("info2", "mkt2"):
        activate(office, who)
    told = list(office.session.scalars(select(Notice).where(Notice.code == "stock_low")))
    assert [(n.account_id, n.params["count"]) for n in told] == [
        (office.account("research2").id, 4)
    ]


@pytest.mark.parametrize("low_at", ["", "-1", "x", "100000", "1.5", None, True, ["3"]])
def test_a_threshold_is_a_number_of_keys(office, low_at):
    level = office.session.scalars(select(StockLevel)).first()
    who = f"{level.office_code.lower()}1"

    with office.acting(who) as actor, pytest.raises(InvalidInput) as error:
        set_level(office.session, level, {"low_at": low_at}, actor=actor, now=NOON)

    assert said(error) == [("low_at", "not_a_count", "M9")]
