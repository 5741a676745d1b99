"""Reading the audit trail; writing it is `app.security.audit`."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from app.catalog.enums import AuditOutcome
from app.models.audit import AuditEvent
from app.security.audit import record

__all__ = ["LATEST", "history_of", "how_many_since", "last_done", "record"]

LATEST = 1_000
"""So many of the latest events of a tag are looked at when they are counted."""


def history_of(
    session: Session, subject_type: str, subject_id: int, *, limit: int = 200
) -> list[AuditEvent]:
    """Return what happened to one record, newest first.

    The caller has loaded the record within the actor's scope: its history is read past the scope of
    the trail as a whole.
    """
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_type == subject_type, AuditEvent.subject_id == subject_id)
            .order_by(AuditEvent.id.desc())
            .limit(limit)
            .execution_options(unscoped="history of a record that the actor sees")
        )
    )


def last_done(
    session: Session, subject_type: str, ids: Collection[int], tag: str
) -> dict[int, AuditEvent]:
    """Return the last event with this tag of each record, in one statement; refusals apart.

    The caller has loaded the records within the actor's scope, as for `history_of`.
    """
    if not ids:
        return {}
    found = session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.subject_type == subject_type,
            AuditEvent.subject_id.in_(sorted(ids)),
            AuditEvent.tag == tag,
            AuditEvent.outcome == AuditOutcome.DONE,
        )
        .order_by(AuditEvent.id)
        .execution_options(unscoped="history of records that the actor sees")
    )
    return {event.subject_id: event for event in found if event.subject_id is not None}


def how_many_since(session: Session, tags: Collection[str], since: datetime) -> dict[str, int]:
    """Return how many events of each tag there are since then, `LATEST` at most.

    Each tag is read along its index from the newest back, and no further than that.
    """
    newest = union_all(
        *(
            select(
                select(AuditEvent.tag, AuditEvent.at)
                .where(AuditEvent.tag == tag)
                .order_by(AuditEvent.id.desc())
                .limit(LATEST)
                .subquery()
            )
            for tag in tags
        )
    ).subquery()
    rows = session.execute(
        select(newest.c.tag, func.count()).where(newest.c.at >= since).group_by(newest.c.tag)
    )
    found: dict[str, int] = {str(tag): count for tag, count in rows}
    return {tag: found.get(tag, 0) for tag in tags}
