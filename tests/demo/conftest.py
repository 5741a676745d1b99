"""The demo office, loaded once; every test here finds it as it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app.cli.demo import all_or_nothing
from app.extensions import db
from app.services.demo import DemoAccount, load_demo
from app.services.file_store import FileStore
from app.workflow.effects import keys
from config import Settings
from tests.conftest import disconnect
from tests.support.databases import Backend

DEMO = "demo"
NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
"""A Friday afternoon in Beijing."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What loading gave."""

    accounts: list[DemoAccount]
    files: FileStore

    def account(self, role: str, office: str | None = None) -> DemoAccount:
        return next(a for a in self.accounts if a.role == role and a.office == office)


@pytest.fixture(scope="session")
def quick_passwords() -> Iterator[None]:
    """Hash passwords with little work: sixty of them are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "HASHING", "pbkdf2:sha256:1")
        yield


@pytest.fixture(scope="session")
def demo(
    app: Flask,
    backend: Backend,
    touched: dict[str, bool],
    settings: Settings,
    quick_passwords: None,
) -> Demo:
    """Load the office once and keep the database so."""
    disconnect(app)
    backend.restore()
    touched["database"] = True
    files = FileStore(Path(settings.files_dir))
    with app.app_context(), all_or_nothing(db.engine) as session:
        accounts = load_demo(session, store=files, now=NOW)
    disconnect(app)
    backend.keep_as_template(DEMO)
    return Demo(accounts=accounts, files=files)


@pytest.fixture
def database(app: Flask, backend: Backend, demo: Demo, touched: dict[str, bool]) -> Backend:
    """A database with the demo office in it."""
    disconnect(app)
    backend.restore(DEMO)
    touched["database"] = True
    return backend
