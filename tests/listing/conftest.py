"""The tests here only read: one office with many people in it serves a whole module."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState
from app.catalog.permissions import Permission
from app.extensions import db
from app.models.accounts import Account
from app.security.actor import Actor, acting
from app.services.listing import ListQuery, Page, list_page
from app.services.resources import RESOURCES
from app.workflow.form import person_digest
from tests.conftest import disconnect
from tests.support.databases import Backend
from tests.support.factories import NOON, Office
from tests.support.lists import Ask
from tests.support.office import staffed
from tests.support.people import citizen_id

__all__ = ["staffed"]

NAMES = (
    "王芳",
    "王小芳",
    "欧阳芳菲",
    "李建国",
    "张建国",
    "建国",
    "Ann Müller",
    "百分%号",
    "下_划线",
)
MANY = 60


@pytest.fixture(scope="module")
def database(app: Flask, backend: Backend, staffed: str, touched: dict[str, bool]) -> Backend:
    """An office with sixty more people, names often shared, in every state."""
    disconnect(app)
    backend.restore(staffed)
    touched["database"] = True
    with app.app_context(), acting(db.session(), Actor.system("test")):
        _add_people(db.session())
    return backend


def _add_people(session: Session) -> None:
    office, table = Office(session), Account.__table__
    units = (office.organization("west").id, office.organization("east").id)
    for number in range(MANY):
        when = NOON + timedelta(hours=number)
        session.add(
            Account(
                name=NAMES[number % len(NAMES)],
                login_name=f"Person{number:03d}",
                login_key=f"person{number:03d}",
                sex="male",
                citizen_id=citizen_id(5000 + number),
                citizen_id_digest=person_digest(citizen_id(5000 + number)),
                organization_id=units[number % 3 > 0],
                created_at=when,
                last_login_at=when if number % 4 else None,
            )
        )
    session.flush()
    for number, state in enumerate(list(AccountState) * (MANY // len(AccountState))):
        row = table.c.login_key == f"person{number:03d}"
        session.connection().execute(update(table).where(row).values(state=state))
    session.commit()


@pytest.fixture(scope="module")
def session(app: Flask, database: Backend) -> Iterator[Session]:
    """A session that sees every row, as the system; nobody writes with it."""
    with app.app_context():
        opened = db.session()
        with acting(opened, Actor.system("test", *Permission)):
            yield opened
            opened.rollback()


@pytest.fixture(scope="module")
def office(session: Session) -> Office:
    """The office."""
    return Office(session)


@pytest.fixture
def ask(session: Session) -> Ask:
    """Ask a list as the system, or as who acts in the session by then."""

    def asking(resource: str = "accounts", **wishes: Any) -> Page:
        return list_page(session, RESOURCES[resource], ListQuery(**wishes))

    return asking
