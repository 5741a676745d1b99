"""`flask keys …`: the stock of keys, and what happens to one (M9, 第九条)."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.lifecycles import KEY
from app.cli.acts import add_acts, comment_option
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.errors import BadRequest
from app.i18n import N_, _
from app.models.keys import Key
from app.services.commits import committing
from app.services.keys import receive_keys

group = AppGroup("keys", help="The stock of keys.")
group.add_command(list_command("keys"))
add_acts(group, KEY, named="SERIAL", by=Key.serial, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("receive")
@click.argument("serials", nargs=-1)
@as_person
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file with one serial number a line.",
)
@comment_option
@fail_in_words
def receive(serials: tuple[str, ...], login: str, *, path: Path | None, comment: str) -> None:
    """Take keys into the stock of the person's own office: all of them or none."""
    with at_desk(login) as desk:
        wanted = [*serials, *(_lines(path) if path else [])]
        with committing(
            desk.session,
            tag="key:received",
            actor=desk.actor,
            now=desk.now,
            subject_type="key",
            comment=comment,
        ):
            keys = receive_keys(
                desk.session, wanted, actor=desk.actor, now=desk.now, comment=comment
            )
        click.echo(_("%(count)s keys are in stock.", count=len(keys)))


def _lines(path: Path) -> list[str]:
    """Return the file's lines; rows keep their numbers, so an empty one in between is an error."""
    try:
        return path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise BadRequest(N_("The file is not text in UTF-8."), code="not_utf8") from error
