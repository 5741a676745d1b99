"""Flask extensions, made once; bound to an application by `create_app`."""

import select
import sqlite3
import time
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from flask_appbuilder import AppBuilder
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, Pool, event
from sqlalchemy.exc import DisconnectionError

from app.models.base import metadata
from app.security import scopes, writes

db = SQLAlchemy(metadata=metadata)
csrf = CSRFProtect()
appbuilder = AppBuilder()

PREPARED = "prepared"
"""Execution option of a statement that is asked again and again and whose plan fits any values."""
_only_read: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
RESTS_SINCE = "rests since"
LONG_REST = 30.0
"""Seconds after which a resting connection is asked whether it still lives."""


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """SQLite keeps foreign keys only when told to; write-ahead logging lets readers read.

    Recursive triggers see what REPLACE deletes, so that no ledger's row is replaced (X2).
    """
    if not isinstance(connection, sqlite3.Connection):
        return
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


@event.listens_for(Engine, "do_execute")
def _prepare(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Let PostgreSQL keep the plan of a statement that says so."""
    if not isinstance(cursor, psycopg.Cursor):
        return False
    prepared = bool(context.execution_options.get(PREPARED))
    _note(cursor.connection, reads=_reads(context), prepared=prepared)
    if prepared:
        cursor.execute(statement, parameters, prepare=True)
    return prepared


@event.listens_for(Engine, "do_executemany")
def _note_rows(cursor: Any, _statement: str, _parameters: Any, _context: Any) -> None:
    """Note that many rows are written at once."""
    if isinstance(cursor, psycopg.Cursor):
        _note(cursor.connection, reads=False)


def _reads(context: Any) -> bool:
    statement = getattr(context.compiled, "statement", None)
    return bool(getattr(statement, "is_select", False))


def _note(connection: Any, *, reads: bool, prepared: bool = False) -> None:
    """Keep whether the transaction has prepared something and, up to now, has only read."""
    if not reads:
        _only_read[connection] = False
    elif prepared:
        _only_read.setdefault(connection, True)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        _only_read.pop(driver, None)


@event.listens_for(Engine, "rollback")
def _keep_what_is_prepared(connection: Connection) -> None:
    """End a transaction that only read by a commit: psycopg forgets its statements at a rollback.

    The rollback that follows finds nothing left to do.
    """
    driver = None if connection.invalidated else connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection) and _only_read.pop(driver, False):
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


scopes.install(db.session.session_factory.class_)
writes.install(db.session.session_factory.class_)
