"""The fixtures keep tests apart and hide nothing that a user would meet."""

import pytest
from sqlalchemy import func, select

from app.models.offices import District
from tests.support.client import UncommittedChangesError


@pytest.fixture
def one_more(session) -> District:
    row = District(code="110199", name_zh="某区", name_en="Some district")
    session.add(row)
    return row


def count(session) -> int:
    return session.scalar(select(func.count()).where(District.code == "110199"))


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_commits_is_gone_for_the_next(session, one_more, turn: int):
    assert turn
    session.commit()
    assert count(session) == 1


def test_the_client_refuses_to_run_over_uncommitted_changes(session, client, one_more):
    with pytest.raises(UncommittedChangesError):
        client.get("/")
    session.flush()
    with pytest.raises(UncommittedChangesError):
        client.get("/")
    session.commit()
    assert client.get("/").status_code < 500


def test_a_request_has_a_session_of_its_own(app, session, client):
    from app.extensions import db

    seen = []
    app.teardown_request_funcs.setdefault(None, []).append(lambda _error: seen.append(db.session()))
    try:
        client.get("/")
    finally:
        app.teardown_request_funcs[None].pop()
    assert seen
    assert seen[0] is not session
