"""Flask extensions, made once; bound to an application by `create_app`."""

import sqlite3
from typing import Any

from flask_appbuilder import AppBuilder
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, event

from app.models.base import metadata
from app.security import scopes, writes

db = SQLAlchemy(metadata=metadata)
migrate = Migrate(db=db, directory="migrations", render_as_batch=True)
csrf = CSRFProtect()
appbuilder = AppBuilder()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """SQLite keeps foreign keys only when told to; write-ahead logging lets readers read."""
    if not isinstance(connection, sqlite3.Connection):
        return
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "busy_timeout = 15000",
        "cache_size = -65536",
        "case_sensitive_like = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


scopes.install(db.session.session_factory.class_)
writes.install(db.session.session_factory.class_)
