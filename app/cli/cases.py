"""`flask cases …`: business, and what happens to one piece of it (第六条, 第七条)."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.lifecycles import CASE
from app.cli.acts import add_acts
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.i18n import _
from app.models.cases import Case
from app.services.case_import import look_over, take_over
from app.services.commits import committing
from app.services.workbooks import UPLOAD

group = AppGroup("cases", help="Business that accounts answer for.")
group.add_command(list_command("cases"))
add_acts(group, CASE, named="NUMBER", by=Case.number, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_person
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, save nothing.")
@click.option("--good-part", is_flag=True, help="Save the good rows though others are wrong.")
@fail_in_words
def take_business_over(path: Path, login: str, *, dry_run: bool, good_part: bool) -> None:
    """Take business over from the running system's spreadsheet: all of it or none."""
    with at_desk(login) as desk, path.open("rb") as file:
        with committing(
            desk.session,
            tag="cases:recorded",
            actor=desk.actor,
            now=desk.now,
            subject_type="cases",
            subject_label=path.name,
        ):
            found = look_over(
                desk.session, file, path.name, actor=desk.actor, now=desk.now, limits=UPLOAD
            )
            for verdict in found:
                for cell, problem in verdict.problems:
                    click.echo(f"{cell}: {problem.message}", err=True)
            count = sum(verdict.case is not None for verdict in found)
            if not dry_run:
                count = take_over(
                    desk.session, found, actor=desk.actor, now=desk.now, good_part=good_part
                )
        known = sum(verdict.known for verdict in found)
        wrong = sum(bool(verdict.problems) for verdict in found)
        words = _("New: %(new)s. On record already: %(known)s. Wrong: %(wrong)s.")
        click.echo(words % {"new": count, "known": known, "wrong": wrong})
