"""The floor: the same questions as hand-written SQL through psycopg in a bare Flask application."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request
from psycopg.rows import dict_row

COLUMNS = """
SELECT a.id, a.name, a.login_name, a.citizen_id, a.state, a.last_login_at, o.name AS organization
FROM account a JOIN organization o ON o.id = a.organization_id
"""
PAGE = 25

application = Flask("floor")
_kept = threading.local()


@contextmanager
def cursor() -> Iterator[Any]:
    """Yield a cursor in a transaction of the thread's own connection."""
    if not hasattr(_kept, "connection"):
        _kept.connection = psycopg.connect(
            os.environ["FLOOR_ADDRESS"], row_factory=dict_row, prepare_threshold=None
        )
    with _kept.connection.transaction(), _kept.connection.cursor() as rows:
        yield rows


def answer(statement: str, *values: Any) -> Response:
    """Return the rows as JSON."""
    with cursor() as rows:
        return jsonify(rows=[_plain(row) for row in rows.execute(statement, values)])


@application.get("/list")
def accounts() -> Response:
    """A page of accounts by key."""
    after = request.args.get("after", type=int, default=1 << 40)
    return answer(f"{COLUMNS} WHERE a.id < %s ORDER BY a.id DESC LIMIT {PAGE}", after)


@application.get("/filter")
def by_state_and_organization() -> Response:
    """A page of one organisation's accounts in one state."""
    return answer(
        f"{COLUMNS} WHERE a.state = %s AND a.organization_id = %s ORDER BY a.id DESC LIMIT {PAGE}",
        request.args["state"],
        request.args.get("organization", type=int),
    )


@application.get("/prefix")
def by_login() -> Response:
    """Accounts whose login name begins so."""
    term = request.args["term"]
    return answer(
        f"{COLUMNS} WHERE a.login_key >= %s AND a.login_key < %s ORDER BY a.login_key LIMIT {PAGE}",
        term,
        term + "\U0010ffff",
    )


@application.get("/name")
def by_name() -> Response:
    """Accounts in whose name two characters stand."""
    return answer(
        f"{COLUMNS} WHERE keydesk_bigrams(a.name) @> keydesk_bigrams(%s) "
        f"ORDER BY a.id DESC LIMIT {PAGE}",
        request.args["term"],
    )


@application.get("/pick")
def pick() -> Response:
    """What a picker over accounts offers."""
    return answer(
        "SELECT id, name FROM account WHERE keydesk_bigrams(name) @> keydesk_bigrams(%s) "
        "ORDER BY id DESC LIMIT 20",
        request.args["term"],
    )


@application.get("/form/<int:number>")
def form(number: int) -> Response:
    """A form with its lines and their items."""
    return answer(
        "SELECT a.*, l.*, n.sex, n.citizen_id, array_agg(i.item_id) FROM application a "
        "JOIN application_line l ON l.application_id = a.id "
        "JOIN new_user_line n ON n.id = l.id "
        "JOIN application_line_item i ON i.line_id = l.id WHERE a.id = %s "
        "GROUP BY a.id, l.id, n.id ORDER BY l.position",
        number,
    )


@application.post("/form/<int:number>")
def save(number: int) -> Response:
    """Keep a form's contact and remarks."""
    with cursor() as rows:
        rows.execute("SELECT 1 FROM application WHERE id = %s FOR UPDATE", (number,))
        rows.execute(
            "UPDATE application SET contact_name = %s, version = version + 1 WHERE id = %s",
            (request.form["contact_name"], number),
        )
        rows.execute(
            "UPDATE application_line SET remark = %s WHERE application_id = %s",
            ("", number),
        )
        _event(rows, "application:edited", number)
    return jsonify(saved=number)


@application.post("/approve/<int:number>")
def approve(number: int) -> Response:
    """Pass every person of a form."""
    with cursor() as rows:
        rows.execute("SELECT 1 FROM application WHERE id = %s FOR UPDATE", (number,))
        (work,) = (
            rows.execute(
                "UPDATE work_item SET closed_at = now(), closed_by_id = 2, outcome = 'passed' "
                "WHERE application_id = %s AND closed_at IS NULL RETURNING id",
                (number,),
            )
            .fetchone()
            .values()
        )
        rows.execute(
            "INSERT INTO line_decision (work_item_id, line_id, verdict, reason) "
            "SELECT %s, id, 'passed', '' FROM application_line WHERE application_id = %s",
            (work, number),
        )
        rows.execute(
            "UPDATE application_line SET verdict = 'passed' WHERE application_id = %s",
            (number,),
        )
        rows.execute(
            "INSERT INTO work_item (application_id, round, step, action, duty, opened_at, "
            "comment) VALUES (%s, 1, 2, 'configure', 'configure_permissions', now(), '')",
            (number,),
        )
        rows.execute(
            "UPDATE application SET state = 'passed', version = version + 1 WHERE id = %s",
            (number,),
        )
        _event(rows, "application:approved", number)
    return jsonify(approved=number)


@application.post("/configure/<int:number>")
def configure(number: int) -> Response:
    """Open the accounts of a form."""
    with cursor() as rows:
        rows.execute("SELECT 1 FROM application WHERE id = %s FOR UPDATE", (number,))
        rows.execute(
            "UPDATE work_item SET closed_at = now(), closed_by_id = 4, outcome = 'done' "
            "WHERE application_id = %s AND closed_at IS NULL",
            (number,),
        )
        opened = rows.execute(
            "INSERT INTO account (name, login_name, login_key, sex, citizen_id, "
            "citizen_id_digest, organization_id, state, must_change_password, epoch, "
            "created_at, version) SELECT l.name, 'floor' || l.id, 'floor' || l.id, n.sex, "
            "k.citizen_id, l.person_digest, a.organization_id, 'pending', true, 0, now(), 1 "
            "FROM application a JOIN application_line l ON l.application_id = a.id "
            "JOIN new_user_line n ON n.id = l.id JOIN account k ON k.id = l.position "
            "WHERE a.id = %s RETURNING id",  # a number sealed for this table: some account's own
            (number,),
        ).fetchall()
        rows.execute(
            "UPDATE application SET state = 'configured', version = version + 1 WHERE id = %s",
            (number,),
        )
        _event(rows, "application:configured", number)
    return jsonify(opened=len(opened))


@application.get("/home")
def home() -> Response:
    """What waits for one duty."""
    return answer(
        "SELECT duty, count(*) AS waiting, min(opened_at) AS oldest FROM work_item "
        "WHERE closed_at IS NULL AND duty = 'review_registration' GROUP BY duty"
    )


def _event(rows: Any, tag: str, number: int) -> None:
    rows.execute(
        "INSERT INTO audit_event (at, tag, outcome, subject_type, subject_id, subject_label, "
        "actor_label, channel, remote_addr, rule, article, comment) "
        "VALUES (now(), %s, 'done', 'application', %s, '', '', 'page', '', '', '', '')",
        (tag, number),
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
