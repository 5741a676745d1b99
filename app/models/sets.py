"""Sets of rows written past the session: numbered by the database, added by COPY (PostgreSQL)."""

import json
from typing import Any

from sqlalchemy import JSON, Table, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Rows = list[dict[str, Any]]


def next_ids(session: Session, table: Any, count: int) -> list[int]:
    """Return numbers that the next rows of `table` can bear, and nobody else's."""
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return list(session.scalars(drawn))
    last = session.scalar(select(func.max(table.c.id))) or 0
    return list(range(last + 1, last + 1 + count))


def write_rows(session: Session, table: Table, rows: Rows) -> None:
    """Add rows, all with values for the same columns; what the database refuses is raised as ever.

    Columns that no row names are the database's to fill.
    """
    if not rows:
        return
    connection = session.connection()
    dialect = connection.dialect
    if dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    names = list(rows[0])
    binders = [_binder(table.c[name].type, dialect) for name in names]
    quoted = ", ".join(f'"{name}"' for name in names)
    raw: Any = connection.connection.driver_connection
    statement = f'COPY "{table.name}" ({quoted}) FROM STDIN'
    driver: Any = dialect.dbapi
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(
                    [
                        row[name] if bind is None else bind(row[name])
                        for bind, name in zip(binders, names, strict=True)
                    ]
                )
    except driver.Error as error:
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=dialect) from error


def _binder(kind: Any, dialect: Any) -> Any:
    if isinstance(kind, JSON):
        return json.dumps
    return kind.dialect_impl(dialect).bind_processor(dialect)
