"""The scheduler: a process of its own, of which any number may run beside one another."""

import gc
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from app import clock
from app.clock import OFFICE_ZONE
from app.jobs.runner import run_asked_for, run_job
from app.jobs.schedule import JOBS, Job

log = logging.getLogger(__name__)

CATCH_UP_MINUTES = 5
"""So often is looked for what was missed, and for runs whose process has died."""

LOOK_SECONDS = 2
"""So often is looked for long work that somebody has asked for."""

OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""As in the web server: a batch makes some ten thousand objects that die with it."""

OpenSession = Callable[[], AbstractContextManager[Session]]


def run_due(
    open_session: OpenSession, *, now: datetime, stopped: Callable[[], bool] = lambda: False
) -> list[str]:
    """Do every job whose last period nobody has done yet; return what was done."""
    done = []
    for job in JOBS.values():
        if stopped():
            break
        with open_session() as session:
            run = run_job(session, job, now=now, stopped=stopped)
            if run is not None:
                done.append(str(run))
                log.info("%s: %s, %s rows", run, run.state, run.done)
    return done


def run_waiting(
    open_session: OpenSession,
    *,
    files: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Do the long work that has been asked for until none waits; return what was done."""
    done: list[str] = []
    while not stopped():
        with open_session() as session:
            run = run_asked_for(session, files=files, now=clock.now(), stopped=stopped)
            if run is None:
                return done
            done.append(str(run))
            log.info("%s: %s, %s rows", run, run.state, run.done)
    return done


def leave_what_stays() -> None:
    """Leave what has been loaded out of every later search for garbage: it never becomes any."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def serve(open_session: OpenSession, *, files: Path) -> None:
    """Run jobs at their times until SIGTERM or Ctrl-C, which stop a job between two steps."""
    leave_what_stays()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    scheduler = BackgroundScheduler(timezone=OFFICE_ZONE)

    def look() -> None:
        run_due(open_session, now=clock.now(), stopped=stop.is_set)

    options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    for job in JOBS.values():
        scheduler.add_job(look, _trigger(job), id=job.name, **options)
    scheduler.add_job(
        look,
        IntervalTrigger(minutes=CATCH_UP_MINUTES, timezone=OFFICE_ZONE),
        id="catch_up",
        next_run_time=clock.now(),
        **options,
    )
    scheduler.add_job(
        lambda: run_waiting(open_session, files=files, stopped=stop.is_set),
        IntervalTrigger(seconds=LOOK_SECONDS, timezone=OFFICE_ZONE),
        id="asked_for",
        **options,
    )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _trigger(job: Job) -> CronTrigger:
    at = job.schedule.at
    return CronTrigger(hour=at.hour, minute=at.minute, second=1, timezone=OFFICE_ZONE)
