"""No request, however made up, brings the server down: PostgreSQL is the stricter judge."""

from itertools import cycle

import pytest
import schemathesis
from flask_jwt_extended import create_access_token
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from sqlalchemy import select

from app.extensions import db
from app.models.accounts import Account
from tests.support.factories import SETUP, Office

EXAMPLES = 10
PEOPLE = ("security_administrator", "east.admin", "reg1", "research1", "auditor")
QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def operations(app, database):
    """Every operation of the document, in an office with applications in it."""
    with app.app_context():
        office = Office(db.session())
        with office.acting(SETUP):
            for unit in ("east", "developer"):
                office.submitted(unit)
                office.draft(unit)
    schema = schemathesis.openapi.from_wsgi("/api/v1/_openapi", app)
    return [found.ok() for found in schema.get_all_operations()]


def token_of(app, login):
    """A token as good as signing in gives, for whatever epoch the person has come to."""
    with app.test_request_context():
        account = db.session.scalar(
            select(Account).where(Account.login_key == login).execution_options(unscoped="a test")
        )
        return create_access_token(identity=account.get_id())


@pytest.mark.postgresql
def test_no_request_is_a_fault_of_the_server(app, operations):
    people = cycle(PEOPLE)

    def attack(operation):
        @QUIETLY
        @given(case=operation.as_strategy())
        def try_it(case):
            token = token_of(app, next(people))
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"}, checks=[not_a_server_error]
            )

        try_it()

    assert len(operations) > 50
    for operation in operations:
        attack(operation)
