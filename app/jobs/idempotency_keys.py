"""Idempotency keys: a request may be repeated for 30 days, then its outcome is forgotten."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.jobs.batches import delete_older
from app.models.audit import IdempotencyKey

KEPT = timedelta(days=30)


def expire_idempotency_keys(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete keys older than `KEPT`; yield how many after each batch."""
    return delete_older(session, IdempotencyKey.created_at, now - KEPT)
