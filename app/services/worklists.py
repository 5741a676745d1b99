"""What waits for whom: the work of one's office oldest first, what one returned, what is late.

Each list is one bounded statement on an index; the actor's own duties are its condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationKind, ApplicationState, StepOutcome
from app.catalog.lifecycles import APPLICATIONS as LIFECYCLES
from app.catalog.norms import DEFAULT_NORM, NORMS
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.notices import Notice
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services.working_time import late_before, start_of_day, start_of_week
from app.workflow.review import REVIEW_ACTIONS

BOUND = 100
"""Waiting work is counted up to here; beyond, pages say "more"."""
WEEKS = 8
WEEK = timedelta(days=7)
OWN_DUTY = {"unscoped": "the duties of the actor's office are the condition"}

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
    claimed_by_id: int | None
    persons: int
    first_person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Figures of one person's day; `waiting` and `late` stop at `BOUND`."""

    waiting: int
    late: int
    returned: int
    decided_today: int
    weeks: tuple[tuple[datetime, int], ...]


def _actions(actor: Actor) -> list[str]:
    return sorted({a for a, permission in PERMISSION_FOR.items() if actor.may(permission)})


def _waits_in_office(actor: Actor) -> ColumnElement[bool]:
    return and_(
        WorkItem.closed_at.is_(None),
        WorkItem.duty.in_(sorted(actor.duties)),
        WorkItem.action.in_(_actions(actor)),
    )


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of an open step that this person can do now (M3, X4).

    Not what a colleague has taken on, not one's own application or one that names oneself, and no
    issuing of keys on what one has passed.
    """
    return and_(
        _waits_in_office(actor),
        or_(WorkItem.claimed_by_id.is_(None), WorkItem.claimed_by_id == actor.account_id),
        ~_own_application(actor),
        ~_names(actor),
        or_(WorkItem.action.in_(REVIEW_ACTIONS | {"configure"}), ~_passed_by(actor)),
    )


def _own_application(actor: Actor) -> ColumnElement[bool]:
    form = Application.__table__.alias("own_form")
    return (
        select(form.c.id)
        .where(
            form.c.id == WorkItem.application_id,
            or_(
                form.c.created_by_id == actor.account_id,
                form.c.submitted_by_id == actor.account_id,
            ),
        )
        .exists()
    )


def _names(actor: Actor) -> ColumnElement[bool]:
    line = ApplicationLine.__table__.alias("own_line")
    return (
        select(line.c.id)
        .where(
            line.c.application_id == WorkItem.application_id,
            or_(
                line.c.person_digest == actor.person_digest,
                line.c.account_id == actor.account_id,
            ),
        )
        .exists()
    )


def _passed_by(actor: Actor) -> ColumnElement[bool]:
    review = WorkItem.__table__.alias("own_review")
    return (
        select(review.c.id)
        .where(
            review.c.application_id == WorkItem.application_id,
            review.c.closed_by_id == actor.account_id,
            review.c.outcome == StepOutcome.PASSED,
            review.c.action.in_(REVIEW_ACTIONS),
        )
        .exists()
    )


def has_duties(actor: Actor) -> bool:
    """Whether work of an office comes to this person at all."""
    return bool(actor.duties) and actor.may(Permission.APPLICATIONS_REVIEW)


def _rows() -> Select[Any]:
    lines = ApplicationLine.__table__
    of_form = lines.c.application_id == WorkItem.application_id
    persons = select(func.count()).select_from(lines).where(of_form).scalar_subquery()
    first = select(lines.c.name).where(of_form, lines.c.position == 1).scalar_subquery()
    form, unit, holder = Application.__table__, Organization.__table__, Account.__table__
    return (
        select(
            WorkItem.application_id,
            form.c.number,
            form.c.kind,
            form.c.state,
            unit.c.name.label("organization"),
            WorkItem.action,
            WorkItem.opened_at.label("since"),
            holder.c.name.label("claimed_by"),
            WorkItem.claimed_by_id,
            persons.label("persons"),
            func.coalesce(first, "").label("first_person"),
        )
        .join(form, form.c.id == WorkItem.application_id)
        .join(unit, unit.c.id == form.c.organization_id)
        .outerjoin(holder, holder.c.id == WorkItem.claimed_by_id)
        .execution_options(**OWN_DUTY)
    )


def _fetch(session: Session, statement: Select[Any]) -> list[Waiting]:
    return [Waiting(**row._mapping) for row in session.execute(statement)]  # noqa: SLF001 - a row's documented view


def waiting(
    session: Session, actor: Actor, *, limit: int, actions: Sequence[str] = ()
) -> list[Waiting]:
    """Return what this person can do now, oldest first; only `actions` if any are named."""
    statement = _rows().where(waits_for(actor))
    if actions:
        statement = statement.where(WorkItem.action.in_(actions))
    return _fetch(session, statement.order_by(WorkItem.opened_at, WorkItem.id).limit(limit))


def late(session: Session, actor: Actor, *, now: datetime, limit: int) -> list[Waiting]:
    """Return what waits in the office beyond its norm, whoever has it in hand, oldest first."""
    statement = _rows().where(_waits_in_office(actor), _is_late(now))
    return _fetch(session, statement.order_by(WorkItem.opened_at, WorkItem.id).limit(limit))


def _is_late(now: datetime) -> ColumnElement[bool]:
    by_action = [
        and_(WorkItem.action == action, WorkItem.opened_at < late_before(now, norm))
        for action, norm in NORMS.items()
    ]
    other = and_(
        WorkItem.action.not_in(list(NORMS)), WorkItem.opened_at < late_before(now, DEFAULT_NORM)
    )
    return or_(*by_action, other)


def returned_by(session: Session, actor: Actor, *, limit: int) -> list[Waiting]:
    """Return what this person sent back and the applicant has not handed in again."""
    statement = _rows().where(_still_returned(actor))
    return _fetch(session, statement.order_by(WorkItem.closed_at, WorkItem.id).limit(limit))


def _still_returned(actor: Actor) -> ColumnElement[bool]:
    form = Application.__table__.alias("returned_form")
    still = (
        select(form.c.id)
        .where(
            form.c.id == WorkItem.application_id,
            form.c.state == ApplicationState.RETURNED,
            form.c.round == WorkItem.round,
        )
        .exists()
    )
    return and_(
        WorkItem.closed_by_id == actor.account_id,
        WorkItem.outcome == StepOutcome.RETURNED,
        still,
    )


def _bounded(condition: ColumnElement[bool], bound: int = BOUND) -> Any:
    inner = select(WorkItem.id).where(condition).limit(bound).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


def waiting_count(actor: Actor) -> Any:
    """Return the bounded count of what waits for this person, to be part of a statement."""
    return _bounded(waits_for(actor))


def unread_count(actor: Actor) -> Any:
    """Return the bounded count of unread notices, to be part of a statement."""
    notice = Notice.__table__
    inner = (
        select(notice.c.id)
        .where(notice.c.account_id == actor.account_id, notice.c.read_at.is_(None))
        .limit(BOUND)
        .subquery()
    )
    return select(func.count()).select_from(inner).scalar_subquery()


def frame_counts(session: Session, actor: Actor) -> tuple[int, int]:
    """Return unread notices and waiting work, in one statement."""
    columns = [unread_count(actor).label("unread")]
    if has_duties(actor):
        columns.append(waiting_count(actor).label("waiting"))
    row = session.execute(select(*columns).execution_options(**OWN_DUTY)).one()
    return row[0], row[1] if has_duties(actor) else 0


def tally(session: Session, actor: Actor, *, now: datetime) -> Tally:
    """Return the figures of this person's home, in one statement."""
    mine = and_(WorkItem.closed_by_id == actor.account_id, WorkItem.closed_at.is_not(None))
    monday = start_of_week(now)
    starts = [monday - WEEK * n for n in reversed(range(WEEKS))]
    weeks = [
        _bounded(and_(mine, WorkItem.closed_at >= s, WorkItem.closed_at < s + WEEK), 10_000)
        for s in starts
    ]
    row = session.execute(
        select(
            _bounded(waits_for(actor)),
            _bounded(and_(_waits_in_office(actor), _is_late(now))),
            _bounded(_still_returned(actor)),
            _bounded(and_(mine, WorkItem.closed_at >= start_of_day(now)), 10_000),
            *weeks,
        ).execution_options(**OWN_DUTY)
    ).one()
    return Tally(
        waiting=row[0],
        late=row[1],
        returned=row[2],
        decided_today=row[3],
        weeks=tuple(zip(starts, row[4:], strict=True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where to go on after an application: the next waiting one, and how many are left."""

    next_id: int | None
    left: int
    more: bool


def queue_after(session: Session, actor: Actor, application_id: int | None = None) -> Queue:
    """Return what waits for this person besides `application_id`, the oldest first."""
    if not has_duties(actor):
        return Queue(next_id=None, left=0, more=False)
    statement = select(WorkItem.application_id).where(waits_for(actor))
    if application_id is not None:
        statement = statement.where(WorkItem.application_id != application_id)
    found = session.scalars(
        statement.order_by(WorkItem.opened_at, WorkItem.id)
        .limit(BOUND)
        .execution_options(**OWN_DUTY)
    ).all()
    unique = list(dict.fromkeys(found))
    return Queue(next_id=unique[0] if unique else None, left=len(unique), more=len(found) == BOUND)
