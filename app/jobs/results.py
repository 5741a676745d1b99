"""Result files of long work: fetched within 30 days, then deleted."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app.services.background import forget_results


def expire_results(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete the files that nobody can fetch any more; the runs themselves stay on record."""
    forgotten = forget_results(session, current_app.config["KEYDESK"].files_dir, now=now)
    if forgotten:
        yield {"deleted": forgotten}
