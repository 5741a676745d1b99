"""Runs of jobs: claimed once for each period, alive while they beat, ended with their counts."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.catalog.enums import JobState
from app.models.jobs import ASKED_FOR, JobRun

LEASE = timedelta(minutes=10)
"""A run that has not beaten for so long has died; another scheduler goes on with it."""
MAX_ERROR = 500


def claim(
    session: Session, job: str, period: str, *, worker: str, now: datetime, again: bool = False
) -> JobRun | None:
    """Return the run of `job` for `period` if it is this worker's to do, else None.

    Of any number of claims at the same moment one gets it: the row can stand only once. A run that
    died is taken over; one that failed only with `again`. The caller commits.
    """
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    fresh = {
        "job": job,
        "period": period,
        "worker": worker[:120],
        "state": JobState.RUNNING,
        "attempt": 1,
        "started_at": now,
        "beat_at": now,
        "done": 0,
        "counts": {},
        "error": "",
        "title": "",
        "params": {},
        "place": {},
        "language": "zh",
        "stop_wanted": False,
        "result_name": "",
        "result_type": "",
    }
    statement = dialect.insert(JobRun).values(**fresh)
    statement = statement.on_conflict_do_nothing(index_elements=["job", "period"])
    made = session.execute(statement.returning(JobRun.id)).scalar()
    if made is not None:
        return session.get_one(JobRun, made)
    return _take_over(session, job, period, worker=worker, now=now, again=again)


def _take_over(
    session: Session, job: str, period: str, *, worker: str, now: datetime, again: bool
) -> JobRun | None:
    run = session.scalars(
        select(JobRun)
        .where(JobRun.job == job, JobRun.period == period)
        .execution_options(populate_existing=True)
    ).one()
    if not has_died(run, now) and not (again and run.state == JobState.FAILED):
        return None
    return _take(session, run, worker=worker, now=now)


def claim_asked_for(
    session: Session, *, worker: str, now: datetime, run_id: int | None = None
) -> JobRun | None:
    """Return the oldest long work that waits, or whose process has died, as this worker's to do.

    None if there is none, or another worker was quicker. The caller commits.
    """
    query = select(JobRun).where(text(ASKED_FOR)).order_by(JobRun.id)
    if run_id is not None:
        query = query.where(JobRun.id == run_id)
    for run in session.scalars(query.execution_options(populate_existing=True)):
        if run.state == JobState.WAITING or has_died(run, now):
            taken = _take(session, run, worker=worker, now=now)
            if taken is not None:
                return taken
    return None


def has_died(run: JobRun, now: datetime) -> bool:
    """Whether nobody works on a run any more: its process has gone, or been silent for long."""
    if run.state != JobState.RUNNING:
        return False
    return run.beat_at <= now - LEASE or _has_gone(run.worker)


def _has_gone(worker: str) -> bool:
    """Whether a process of this machine has ended; of another machine's nothing is known."""
    host, _, process = worker.rpartition(":")
    if host != socket.gethostname() or not process.isdecimal() or process == str(os.getpid()):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _take(session: Session, run: JobRun, *, worker: str, now: datetime) -> JobRun | None:
    taken = session.execute(
        update(JobRun)
        .where(
            JobRun.id == run.id,
            JobRun.state == run.state,
            JobRun.attempt == run.attempt,
            JobRun.beat_at == run.beat_at,
        )
        .values(
            worker=worker[:120],
            attempt=run.attempt if run.state == JobState.WAITING else run.attempt + 1,
            state=JobState.RUNNING,
            beat_at=now,
            finished_at=None,
            error="",
        )
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not taken:
        return None
    session.refresh(run)
    return run


def beat(run: JobRun, counts: Mapping[str, int], *, now: datetime) -> None:
    """Note on `run` that it is alive and what it has done by now."""
    run.beat_at = now
    run.counts = dict(counts)
    run.done = sum(counts.values())


def finish(run: JobRun, *, now: datetime, error: str = "") -> None:
    """End `run`, as failed if there is an `error`."""
    run.state = JobState.FAILED if error else JobState.DONE
    run.beat_at = run.finished_at = now
    run.error = error[:MAX_ERROR]


def let_go(run: JobRun, *, now: datetime) -> None:
    """Leave an unfinished `run` to whoever comes next, without waiting for the lease to end."""
    run.beat_at = now - LEASE


def last_runs(session: Session, *, job: str | None = None, limit: int = 20) -> list[JobRun]:
    """Return the newest runs, of one job or of all."""
    query = select(JobRun).order_by(JobRun.started_at.desc(), JobRun.id.desc()).limit(limit)
    if job is not None:
        query = query.where(JobRun.job == job)
    return list(session.scalars(query))
