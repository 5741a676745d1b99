"""Long work as a run of a job: asked for here, done by the scheduler, its result fetched here.

`start` writes a row and returns at once. The work is a function that takes a `Ticket` and yields,
after every small batch, how many rows it has dealt with; the runner commits there. Killed at any
moment it begins again with what its ticket's `place` held at the last commit. It acts as the person
who asked, with the rights that person has by then.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.enums import JobState
from app.catalog.long_work import LONG_WORK
from app.errors import Conflict, NotFound, Refused
from app.i18n import N_, language
from app.models.jobs import JobRun
from app.models.notices import Notice
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require

MOST_WAITING = 20
"""So much long work one person may have under way."""
KEPT = timedelta(days=30)
"""So long a result can be fetched."""
UPLOADS_KEPT = timedelta(days=1)
"""So long a spreadsheet is kept between looking it over and taking it."""
RESULTS, WORKSHOP, UPLOADS = "results", "work", "imports"

Counts = Mapping[str, int]
Work = Callable[["Ticket"], Iterator[Counts]]


@dataclass(slots=True)
class Ticket:
    """One piece of long work while it is done.

    `params` say what was asked; `place` is the work's own note of where it stands, stored with
    every batch; `folder` is its own, and stays until the work has ended.
    """

    session: Session
    run: JobRun
    actor: Actor
    now: datetime
    files: Path

    @property
    def params(self) -> dict[str, Any]:
        """What was asked for."""
        return self.run.params

    @property
    def place(self) -> dict[str, Any]:
        """Where the work stands; replace it as a whole, by `go_on_from`."""
        return self.run.place

    def go_on_from(self, **place: Any) -> None:
        """Note where to go on if the work is cut off after the next batch."""
        self.run.place = place

    def expect(self, total: int) -> None:
        """Say how many rows there are in all."""
        self.run.total = total

    @property
    def folder(self) -> Path:
        """A folder for what is not finished yet."""
        folder = self.files / WORKSHOP / self.run.period
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        return folder

    def deliver(self, filename: str, content_type: str) -> BinaryIO:
        """Open the file of the result for writing; it counts once the work has ended."""
        self.run.result_name, self.run.result_type = filename[:200], content_type
        return (self.folder / "result").open("wb")


def start(
    session: Session,
    kind: str,
    *,
    title: str,
    params: dict[str, Any],
    actor: Actor,
    now: datetime,
    total: int | None = None,
) -> JobRun:
    """Ask for the long work `kind` and return its run, which begins in a moment; caller commits.

    `title` tells the person later what was asked; `params` are plain JSON.
    """
    work = LONG_WORK[kind]
    require(actor, work.permission)
    under_way = session.scalar(
        select(func.count())
        .select_from(JobRun)
        .where(
            JobRun.requested_by_id == actor.account_id,
            JobRun.state.in_([JobState.WAITING, JobState.RUNNING]),
        )
    )
    if (under_way or 0) >= MOST_WAITING:
        raise Refused(
            N_("You have %(count)s pieces of long work under way: wait until one has ended."),
            code="too_much_long_work",
            count=under_way,
        )
    run = JobRun(
        job=kind,
        period=uuid.uuid4().hex,
        title=title[:200],
        params=params,
        requested_by_id=actor.account_id,
        language=language()[:2],
        state=JobState.WAITING,
        worker="",
        started_at=now,
        beat_at=now,
        total=total,
    )
    session.add(run)
    session.flush()
    _record(session, run, "job:asked_for", actor=actor, now=now, new={"job": kind, "title": title})
    return run


def own_run(session: Session, run_id: int, actor: Actor) -> JobRun:
    """Return long work that the actor asked for; NotFound for anything else."""
    found: JobRun | None = session.scalar(
        select(JobRun).where(JobRun.id == run_id, JobRun.requested_by_id == actor.account_id)
    )
    if found is None:
        raise NotFound
    return found


def stop(session: Session, run: JobRun, *, actor: Actor, now: datetime) -> None:
    """Let the work end after the batch that it is at; what is done stays done."""
    if run.state == JobState.WAITING:
        run.state, run.finished_at = JobState.STOPPED, now
    elif run.state == JobState.RUNNING:
        run.stop_wanted = True
    else:
        raise Conflict(N_("This work has ended already."), code="already_ended")
    session.flush()
    _record(session, run, "job:stop_wanted", actor=actor, now=now)


def go_on(session: Session, run: JobRun, *, actor: Actor, now: datetime) -> None:
    """Let stopped or failed work go on where it stood."""
    require(actor, LONG_WORK[run.job].permission)
    if run.state not in {JobState.STOPPED, JobState.FAILED}:
        raise Conflict(N_("Only work that was stopped or has failed can go on."), code="not_ended")
    run.state, run.finished_at, run.error = JobState.WAITING, None, ""
    run.stop_wanted = False
    session.flush()
    _record(session, run, "job:goes_on", actor=actor, now=now)


def result_of(
    session: Session, run: JobRun, files: Path, *, actor: Actor, now: datetime
) -> BufferedReader:
    """Open the file that the work has made, for who asked for it; the fetching is recorded."""
    if run.requested_by_id != actor.account_id or run.state != JobState.DONE:
        raise NotFound
    place = files / RESULTS / run.period
    if not run.result_name or not place.is_file():
        raise NotFound(N_("The file is not kept any more: ask for it again."), code="result_gone")
    _record(session, run, "job:result_fetched", actor=actor, now=now)
    session.flush()
    return place.open("rb")


def close(ticket: Ticket, *, now: datetime) -> None:
    """Put the result where it is fetched, tell who asked, empty the work's folder."""
    run, folder = ticket.run, ticket.files / WORKSHOP / ticket.run.period
    made = folder / "result"
    if run.result_name and made.is_file():
        results = ticket.files / RESULTS
        results.mkdir(parents=True, exist_ok=True, mode=0o750)
        run.result_size = made.stat().st_size
        made.replace(results / run.period)
    shutil.rmtree(folder, ignore_errors=True)
    tell(ticket.session, run, "job_done", now=now)


def tell(session: Session, run: JobRun, code: str, *, now: datetime) -> None:
    """Write a notice to who asked for `run`."""
    session.add(
        Notice(
            account_id=run.requested_by_id,
            code=code,
            params={"title": run.title},
            subject_type=JobRun.__tablename__,
            subject_id=run.id,
            created_at=now,
        )
    )


def forget_results(session: Session, files: Path, *, now: datetime) -> int:
    """Delete result files of runs that ended `KEPT` ago and return how many; caller commits."""
    old = session.scalars(
        select(JobRun).where(JobRun.finished_at < now - KEPT, JobRun.result_size.is_not(None))
    ).all()
    for run in old:
        (files / RESULTS / run.period).unlink(missing_ok=True)
        run.result_size = None
    session.flush()
    return len(old)


def forget_uploads(files: Path, *, now: datetime) -> int:
    """Delete files that were looked over a day ago and return how many."""
    old = (now - UPLOADS_KEPT).timestamp()
    gone = [
        place
        for place in (files / UPLOADS).glob("??/??/*")
        if place.is_file() and place.stat().st_mtime < old
    ]
    for place in gone:
        place.unlink(missing_ok=True)
    return len(gone)


def _record(
    session: Session,
    run: JobRun,
    tag: str,
    *,
    actor: Actor,
    now: datetime,
    new: dict[str, Any] | None = None,
) -> None:
    work = LONG_WORK.get(run.job)
    record(
        session,
        tag=tag,
        subject=run,
        actor=actor,
        now=now,
        new=new,
        rule=work.rule if work else "",
        article=work.article if work else "",
    )
