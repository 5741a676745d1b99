"""Fixtures for tests that need an office with people in it: import them in a `conftest.py`."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.extensions import db
from tests.conftest import disconnect
from tests.support.databases import Backend
from tests.support.factories import Office, build_office

STAFFED = "staffed"


@pytest.fixture(scope="session")
def staffed(app: Flask, backend: Backend, touched: dict[str, bool]) -> str:
    """Build the office once and keep the database so; the name it is kept under.

    Each folder that imports this fixture has its own: the second finds what the first has kept.
    """
    if STAFFED in backend.templates:
        return STAFFED
    if touched["database"]:
        disconnect(app)
        backend.restore()
    touched["database"] = True
    with app.app_context():
        build_office(db.session())
    disconnect(app)
    backend.keep_as_template(STAFFED)
    return STAFFED


@pytest.fixture
def database(app: Flask, backend: Backend, staffed: str, touched: dict[str, bool]) -> Backend:
    """A database with an office in it: nothing that another test did is left in it."""
    disconnect(app)
    backend.restore(staffed)
    touched["database"] = True
    return backend


@pytest.fixture
def office(session: Session) -> Office:
    """The office, ready to work."""
    return Office(session)
