"""`flask imports …`: spreadsheets coming in: lines of forms, a whole office."""

import csv
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import clock
from app.catalog.enums import Channel
from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.cli.terminal import as_person, at_desk, fail_in_words, system_user, table
from app.extensions import db
from app.i18n import N_, _
from app.jobs.runner import worker_name
from app.security.actor import Actor, acting
from app.services.applications import own_organization, parse_kind
from app.services.commits import committing
from app.services.line_imports import Overview, Part, Verdict, look_over, take
from app.services.switch_over import Lists, Load
from app.services.switch_over.load import StoppedError, Told
from app.services.workbooks.formulas import disarmed

group = AppGroup("imports", help="Spreadsheets coming in.")

SHOWN = 50
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("lines")
@click.argument("kind", type=click.Choice([kind.value for kind in ApplicationKind]))
@_file
@as_person
@click.option("--dry-run", is_flag=True, help="Only say what would be taken.")
@click.option("--good", is_flag=True, help="Take the good rows although others are wrong.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="A result file.")
@fail_in_words
def lines(
    kind: str, path: Path, login: str, *, dry_run: bool, good: bool, report: Path | None
) -> None:
    """Take the persons of a spreadsheet over into drafts of one's own organization."""
    with at_desk(login) as desk, path.open("rb") as file:
        organization = own_organization(desk.session, desk.actor)
        with committing(
            desk.session,
            tag="application:imported",
            actor=desk.actor,
            now=desk.now,
            subject_type="application",
            organization_id=organization.id,
        ):
            overview = look_over(
                desk.session,
                file,
                path.name,
                kind=parse_kind(kind),
                organization=organization,
                actor=desk.actor,
                now=desk.now,
            )
            if report is not None:
                with report.open("wb") as target:
                    overview.write_result(target)
            _tell(overview)
            if dry_run:
                return
            made = take(
                desk.session,
                overview,
                part=Part.GOOD if good else Part.ALL,
                actor=desk.actor,
                now=desk.now,
            )
            numbers = ", ".join(draft.number for draft in made)
        click.echo(_("Goes into draft %(number)s", number=numbers))


def _tell(overview: Overview) -> None:
    wrong = [row for row in overview.rows if row.verdict == Verdict.WRONG]
    if wrong:
        rows = [(row.number, overview.reason(row)) for row in wrong[:SHOWN]]
        click.echo(table([_("Row"), _("What to correct")], rows))
    click.echo(
        _(
            "%(count)s rows: %(good)s can be taken, %(there)s are there already, "
            "%(wrong)s need correcting.",
            count=len(overview.rows),
            good=overview.count(Verdict.GOOD),
            there=overview.count(Verdict.THERE),
            wrong=len(wrong),
        )
    )


@group.command("load")
@click.option("--users", type=EXISTING, required=True, help="The list of people.")
@click.option("--keys", type=EXISTING, help="The list of keys: serial number, whose.")
@click.option("--grants", type=EXISTING, help="The list of items held: whose, which.")
@click.option("--organizations", type=EXISTING, help="Organizations that are not there yet.")
@click.option("--as", "login", metavar="LOGIN", help="Whose account acts; else the operator.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken over.")
@click.option("--resume", is_flag=True, help="Go on with a load that was cut off.")
@click.option("--stop-at-error", is_flag=True, help="Stop at the first bad row.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="CSV, row by row.")
@fail_in_words
def load(
    *,
    users: Path,
    keys: Path | None,
    grants: Path | None,
    organizations: Path | None,
    login: str | None,
    dry_run: bool,
    resume: bool,
    stop_at_error: bool,
    report: Path | None,
) -> None:
    """Take an office over: its people with their keys and items, as its former lists have them.

    Nobody gets a password by it: each is given a first one at the counter, with the key in hand.
    """
    lists = Lists(users=users, keys=keys, grants=grants, organizations=organizations)
    with (
        _operator(login) as (session, actor),
        tempfile.TemporaryDirectory() as folder,
        _Report(report) as written,
    ):
        work = Load(
            session=session,
            lists=lists,
            folder=Path(folder),
            actor=actor,
            now=clock.now(),
            worker=worker_name(),
            report=written.add,
            progress=_progress,
            tick=clock.now,
        )
        try:
            tally = work.run(dry_run=dry_run, resume=resume, stop_at_error=stop_at_error)
        except StoppedError:
            raise click.ClickException(_("Stopped at the first bad row.")) from None
        finally:
            written.finish()
    counts = {name: tally[name] for name in COUNTED}
    words = _(
        "%(taken)s people taken over, %(there)s there already, %(refused)s rows refused, "
        "%(stocked)s keys in stock, %(registered)s organizations.",
        **counts,
    )
    click.echo(_("Would be done: %(counts)s", counts=words) if dry_run else words)


COUNTED = ("taken", "there", "refused", "stocked", "registered")


@contextmanager
def _operator(login: str | None) -> Iterator[tuple[Session, Actor]]:
    """Let the named person act, or whoever sits at the machine with the rights to take over."""
    if login is not None:
        with at_desk(login) as desk:
            yield desk.session, desk.actor
        return
    session: Session = db.session()
    rights = (Permission.ACCOUNTS_TAKE_OVER, Permission.KEYS_ADD, Permission.ORGANIZATIONS_ADD)
    actor = replace(
        Actor.system("imports load", *rights, channel=Channel.CLI), remote_addr=system_user()
    )
    with acting(session, actor):
        yield session, actor


class _Report:
    """The report as CSV, a line for every row that was dealt with; the worst of it on screen."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.stack = ExitStack()
        self.writer: Any = None
        self.refused: list[Told] = []

    def __enter__(self) -> Self:
        if self.path is not None:
            file = self.stack.enter_context(self.path.open("w", encoding="utf-8-sig", newline=""))
            self.writer = csv.writer(file)
            self.writer.writerow(
                [_("File"), _("Row"), _("Login name"), _("Result"), _("Cell"), _("Reason")]
            )
        return self

    def __exit__(self, *_error: object) -> None:
        self.stack.close()

    def add(self, told: Told) -> None:
        reason = told.problem.message if told.problem is not None else ""
        if told.problem is not None and len(self.refused) < SHOWN:
            self.refused.append(told)
        if self.writer is not None:
            cells = (told.file, told.row, told.whose, _(VERDICTS[told.verdict]), told.cell, reason)
            self.writer.writerow([disarmed(str(cell)) for cell in cells])

    def finish(self) -> None:
        """Show the first refused rows."""
        if self.refused:
            heads = [_("File"), _("Row"), _("Login name"), _("Reason")]
            click.echo(
                table(
                    heads,
                    [
                        (it.file, it.cell or it.row, it.whose, it.problem.message)
                        for it in self.refused
                        if it.problem is not None
                    ],
                ),
                err=True,
            )


VERDICTS = {
    "taken": N_("taken over"),
    "there": N_("there already"),
    "refused": N_("refused"),
    "stocked": N_("in stock"),
    "registered": N_("registered"),
}


def _progress(counts: Counter[str]) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{sum(counts.values())} ", nl=False, err=True)
