"""An act on a batch: the same rows and the same trail as one form after the other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, event, inspect, select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category
from app.errors import DomainError
from app.models.applications import Application, ApplicationLine
from app.models.audit import AuditEvent, IdempotencyKey
from app.models.base import Base
from app.models.notices import Notice
from app.models.work import LineDecision, Remark, WorkItem
from app.security.actor import acting
from app.services import bulk
from app.services.acts import perform, perform_together
from tests.support.factories import NOON, Office, items
from tests.support.statements import statements
from tests.support.threads import at_once

OWN = {"id", "application_id", "work_item_id", "line_id", "subject_id", "subject_label", "number"}
NAMES = {"name", "person_digest", "citizen_id", "sex", "login_name"}
Make = Callable[[Office], int]


def values(row: Base) -> dict[str, Any]:
    """What a row says besides which row it is and whom it names."""
    own = row.number if isinstance(row, Application) else ""
    found = {a.key: getattr(row, a.key) for a in inspect(type(row)).column_attrs}
    if "params" in found:
        found["params"] = {k: v for k, v in found["params"].items() if k != "number"}
    if "outcome" in found and isinstance(found["outcome"], dict):
        found["outcome"] = {k: v for k, v in found["outcome"].items() if k != "subject_id"}
    assert own or not isinstance(row, Application)
    return {k: v for k, v in found.items() if k not in OWN | NAMES | {"key"}}


def everything(office: Office, identity: int) -> list[list[dict[str, Any]]]:
    """Every row about an application, the trail and the notices included."""
    office.session.expire_all()
    lines = select(ApplicationLine.id).where(ApplicationLine.application_id == identity)
    subject = {"subject_type": "application", "subject_id": identity}
    asked: list[Select[Any]] = [
        select(Application).where(Application.id == identity),
        select(ApplicationLine).where(ApplicationLine.application_id == identity),
        select(WorkItem).where(WorkItem.application_id == identity),
        select(LineDecision).where(LineDecision.line_id.in_(lines)),
        select(Remark).where(Remark.application_id == identity),
        select(Notice).filter_by(**subject),
        select(AuditEvent).filter_by(**subject),
        select(IdempotencyKey).filter_by(**subject),
    ]
    read = (office.session.scalars(it.order_by("id")) for it in asked)
    return [[values(row) for row in rows] for rows in read]


def own_form(office: Office) -> int:
    identity = office.submitted("east")
    office.application(identity).created_by_id = office.account("reg1").id
    office.session.commit()
    return identity


def taken_on(office: Office, by: str) -> int:
    identity = office.submitted("east")
    office.perform(by, identity, "claim")
    return identity


def returned_once(office: Office) -> int:
    identity = office.submitted("east")
    office.perform("reg2", identity, "return", comment="再看")
    office.perform("east.admin", identity, "submit")
    return identity


def second_of_two(office: Office) -> int:
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    office.perform("mkt1", identity, "approve", comment="先过")
    return identity


def one_refused(office: Office) -> int:
    both = items(office.organization("east").type, Category.REGISTRATION, Category.TRANSACTION)
    lines = [office.person(items=both) for _ in range(2)]
    identity = office.submitted("east", lines=lines)
    refusal = {"position": 1, "verdict": "refused", "reason": "不在岗"}
    office.perform("mkt1", identity, "approve", data={"lines": [refusal]})
    return identity


def holder_of_an_account(office: Office) -> int:
    """A form whose person has come to an account by another way meanwhile."""
    identity = office.submitted("east")
    (line,) = office.application(identity).lines
    line.person_digest = office.account("east.admin").citizen_id_digest
    office.session.commit()
    return identity


FORMS: dict[str, Make] = {
    "one": lambda office: office.submitted("east"),
    "five": lambda office: office.submitted("west", people=5),
    "two offices": lambda o: o.submitted("east", Category.REGISTRATION, Category.TRANSACTION),
    "second of two": second_of_two,
    "one refused": one_refused,
    "own": own_form,
    "mine": lambda office: taken_on(office, "reg1"),
    "another's": lambda office: taken_on(office, "reg2"),
    "back again": returned_once,
    "another office's": lambda office: office.submitted("east", Category.TRANSACTION),
    "draft": lambda office: office.draft("east"),
    "passed": lambda office: office.standing_at(ApplicationState.PASSED, "east"),
    "has an account": holder_of_an_account,
    "enterprise": lambda office: office.submitted("bank"),
}


def one_by_one(office: Office, ids: list[int], action: str, comment: str) -> dict[int, str]:
    told = {}
    with office.acting("reg1") as actor:
        for it in ids:
            said = {"actor": actor, "now": NOON, "comment": comment, "idempotency_key": f"k:{it}"}
            try:
                told[it] = perform(office.session, Application, it, action, **said).state
            except DomainError as error:
                told[it] = error.code
    return told


@pytest.mark.parametrize(
    ("action", "comment"), [("approve", ""), ("approve", "同意"), ("claim", ""), ("return", "补章")]
)
def test_a_batch_equals_one_after_the_other(office: Office, action: str, comment: str) -> None:
    first = {name: make(office) for name, make in FORMS.items()}
    second = {name: make(office) for name, make in FORMS.items()}
    expected = one_by_one(office, list(first.values()), action, comment)

    with office.acting("reg1") as actor:
        outcomes = list(
            bulk.carry_out(
                office.session,
                list(second.values()),
                action,
                actor=actor,
                now=NOON,
                comment=comment,
                key="k",
            )
        )

    told = {it.id: it.state if it.done else it.code for it in outcomes}
    assert {n: told[second[n]] for n in FORMS} == {n: expected[first[n]] for n in FORMS}
    for name in FORMS:
        assert everything(office, second[name]) == everything(office, first[name]), name
        if told[second[name]] in {"passed", "under_review", "returned"}:
            (outcome,) = [it for it in outcomes if it.id == second[name]]
            assert outcome.version == office.application(second[name]).version


def test_a_batch_asks_no_more_for_more_forms(office: Office) -> None:
    def asked(count: int) -> int:
        ids = [office.submitted("east") for _ in range(count)]
        with office.acting("reg1") as actor, statements(office.session.get_bind()) as seen:
            told = perform_together(office.session, ids, "claim", actor=actor, now=NOON, keys={})
        assert len(told) == count
        return len([it for it in seen if it.startswith("SELECT")])

    asked(1)
    assert asked(6) == asked(2)


@pytest.fixture
def broken(office: Office) -> Iterator[list[int]]:
    """Let a transaction's second decision be about no line at all: a batch fails, one form never.

    Yield how many decisions each transaction had that was undone.
    """
    made: list[LineDecision] = []
    undone: list[int] = []

    def spoil(decision: LineDecision, _args: Any, said: dict[str, Any]) -> None:
        made.append(decision)
        if len(made) > 1:
            said["line_id"] = 0

    def kept(_session: Session) -> None:
        made.clear()

    def rolled_back(_session: Session) -> None:
        undone.append(len(made))
        made.clear()

    event.listen(LineDecision, "init", spoil)
    event.listen(office.session, "after_commit", kept)
    event.listen(office.session, "after_rollback", rolled_back)
    yield undone
    event.remove(office.session, "after_rollback", rolled_back)
    event.remove(office.session, "after_commit", kept)
    event.remove(LineDecision, "init", spoil)


def test_what_breaks_a_batch_is_done_one_by_one(office: Office, broken: list[int]) -> None:
    ids = [office.submitted("east") for _ in range(3)]
    alone = office.submitted("east")
    office.perform("reg1", alone, "approve")
    with office.acting("reg1") as actor:
        told = list(bulk.carry_out(office.session, ids, "approve", actor=actor, now=NOON))
    assert broken == [len(ids)]
    assert [it.done for it in told] == [True] * 3
    assert office.count(LineDecision) == 4
    assert everything(office, ids[0]) == everything(office, alone)


@pytest.mark.postgresql
def test_of_two_batches_at_once_each_form_is_decided_by_one(app: Flask, office: Office) -> None:
    ids = [office.submitted("east") for _ in range(6)]

    def decides(login: str, wanted: list[int]) -> Callable[[Session], list[bulk.Outcome]]:
        actor = office.actor(login)

        def act(session: Session) -> list[bulk.Outcome]:
            with acting(session, actor):
                return list(bulk.carry_out(session, wanted, "approve", actor=actor, now=NOON))

        return act

    calls = decides("reg1", ids), decides("reg2", ids[::-1])
    office.session.rollback()
    mine, theirs = at_once(app, *calls)

    done = [it.id for it in (*mine, *theirs) if it.done]
    assert sorted(done) == ids
    assert {it.code for it in (*mine, *theirs) if not it.done} <= {
        "state_changed",
        "already_decided",
    }
    assert office.count(LineDecision) == len(ids)
