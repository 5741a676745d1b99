"""Fixtures that every test may ask for, and how the two databases take turns.

`--db sqlite` (the default) runs everything; `--db postgresql` runs what touches a database, on
TEST_DATABASE_URL or else on an embedded server that is started once and thrown away.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from config import Settings
from tests.support.client import KeydeskClient, watch
from tests.support.databases import (
    Backend,
    PostgresqlBackend,
    SqliteBackend,
    embedded_postgresql,
)

SERVER = "KEYDESK_TEST_SERVER"
DATABASE_FIXTURE = "database"
TEST_SECRET = "not-a-secret-" * 4
TEST_FIELD_KEY = bytes(range(32))
TEST_AUDIT_KEY = bytes(range(32, 64))


# --- Which tests run on which database


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded server before any worker, and stop it after the last."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.getoption("--db") == "sqlite" or config.option.collectonly:
        return
    # Ended from outside, the run still stops its server.
    signal.signal(signal.SIGTERM, lambda _number, _frame: pytest.exit("terminated", 143))
    stack = ExitStack()
    config.add_cleanup(stack.close)
    given = os.environ.get("TEST_DATABASE_URL")
    url = given.replace("+psycopg", "") if given else stack.enter_context(embedded_postgresql())
    os.environ[SERVER] = url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run on this database, and on the second what needs none."""
    backend = config.getoption("--db")
    kept, left = [], []
    for item in items:
        needs_database = DATABASE_FIXTURE in getattr(item, "fixturenames", ())
        only = {name for name in ("sqlite", "postgresql") if item.get_closest_marker(name)}
        fits = backend in only if only else backend == "sqlite" or needs_database
        (kept if fits else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


# --- The application and its database


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Backend]:
    """The worker's own database, empty at first."""
    made: Backend
    if request.config.getoption("--db") == "sqlite":
        made = SqliteBackend(tmp_path_factory.mktemp("database"))
    else:
        made = PostgresqlBackend(os.environ[SERVER], worker)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def settings(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(backend.url, tmp_path_factory.mktemp("files"))


def make_settings(database_url: str, files: Path) -> Settings:
    """Settings of a test installation, the same on every run."""
    return Settings(
        database_url=database_url,
        secret_key=TEST_SECRET,
        field_key=TEST_FIELD_KEY,
        audit_key=TEST_AUDIT_KEY,
        files_dir=files,
        login_requires_key=False,
        testing=True,
    )


@pytest.fixture(scope="session")
def app(settings: Settings, backend: Backend) -> Flask:
    """The application over a migrated database that holds the catalogue and nothing else."""
    from app import create_app

    made = create_app(settings)
    made.test_client_class = KeydeskClient
    for command in (["db", "upgrade"], ["catalog", "sync"]):
        result = made.test_cli_runner().invoke(args=command)
        if result.exit_code:
            message = f"flask {' '.join(command)}:\n{result.output}"
            raise RuntimeError(message) from result.exception
    disconnect(made)
    backend.keep_as_template()
    return made


def disconnect(app: Flask) -> None:
    """Close every connection of the application's pools."""
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def touched() -> dict[str, bool]:
    return {"database": False}


@pytest.fixture
def database(app: Flask, backend: Backend, touched: dict[str, bool]) -> Backend:
    """A database as after set-up: nothing that another test did is left in it."""
    if touched["database"]:
        disconnect(app)
        backend.restore()
    touched["database"] = True
    return backend


@pytest.fixture
def database_url(database: Backend) -> str:
    return database.url


@pytest.fixture
def session(app: Flask, database: Backend) -> Iterator[Session]:
    """A session that sees every row, as the system; commit before a request is to see a change."""
    from app.catalog.permissions import Permission
    from app.extensions import db
    from app.security.actor import Actor, acting

    with app.app_context():
        opened = db.session()
        watch(opened)
        with acting(opened, Actor.system("test", *Permission)):
            yield opened
            opened.rollback()


@pytest.fixture
def client(app: Flask, database: Backend, request: pytest.FixtureRequest) -> KeydeskClient:
    """Somebody who has not signed in, at a browser, and has not tried either."""
    app.extensions["appbuilder"].sm.limiter.reset()
    made: Any = app.test_client()
    if "session" in request.fixturenames:
        made.watched = request.getfixturevalue("session")
    return made


@pytest.fixture
def runner(app: Flask, database: Backend) -> Any:
    """The command line: `runner.invoke(args=["catalog", "check"])`."""
    return app.test_cli_runner()
