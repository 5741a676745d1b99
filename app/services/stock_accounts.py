"""What an office's stock of keys was, what moved, what it is: computed from the ledger alone (M9).

Every movement takes one key from an office and a state and puts one to an office and a state, so
that opening + what came − what went = closing, in each state, for every office and any period.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.catalog.enums import KeyState, OfficeCode
from app.catalog.permissions import Permission
from app.clock import OFFICE_ZONE
from app.errors import Detail, Forbidden, InvalidInput
from app.i18n import N_
from app.models.keys import Key, KeyMovement
from app.security.actor import Actor
from app.security.authorise import require

RULE, ARTICLE = "M9", "第九条"
LEDGER = {"unscoped": "sums of an office's ledger; who may ask is checked first"}
MOST_NAMED = 1000
RECEIVE, ACCEPT = "receive", "accept"
IN_SAFE = tuple(state for state in KeyState if state.is_held_by_office)
"""The states whose keys ought to lie in the office's safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How often an act moved a key from one state to another within the period.

    `inward` says that the key came to this office from another, `outward` that it left it.
    """

    action: str
    source: KeyState | None
    target: KeyState
    inward: bool
    outward: bool
    count: int

    def change(self, state: KeyState) -> int:
        """Return by how much this flow changes what the office has in `state`."""
        gained = self.count if not self.outward and self.target == state else 0
        lost = self.count if not self.inward and self.source == state else 0
        return gained - lost


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAccount:
    """One office's account from the beginning of `since` to the end of `until`, office days."""

    office: OfficeCode
    since: date
    until: date
    opening: dict[KeyState, int]
    flows: tuple[Flow, ...]
    closing: dict[KeyState, int]

    def in_safe(self, counts: dict[KeyState, int]) -> int:
        """Return how many of the keys counted ought to lie in the safe."""
        return sum(counts[state] for state in IN_SAFE)

    def moved(self, flow: Flow) -> int:
        """Return by how much a flow changes what lies in the safe."""
        return sum(flow.change(state) for state in IN_SAFE)


def account_of(
    session: Session, office: OfficeCode | None, since: date, until: date, *, actor: Actor
) -> StockAccount:
    """Return the account of an office's stock, the actor's own unless named.

    Another office's is Forbidden to who sees but the own ledger; InvalidInput for a period that
    ends before it begins.
    """
    require(actor, Permission.KEY_MOVEMENTS_LIST)
    everywhere = actor.may(Permission.AUDIT_EVENTS_LIST)
    chosen = office or actor.office or OfficeCode.RESEARCH
    if not everywhere and chosen != actor.office:
        raise Forbidden(
            N_("Each issuing office keeps its own stock."),
            code="not_your_stock",
            rule=RULE,
            article=ARTICLE,
        )
    if until < since:
        words = N_("The period ends before it begins.")
        raise InvalidInput(details=[Detail("until", "ends_before_it_begins", words, rule=RULE)])
    start, end = _begin(since), _begin(until + timedelta(days=1))
    opening: Counter[KeyState] = Counter()
    flows = []
    for flow, within in _flows(session, chosen, start, end):
        if within:
            flows.append(flow)
            continue
        for state in KeyState:
            opening[state] += flow.change(state)
    closing = Counter(opening)
    for flow in flows:
        for state in KeyState:
            closing[state] += flow.change(state)
    return StockAccount(
        office=chosen,
        since=since,
        until=until,
        opening={state: opening[state] for state in KeyState},
        flows=tuple(flows),
        closing={state: closing[state] for state in KeyState},
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), OFFICE_ZONE)


def _flows(
    session: Session, office: OfficeCode, start: datetime, end: datetime
) -> Iterator[tuple[Flow, bool]]:
    """Yield the sums of what concerns this office before `end`, and whether since `start`."""
    moved = KeyMovement
    within, own = moved.at >= start, moved.office_code == office.value
    concerned = or_(own, and_(moved.counterpart_code == office.value, moved.action == ACCEPT))
    columns = (within, own, moved.action, moved.from_state, moved.to_state)
    rows = session.execute(
        select(*columns, func.count())
        .where(concerned, moved.at < end)
        .group_by(*columns)
        .order_by(moved.action, moved.from_state, moved.to_state)
        .execution_options(**LEDGER)
    )
    for is_within, is_own, action, source, target, count in rows:
        accepted = action == ACCEPT
        yield (
            Flow(
                action=action,
                source=source,
                target=target,
                inward=accepted and bool(is_own),
                outward=accepted and not is_own,
                count=count,
            ),
            bool(is_within),
        )


# --- The ledger against the keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A key of which the ledger says another thing than its row, or contradicts itself."""

    serial: str
    key_id: int
    what: str
    ledger: str
    record: str


def differences(session: Session, *, limit: int = MOST_NAMED) -> list[Discrepancy]:
    """Return where the keys and the ledger do not agree, none if all is well (M9).

    Compared are state, office and holder of every key with its last movement, and every movement
    with the one before it. Reads the whole ledger; asks for nobody's permission: its callers do.
    """
    found = [*_against_last(session, limit), *_broken_chains(session, limit)]
    return found[:limit]


def _against_last(session: Session, limit: int) -> Iterator[Discrepancy]:
    last = select(KeyMovement.key_id, func.max(KeyMovement.id).label("id"))
    newest = last.group_by(KeyMovement.key_id).subquery()
    moved = aliased(KeyMovement)
    gone = moved.to_state != KeyState.ISSUED
    rows: Any = session.execute(
        select(Key, moved)
        .outerjoin(newest, newest.c.key_id == Key.id)
        .outerjoin(moved, moved.id == newest.c.id)
        .where(
            or_(
                moved.id.is_(None),
                moved.to_state != Key.state,
                moved.office_code != Key.office_code,
                and_(gone, Key.holder_id.is_not(None)),
                and_(~gone, moved.holder_id.is_distinct_from(Key.holder_id)),
            )
        )
        .order_by(Key.id)
        .limit(limit)
        .execution_options(**LEDGER)
    )
    for key, movement in rows:
        if movement is None:
            yield _named(key, "no_movement", "", key.state)
        elif movement.to_state != key.state:
            yield _named(key, "state", movement.to_state, key.state)
        elif movement.office_code != key.office_code:
            yield _named(key, "office", movement.office_code, key.office_code)
        else:
            yield _named(key, "holder", movement.holder_id or "", key.holder_id or "")


def _broken_chains(session: Session, limit: int) -> Iterator[Discrepancy]:
    """Each movement begins where the one before it ended, and the first is a receipt."""
    chain = select(
        KeyMovement.key_id,
        KeyMovement.action,
        KeyMovement.from_state,
        func.lag(KeyMovement.to_state)
        .over(partition_by=KeyMovement.key_id, order_by=KeyMovement.id)
        .label("before"),
    ).subquery()
    broken = or_(
        chain.c.from_state.is_distinct_from(chain.c.before),
        and_(chain.c.before.is_(None), chain.c.action != RECEIVE),
    )
    rows = session.execute(
        select(Key, chain.c.from_state, chain.c.before)
        .join(chain, chain.c.key_id == Key.id)
        .where(broken)
        .order_by(Key.id)
        .limit(limit)
        .execution_options(**LEDGER)
    )
    for key, source, before in rows:
        yield _named(key, "chain", before or "", source or "")


def _named(key: Key, what: str, ledger: Any, record: Any) -> Discrepancy:
    return Discrepancy(
        serial=key.serial, key_id=key.id, what=what, ledger=str(ledger), record=str(record)
    )


def counts_agree(session: Session, account: StockAccount, *, today: date) -> bool | None:
    """Whether the keys are as many in each state as the account closes with; None for a past day.

    The keys' rows say how things are now and nothing of former days.
    """
    if account.until < today:
        return None
    rows = session.execute(
        select(Key.state, func.count())
        .where(Key.office_code == account.office.value)
        .group_by(Key.state)
        .execution_options(**LEDGER)
    )
    now: dict[KeyState, int] = {KeyState(state): count for state, count in rows}
    return all(now.get(state, 0) == account.closing[state] for state in KeyState)


def table_of(account: StockAccount, words: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield opening, flows and closing as rows of figures, for exports: one column a state.

    `words` name the rows in their order.
    """
    states = list(KeyState)
    figures = [
        [account.opening[state] for state in states],
        *([flow.change(state) for state in states] for flow in account.flows),
        [account.closing[state] for state in states],
    ]
    for word, row in zip(words, figures, strict=True):
        yield (word, *row)
