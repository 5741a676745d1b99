"""What waits for whom: the work of one's office oldest first, what one returned, what is late.

Each list is one bounded statement on an index, built once; the actor's own duties are its
condition, so that it needs no other scope.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.catalog.enums import ApplicationState, StepOutcome
from app.catalog.lifecycles import APPLICATIONS as LIFECYCLES
from app.catalog.lifecycles import ApplicationKind
from app.catalog.norms import DEFAULT_NORM, NORMS
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.base import UtcDateTime
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services.working_time import late_before, start_of_day, start_of_week
from app.workflow.review import REVIEW_ACTIONS

BOUND = 100
"""Waiting work is counted up to here; beyond, pages say "more"."""
DONE_BOUND = 10_000
WEEKS = 8
WEEK = timedelta(days=7)
OWN_DUTY = {
    "unscoped": "the duties of the actor's office are the condition",
    "prepared": True,
}

PERMISSION_FOR: dict[str, Permission] = {
    transition.action: transition.permission
    for lifecycle in LIFECYCLES.values()
    for transition in lifecycle.transitions
    if transition.permission is not None
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One step that waits for a hand."""

    application_id: int
    number: str
    kind: ApplicationKind
    state: ApplicationState
    organization: str
    action: str
    since: datetime
    claimed_by: str | None
    persons: int
    first_person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Figures of one person's day; those of open work stop at `BOUND`."""

    waiting: int
    late: int
    returned: int
    decided_today: int
    weeks: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where to go on after an application: the next waiting one, and how many are left."""

    next_id: int | None
    left: int
    more: bool


def has_duties(actor: Actor) -> bool:
    """Whether work of an office comes to this person at all."""
    return bool(actor.duties) and actor.may(Permission.APPLICATIONS_REVIEW)


LINES = ApplicationLine.__table__
"""Counted without the columns of each kind, which the model would join."""


# --- Who asks, and when: what the statements are given


def _who(actor: Actor) -> dict[str, Any]:
    return {
        "me": actor.account_id,
        "digest": actor.person_digest,
        "duties": sorted(actor.duties),
        "actions": sorted({a for a, needed in PERMISSION_FOR.items() if actor.may(needed)}),
    }


def _when(now: datetime) -> dict[str, datetime]:
    lines = {f"late_{action}": late_before(now, norm) for action, norm in NORMS.items()}
    return {**lines, "late_other": late_before(now, DEFAULT_NORM)}


def _instant(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime())


ME = bindparam("me", type_=Account.id.type)

# --- Conditions


def _waits_in_office() -> ColumnElement[bool]:
    return and_(
        WorkItem.closed_at.is_(None),
        WorkItem.duty.in_(bindparam("duties", expanding=True)),
        WorkItem.action.in_(bindparam("actions", expanding=True)),
    )


def _waits_for_me() -> ColumnElement[bool]:
    """Return the condition of an open step that this person can do now (M3, X4).

    Not what a colleague has taken on, not one's own application or one that names oneself, and no
    issuing of keys on what one has passed.
    """
    form, line, review = aliased(Application), LINES.alias().c, aliased(WorkItem)
    # a value, not an EXISTS: that is looked up by key for each step, never read table-wide
    own = (
        select(or_(form.created_by_id == ME, func.coalesce(form.submitted_by_id, 0) == ME))
        .where(form.id == WorkItem.application_id)
        .scalar_subquery()
    )
    names_me = select(line.id).where(
        line.application_id == WorkItem.application_id,
        or_(line.person_digest == bindparam("digest"), line.account_id == ME),
    )
    passed_by_me = select(review.id).where(
        review.application_id == WorkItem.application_id,
        review.closed_by_id == ME,
        review.outcome == StepOutcome.PASSED,
        review.action.in_(sorted(REVIEW_ACTIONS)),
    )
    issues = WorkItem.action == "issue_key"
    return and_(
        _waits_in_office(),
        or_(WorkItem.claimed_by_id.is_(None), WorkItem.claimed_by_id == ME),
        ~own,
        ~names_me.exists(),
        or_(~issues, ~passed_by_me.exists()),
    )


def _is_late() -> ColumnElement[bool]:
    by_action = [
        and_(WorkItem.action == str(action), WorkItem.opened_at < _instant(f"late_{action}"))
        for action in NORMS
    ]
    others = and_(
        WorkItem.action.not_in([str(action) for action in NORMS]),
        WorkItem.opened_at < _instant("late_other"),
    )
    return or_(*by_action, others)


def _still_returned() -> ColumnElement[bool]:
    form = aliased(Application)
    still = select(form.id).where(
        form.id == WorkItem.application_id,
        form.state == ApplicationState.RETURNED,
        form.round == WorkItem.round,
    )
    return and_(
        WorkItem.closed_by_id == ME, WorkItem.outcome == StepOutcome.RETURNED, still.exists()
    )


def _closed_by_me(since: str, until: str | None = None) -> ColumnElement[bool]:
    closed = and_(WorkItem.closed_by_id == ME, WorkItem.closed_at >= _instant(since))
    return closed if until is None else and_(closed, WorkItem.closed_at < _instant(until))


# --- Statements, each built once


def _rows(condition: ColumnElement[bool], *order: Any) -> Select[Any]:
    line, first = LINES.alias().c, LINES.alias().c
    form, unit, holder = aliased(Application), aliased(Organization), aliased(Account)
    persons = (
        select(func.count(line.id))
        .where(line.application_id == WorkItem.application_id)
        .scalar_subquery()
    )
    first_person = (
        select(first.name)
        .where(first.application_id == WorkItem.application_id, first.position == 1)
        .scalar_subquery()
    )
    return (
        select(
            WorkItem.application_id,
            form.number,
            form.kind,
            form.state,
            unit.name.label("organization"),
            WorkItem.action,
            WorkItem.opened_at.label("since"),
            holder.name.label("claimed_by"),
            persons.label("persons"),
            func.coalesce(first_person, "").label("first_person"),
        )
        .join(form, form.id == WorkItem.application_id)
        .join(unit, unit.id == form.organization_id)
        .outerjoin(holder, holder.id == WorkItem.claimed_by_id)
        .where(condition)
        .order_by(*order)
        .limit(bindparam("most"))
        .execution_options(**OWN_DUTY)
    )


def _bounded(condition: ColumnElement[bool], bound: int = BOUND) -> Any:
    inner = select(WorkItem.id).where(condition).limit(bound).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


OLDEST = (WorkItem.opened_at, WorkItem.id)
LISTS: dict[str, Callable[[], Select[Any]]] = {
    "waiting": lambda: _rows(_waits_for_me(), *OLDEST),
    "late": lambda: _rows(and_(_waits_in_office(), _is_late()), *OLDEST),
    "returned": lambda: _rows(_still_returned(), WorkItem.closed_at, WorkItem.id),
    "decided": lambda: _rows(
        _closed_by_me("since", "until"), WorkItem.closed_at.desc(), WorkItem.id.desc()
    ),
}


@cache
def _list(name: str) -> Select[Any]:
    return LISTS[name]()


@cache
def _waiting_statement() -> Select[Any]:
    return select(_bounded(_waits_for_me())).execution_options(**OWN_DUTY)


@cache
def _tally_statement() -> Select[Any]:
    weeks = [
        _bounded(_closed_by_me(f"week_{n}", f"week_{n + 1}"), DONE_BOUND) for n in range(WEEKS)
    ]
    return select(
        _bounded(_waits_for_me()),
        _bounded(and_(_waits_in_office(), _is_late())),
        _bounded(_still_returned()),
        _bounded(_closed_by_me("today"), DONE_BOUND),
        *weeks,
    ).execution_options(**OWN_DUTY)


@cache
def _queue_statement() -> Select[Any]:
    return (
        select(WorkItem.application_id)
        .where(_waits_for_me(), WorkItem.application_id != bindparam("but"))
        .order_by(*OLDEST)
        .limit(BOUND)
        .execution_options(**OWN_DUTY)
    )


# --- What pages ask


def _fetch(session: Session, name: str, **given: Any) -> list[Waiting]:
    found = session.execute(_list(name), given)
    return [Waiting(**row._mapping) for row in found]  # noqa: SLF001 - a row's documented view


def waiting(session: Session, actor: Actor, *, limit: int) -> list[Waiting]:
    """Return what this person can do now, oldest first."""
    return _fetch(session, "waiting", **_who(actor), most=limit)


def late(session: Session, actor: Actor, *, now: datetime, limit: int) -> list[Waiting]:
    """Return what waits in the office beyond its norm, whoever has it in hand, oldest first."""
    return _fetch(session, "late", **_who(actor), **_when(now), most=limit)


def returned_by(session: Session, actor: Actor, *, limit: int) -> list[Waiting]:
    """Return what this person sent back and the applicant has not handed in again."""
    return _fetch(session, "returned", me=actor.account_id, most=limit)


def decided_by(
    session: Session, actor: Actor, *, since: datetime, until: datetime, limit: int
) -> list[Waiting]:
    """Return the steps that this person closed in a span of time, the latest first."""
    return _fetch(session, "decided", me=actor.account_id, since=since, until=until, most=limit)


def count_waiting(session: Session, actor: Actor) -> int:
    """Return how much work waits for this person, `BOUND` at most."""
    if not has_duties(actor):
        return 0
    return session.execute(_waiting_statement(), _who(actor)).scalar_one()  # type: ignore[no-any-return]


def tally(session: Session, actor: Actor, *, now: datetime) -> Tally:
    """Return the figures of this person's home, in one statement."""
    monday = start_of_week(now)
    starts = [monday - WEEK * n for n in reversed(range(-1, WEEKS))]
    weeks = {f"week_{n}": start for n, start in enumerate(starts)}
    given = {**_who(actor), **_when(now), **weeks, "today": start_of_day(now)}
    row = session.execute(_tally_statement(), given).one()
    return Tally(
        waiting=row[0],
        late=row[1],
        returned=row[2],
        decided_today=row[3],
        weeks=tuple(zip(starts[:-1], row[4:], strict=True)),
    )


def queue_after(session: Session, actor: Actor, application_id: int = 0) -> Queue:
    """Return what waits for this person besides `application_id`, the oldest first."""
    if not has_duties(actor):
        return Queue(next_id=None, left=0, more=False)
    found = session.scalars(_queue_statement(), {**_who(actor), "but": application_id}).all()
    unique = list(dict.fromkeys(found))
    return Queue(next_id=unique[0] if unique else None, left=len(unique), more=len(found) == BOUND)
