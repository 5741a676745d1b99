"""Idempotency keys: a request may be repeated for 30 days, then its outcome is forgotten."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models.audit import IdempotencyKey

KEPT = timedelta(days=30)
BATCH = 1000


def expire_idempotency_keys(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete keys older than `KEPT`; yield how many after each batch."""
    while True:
        old = list(
            session.scalars(
                select(IdempotencyKey.id)
                .where(IdempotencyKey.created_at < now - KEPT)
                .order_by(IdempotencyKey.id)
                .limit(BATCH)
            )
        )
        if not old:
            return
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.id.in_(old)))
        yield {"deleted": len(old)}
