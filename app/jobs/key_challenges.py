"""Questions to keys: worth nothing after minutes, forgotten after a day."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.jobs.batches import delete_older
from app.models.key_credentials import KeyChallenge

KEPT = timedelta(days=1)


def forget_key_challenges(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete questions that have been worth nothing for `KEPT`; yield how many by batch."""
    return delete_older(session, KeyChallenge.expires_at, now - KEPT)
