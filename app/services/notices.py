"""The inbox: what a person has been told, in the reader's language, and what is still unread."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import _
from app.models.notices import Notice
from app.security.actor import Actor
from app.workflow.notices import NOTICES, REMINDERS

PAGE = 30
PARAMS = ("number", "comment", "login_name", "serial", "name", "title", "count", "due_on")
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One page of notices, the newest first; `older` is the id to go on from."""

    notices: list[Notice]
    newer: int | None
    older: int | None
    unread: int


def words(notice: Notice) -> str:
    """Return what the notice says in the reader's language."""
    params: dict[str, Any] = dict.fromkeys(PARAMS, "") | notice.params
    known = NOTICES.get(notice.code)
    return _(known.msgid if known else REMINDERS[notice.code], **params)


def inbox(
    session: Session,
    actor: Actor,
    *,
    unread_only: bool = False,
    before: int | None = None,
    limit: int = PAGE,
) -> Inbox:
    """Return the actor's notices older than `before`, with the number still unread (bounded)."""
    own = Notice.account_id == actor.account_id
    statement = select(Notice).where(own)
    if unread_only:
        statement = statement.where(Notice.read_at.is_(None))
    if before is not None:
        statement = statement.where(Notice.id < before)
    rows = list(session.scalars(statement.order_by(Notice.id.desc()).limit(limit + 1)))
    unread = select(Notice.id).where(own, Notice.read_at.is_(None)).limit(MOST).subquery()
    count = session.scalar(
        select(func.count()).select_from(unread).execution_options(unscoped="one's own notices")
    )
    return Inbox(
        notices=rows[:limit],
        newer=before,
        older=rows[limit - 1].id if len(rows) > limit else None,
        unread=count or 0,
    )


def latest(session: Session, actor: Actor, *, limit: int) -> list[Notice]:
    """Return the newest notices of the actor."""
    own = Notice.account_id == actor.account_id
    return list(session.scalars(select(Notice).where(own).order_by(Notice.id.desc()).limit(limit)))


def open_notice(session: Session, notice_id: int, *, actor: Actor, now: datetime) -> Notice:
    """Return one of the actor's own notices, from now on read; the caller commits."""
    notice: Notice | None = session.scalar(
        select(Notice).where(Notice.id == notice_id, Notice.account_id == actor.account_id)
    )
    if notice is None:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = now
        session.flush()
    return notice


def read_all(session: Session, *, actor: Actor, now: datetime) -> int:
    """Mark everything of the actor as read and return how many that were; the caller commits."""
    done = session.execute(
        update(Notice)
        .where(Notice.account_id == actor.account_id, Notice.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
