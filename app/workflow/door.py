"""The one door for state: while it is shut nothing assigns a state that a lifecycle governs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Update, event, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import flag_modified

from app.catalog import lifecycles
from app.catalog.lifecycles import Lifecycle
from app.errors import NotFound
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.archives import ArchiveFile
from app.models.cases import Case
from app.models.keys import Key
from app.models.materials import PaperCheck
from app.models.stock import StockTake
from app.models.work import WorkItem

SUBJECTS = (Application, Account, Key, Case, StockTake, ArchiveFile)
PARTS = (ApplicationLine, WorkItem, PaperCheck)
"""What an application's acts read and write beside the application itself."""

TABLES = {model.__tablename__ for model in SUBJECTS}

_open: ContextVar[bool] = ContextVar("door_open", default=False)


class StateDoorError(RuntimeError):
    """Something other than `fire()` assigned a state."""


def lifecycle_of(subject: Any) -> Lifecycle:
    """Return the lifecycle that `subject` lives by; TypeError for what has none."""
    match subject:
        case Application():
            return lifecycles.APPLICATIONS[subject.kind]
        case Account():
            return lifecycles.ACCOUNT
        case Key():
            return lifecycles.KEY
        case Case():
            return lifecycles.CASE
        case StockTake():
            return lifecycles.STOCK_TAKE
        case ArchiveFile():
            return lifecycles.ARCHIVE
    message = f"{type(subject).__name__} has no lifecycle"
    raise TypeError(message)


@contextmanager
def door_open() -> Iterator[None]:
    """Let states be assigned inside the block: for `fire()` and what equals firing one by one."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def lock(session: Session, subject: Any) -> None:
    """Re-read `subject` and its parts as they are now, and keep rivals waiting until the commit.

    PostgreSQL locks the row; SQLite, which cannot, the database against writing. The version
    counter stands behind both. Raises NotFound for a row that is gone.
    """
    model = type(subject)
    if session.get_bind().dialect.name == "sqlite":
        _hold_the_pen(session, model.__mapper__.base_mapper.local_table, subject.id)
    found = session.scalar(
        select(model)
        .where(model.id == subject.id)
        .with_for_update(of=model)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if isinstance(subject, Application):
        _refresh_parts(session, subject)


def _hold_the_pen(session: Session, table: Any, identity: int) -> None:
    """Begin to write before reading: SQLite has one writer, and readers may see what is past."""
    session.execute(update(table).where(table.c.id == identity).values(id=table.c.id))


def _refresh_parts(session: Session, application: Application) -> None:
    """Read anew what this session has read before the lock was there."""
    held = {type(row) for row in session.identity_map.values()}
    for part in PARTS:
        if any(issubclass(kind, part) for kind in held):
            session.scalars(
                select(part)
                .where(part.application_id == application.id)
                .execution_options(populate_existing=True)
            ).all()


def touch(subject: Any) -> None:
    """Count the row's version up with the next flush, even if none of its own columns changes.

    An act on a record's parts is an act on the record: whoever saw the former version is told.
    """
    flag_modified(subject, "state")


def guard_states() -> None:
    """Refuse every assignment of a state but the engine's own; called once at start."""
    for model in SUBJECTS:
        if not event.contains(model.state, "set", _refuse_assignment):
            event.listen(model.state, "set", _refuse_assignment, propagate=True)
    if not event.contains(Session, "do_orm_execute", _refuse_update):
        event.listen(Session, "do_orm_execute", _refuse_update)


def _refuse_assignment(target: Any, value: Any, _old: Any, _initiator: Any) -> None:
    if _open.get():
        return
    if inspect(target).transient and value == lifecycle_of(target).initial:
        return
    _refuse(type(target).__name__)


def _refuse_update(execution: ORMExecuteState) -> None:
    """Refuse UPDATE statements of a session that set a state, of one row or of a million."""
    statement = execution.statement
    if _open.get() or not isinstance(statement, Update):
        return
    name = getattr(statement.table, "name", "")
    if name in TABLES and "state" in _columns_set(statement, execution.parameters):
        _refuse(name)


def _columns_set(statement: Update, parameters: Any) -> set[str]:
    rows = parameters if isinstance(parameters, list) else [parameters or {}]
    named = {name for row in rows for name in row}
    values: Mapping[Any, Any] = statement._values or {}  # noqa: SLF001 - SQLAlchemy shows it nowhere else
    return named | {str(getattr(column, "key", column)) for column in values}


def _refuse(name: str) -> None:
    message = f"state of {name} is changed by fire() alone"
    raise StateDoorError(message)
