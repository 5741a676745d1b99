"""Doing a job once for a period, in small committed steps, whoever else tries the same."""

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app import clock
from app.catalog.enums import JobState
from app.errors import DomainError
from app.i18n import N_, _
from app.jobs.schedule import Job
from app.models.jobs import JobRun
from app.security.actor import Actor, acting
from app.security.audit import record
from app.services.job_runs import beat, claim, finish, let_go

log = logging.getLogger(__name__)

FAILED = N_("The job failed unexpectedly; the log of the scheduler says why.")
Stopped = Callable[[], bool]


def worker_name() -> str:
    """Return which process this is, of which machine."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(
    session: Session,
    job: Job,
    *,
    now: datetime,
    worker: str = "",
    again: bool = False,
    stopped: Stopped = lambda: False,
    tick: Callable[[], datetime] = clock.now,
) -> JobRun | None:
    """Do what is due of `job` by `now` and return the run; None if it is done or another's.

    Each step is committed with its counts, so that whoever takes over goes on from there. A job
    that fails says so in its run and raises nothing. `stopped` ends the work between two steps.
    """
    period, _due = job.schedule.latest(now)
    actor = Actor.system(job.name)
    with acting(session, actor):
        run = claim(session, job.name, period, worker=worker or worker_name(), now=now, again=again)
        session.commit()
        if run is None:
            return None
        try:
            _work(session, job, run, actor=actor, now=now, stopped=stopped, tick=tick)
        except Exception as error:  # whatever happens, the run says so
            log.exception("%s %s failed", job.name, period)
            session.rollback()
            words = str(error) if isinstance(error, DomainError) else _(FAILED)
            finish(run, now=tick(), error=words)
        session.commit()
    return run


def _work(
    session: Session,
    job: Job,
    run: JobRun,
    *,
    actor: Actor,
    now: datetime,
    stopped: Stopped,
    tick: Callable[[], datetime],
) -> None:
    counts: Counter[str] = Counter(run.counts)
    for step in job.begin(session, now=now):
        counts.update(step)
        beat(run, counts, now=tick())
        session.commit()
        if stopped():
            let_go(run, now=tick())
            return
    finish(run, now=tick())
    if counts:
        record(
            session,
            tag="job:done",
            subject=run,
            actor=actor,
            now=now,
            new={"period": run.period, **counts},
        )


def preview(session: Session, job: Job, *, now: datetime) -> Counter[str]:
    """Return what `job` would do now, and undo it."""
    counts: Counter[str] = Counter()
    with acting(session, Actor.system(job.name)):
        for step in job.begin(session, now=now):
            counts.update(step)
        session.rollback()
    return counts


def failed(run: JobRun | None) -> bool:
    """Whether a run ended badly."""
    return run is not None and run.state == JobState.FAILED
