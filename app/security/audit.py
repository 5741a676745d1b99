"""Writing the audit trail: in the act's own session, so that no act is without its event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.catalog.enums import AuditOutcome
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.security.actor import Actor


def record(
    session: Session,
    *,
    tag: str,
    subject: Any = None,
    subject_type: str | None = None,
    subject_id: int | None = None,
    subject_label: str | None = None,
    organization_id: int | None = None,
    person_id: int | None = None,
    actor: Actor,
    now: datetime,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    comment: str = "",
    rule: str = "",
    article: str = "",
    outcome: AuditOutcome = AuditOutcome.DONE,
) -> AuditEvent:
    """Add one event about `subject` (a row, or its type, id and label) and return it.

    `old` and `new` carry the changed values, JSON-ready; secrets and personal numbers never.
    """
    if subject is not None:
        subject_type = subject_type or subject.__tablename__
        identity = inspect(subject).identity
        subject_id = subject_id or (identity[0] if identity else None)
        if not isinstance(subject_id, int):
            subject_id = None
        subject_label = subject_label or str(subject)
        organization_id = organization_id or getattr(subject, "organization_id", None)
        if isinstance(subject, Account):
            person_id = person_id or subject.id
    event = AuditEvent(
        at=now,
        tag=tag,
        outcome=outcome,
        subject_type=subject_type or "",
        subject_id=subject_id,
        subject_label=(subject_label or "")[:200],
        organization_id=organization_id,
        person_id=person_id,
        actor_id=actor.account_id,
        actor_label=actor.name[:120],
        channel=actor.channel,
        remote_addr=actor.remote_addr,
        rule=rule,
        article=article,
        comment=comment,
        old=dict(old) if old else None,
        new=dict(new) if new else None,
    )
    session.add(event)
    return event


def record_change(
    session: Session, *, before: Mapping[str, Any], after: Mapping[str, Any], **event: Any
) -> None:
    """Add one event with what differs between `before` and `after`; none where nothing does."""
    changed = [name for name in after if before.get(name) != after[name]]
    if changed:
        old = {name: before.get(name) for name in changed}
        record(session, old=old, new={name: after[name] for name in changed}, **event)
