"""Taking the audit trail out, event by event, oldest first; the taking itself goes on record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.catalog.enums import AuditOutcome
from app.catalog.permissions import Permission
from app.models.audit import AuditEvent
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require

BATCH = 2000
RULE, ARTICLE = "X2", "第九条"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted; what is None does not narrow."""

    since: datetime | None = None
    until: datetime | None = None
    tag: str | None = None
    outcome: AuditOutcome | None = None
    actor_id: int | None = None
    organization_id: int | None = None
    subject_type: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what an event has to fulfil; a tag ending in a colon means all that begin so."""
        if self.since is not None:
            yield AuditEvent.at >= self.since
        if self.until is not None:
            yield AuditEvent.at < self.until
        if self.tag is not None:
            whole = not self.tag.endswith(":")
            yield (
                AuditEvent.tag == self.tag
                if whole
                else AuditEvent.tag.startswith(self.tag, autoescape=True)
            )
        for name in ("outcome", "actor_id", "organization_id", "subject_type"):
            value = getattr(self, name)
            if value is not None:
                yield getattr(AuditEvent, name) == value

    def said(self) -> dict[str, Any]:
        """Return what narrows, as the event about the export says it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name in self.__slots__
            if (value := getattr(self, name)) is not None
        }


def export_events(
    session: Session, wanted: EventFilter, *, actor: Actor, now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield every wanted event as plain data, in the order of the trail.

    When the last has been taken, who took how many by which filter is put on record; the caller
    commits.
    """
    require(actor, Permission.AUDIT_EVENTS_LIST)
    last = session.scalar(select(func.max(AuditEvent.id))) or 0
    statement = (
        select(AuditEvent.__table__)
        .where(AuditEvent.id <= last, *wanted.conditions())
        .order_by(AuditEvent.id)
        .execution_options(yield_per=BATCH)
    )
    count = 0
    for row in session.execute(statement).mappings():
        count += 1
        yield {name: _plain(value) for name, value in row.items()}
    record(
        session,
        tag="audit:exported",
        subject_type="audit_event",
        actor=actor,
        now=now,
        new={"filter": wanted.said(), "count": count},
        rule=RULE,
        article=ARTICLE,
    )
    session.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value
