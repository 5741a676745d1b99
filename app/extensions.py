"""Flask extensions, made once; bound to an application by `create_app`."""

import re
import select
import time
from typing import Any
from weakref import WeakSet

import psycopg
from flask_appbuilder import AppBuilder
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Dialect, Engine, Pool, event
from sqlalchemy.exc import DisconnectionError

from app.models.base import metadata
from app.security import narrowing, writes

db = SQLAlchemy(metadata=metadata)
csrf = CSRFProtect()
appbuilder = AppBuilder()

PREPARED = "prepared"
"""Execution option: PostgreSQL keeps the plan of a statement at once (True) or never (False).

Others it keeps from their fifth use on. Never is for what is looked for by values that are rare or
common: the kept plan, made for any values, misses the index that fits.
"""
MOST_PREPARED = 300
READS = re.compile(r"\s*(SELECT|WITH(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))", re.DOTALL)
_writing: WeakSet[Any] = WeakSet()
"""Connections in whose transaction something has been written."""
RESTS_SINCE = "rests since"
LONG_REST = 30.0
"""Seconds after which a resting connection is asked whether it still lives."""


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, _record: Any, given: list[Any], named: dict[str, Any]) -> Any:
    """Return a connection made ready for its kind of database."""
    connection = dialect.connect(*given, **named)
    if dialect.name == "sqlite":
        _prepare_sqlite(connection)
    else:
        connection.cursor_factory = Cursor
        connection.prepared_max = MOST_PREPARED
    return connection


def _prepare_sqlite(connection: Any) -> None:
    """SQLite keeps foreign keys only when told to; write-ahead logging lets readers read.

    Recursive triggers see what REPLACE deletes, so that no ledger's row is replaced (X2).
    """
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys = ON",
        "recursive_triggers = ON",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "busy_timeout = 15000",
        "cache_size = -65536",
        "case_sensitive_like = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Cursor(psycopg.Cursor[Any]):
    """Notes that something is written, through SQLAlchemy or past it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "Cursor":
        """Execute `query`."""
        if not isinstance(query, str) or not READS.match(query):
            _writing.add(self.connection)
        return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Execute `query` for each of `params_seq`."""
        _writing.add(self.connection)
        super().executemany(query, params_seq, **options)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Copy rows in or out."""
        _writing.add(self.connection)
        return super().copy(statement, params, **options)


@event.listens_for(Engine, "do_execute")
def _prepare(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Say whether PostgreSQL shall keep the plan, where the statement says so."""
    prepare = context.execution_options.get(PREPARED)
    if prepare is None or not isinstance(cursor, psycopg.Cursor):
        return False
    cursor.execute(statement, parameters, prepare=prepare)
    return True


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        _writing.discard(driver)


@event.listens_for(Engine, "rollback")
def _keep_what_is_prepared(connection: Connection) -> None:
    """End a transaction that only read by a commit: psycopg forgets its statements at a rollback.

    The rollback that follows finds nothing left to do.
    """
    driver = None if connection.invalidated else connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection) and driver not in _writing:
        driver.commit()


@event.listens_for(Pool, "checkin")
def _note_rest(_connection: Any, record: Any) -> None:
    """Note since when a connection rests."""
    record.info[RESTS_SINCE] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _see_whether_it_lives(connection: Any, record: Any, _proxy: Any) -> None:
    """Hand out no connection that the server has closed.

    A closed one has its end waiting to be read, which is seen without asking the server; after a
    longer rest, in which a network may have forgotten it, the server is asked.
    """
    since = record.info.pop(RESTS_SINCE, None)
    if since is None or not isinstance(connection, psycopg.Connection):
        return
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError
    if time.monotonic() - since > LONG_REST:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise DisconnectionError from error


narrowing.install(db.session.session_factory.class_)
writes.install(db.session.session_factory.class_)
