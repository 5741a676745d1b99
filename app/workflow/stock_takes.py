"""Counting a stock: what is taken down, what differs from the ledger, how it is settled (M9)."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from app.catalog.enums import CountVerdict, KeyState
from app.catalog.identity import IdentityError, normalise_key_serial
from app.errors import Detail
from app.i18n import N_
from app.models.keys import Key, KeyMovement
from app.models.stock import StockTake, StockTakeLine
from app.workflow.act import EFFECTS, GUARDS, VALIDATORS, WHO, Act
from app.workflow.engine_calls import fire_within

MAX_AT_ONCE = 2000
IN_SAFE = tuple(state for state in KeyState if state.is_held_by_office)
EXPLAIN = "explain"
"""A difference that no act on a key settles is explained in words."""

SETTLED_BY: dict[tuple[CountVerdict, KeyState | None], tuple[str, ...]] = {
    **{(CountVerdict.MISSING, state): ("miss",) for state in IN_SAFE},
    (CountVerdict.WRONG_STATE, KeyState.ISSUED): ("take_back",),
    (CountVerdict.WRONG_STATE, KeyState.LOST): ("recover",),
    (CountVerdict.WRONG_STATE, KeyState.IN_TRANSIT): ("recall",),
    (CountVerdict.OTHER_OFFICE, KeyState.IN_TRANSIT): ("accept",),
}
"""Which act on the key puts a difference right, by verdict and the state on record."""


def settles(verdict: CountVerdict, state: KeyState | None) -> tuple[str, ...]:
    """Return what may settle a difference: acts on the key first, words always."""
    if verdict == CountVerdict.FOUND:
        return ()
    return (*SETTLED_BY.get((verdict, state), ()), EXPLAIN)


@WHO.register
def actor_counts_own_stock(act: Act) -> Detail | None:
    """第九条: each issuing office counts its own stock."""
    count: StockTake = act.subject
    if act.actor.office is not None and act.actor.office == count.office_code:
        return None
    return Detail("office", "not_your_stock", N_("This is another office's stock."), rule="M9")


@VALIDATORS.reading("serials")
def counted_serials(act: Act) -> tuple[list[str], list[Detail]]:
    """Return serial numbers in the order in which they were read: `{"serials": ["GM-1"]}`.

    A text is taken apart at blanks and line ends, as a scanner types it. What stands twice counts
    once.
    """
    raw = act.raw.get("serials")
    where = "data.serials"
    entries: Sequence[Any] = raw.split() if isinstance(raw, str) else raw or []
    if not isinstance(entries, list):
        return [], [Detail(where, "not_a_list", N_("A list is expected here."))]
    if not entries:
        words = N_("Enter at least one serial number.")
        return [], [Detail(where, "required", words, rule="M9")]
    if len(entries) > MAX_AT_ONCE:
        words = N_("At most %(limit)s keys at a time; these are %(count)s.")
        params = {"limit": MAX_AT_ONCE, "count": len(entries)}
        return [], [Detail(where, "too_many_rows", words, params, "M9")]
    serials: dict[str, None] = {}
    problems = []
    for row, entry in enumerate(entries, start=1):
        try:
            serials[normalise_key_serial(str(entry))] = None
        except IdentityError as error:
            problems.append(
                Detail(f"{where}.{row}", error.code, error.msgid, dict(error.params), "M9")
            )
    return list(serials), problems


@EFFECTS.register
def take_down(act: Act) -> None:
    """Write down what was read, each serial number once, with what the ledger says of it now."""
    count: StockTake = act.subject
    serials: list[str] = act.data
    seen = set(
        act.session.scalars(
            select(StockTakeLine.serial).where(
                StockTakeLine.stock_take_id == count.id, StockTakeLine.serial.in_(serials)
            )
        )
    )
    keys = {
        key.serial: key for key in act.session.scalars(select(Key).where(Key.serial.in_(serials)))
    }
    told = []
    for serial in serials:
        key = keys.get(serial)
        verdict = verdict_on(key, count.office_code)
        told.append({"serial": serial, "verdict": verdict.value, "again": serial in seen})
        if serial not in seen:
            act.session.add(
                StockTakeLine(
                    stock_take_id=count.id,
                    serial=serial,
                    key_id=key.id if key else None,
                    verdict=verdict,
                    state_then=key.state if key else None,
                    counted_by_id=act.actor.account_id,
                    at=act.now,
                )
            )
    count.counted += len(serials) - len(seen)
    act.result["lines"] = told
    act.new["counted"] = count.counted


def verdict_on(key: Key | None, office_code: str) -> CountVerdict:
    """Return what it means that this key lies in the office's safe.

    A replaced key waits there for its destruction, and that is no difference.
    """
    if key is None:
        return CountVerdict.UNKNOWN
    if key.office_code != office_code:
        return CountVerdict.OTHER_OFFICE
    if key.state.is_held_by_office or key.state == KeyState.REPLACED:
        return CountVerdict.FOUND
    return CountVerdict.WRONG_STATE


def _lies_there(count: StockTake) -> ColumnElement[bool]:
    """Keys that lay in the safe all the time: what moved meanwhile, the ledger has on record."""
    moved = aliased(KeyMovement)
    return and_(
        Key.office_code == count.office_code,
        Key.state.in_(IN_SAFE),
        ~exists().where(moved.key_id == Key.id, moved.at > count.opened_at),
    )


@EFFECTS.register
def list_differences(act: Act) -> None:
    """Add a line for every key that the ledger has in the safe and nobody has read there."""
    count: StockTake = act.subject
    act.session.flush()
    counted = aliased(StockTakeLine)
    there = _lies_there(count)
    unread = ~exists().where(counted.stock_take_id == count.id, counted.serial == Key.serial)
    columns = ("stock_take_id", "serial", "key_id", "verdict", "state_then", "at")
    missing = select(
        literal(count.id),
        Key.serial,
        Key.id,
        literal(CountVerdict.MISSING, StockTakeLine.verdict.type),
        Key.state,
        literal(act.now, StockTakeLine.at.type),
    ).where(there, unread)
    more = {"resolution": "", "reason": ""}
    act.session.execute(
        insert(StockTakeLine).from_select(
            [*columns, *more],
            missing.add_columns(*(literal(value) for value in more.values())).order_by(Key.serial),
            include_defaults=False,
        )
    )
    expected = act.session.scalar(select(func.count()).select_from(Key).where(there))
    differing = len(open_differences(act.session, count.id))
    count.expected, count.differing, count.compared_at = expected, differing, act.now
    act.new |= {"expected": count.expected, "differing": count.differing}


@EFFECTS.register
def stop_counting(act: Act) -> None:
    """Nothing is compared."""
    act.subject.compared_at = act.now


def open_differences(session: Session, count_id: int) -> list[int]:
    """Return the ids of differences that nobody has settled."""
    return list(
        session.scalars(
            select(StockTakeLine.id).where(
                StockTakeLine.stock_take_id == count_id,
                StockTakeLine.verdict != CountVerdict.FOUND,
                StockTakeLine.resolved_at.is_(None),
            )
        )
    )


@VALIDATORS.reading("serial", "by")
def difference(act: Act) -> tuple[tuple[StockTakeLine, str] | None, list[Detail]]:
    """Return a line of this count and what settles it: `{"serial": "GM-1", "by": "miss"}`."""
    raw = act.raw.get("serial")
    line = act.session.scalar(
        select(StockTakeLine).where(
            StockTakeLine.stock_take_id == act.subject.id,
            StockTakeLine.serial == (raw if isinstance(raw, str) else "").strip().upper(),
            StockTakeLine.verdict != CountVerdict.FOUND,
        )
    )
    if line is None:
        words = N_("This count has no such difference.")
        return None, [Detail("data.serial", "unknown_difference", words, rule="M9")]
    possible = settles(line.verdict, line.key.state if line.key else None)
    by = act.raw.get("by") or EXPLAIN
    if by not in possible:
        words = N_("Choose one of: %(choices)s.")
        choices = {"choices": ", ".join(possible)}
        return None, [Detail("data.by", "unknown_choice", words, choices, "M9")]
    return (line, str(by)), []


@GUARDS.register
def difference_is_open(act: Act) -> Iterator[Detail]:
    """A difference is settled once."""
    line, _by = act.data
    if line.resolved_at is not None:
        yield Detail(
            "data.serial",
            "settled_already",
            N_("%(serial)s has been settled already."),
            {"serial": line.serial},
            "M9",
        )


@EFFECTS.register
def settle_difference(act: Act) -> None:
    """Do to the key what puts the ledger right, or keep the explanation."""
    line, by = act.data
    if by != EXPLAIN:
        fire_within(act, line.key, by, comment=act.comment)
    line.resolution, line.reason = by, act.comment[:500]
    line.resolved_by_id, line.resolved_at = act.actor.account_id, act.now
    act.new |= {"serial": line.serial, "settled_by": by}


@GUARDS.register
def differences_are_settled(act: Act) -> Iterator[Detail]:
    """A count is closed when nothing is left open."""
    left = open_differences(act.session, act.subject.id)
    if left:
        yield Detail(
            "lines",
            "differences_open",
            N_("Differences not settled yet: %(count)s."),
            {"count": len(left)},
            "M9",
        )
