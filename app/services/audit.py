"""Reading the audit trail; writing it is `app.security.audit`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.audit import AuditEvent
from app.security.audit import record

__all__ = ["history_of", "record"]


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
