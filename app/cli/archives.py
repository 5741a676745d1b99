"""`flask archives …`: archive files, and what happens to one (第九条)."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.lifecycles import ARCHIVE
from app.cli.acts import (
    act,
    add_acts,
    comment_option,
    key_option,
    read_data,
    subject_of,
    version_option,
)
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.models.archives import ArchiveFile

group = AppGroup("archives", help="The archives of application papers.")
group.add_command(list_command("archives"))
add_acts(group, ARCHIVE, named="NUMBER", by=ArchiveFile.number, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("do")
@click.argument("number")
@click.argument("action")
@as_person
@click.option("--data", "given", default="", help="What the act needs, as JSON or as @FILE.")
@comment_option
@version_option
@key_option
@fail_in_words
def do(number: str, action: str, login: str, *, given: str, **options: Any) -> None:
    """Shelve, move, lend, consult, give back, keep: acts that need more than a reason."""
    with at_desk(login) as desk:
        file = subject_of(desk.session, ArchiveFile.number, number.upper())
        act(desk, file, action.replace("-", "_"), data=read_data(given), **options)
