"""Sign-in with the key itself: first the password, then what only the holder's key can answer.

第四条: nobody works without the key. 第八条: a key is one person's. What is shown and is not this
person's key in force is refused, put on record and told to the security administrators.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import CeremonyPurpose, KeyState
from app.errors import DomainError, Unauthenticated
from app.i18n import N_
from app.models.accounts import Account
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.models.keys import Key
from app.security.actor import Actor
from app.security.audit import record
from app.services import key_challenges
from app.services.ceremonies import (
    Unproven,
    credential_id_of,
    read_answer,
    request_options,
    verify_use,
)
from app.services.key_alerts import alert
from app.services.key_challenges import Question, TicketWorthless
from app.services.signin import admit, enter, refuse, why_closed

RULE, ARTICLE = "M8", "第八条"
MOST_FORMER = 8
MOST_COLLEAGUES = 40
MOST_ASKED_AMONG = 200
WHY = {"unscoped": "whose key is shown at sign-in"}


class KeyRequired(Unauthenticated):
    """The password was right; now the key has to be shown. `question` says how."""

    code = "key_required"
    msgid = N_("Plug your key in and touch it.")
    rule = "M4"
    article = ARTICLE

    def __init__(self, question: Question) -> None:
        """Keep what the browser, or the script, has to ask the key."""
        super().__init__(article="第四条")
        self.question = question

    def as_dict(self) -> dict[str, Any]:
        """Return REST's body with the question: `public_key` for the key, `ticket` to come back."""
        return super().as_dict() | {
            "ticket": self.question.ticket,
            "public_key": self.question.options,
            "expires_at": self.question.expires_at.isoformat(),
        }


def ask_for_key(
    session: Session, login_name: str, password: str, *, actor: Actor, now: datetime
) -> Question:
    """Return the question for the key of the account that name and password open.

    Raises Unauthenticated as `sign_in` does, and for a key that was never bound. The caller
    commits, refusals included.
    """
    account = admit(session, login_name, password, actor=actor, now=now, requires_key=True)
    own = _in_force(session, account)
    if own is None:
        error = Unauthenticated(
            N_(
                "Your key has not been bound yet: take it to the issuing office, which plugs it "
                "in once."
            ),
            code="key_not_bound",
            rule="M4",
            article="第四条",
        )
        raise refuse(session, error, account, actor=actor, now=now)
    ticket, asked = key_challenges.put(session, CeremonyPurpose.SIGN_IN, account, now=now)
    record(
        session,
        tag="session:key_asked",
        subject=account,
        actor=actor,
        now=now,
        rule="M4",
        article="第四条",
    )
    return _question(session, ticket, asked, own)


def question_of(session: Session, ticket: str, *, now: datetime) -> Question | None:
    """Return the question again while it can be answered, None afterwards."""
    asked = key_challenges.look(session, ticket, CeremonyPurpose.SIGN_IN, now=now)
    own = _in_force(session, asked.account) if asked else None
    return _question(session, ticket, asked, own) if asked and own else None


def sign_in_with_key(
    session: Session, ticket: str, answer: Any, *, actor: Actor, now: datetime
) -> Account:
    """Return the account whose own key has answered, and note the sign-in.

    `actor` is the system at this door. Raises Unauthenticated with the reason, on record already,
    but TicketWorthless for a ticket that was never given: whoever knocks with anything at all does
    not fill the trail. The caller commits, refusals included: a question is answered once.
    """
    try:
        asked = key_challenges.take(session, ticket, CeremonyPurpose.SIGN_IN, now=now)
    except TicketWorthless as error:
        owner = key_challenges.whose(session, ticket)
        if owner is None:
            raise
        again = Unauthenticated(error.msgid, code=error.code, rule=RULE, article=ARTICLE)
        raise refuse(session, again, owner, actor=actor, now=now) from error
    account = asked.account
    if (closed := why_closed(session, account, requires_key=True)) is not None:
        raise refuse(session, closed, account, actor=actor, now=now)
    try:
        shown = _shown(session, asked, answer)
    except Unproven as error:
        refusal = Unauthenticated(error.msgid, code=error.code, rule=RULE, article=ARTICLE)
        raise refuse(session, refusal, account, actor=actor, now=now) from error
    if isinstance(shown, _NotGood):
        serial = shown.serial
        alert(session, shown.alert, account, key=serial, now=now)
        raise refuse(session, shown.error, account, actor=actor, now=now, key=serial)
    enter(session, account, actor=actor, now=now, key=shown.key.serial)
    return account


class _NotGood:
    """A key that spoke the truth and yet does not open this account."""

    def __init__(self, code: str, msgid: str, *, alert: str, serial: str) -> None:
        self.error: DomainError = Unauthenticated(msgid, code=code, rule=RULE, article=ARTICLE)
        self.alert = alert
        self.serial = serial


def _shown(session: Session, asked: KeyChallenge, raw: Any) -> "KeyCredential | _NotGood":
    """Return the binding in force whose key has answered, its counter moved on."""
    answer = read_answer(raw)
    found: KeyCredential | None = session.scalar(
        select(KeyCredential)
        .where(KeyCredential.credential_id == credential_id_of(answer))
        .options(joinedload(KeyCredential.key))
        .execution_options(populate_existing=True, **WHY)
    )
    if found is None:
        return _not_own("")
    count = verify_use(answer, asked.challenge, found)
    key = found.key
    if found.account_id != asked.account_id:
        return _not_own(key.serial)
    if found.ended_at is not None or (key.state, key.holder_id) != (
        KeyState.ISSUED,
        asked.account_id,
    ):
        return _NotGood(
            "key_not_in_force",
            N_("This key was returned, lost or replaced and opens nothing any more."),
            alert="key_not_in_force",
            serial=key.serial,
        )
    if not _moved_on(session, found, count, asked.used_at):
        return _NotGood(
            "key_copied",
            N_(
                "This key fell behind its own counter: there may be a copy of it. Take it to the "
                "issuing office."
            ),
            alert="key_copied",
            serial=key.serial,
        )
    return found


def _not_own(serial: str) -> _NotGood:
    words = N_("This is not your key. A key is one person's and is lent to nobody.")
    return _NotGood("not_your_key", words, alert="key_not_own", serial=serial)


def _moved_on(session: Session, bound: KeyCredential, count: int, now: datetime | None) -> bool:
    """Keep the key's counter if it has grown, in one step that no rival comes between (M8).

    Some keys count nothing and always say 0; they are taken as long as they have never counted.
    """
    count_of = KeyCredential.sign_count
    grown = or_(count_of < count, (count_of == 0) & (count == 0))
    done = session.execute(
        update(KeyCredential)
        .where(KeyCredential.id == bound.id, KeyCredential.ended_at.is_(None), grown)
        .values(sign_count=count, last_used_at=now)
        .execution_options(synchronize_session=False, **WHY)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _in_force(session: Session, account: Account) -> KeyCredential | None:
    """Return the binding of the key that this person holds."""
    return session.scalar(
        select(KeyCredential)
        .join(Key, Key.id == KeyCredential.key_id)
        .where(
            KeyCredential.account_id == account.id,
            KeyCredential.ended_at.is_(None),
            Key.state == KeyState.ISSUED,
            Key.holder_id == account.id,
        )
        .execution_options(**WHY)
    )


def _question(session: Session, ticket: str, asked: KeyChallenge, own: KeyCredential) -> Question:
    """Return the question to the own key, and to those that may be shown in its stead.

    A browser lets only keys answer that it is asked for. So that a former key or a colleague's is
    noticed and not merely ignored, they are asked for too.
    """
    others = [*_former(session, own), *_colleagues(session, asked.account)]
    options = request_options(asked.challenge, allow=[own, *others])
    return Question(ticket=ticket, options=options, expires_at=asked.expires_at)


def _former(session: Session, own: KeyCredential) -> Sequence[KeyCredential]:
    """Return what other keys were this person's before; the present one may have been too."""
    return session.scalars(
        select(KeyCredential)
        .where(
            KeyCredential.account_id == own.account_id,
            KeyCredential.ended_at.is_not(None),
            KeyCredential.key_id != own.key_id,
        )
        .order_by(KeyCredential.id.desc())
        .limit(MOST_FORMER)
        .execution_options(**WHY)
    ).all()


def _colleagues(session: Session, account: Account) -> Sequence[KeyCredential]:
    near = (
        select(Account.id)
        .where(Account.organization_id == account.organization_id, Account.id != account.id)
        .order_by(Account.id.desc())
        .limit(MOST_ASKED_AMONG)
    )
    return session.scalars(
        select(KeyCredential)
        .where(
            KeyCredential.account_id.in_(near.scalar_subquery()), KeyCredential.ended_at.is_(None)
        )
        .order_by(KeyCredential.id.desc())
        .limit(MOST_COLLEAGUES)
        .execution_options(**WHY)
    ).all()
