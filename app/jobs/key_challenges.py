"""Questions to keys: worth nothing after minutes, forgotten after a day."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models.key_credentials import KeyChallenge

KEPT = timedelta(days=1)
BATCH = 1000


def forget_key_challenges(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete questions that have been worth nothing for `KEPT`; yield how many by batch."""
    while True:
        old = list(
            session.scalars(
                select(KeyChallenge.id)
                .where(KeyChallenge.expires_at < now - KEPT)
                .order_by(KeyChallenge.expires_at)
                .limit(BATCH)
            )
        )
        if not old:
            return
        session.execute(delete(KeyChallenge).where(KeyChallenge.id.in_(old)))
        yield {"deleted": len(old)}
