"""Counts of a stock: begun here, carried on by acts; what their pages and reports show (M9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.catalog.cleaning import Unfit
from app.catalog.enums import CountVerdict, KeyState, OfficeCode
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Detail, Forbidden, InvalidInput, Refused
from app.i18n import N_
from app.models.accounts import Account
from app.models.stock import StockLevel, StockTake, StockTakeLine
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require
from app.workflow.form import problem, read_value
from app.workflow.key_stock import stock_of, turn_level
from app.workflow.stock_takes import settles

RULE, ARTICLE = "M9", "第九条"
LATEST = 20
MOST_LISTED = 2000
MOST_DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One serial number of a count; `settles` are the acts that may put it right."""

    serial: str
    key_id: int | None
    verdict: CountVerdict
    state_then: KeyState | None
    by: str
    at: datetime
    resolution: str
    reason: str
    resolved_by: str
    resolved_at: datetime | None
    settles: tuple[str, ...]


def begin_count(
    session: Session,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    office: OfficeCode | None = None,
) -> StockTake:
    """Begin to count the stock of the actor's office; Refused while another count is under way."""
    require(actor, Permission.STOCK_TAKES_ADD)
    office = office or actor.office
    if office is None or office != actor.office:
        raise Forbidden(
            N_("Each issuing office keeps its own stock."),
            code="not_your_stock",
            rule=RULE,
            article=ARTICLE,
        )
    try:
        note = read_value(StockTake, "note", raw.get("note", ""), today=office_date(now))
    except Unfit as unfit:
        raise InvalidInput(details=[problem("note", unfit)]) from None
    under_way = session.scalar(
        select(StockTake.id).where(
            StockTake.office_code == office.value, StockTake.state == "counting"
        )
    )
    if under_way is not None:
        words = N_("A count of this stock is under way already.")
        details = [Detail("note", "count_under_way", words, rule=RULE)]
        raise Refused(words, code="count_under_way", details=details, rule=RULE, article=ARTICLE)
    count = StockTake(
        office_code=office.value, note=note or "", opened_by_id=actor.account_id, opened_at=now
    )
    session.add(count)
    session.flush()
    record(
        session,
        tag="stock_take:begun",
        subject=count,
        actor=actor,
        now=now,
        new={"state": count.state.value, "office": count.office_code},
        comment=count.note,
        rule=RULE,
        article=ARTICLE,
    )
    return count


def set_level(
    session: Session,
    level: StockLevel,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> StockLevel:
    """Say below how many keys the stock is low; whether it is now is found out at once."""
    require(actor, Permission.STOCK_LEVELS_EDIT)
    low_at = _count(raw.get("low_at"))
    old, level.low_at = level.low_at, low_at
    session.flush()
    low = stock_of(session, level.office_code, most=low_at) < low_at
    if low != level.is_low:
        turn_level(session, level, low=low)
    record(
        session,
        tag="stock_level:set",
        subject=level,
        actor=actor,
        now=now,
        old={"low_at": old},
        new={"low_at": low_at, "is_low": low},
        rule=RULE,
        article=ARTICLE,
    )
    return level


def _count(raw: Any) -> int:
    text = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    words = N_("A number of keys from 0 to %(most)s is expected here.")
    params = {"most": 10**MOST_DIGITS - 1}
    raise InvalidInput(details=[Detail("low_at", "not_a_count", words, params, RULE)])


def figures_of(session: Session, count: StockTake) -> dict[CountVerdict, int]:
    """Return how many lines of a count bear each verdict."""
    rows = session.execute(
        select(StockTakeLine.verdict, func.count())
        .where(StockTakeLine.stock_take_id == count.id)
        .group_by(StockTakeLine.verdict)
    )
    found = {CountVerdict(verdict): number for verdict, number in rows}
    return {verdict: found.get(verdict, 0) for verdict in CountVerdict}


def lines_of(
    session: Session, count: StockTake, *, differing: bool, limit: int = MOST_LISTED
) -> list[Line]:
    """Return the differences of a count in the order of their kinds, or the latest of all lines."""
    by, settler = aliased(Account), aliased(Account)
    statement = (
        select(StockTakeLine, by.name, settler.name)
        .outerjoin(by, by.id == StockTakeLine.counted_by_id)
        .outerjoin(settler, settler.id == StockTakeLine.resolved_by_id)
        .where(StockTakeLine.stock_take_id == count.id)
        .limit(limit)
        .execution_options(unscoped="lines of a count that the actor sees, and who counted")
    )
    if differing:
        statement = statement.where(StockTakeLine.verdict != CountVerdict.FOUND).order_by(
            StockTakeLine.resolved_at.is_not(None), StockTakeLine.verdict, StockTakeLine.serial
        )
    else:
        statement = statement.order_by(StockTakeLine.id.desc())
    return [
        Line(
            serial=line.serial,
            key_id=line.key_id,
            verdict=line.verdict,
            state_then=line.state_then,
            by=name or "",
            at=line.at,
            resolution=line.resolution,
            reason=line.reason,
            resolved_by=settled or "",
            resolved_at=line.resolved_at,
            settles=settles(line.verdict, line.key.state if line.key else None)
            if line.resolved_at is None
            else (),
        )
        for line, name, settled in session.execute(statement)
    ]
