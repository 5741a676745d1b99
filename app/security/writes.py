"""Who writes which rows: what a session sends to the database lies within the actor's reach.

A row is looked at as it stands before the change and as it stands after it. Acts go through
`fire()`, which checks for itself and writes as the system; this is what holds for everything else,
and for whatever is forgotten there. Without an actor nothing can be written but the trail itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session

from app.errors import Forbidden
from app.i18n import N_
from app.models.audit import AuditEvent
from app.security.actor import ACTOR, Actor
from app.security.scopes import EVERYTHING, SCOPES

TENANT = "organization_id"
WRITTEN = "rows written by an actor"
CHUNK = 500


def install(session_class: type[Session]) -> None:
    """Attach the guard to every session made from `session_class`."""
    event.listen(session_class, "before_flush", _before)
    event.listen(session_class, "after_flush", _after)
    event.listen(session_class, "do_orm_execute", _bulk)


def _scoped(model: type[Any]) -> type[Any] | None:
    """Return the model whose scope holds for `model`, None for a table that everybody shares."""
    return next((base for base in model.__mro__ if base in SCOPES), None)


def _before(session: Session, _context: Any, _instances: Any) -> None:
    actor = session.info.get(ACTOR)
    session.info.pop(WRITTEN, None)
    if actor is not None and actor.is_system:
        return
    changed = [row for row in session.dirty if session.is_modified(row)]
    standing = _by_model([*changed, *session.deleted])
    written = _by_model(row for row in session.new if not isinstance(row, AuditEvent))
    if not standing and not written:
        return
    if actor is None:
        raise _refused()
    if any(_moves(row) for row in changed):
        raise _refused()
    _check(session, actor, standing)
    kept = _by_model([*changed, *(row for rows in written.values() for row in rows)])
    session.info[WRITTEN] = kept


def _after(session: Session, context: Any) -> None:
    written = session.info.pop(WRITTEN, None)
    actor = session.info.get(ACTOR)
    if written and actor is not None:
        gone = {state for state, (deleted, _listed) in context.states.items() if deleted}
        _check(session, actor, {m: _staying(rows, gone) for m, rows in written.items()})


def _staying(rows: list[Any], gone: set[Any]) -> list[Any]:
    """Leave out what this very flush has deleted as nobody's: a line taken off a form."""
    return [row for row in rows if inspect(row) not in gone]


def _by_model(rows: Iterable[Any]) -> dict[type[Any], list[Any]]:
    found: dict[type[Any], list[Any]] = defaultdict(list)
    for row in rows:
        if (model := _scoped(type(row))) is not None:
            found[model].append(row)
    return found


def _moves(row: Any) -> bool:
    """Whether a row that belongs to one organisation would belong to another."""
    if TENANT not in inspect(type(row)).column_attrs or _scoped(type(row)) is None:
        return False
    history = inspect(row).attrs[TENANT].history
    return history.has_changes() and any(before is not None for before in history.deleted)


def _check(session: Session, actor: Actor, rows: dict[type[Any], list[Any]]) -> None:
    """Refuse unless the actor's predicate finds every row, by the tables as they stand now."""
    connection = session.connection()
    for model, written in rows.items():
        table = model.__table__.c
        predicate = SCOPES[model](table, actor)
        if predicate is EVERYTHING:
            continue
        ids = sorted({row.id for row in written})
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            found = connection.scalars(select(table.id).where(table.id.in_(part), predicate))
            if len(found.all()) != len(part):
                raise _refused()


def _bulk(state: ORMExecuteState) -> None:
    """Refuse an INSERT past the guard: one that no object stands behind is the system's."""
    if not state.is_insert or state.bind_mapper is None:
        return
    actor = state.session.info.get(ACTOR)
    if _scoped(state.bind_mapper.class_) and (actor is None or not actor.is_system):
        raise _refused()


def _refused() -> Forbidden:
    return Forbidden(
        N_("This record is not yours to change."), code="outside_reach", rule="M2", article="第二条"
    )
