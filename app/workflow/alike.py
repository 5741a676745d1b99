"""What a batch has changed, written set by set: one statement for whatever changes alike.

The session's own way is a statement for each form, because it counts each version by itself. Here
the forms are locked and read already, so that rows with the same change are one UPDATE, and new
rows of a table one COPY.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Table, inspect, update
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.exc import StaleDataError

from app.models.sets import write_rows

Values = tuple[tuple[str, Any], ...]
"""Columns by name, each with its value."""


def write_alike(session: Session) -> None:
    """Write every new and every changed row, and forget them: whoever asks reads anew.

    New rows bear the numbers that the database gives them, so none can point at another. Raises
    what a flush raises.
    """
    _add(session)
    _change(session)


def _add(session: Session) -> None:
    found: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = defaultdict(list)
    for row in list(session.new):
        mapper = inspect(type(row))
        values = _defaults(mapper) | _given(mapper, row)
        found[mapper.local_table, tuple(values)].append(values)
        session.expunge(row)
    for (table, _names), rows in found.items():
        write_rows(session, table, rows)


def _defaults(mapper: Mapper[Any]) -> dict[str, Any]:
    return {
        column.name: column.default.arg
        for column in mapper.local_table.c
        if column.default is not None and column.default.is_scalar
    }


def _given(mapper: Mapper[Any], row: Any) -> dict[str, Any]:
    said = vars(row)
    return {a.columns[0].name: said[a.key] for a in mapper.column_attrs if a.key in said}


def _change(session: Session) -> None:
    found: dict[tuple[Mapper[Any], Table, Values], list[int]] = defaultdict(list)
    for row in list(session.dirty):
        mapper = inspect(type(row))
        for table, values in _changes(mapper, row).items():
            found[mapper.base_mapper, table, values].append(row.id)
    session.expire_all()
    for (mapper, table, values), ids in found.items():
        counted = mapper.version_id_col
        new = dict(values)
        if counted is not None and counted.table is table:
            new[counted.name] = counted + 1
        statement = update(table).where(table.c.id.in_(ids)).values(new)
        if session.connection().execute(statement).rowcount != len(ids):
            message = f"some of {table.name} are gone"
            raise StaleDataError(message)


def _changes(mapper: Mapper[Any], row: Any) -> dict[Table, Values]:
    """Return what has been assigned to the row, by table."""
    found: dict[Table, Values] = {}
    same = inspect(row).unmodified
    for attribute in mapper.column_attrs:
        if attribute.key not in same:
            column: Any = attribute.columns[0]
            change = (column.name, getattr(row, attribute.key))
            found[column.table] = (*found.get(column.table, ()), change)
    return found
