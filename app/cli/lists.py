"""Lists on the command line, made from the same declarations as pages and REST."""

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.identity import mask_citizen_id
from app.catalog.labels import LABELS, words_of
from app.catalog.lifecycles import ApplicationKind
from app.cli.terminal import as_person, at_desk, fail_in_words, nothing_found, table
from app.clock import OFFICE_ZONE
from app.errors import NotFound
from app.i18n import _
from app.security.authorise import require
from app.services.coded import CODED
from app.services.columns import Column, Operator
from app.services.conditions import Filter
from app.services.listing import MAX_SIZE, ListQuery, Page, Row, list_page
from app.services.resources import RESOURCES, Resource


def list_command(resource_name: str) -> click.Command:
    """Return the command `list` of a resource: an option for every filter that its pages offer."""
    resource = RESOURCES[resource_name]

    @with_appcontext
    @fail_in_words
    def command(login: str, *, search: str, limit: int, after: str, **wishes: Any) -> None:
        as_lines = wishes.pop("as_lines")
        order = wishes.pop("order")
        with at_desk(login) as desk:
            require(desk.actor, resource.permission)
            query = ListQuery(
                filters=tuple(
                    Filter(
                        column=name,
                        operator=Operator.EQ,
                        value=_reference(desk.session, resource, name, value),
                    )
                    for name, value in wishes.items()
                    if value is not None
                ),
                search=search,
                order=order,
                after=after,
                size=limit,
                counted=not as_lines,
            )
            show_page(resource, list_page(desk.session, resource, query), as_lines=as_lines)

    return click.Command(
        "list",
        callback=command,
        params=_options(resource),
        help=f"List {resource.plural.lower()} within the person's reach.",
    )


def _reference(session: Session, resource: Resource, name: str, value: str) -> Any:
    """Return the key of what is named by its code, where rows are joined by a number."""
    column = resource.columns[name]
    if column.field.kind != "reference" or column.stored != "integer" or value.isdecimal():
        return value
    target = RESOURCES[column.field.resource or ""]
    found = session.scalar(select(target.key).where(target.model.code == value.upper()))
    if found is None:
        raise NotFound
    return found


def show_page(resource: Resource, page: Page, *, as_lines: bool) -> None:
    """Print a page as a table, or as one JSON object a line."""
    if as_lines:
        for row in page.rows:
            click.echo(json.dumps(_as_json(page, row), ensure_ascii=False))
        return
    if not page.rows:
        click.echo(nothing_found())
        return
    click.echo(
        table(
            [_(column.field.label) for column in page.columns],
            [[_said(resource, row, column) for column in page.columns] for row in page.rows],
        )
    )
    if page.older:
        click.echo(_("There is more: --after %(cursor)s", cursor=page.older))
    if page.count is not None:
        count = f"{page.count}+" if page.more else str(page.count)
        click.echo(f"{_(resource.plural)}: {count}")


def _said(resource: Resource, row: Row, column: Column) -> str:
    coded = CODED.get((resource.name, column.name))
    text = cell_text(row, column)
    return coded.read(text) if coded else text


def cell_text(row: Row, column: Column) -> str:
    """Return what a person reads in a cell; personal numbers stay masked."""
    value = row.values[column.name]
    if column.name in row.references:
        return row.references[column.name].label or str(value)
    return value_text(value, masked=column.field.masked)


def value_text(value: Any, *, masked: bool = False) -> str:
    """Return any stored value in words: labels, the office's time, nothing for nothing."""
    if value is None:
        return ""
    if masked:
        return mask_citizen_id(str(value))
    if isinstance(value, StrEnum):
        return words_of(value) if type(value) in (*LABELS, ApplicationKind) else value.value
    if isinstance(value, datetime):
        return value.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")
    return str(value)


def plain_value(value: Any, *, masked: bool = False) -> Any:
    """Return any stored value as JSON holds it."""
    if masked and value is not None:
        return mask_citizen_id(str(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return value


def _as_json(page: Page, row: Row) -> dict[str, Any]:
    values = {
        column.name: plain_value(row.values[column.name], masked=column.field.masked)
        for column in page.columns
    }
    return {"id": row.id, **values}


def _options(resource: Resource) -> list[click.Parameter]:
    def wrapped(*options: Callable[..., Any]) -> list[click.Parameter]:
        def carrier() -> None: ...

        for option in reversed(options):
            option(carrier)
        return list(reversed(carrier.__click_params__))  # type: ignore[attr-defined]

    filters = [
        click.option(
            f"--{column.name.removesuffix('_id').removesuffix('_code').replace('_', '-')}",
            column.name,
            type=click.Choice([m.value for m in column.members]) if column.members else str,
            help=f"Only where {column.field.label.lower()} is this.",
        )
        for column in resource.filters
    ]
    return wrapped(
        as_person,
        *filters,
        click.option("--search", default="", help="Part of a name or number."),
        click.option(
            "--order",
            type=click.Choice(list(resource.orders)),
            default=resource.orders[0],
            help="By which column; descending where a - stands before it.",
        ),
        click.option("--limit", type=click.IntRange(1, MAX_SIZE), default=50, show_default=True),
        click.option("--after", default="", help="The cursor that the page before ended with."),
        click.option("--json", "as_lines", is_flag=True, help="One JSON object a line."),
    )
