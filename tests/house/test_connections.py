"""No request is given a connection that the server has let go."""

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, insert, make_url, select, text
from sqlalchemy.exc import ProgrammingError

from app import extensions
from app.models.offices import District
from tests.support.databases import Backend

pytestmark = pytest.mark.postgresql


def served_by(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT pg_backend_pid()"))


def end(backend: Backend, pid: int) -> None:
    address = make_url(backend.url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))


@pytest.fixture
def engine(app: Flask, database: Backend) -> Engine:
    with app.app_context():
        return extensions.db.engine


def test_a_connection_is_used_again(engine: Engine) -> None:
    assert served_by(engine) == served_by(engine)


def test_one_that_the_server_closed_is_replaced(engine: Engine, database: Backend) -> None:
    closed = served_by(engine)

    end(database, closed)

    assert served_by(engine) != closed


def test_after_a_long_rest_the_server_is_asked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = served_by(engine)
    monkeypatch.setattr(extensions, "LONG_REST", -1.0)

    assert served_by(engine) == asked


KEPT = select(District.name_en).execution_options(prepared=True)
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%district%'")


def test_what_is_prepared_outlives_a_transaction_that_only_read(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(KEPT)
        connection.rollback()

        assert connection.scalar(PREPARED) == 1


def test_what_was_written_is_undone_by_a_rollback(engine: Engine) -> None:
    row = {"code": "119999", "name_zh": "某区", "name_en": "Elsewhere"}
    with engine.connect() as connection:
        connection.execute(KEPT)
        connection.execute(insert(District), row)
        connection.execute(KEPT)
        connection.rollback()
        connection.execute(KEPT)
        connection.execute(insert(District), [row, {**row, "code": "119998"}])
        connection.rollback()

        assert "Elsewhere" not in connection.scalars(KEPT).all()


def test_a_refused_statement_leaves_a_connection_that_works(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(KEPT)
        with pytest.raises(ProgrammingError):
            connection.execute(select(text("nothing")))
        connection.rollback()

        assert connection.scalars(KEPT).all()
