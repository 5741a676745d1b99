"""Whose turn it is: pure questions about an application's work items."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import StepOutcome
from app.catalog.labels import label_of
from app.catalog.lifecycles import Transition
from app.catalog.types import RoadAction
from app.clock import OFFICE_ZONE
from app.errors import Detail, Word
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.work import WorkItem
from app.security.actor import Actor

REVIEW_ACTIONS = frozenset({"approve"})
"""Road actions that are a review; X4 keeps reviewers from issuing."""


def open_work(application: Application) -> list[WorkItem]:
    """Return the steps that wait now, in the order of the road."""
    return [work for work in application.work_items if work.closed_at is None]


def own_open_work(application: Application, actor: Actor) -> WorkItem | None:
    """Return the step that waits for a duty of the actor's office, if any (M3)."""
    return next((w for w in open_work(application) if w.duty in actor.duties), None)


def is_another_step(work: WorkItem, transition: Transition) -> bool:
    """Whether an act is done at a step of its own, and not at this one."""
    at = (transition.action, *transition.also_at)
    return transition.action in set(RoadAction) and work.action not in at


def is_in_charge(work: WorkItem | None, line: ApplicationLine) -> bool:
    """Whether a step decides about a person: whose permissions it reviews, or everybody (M3)."""
    return work is None or work.category is None or work.category in line.categories()


def own_closed_work(application: Application, actor: Actor) -> WorkItem | None:
    """Return the actor's office's closed step beside those that wait now, if there is one.

    Steps of an earlier position are no longer in question: what waits is another's duty (M3).
    """
    waiting = {work.step for work in open_work(application)}
    closed = [
        w
        for w in application.work_items
        if w.closed_at is not None
        and w.round == application.round
        and w.step in waiting
        and w.duty in actor.duties
    ]
    return closed[-1] if closed else None


def is_same_person(actor: Actor, account: Account | None) -> bool:
    """Whether `account` is the actor's, or another account of the same person (X4)."""
    if account is None or actor.account_id is None:
        return False
    return actor.account_id == account.id or actor.person_digest == account.citizen_id_digest


def reviewed_by(application: Application, actor: Actor) -> bool:
    """Whether this person passed a review of the application, in any round (X4)."""
    return any(
        w.outcome == StepOutcome.PASSED
        and w.action in REVIEW_ACTIONS
        and is_same_person(actor, w.closed_by)
        for w in application.work_items
    )


def who_decided(session: Session, subject: Any) -> list[Detail]:
    """Return a detail that says who closed the last step of an application, and when."""
    if not isinstance(subject, Application):
        return []
    last = session.scalar(
        select(WorkItem)
        .where(
            WorkItem.application_id == subject.id,
            WorkItem.closed_at.is_not(None),
            WorkItem.closed_by_id.is_not(None),
        )
        .options(joinedload(WorkItem.closed_by))
        .order_by(
            WorkItem.closed_at.desc(),
            WorkItem.outcome == StepOutcome.CANCELLED,  # called off by what another decided
            WorkItem.id.desc(),
        )
        .limit(1)
    )
    if last is None or last.closed_by is None or last.outcome is None or last.closed_at is None:
        return []
    return [
        Detail(
            "state",
            "decided_by",
            N_("%(name)s decided at %(at)s: %(outcome)s."),
            {
                "name": last.closed_by.name,
                "at": f"{last.closed_at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}",
                "outcome": Word(label_of(last.outcome)),
            },
        )
    ]
