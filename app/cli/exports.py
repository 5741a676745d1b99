"""`flask exports …`: lists as files, within the reach of who asks, on record."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.cli.files import destination, to_option
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.errors import BadRequest
from app.i18n import N_, _
from app.services.commits import committing
from app.services.conditions import Filter
from app.services.exports import Export, Format
from app.services.listing import ListQuery
from app.services.resources import RESOURCES

group = AppGroup("exports", help="Lists as files.")


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("write")
@click.argument("resource", type=click.Choice(sorted(RESOURCES)))
@as_person
@click.option("--format", "form", type=click.Choice([form.value for form in Format]), default="csv")
@click.option("--filter", "filters", multiple=True, metavar="COLUMN=VALUE", help="Only where so.")
@click.option("--search", default="", help="Part of a name or number.")
@click.option("--order", default="", help="By which column; descending where a - stands before.")
@click.option("--columns", default="", help="Which, by name, apart by commas; else the list's own.")
@to_option
@fail_in_words
def write(
    resource: str,
    login: str,
    *,
    form: str,
    filters: tuple[str, ...],
    search: str,
    order: str,
    columns: str,
    path: Path | None,
) -> None:
    """Write every row of a list that fits, to a file or to standard output."""
    with at_desk(login) as desk:
        query = ListQuery(
            filters=tuple(map(_filter, filters)),
            search=search,
            order=order,
            columns=tuple(name.strip() for name in columns.split(",") if name.strip()),
        )
        export = Export(
            session=desk.session,
            resource=RESOURCES[resource],
            query=query,
            format=Format(form),
            actor=desk.actor,
            now=desk.now,
        )
        with committing(
            desk.session,
            tag="list:exported",
            actor=desk.actor,
            now=desk.now,
            subject_type=export.resource.model.__tablename__,
            subject_label=resource,
        ):
            export.begin()
            desk.session.commit()
            with destination(path) as file:
                export.write(file)
            export.end()
        click.echo(_("%(count)s rows written.", count=export.count), err=True)


def _filter(text: str) -> Filter:
    column, sign, value = text.partition("=")
    if not sign:
        raise BadRequest(N_("A filter is written COLUMN=VALUE."), code="bad_filter")
    return Filter(column=column.strip(), value=value.strip())
