"""How often REST asks the database: as often for many rows as for few."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.extensions import db
from tests.api.test_lists import READABLE

LIST, ROW = 8, 15


@contextmanager
def statements(app):
    found = []
    with app.app_context():
        engine = db.engine

    def note(_connection, _cursor, statement, *_rest):
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("resource", "who"), READABLE.items())
def test_a_list_and_a_row_take_few_statements(app, rest, office, resource, who):
    office.standing_at("completed", "developer", people=5)
    office.standing_at("completed", "east", people=5)
    somebody = rest(who)
    with statements(app) as found:
        listed = somebody.get(f"{resource}/")
    assert listed.status_code == 200
    assert len(found) <= LIST, found
    for identity in listed.json["ids"][:1]:
        with statements(app) as found:
            assert somebody.get(f"{resource}/{identity}").status_code == 200
        assert len(found) <= ROW, found
