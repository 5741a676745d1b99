"""The tests here work in an office whose people all have keys and passwords."""

import io
from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import disconnect
from tests.support.client import KeydeskClient
from tests.support.databases import Backend
from tests.support.factories import Office, build_office
from tests.support.office import database, office
from tests.support.paper import png
from tests.support.rest import Rest, let_everybody_work
from tests.support.rows import waiting_run

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


@pytest.fixture
def busy(office: Office, rest: Callable[..., Rest]) -> Office:
    """The office with a row on every list: an empty list proves nothing."""
    applicant, reviewer = rest("east.admin"), rest("reg1")
    identity = office.draft("east")
    paper = {"application_id": str(identity), "file": (io.BytesIO(png()), "a.png")}
    assert applicant.ask("POST", "materials/", data=paper).status_code == 201
    assert applicant.act("applications", identity, "submit").status_code == 200
    assert applicant.post("print_copies/", {"application_id": identity}).status_code == 201
    scan = {"file": (io.BytesIO(png()), "b.png")}
    assert reviewer.ask("POST", "scans/", data=scan).status_code == 201
    office.session.add(waiting_run(office.account("reg1").id, office.now))
    office.session.commit()
    return office
