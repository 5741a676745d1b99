"""`flask prints …`: forms, sheets and covers as PDF, numbered and on record (A3–A7, M9)."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.catalog.permissions import Permission
from app.cli.files import destination, to_option
from app.cli.lists import list_command
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words
from app.errors import NotFound
from app.i18n import _
from app.models.applications import Application
from app.models.archives import ArchiveFile
from app.models.keys import Key
from app.security.authorise import require
from app.services import key_sheets, printing, sheets
from app.services.archive_covers import print_cover
from app.services.commits import committing

group = AppGroup("prints", help="Forms, sheets and covers on paper.")
group.add_command(list_command("print_copies"))

SHEETS = {"hand-over": key_sheets.HAND_OVER, "return": key_sheets.RETURN}


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("form")
@click.argument("number")
@as_person
@click.option("--copy", "copy_number", type=click.IntRange(1), help="This printout once more.")
@to_option
@fail_in_words
def form(number: str, login: str, *, copy_number: int | None, path: Path | None) -> None:
    """Print a form as one more numbered copy, or hand an earlier one out again."""
    with at_desk(login) as desk:
        require(desk.actor, Permission.PRINT_COPIES_ADD)
        identity = _named(desk, Application.number, number)
        whole = sheets.load_sheet(desk.session, identity, desk.actor)
        if copy_number is not None:
            copy = printing.find_copy(desk.session, whole, copy_number)
        else:
            with committing(
                desk.session,
                tag="application:printed",
                actor=desk.actor,
                now=desk.now,
                subject_type="application",
                subject_id=whole.id,
                subject_label=whole.number,
                organization_id=whole.organization_id,
            ):
                copy = printing.make_copy(desk.session, whole, actor=desk.actor, now=desk.now)
            whole = sheets.load_sheet(desk.session, identity, desk.actor)
        made = printing.print_form(desk.session, whole, copy, actor=desk.actor, now=desk.now)
        said = _("%(number)s: printout %(copy)s", number=whole.number, copy=copy.copy_number)
        _hand_over(desk, made, path, said)


@group.command("many")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@as_person
@fail_in_words
def many(numbers: tuple[str, ...], login: str) -> None:
    """Have one more copy of each form printed as one piece of work, for the scheduler to do."""
    with at_desk(login) as desk:
        require(desk.actor, Permission.PRINT_COPIES_ADD)
        with committing(
            desk.session,
            tag="job:asked_for",
            actor=desk.actor,
            now=desk.now,
            subject_type="job_run",
        ):
            found = [_named(desk, Application.number, number) for number in numbers]
            run = printing.ask_for_many(
                desk.session, list(dict.fromkeys(found)), actor=desk.actor, now=desk.now
            )
        click.echo(f"{run.id}  {run}")


@group.command("sheet")
@click.argument("kind", type=click.Choice(list(SHEETS)))
@click.option("--key", "serial", metavar="SERIAL", help="Of this key.")
@click.option("--form", "number", metavar="NUMBER", help="Of every key that this form has moved.")
@as_person
@to_option
@fail_in_words
def sheet(
    kind: str, login: str, *, serial: str | None, number: str | None, path: Path | None
) -> None:
    """Print the sheet that both sign when a key is handed over or comes back."""
    if (serial is None) == (number is None):
        raise click.UsageError(_("Name a key or a form."))
    with at_desk(login) as desk:
        known = SHEETS[kind]
        if serial is not None:
            require(desk.actor, Permission.KEYS_ISSUE)
            key = desk.session.get_one(Key, _named(desk, Key.serial, serial))
            made = key_sheets.sheet_of_key(desk.session, key, known, actor=desk.actor, now=desk.now)
        else:
            require(desk.actor, Permission.KEYS_LIST)
            identity = _named(desk, Application.number, number or "")
            whole = sheets.load_sheet(desk.session, identity, desk.actor)
            made = key_sheets.sheet_of_form(
                desk.session, whole, known, actor=desk.actor, now=desk.now
            )
        _hand_over(desk, made, path, (serial or number or "").upper())


@group.command("cover")
@click.argument("number")
@as_person
@to_option
@fail_in_words
def cover(number: str, login: str, *, path: Path | None) -> None:
    """Print the cover of an archive file, for its box."""
    with at_desk(login) as desk:
        require(desk.actor, Permission.ARCHIVES_LIST)
        file = desk.session.get_one(ArchiveFile, _named(desk, ArchiveFile.number, number))
        made = print_cover(desk.session, file, actor=desk.actor, now=desk.now)
        _hand_over(desk, made, path, file.number)


def _named(desk: Desk, column: InstrumentedAttribute[str], number: str) -> int:
    """Return the key of the record of this number within the person's reach; NotFound."""
    wanted = column == number.strip().upper().replace("\x00", "")
    found = desk.session.scalar(select(column.class_.id).where(wanted))
    if found is None:
        raise NotFound
    return int(found)


def _hand_over(desk: Desk, made: bytes, path: Path | None, said: str) -> None:
    """Write the paper, then keep what its opening left on record."""
    with destination(path) as file:
        file.write(made)
    desk.session.commit()
    click.echo(said, err=True)
