"""`flask jobs …`: what is scheduled, what has run; the scheduler itself."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import clock
from app.cli.files import settings
from app.cli.lists import value_text
from app.cli.terminal import fail_in_words, nothing_found, table
from app.clock import OFFICE_ZONE
from app.extensions import db
from app.i18n import _
from app.jobs import runner, scheduler
from app.jobs.schedule import JOBS, Job
from app.models.jobs import JobRun
from app.security.actor import Actor, acting
from app.services.job_runs import last_runs

group = AppGroup("jobs", help="Scheduled work.")


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("list")
@fail_in_words
def list_jobs() -> None:
    """List every job with its time and its last run."""
    rows = []
    with acting(db.session(), Actor.system("jobs list")) as _actor:
        for job in JOBS.values():
            last = next(iter(last_runs(db.session(), job=job.name, limit=1)), None)
            rows.append(
                (
                    job.name,
                    job.schedule.at.strftime("%H:%M"),
                    last.period if last else "",
                    value_text(last.state) if last else "",
                    value_text(last.finished_at) if last else "",
                    last.done if last else "",
                    _(job.label),
                )
            )
    headings = [
        _("Job"),
        _("Every day at"),
        _("Period"),
        _("State"),
        _("Finished at"),
        _("Rows done"),
        _("What it does"),
    ]
    click.echo(table(headings, rows))


@group.command("runs")
@click.argument("job", required=False, type=click.Choice(list(JOBS)))
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@fail_in_words
def runs(job: str | None, limit: int) -> None:
    """List the newest runs with counts and failures."""
    found = last_runs(db.session(), job=job, limit=limit)
    if not found:
        click.echo(nothing_found())
        return
    headings = [
        _("Job"),
        _("Period"),
        _("State"),
        _("Attempt"),
        _("Done by process"),
        _("Started at"),
        _("Finished at"),
        _("Rows done"),
        _("Failure"),
    ]
    click.echo(
        table(
            headings,
            [
                (
                    run.job,
                    run.period,
                    value_text(run.state),
                    run.attempt,
                    run.worker,
                    value_text(run.started_at),
                    value_text(run.finished_at),
                    run.done,
                    run.error,
                )
                for run in found
            ],
        )
    )


@group.command("run")
@click.argument("job", required=False, type=click.Choice(list(JOBS)))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As if it were due that day.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--again", is_flag=True, help="Also if it failed before.")
@click.option("--once", is_flag=True, help="Do what is due and end, for a scheduler of your own.")
@fail_in_words
def run(job: str | None, as_of: datetime | None, *, dry_run: bool, again: bool, once: bool) -> None:
    """Run one job now; without a name, run the scheduler until it is stopped."""
    if job is None:
        if as_of or dry_run or again:
            raise click.UsageError(_("Name the job that is to be run so."))
        _serve(once=once)
        return
    found = JOBS[job]
    now = _moment(found, as_of)
    if dry_run:
        counts = runner.preview(db.session(), found, now=now)
        click.echo(_("Would be done: %(counts)s", counts=_counted(counts)))
        return
    done = runner.run_job(db.session(), found, now=now, again=again)
    if done is None:
        period, _due = found.schedule.latest(now)
        click.echo(
            _("%(job)s is done for %(period)s already, or under way.", job=job, period=period)
        )
        return
    if runner.failed(done):
        raise JobFailed(done)
    click.echo(f"{done}: {_counted(done.counts)}")


class JobFailed(click.ClickException):
    """The job was done and failed."""

    def __init__(self, failed: JobRun) -> None:
        super().__init__(f"{failed}: {failed.error}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "0"


def _moment(job: Job, as_of: datetime | None) -> datetime:
    if as_of is None:
        return clock.now()
    return datetime.combine(as_of.date(), job.schedule.at, OFFICE_ZONE)


def _serve(*, once: bool) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    if once:
        for done in scheduler.run_due(_session, now=clock.now()):
            click.echo(done)
        for done in scheduler.run_waiting(_session, files=settings().files_dir):
            click.echo(done)
        return
    opener = _opener(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 - Flask's own way to the application behind the proxy
    scheduler.serve(opener, files=settings().files_dir)


@contextmanager
def _session() -> Iterator[Session]:
    yield db.session()


def _opener(application: Flask) -> scheduler.OpenSession:
    @contextmanager
    def opened() -> Iterator[Session]:
        with application.app_context():
            yield db.session()

    return opened
