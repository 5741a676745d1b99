"""`flask imports …`: spreadsheets coming in: lines of forms, a whole office."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.enums import ApplicationKind
from app.cli.terminal import as_person, at_desk, fail_in_words, table
from app.i18n import _
from app.services.applications import own_organization, parse_kind
from app.services.commits import committing
from app.services.line_imports import Overview, Part, Verdict, look_over, take

group = AppGroup("imports", help="Spreadsheets coming in.")

SHOWN = 50
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
