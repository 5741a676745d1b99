"""Result files of long work, and uploads that were only looked over: deleted in time."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app.services.background import forget_results, forget_uploads


def expire_results(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Delete the files that nobody can fetch any more; the runs themselves stay on record."""
    files = current_app.config["KEYDESK"].files_dir
    forgotten = forget_results(session, files, now=now) + forget_uploads(files, now=now)
    if forgotten:
        yield {"deleted": forgotten}
