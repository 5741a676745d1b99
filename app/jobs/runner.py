"""Doing a job once for a period, in small committed steps, whoever else tries the same."""

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app import clock
from app.catalog.enums import AccountState, Channel, JobState
from app.errors import DomainError, Refused
from app.i18n import N_, _, speaking
from app.jobs.requested import REQUESTED
from app.jobs.schedule import Job
from app.models.accounts import Account
from app.models.jobs import JobRun
from app.security.actor import Actor, acting, load_actor
from app.security.audit import record
from app.services.background import Ticket, Work, close, tell
from app.services.job_runs import beat, claim, claim_asked_for, finish, let_go

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


def run_asked_for(
    session: Session,
    *,
    files: Path,
    now: datetime,
    work: Mapping[str, Work] = REQUESTED,
    worker: str = "",
    run_id: int | None = None,
    stopped: Stopped = lambda: False,
    tick: Callable[[], datetime] = clock.now,
) -> JobRun | None:
    """Do the oldest long work that waits, or that named, and return its run; None if none waits.

    It acts as the person who asked, as that person stands now. Each step is committed with its
    counts and its place.
    """
    with acting(session, Actor.system("long work")):
        worker = worker or worker_name()
        run = claim_asked_for(session, worker=worker, now=now, run_id=run_id)
        session.commit()
        if run is None:
            return None
        with speaking(run.language):
            try:
                ticket = _ticket(session, run, files=files, now=now)
                with acting(session, ticket.actor):
                    _long_work(ticket, work[run.job], stopped=stopped, tick=tick)
            except Exception as error:  # whatever happens, the run says so
                log.exception("%s %s failed", run.job, run.period)
                session.rollback()
                _failed(session, run, error, now=tick())
        session.commit()
    return run


def _ticket(session: Session, run: JobRun, *, files: Path, now: datetime) -> Ticket:
    account = session.get_one(Account, run.requested_by_id)
    if account.state != AccountState.ACTIVE:
        raise Refused(
            N_("The account that asked for this is not active any more."), code="not_active"
        )
    actor = load_actor(session, account, channel=Channel.JOB)
    return Ticket(session=session, run=run, actor=actor, now=now, files=files)


def _long_work(
    ticket: Ticket, work: Work, *, stopped: Stopped, tick: Callable[[], datetime]
) -> None:
    session, run = ticket.session, ticket.run
    counts: Counter[str] = Counter(run.counts)
    for step in work(ticket):
        counts.update(step)
        beat(run, counts, now=tick())
        session.commit()
        session.refresh(run, ["stop_wanted"])
        if run.stop_wanted:
            run.state, run.finished_at, run.stop_wanted = JobState.STOPPED, tick(), False
            return
        if stopped():
            let_go(run, now=tick())
            return
    close(ticket, now=tick())
    finish(run, now=tick())
    new = {"job": run.job, **counts}
    record(session, tag="job:done", subject=run, actor=ticket.actor, now=tick(), new=new)


def _failed(session: Session, run: JobRun, error: Exception, *, now: datetime) -> None:
    words = str(error) if isinstance(error, DomainError) else _(FAILED)
    finish(run, now=now, error=words)
    tell(session, run, "job_failed", now=now)
    code = error.code if isinstance(error, DomainError) else "unexpected"
    actor = Actor.system(run.job)
    record(session, tag="job:failed", subject=run, actor=actor, now=now, new={"code": code})


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
