"""Rows straight from the database to a stream: COPY on PostgreSQL (X6).

COPY takes no parameters, and only the session narrows a statement to its actor's reach: so the
statement is caught on its way to the driver, narrowed and with its values, and written out by the
driver itself.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import Select, event, text
from sqlalchemy.orm import Session

from app.clock import OFFICE_ZONE

BLOCK = 500
"""So many rows leave at a time."""


IN_OFFICE_TIME = text("SELECT set_config('TimeZone', :zone, true)")
"""Until the transaction ends."""


class _CaughtError(Exception):
    """What would have been sent."""

    def __init__(self, statement: str, values: Mapping[str, Any]) -> None:
        super().__init__()
        self.statement = statement
        self.values = values


def copies(session: Session) -> bool:
    """Whether the session's database streams by COPY."""
    return session.get_bind().dialect.name == "postgresql"


def copied(session: Session, statement: Select[Any]) -> Iterator[bytes]:
    """Yield the rows of `statement` as CSV in UTF-8, in blocks of whole rows, within the reach.

    Instants read as at the office.
    """
    session.flush()
    session.execute(IN_OFFICE_TIME, {"zone": OFFICE_ZONE.key})
    sql, values = _as_sent(session, statement)
    raw: Any = session.connection().connection.driver_connection
    written = psycopg.ClientCursor(raw).mogrify(sql, values)
    with raw.cursor() as cursor, cursor.copy(f"COPY ({written}) TO STDOUT (FORMAT csv)") as lines:
        while block := b"".join(islice(lines, BLOCK)):
            yield block


def _as_sent(session: Session, statement: Select[Any]) -> tuple[str, Mapping[str, Any]]:
    def catch(_connection: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        raise _CaughtError(sql, values)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", catch)
    try:
        session.execute(statement)
    except _CaughtError as caught:
        return caught.statement, caught.values
    finally:
        event.remove(connection, "before_cursor_execute", catch)
    message = "the statement was not caught"
    raise RuntimeError(message)
