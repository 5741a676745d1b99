"""The tests here work in an office whose people all have keys and passwords."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import disconnect
from tests.support.client import KeydeskClient
from tests.support.databases import Backend
from tests.support.factories import build_office
from tests.support.office import database, office
from tests.support.rest import Rest, let_everybody_work

__all__ = ["database", "office"]

WORKING = "working"


@pytest.fixture(scope="session")
def staffed(app: Flask, backend: Backend, touched: dict[str, bool]) -> str:
    """Build the office once, let everybody work, keep the database so."""
    if touched["database"]:
        disconnect(app)
        backend.restore()
    touched["database"] = True
    with app.app_context():
        build_office(db.session())
        let_everybody_work(db.session())
    disconnect(app)
    backend.keep_as_template(WORKING)
    return WORKING


@pytest.fixture
def rest(client: KeydeskClient) -> Callable[..., Rest]:
    """`rest("reg1")` is somebody signed in at the REST door, `rest()` somebody who is not."""
    return lambda login=None, **words: Rest(client, login, **words)
