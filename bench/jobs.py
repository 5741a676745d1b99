"""Long work beside its floor: a thousand applications of five persons passed as one job.

The floor is a handful of set-wise statements in one transaction; the console's job does every act
through its one door, with every rule, lock, notice and audit event, and writes its result file.
What both have done is undone off the clock, so that the bench can be run again; the trail stays.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from bench.cases import REVIEWER
from bench.databases import BENCH, Filled, environment
from bench.measure import MILLI, Pair

MANY = 1_000
ROUNDS = 3

THESE = "application_id = ANY(%(ids)s)"
FORMS = "FROM application WHERE id = ANY(%(ids)s)"
FLOOR = f"""
SELECT id {FORMS} AND state = 'submitted' ORDER BY id FOR UPDATE;
WITH closed AS (
  UPDATE work_item SET closed_at = now(), closed_by_id = 2, outcome = 'passed'
  WHERE {THESE} AND closed_at IS NULL RETURNING id, application_id
)
INSERT INTO line_decision (work_item_id, line_id, verdict, reason)
SELECT c.id, l.id, 'passed', '' FROM closed c
JOIN application_line l ON l.application_id = c.application_id;
UPDATE application_line SET verdict = 'passed' WHERE {THESE};
INSERT INTO work_item (application_id, round, step, action, duty, opened_at, comment)
SELECT id, 1, 2, 'configure', 'configure_permissions', now(), '' {FORMS};
UPDATE application SET state = 'passed', version = version + 1 WHERE id = ANY(%(ids)s);
INSERT INTO notice (account_id, code, params, subject_type, subject_id, created_at)
SELECT created_by_id, 'application_decided', '{{}}', 'application', id, now() {FORMS};
INSERT INTO audit_event (at, tag, outcome, subject_type, subject_id, subject_label,
  organization_id, actor_id, actor_label, channel, remote_addr, rule, article, comment)
SELECT now(), 'application:approved', 'done', 'application', id, number,
  organization_id, 2, '', 'job', '', 'M5.1', '', '' {FORMS}
"""  # noqa: S608 - made of constants
UNDO = f"""
DELETE FROM line_decision d USING application_line l WHERE l.id = d.line_id AND l.{THESE};
DELETE FROM work_item WHERE {THESE} AND action <> 'approve';
UPDATE work_item SET closed_at = NULL, closed_by_id = NULL, outcome = NULL WHERE {THESE};
UPDATE application_line SET verdict = 'pending' WHERE {THESE};
UPDATE application SET state = 'submitted' WHERE id = ANY(%(ids)s);
DELETE FROM notice WHERE subject_type = 'application' AND subject_id = ANY(%(ids)s);
DELETE FROM idempotency_key WHERE subject_type = 'application' AND subject_id = ANY(%(ids)s)
"""  # noqa: S608 - as above


def passing_many(full: Filled) -> Pair:
    """Return how long a thousand take the floor and the console, in turns, in milliseconds."""
    os.environ.update(environment(full.url))
    from app import create_app
    from app.extensions import db
    from app.jobs.scheduler import leave_what_stays

    found = Pair()
    application = create_app()
    leave_what_stays()
    with application.app_context(), psycopg.connect(full.address) as connection:
        ids = [
            row[0]
            for row in connection.execute(
                "SELECT id FROM application WHERE state = 'submitted' ORDER BY id "
                "OFFSET 1000 LIMIT %s",
                (2 * MANY,),
            )
        ]
        theirs, ours = ids[:MANY], ids[MANY:]
        for turn in range(ROUNDS + 1):
            floor = _floor(connection, theirs)
            console = _console(db.session(), ours, BENCH / "files")
            _run(connection, UNDO, ids)
            if turn:
                found.floor.append(floor)
                found.console.append(console)
    return found


def _run(connection: psycopg.Connection[Any], statements: str, ids: list[int]) -> None:
    for statement in statements.split(";"):
        connection.execute(statement, {"ids": ids})
    connection.commit()


def _floor(connection: psycopg.Connection[Any], ids: list[int]) -> float:
    begun = time.perf_counter()
    _run(connection, FLOOR, ids)
    return (time.perf_counter() - begun) * MILLI


def _console(session: Session, ids: list[int], files: Path) -> float:
    """Ask for the work as a reviewer does, then do it as the scheduler does, on the clock."""
    from sqlalchemy import select

    from app.catalog.enums import Channel
    from app.jobs.runner import run_asked_for
    from app.models.accounts import Account
    from app.security.actor import Actor, acting, load_actor
    from app.services import bulk

    now = datetime.now(UTC)
    with acting(session, Actor.system("bench")):
        account = session.scalars(select(Account).where(Account.login_key == REVIEWER)).one()
        actor = load_actor(session, account, channel=Channel.PAGE)
        run = bulk.ask(session, ids, "approve", title="", actor=actor, now=now)
        session.commit()
        wanted = run.id
    begun = time.perf_counter()
    done = run_asked_for(session, files=files, now=now, run_id=wanted)
    took = (time.perf_counter() - begun) * MILLI
    if done is None or done.counts != {"done": len(ids)}:
        message = f"the job did not pass them all: {done and (done.counts, done.error)}"
        raise RuntimeError(message)
    session.rollback()
    return took
