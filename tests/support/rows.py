"""What stands in the database, row by row, past every scope: to see that nothing has changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.catalog.enums import JobState
from app.models.base import metadata
from app.models.jobs import JobRun

TRAIL = "audit_event"

Rows = dict[str, list[tuple[Any, ...]]]


def everything(session: Session) -> Rows:
    """Every row of every table but the audit trail."""
    session.rollback()
    present = set(inspect(session.connection()).get_table_names()) - {TRAIL}
    return {
        name: [tuple(map(str, row)) for row in session.execute(select(table))]
        for name, table in metadata.tables.items()
        if name in present
    }


def changes(before: Rows, after: Rows) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that are new or different, by table."""
    return {
        name: sorted(set(rows) - set(before[name]), key=repr)
        for name, rows in after.items()
        if rows != before[name]
    }


def waiting_run(account_id: int, now: datetime) -> JobRun:
    """A run of long work that somebody has asked for."""
    return JobRun(
        job="count",
        period=str(account_id),
        worker="",
        state=JobState.WAITING,
        requested_by_id=account_id,
        started_at=now,
        beat_at=now,
    )
