"""Questions to physical keys: random, for one purpose, kept here until answered once (M8)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.catalog.enums import CeremonyPurpose
from app.errors import Unauthenticated
from app.i18n import N_
from app.models.accounts import Account
from app.models.key_credentials import KeyChallenge
from app.models.keys import Key

LASTS = {
    CeremonyPurpose.SIGN_IN: timedelta(minutes=3),
    CeremonyPurpose.BIND: timedelta(minutes=5),
    CeremonyPurpose.ENROL: timedelta(minutes=15),
}
BYTES = 32
MOST_TICKET = 100
WHY = {"unscoped": "a question to a key, by its secret ticket"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the asker is handed: `options` for the browser, `ticket` to come back with."""

    ticket: str
    options: dict[str, Any]
    expires_at: datetime


class TicketWorthless(Unauthenticated):
    """The ticket is unknown, used, too old, or was given for something else."""

    code = "challenge_expired"
    msgid = N_("This question to the key was answered already, or is too old. Begin again.")
    rule = "M8"
    article = "第八条"


def put(
    session: Session,
    purpose: CeremonyPurpose,
    account: Account,
    *,
    now: datetime,
    key: Key | None = None,
    application_id: int | None = None,
    asked_by_id: int | None = None,
) -> tuple[str, KeyChallenge]:
    """Keep a new question and return its ticket, of which nothing but a digest is kept."""
    ticket = secrets.token_urlsafe(BYTES)
    asked = KeyChallenge(
        ticket_digest=_digest(ticket),
        purpose=purpose,
        challenge=secrets.token_bytes(BYTES),
        account_id=account.id,
        key_id=key.id if key else None,
        application_id=application_id,
        asked_by_id=asked_by_id,
        asked_at=now,
        expires_at=now + LASTS[purpose],
    )
    session.add(asked)
    session.flush()
    return ticket, asked


def look(
    session: Session, ticket: str, purpose: CeremonyPurpose, *, now: datetime
) -> KeyChallenge | None:
    """Return the question as long as it can be answered, without answering it."""
    return session.scalar(
        select(KeyChallenge)
        .where(
            KeyChallenge.ticket_digest == _digest(ticket),
            KeyChallenge.purpose == purpose,
            KeyChallenge.used_at.is_(None),
            KeyChallenge.expires_at > now,
        )
        .execution_options(**WHY)
    )


def whose(session: Session, ticket: str) -> Account | None:
    """Return for whose sign-in or key a ticket was given, used or old as it may be."""
    return session.scalar(
        select(Account)
        .join(KeyChallenge, KeyChallenge.account_id == Account.id)
        .where(KeyChallenge.ticket_digest == _digest(ticket))
        .execution_options(**WHY)
    )


def take(
    session: Session,
    ticket: str,
    purpose: CeremonyPurpose,
    *,
    now: datetime,
    asked_by_id: int | None = None,
) -> KeyChallenge:
    """Return the question and make it worthless; of two who answer at once one finds it.

    Raises TicketWorthless. What is taken stays taken even if the answer is refused: the caller
    commits either way.
    """
    digest = _digest(ticket)
    taken = session.execute(
        update(KeyChallenge)
        .where(
            KeyChallenge.ticket_digest == digest,
            KeyChallenge.purpose == purpose,
            KeyChallenge.used_at.is_(None),
            KeyChallenge.expires_at > now,
            KeyChallenge.asked_by_id.is_not_distinct_from(asked_by_id),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False, **WHY)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise TicketWorthless
    return session.scalars(
        select(KeyChallenge)
        .where(KeyChallenge.ticket_digest == digest)
        .execution_options(populate_existing=True, **WHY)
    ).one()


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket[:MOST_TICKET].encode("utf-8", "replace")).hexdigest()
