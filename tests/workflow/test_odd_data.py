"""Odd shapes of an act's data are refused by field and break nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import APPLICATIONS
from app.errors import DomainError
from app.extensions import db
from app.models.applications import Application
from app.security.actor import acting
from app.workflow.act import VALIDATORS, Act
from tests.conftest import disconnect
from tests.support.databases import Backend
from tests.support.factories import SETUP, Office, staff_of

REG = staff_of(OfficeCode.REG)


@pytest.fixture(scope="module")
def office_at_rest(
    app: Flask, backend: Backend, staffed: str, touched: dict[str, bool]
) -> Iterator[Office]:
    """An application that waits, looked at by many and changed by nobody."""
    disconnect(app)
    backend.restore(staffed)
    touched["database"] = True
    with app.app_context():
        session = db.session()
        with acting(session, SETUP):
            made = Office(session)
            made.submitted("developer")
            yield made
            session.rollback()


@pytest.mark.parametrize(
    "odd", [[], {}, 7, True, 1.5, "\ud800", "\x00", "x" * 5000, [[]], {"a": {}}]
)
@pytest.mark.parametrize(
    ("action", "shape"),
    [
        ("approve", lambda odd: {"lines": odd}),
        ("approve", lambda odd: {"lines": [odd]}),
        ("approve", lambda odd: {"lines": [{"position": odd, "verdict": "pass"}]}),
        ("approve", lambda odd: {"lines": [{"id": odd, "verdict": "pass"}]}),
        ("approve", lambda odd: {"lines": [{"position": 1, "verdict": odd}]}),
        ("approve", lambda odd: {"lines": [{"position": 1, "verdict": "refuse", "reason": odd}]}),
        (
            "approve",
            lambda odd: {
                "lines": [{"position": 1, "verdict": "refuse", "reason": "?", "reason_code": odd}]
            },
        ),
        ("return", lambda odd: {"remarks": odd}),
        ("return", lambda odd: {"remarks": [odd]}),
        ("return", lambda odd: {"remarks": [{"field": odd, "text": "?"}]}),
        ("return", lambda odd: {"remarks": [{"field": "contact_name", "text": odd}]}),
        ("reject", lambda odd: {"reason_code": odd}),
        ("check_papers", lambda odd: {"papers": odd}),
        ("check_papers", lambda odd: {"papers": [odd]}),
        ("check_papers", lambda odd: {"papers": [{"id": odd, "copy_kept": True}]}),
        ("check_papers", lambda odd: {"papers": [{"code": odd, "copy_kept": True}]}),
        (
            "check_papers",
            lambda odd: {"papers": [{"code": "operator_id", "position": odd, "copy_kept": True}]},
        ),
        ("check_papers", lambda odd: {"papers": [{"code": "operator_id", "copy_kept": odd}]}),
        ("configure", lambda odd: {"lines": [{"position": 1, "login_name": odd}]}),
        ("issue_key", lambda odd: {"lines": [{"position": 1, "key_serial": odd}]}),
    ],
)
def test_no_shape_of_data_breaks_a_validator(
    office_at_rest: Office, action: str, shape: Any, odd: Any
):
    """Odd data is refused by field, or taken for nothing where nothing was asked."""
    office = office_at_rest
    subject = office.session.query(Application).first()
    transition = next(
        act
        for cycle in APPLICATIONS.values()
        for act in cycle.transitions
        if act.action == action and act.data
    )
    act = Act(
        session=office.session,
        subject=subject,
        transition=transition,
        actor=office.actor(REG),
        now=office.now,
        comment="?",
        raw=shape(odd),
    )
    try:
        _value, problems = VALIDATORS[transition.data](act)
    except DomainError as error:
        problems = list(error.details)
    assert all(problem.field.startswith("data") for problem in problems)
