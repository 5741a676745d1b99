"""Fill the migrated database of DATABASE_URL: `python -m bench.fill full|small`.

Indexes that guard nothing are made after the rows: a tenth of the time.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from app import create_app
from app.extensions import db
from bench.generate import FULL, SMALL, fill

SIZES = {"full": FULL, "small": SMALL}

LOADED = (
    "account",
    "account_role",
    "application_line",
    "application_line_item",
    "audit_event",
    "key",
)
PLAIN_INDEXES = text(
    "SELECT indexname, indexdef FROM pg_indexes "
    "WHERE schemaname = current_schema() AND tablename = ANY(:tables) "
    "AND indexdef NOT LIKE 'CREATE UNIQUE%'"
)


@contextmanager
def without_indexes(connection: Connection) -> Iterator[None]:
    """Take the plain indexes of the large tables away, and make them again after the block."""
    if connection.dialect.name != "postgresql":
        yield
        return
    found = connection.execute(PLAIN_INDEXES, {"tables": list(LOADED)}).all()
    for name, _definition in found:
        connection.execute(text(f'DROP INDEX "{name}"'))
    connection.commit()
    yield
    connection.execute(text("SET maintenance_work_mem = '256MB'"))
    for _name, definition in found:
        connection.execute(text(definition))
        connection.commit()


def main() -> None:
    """Fill it."""
    with create_app().app_context(), db.engine.connect() as connection:
        fill(connection, SIZES[sys.argv[1]], around=without_indexes)


if __name__ == "__main__":
    main()
