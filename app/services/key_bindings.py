"""Binding a physical key to its serial number and holder, after it has shown itself (M4, M8).

At the counter: the officer names serial and person, the key is plugged in and touched, and what it
answers is kept before the key is handed out. Whoever has a key from before keys were bound comes to
the counter with it, or opens a link that the command line has printed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.cleaning import Unfit
from app.catalog.enums import AccountState, CeremonyPurpose, KeyState
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Detail, InvalidInput, NotFound, Refused
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.models.keys import Key
from app.security.actor import Actor, acting
from app.security.audit import record
from app.security.authorise import require
from app.security.key_policy import policy
from app.services import key_challenges
from app.services.ceremonies import Unproven, creation_options, read_answer, verify_creation
from app.services.key_alerts import tell
from app.services.key_challenges import Question
from app.workflow.form import problem, read_value
from app.workflow.notices import security_administrators
from app.workflow.review import is_same_person

RULE, ARTICLE = "M8", "第八条"
BOUND_ANEW = "bound_anew"
MOST_EXCLUDED = 100
"""So many keys bound last are recognised when plugged in again under another serial number."""
LOOKED = {"unscoped": "whether this very key is bound already"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which key shall be bound to whom."""

    key: Key
    account: Account


def ask_to_bind(
    session: Session,
    serial: Any,
    account_id: int,
    *,
    actor: Actor,
    now: datetime,
    application_id: int | None = None,
) -> Question:
    """Return the question that the key in the officer's hand must answer within five minutes.

    Raises InvalidInput or Refused with every reason why this key cannot be bound to that account,
    NotFound for an account beyond the officer's reach.
    """
    require(actor, Permission.KEYS_ISSUE)
    account = session.scalar(select(Account).where(Account.id == account_id))
    if account is None:
        raise NotFound
    try:
        text: Any = read_value(Key, "serial", serial, today=office_date(now))
    except Unfit as unfit:
        raise InvalidInput(details=[problem("key_serial", unfit)]) from None
    with acting(session, Actor.system(actor.name)):
        key = session.scalar(select(Key).where(Key.serial == text))
        wanted = _bindable(session, text, key, account, actor)
        named = _names(session, application_id, account)
        ticket, asked = key_challenges.put(
            session,
            CeremonyPurpose.BIND,
            account,
            key=wanted.key,
            application_id=application_id if named else None,
            asked_by_id=actor.account_id,
            now=now,
        )
        return _question(session, ticket, asked, wanted)


def bind(
    session: Session, ticket: str, answer: Any, *, actor: Actor, now: datetime
) -> KeyCredential:
    """Keep what the key has answered: from now on this key is that number in that person's hands.

    Raises TicketWorthless, Unproven, Refused. The caller commits; refused, the question stands
    until it is too old.
    """
    require(actor, Permission.KEYS_ISSUE)
    with acting(session, Actor.system(actor.name)):
        asked = key_challenges.take(
            session, ticket, CeremonyPurpose.BIND, now=now, asked_by_id=actor.account_id
        )
        return _keep(session, asked, answer, actor=actor, now=now)


# --- By a link from the command line


def ask_to_enrol(session: Session, account: Account, *, actor: Actor, now: datetime) -> str:
    """Return the ticket of a link by which `account`'s key, handed out unbound, is bound once.

    `actor` is the system at the command line. The asking is on record. Raises Refused.
    """
    key = _key_of(session, account)
    if key is None:
        raise Refused(N_("This account has no active key."), code="no_active_key", rule="M4")
    _bindable(session, key.serial, key, account, actor)
    ticket, _asked_now = key_challenges.put(
        session, CeremonyPurpose.ENROL, account, key=key, now=now
    )
    record(
        session,
        tag="key:enrolment_opened",
        subject=key,
        person_id=account.id,
        actor=actor,
        now=now,
        new={"account": account.login_name},
        rule=RULE,
        article=ARTICLE,
    )
    return ticket


def enrolment(
    session: Session, ticket: str, *, now: datetime
) -> tuple[KeyChallenge, Question] | None:
    """Return whose key the link binds and what is asked of the key; None for a worthless link."""
    asked = key_challenges.look(session, ticket, CeremonyPurpose.ENROL, now=now)
    if asked is None or asked.key is None:
        return None
    wanted = Wanted(key=asked.key, account=asked.account)
    return asked, _question(session, ticket, asked, wanted)


def enrol(
    session: Session, ticket: str, answer: Any, *, actor: Actor, now: datetime
) -> KeyCredential:
    """Bind the key of the link; the security administrators are told.

    Raises TicketWorthless, Unproven, Refused. The caller commits; refused, the link is worth what
    it was.
    """
    asked = key_challenges.take(session, ticket, CeremonyPurpose.ENROL, now=now)
    bound = _keep(session, asked, answer, actor=actor, now=now)
    for identity in sorted(security_administrators(session)):
        tell(session, "key_enrolled", asked.account, to=identity, key=bound.key.serial, now=now)
    return bound


# --- What both do


def _bindable(
    session: Session, serial: str, key: Key | None, account: Account, actor: Actor
) -> Wanted:
    """Return what shall be bound; Refused with every reason why not."""
    reasons = list(_why_not(session, serial, key, account, actor))
    if reasons or key is None:
        raise Refused(
            N_("This key cannot be bound to this person now."),
            code=reasons[0].code,
            details=reasons,
            rule=reasons[0].rule,
            article=ARTICLE,
        )
    return Wanted(key=key, account=account)


def _why_not(
    session: Session, serial: str, key: Key | None, account: Account, actor: Actor
) -> Iterator[Detail]:
    where, params = "key_serial", {"serial": serial}
    if not policy().offered:
        words = N_("Keys are not bound here: the office has not said at which address it is open.")
        yield Detail(where, "binding_switched_off", words, rule="M4")
    if is_same_person(actor, account):
        words = N_("Nobody binds a key to oneself.")
        yield Detail("account", "own_account", words, rule="X4")
    if account.state == AccountState.CANCELLED:
        words = N_("This account was cancelled and cannot sign in any more.")
        yield Detail("account", "account_cancelled", words, rule="M6.1")
    if key is None:
        words = N_("No key has the serial number %(serial)s.")
        yield Detail(where, "unknown_key", words, params, "M9")
        return
    if not actor.is_system and (actor.office is None or key.office_code != actor.office):
        words = N_("This key is in another office's stock.")
        yield Detail(where, "not_your_stock", words, params, "M9")
    elif key.state == KeyState.ISSUED and key.holder_id == account.id:
        if _current(session, key) is not None:
            words = N_("Key %(serial)s is bound to its holder already; another one replaces it.")
            yield Detail(where, "key_bound", words, params, RULE)
    elif key.state != KeyState.IN_STOCK:
        words = N_("Key %(serial)s is not in stock.")
        yield Detail(where, "key_not_in_stock", words, params, "M9")


def _names(session: Session, application_id: int | None, account: Account) -> bool:
    """Whether the application is one on which this person's key is asked for."""
    found = select(ApplicationLine.id).where(
        ApplicationLine.application_id == application_id, ApplicationLine.account_id == account.id
    )
    return application_id is not None and session.scalar(found) is not None


def _question(session: Session, ticket: str, asked: KeyChallenge, wanted: Wanted) -> Question:
    options = creation_options(
        asked.challenge,
        account=wanted.account,
        key=wanted.key,
        exclude=_bound_elsewhere(session, wanted),
    )
    return Question(ticket=ticket, options=options, expires_at=asked.expires_at)


def _bound_elsewhere(session: Session, wanted: Wanted) -> Sequence[KeyCredential]:
    """Return the keys bound last, which the browser refuses if one of them is plugged in."""
    return session.scalars(
        select(KeyCredential)
        .join(Key, Key.id == KeyCredential.key_id)
        .where(
            KeyCredential.ended_at.is_(None),
            KeyCredential.key_id != wanted.key.id,
            (KeyCredential.account_id != wanted.account.id) | (Key.state == KeyState.ISSUED),
        )
        .order_by(KeyCredential.id.desc())
        .limit(MOST_EXCLUDED)
        .execution_options(**LOOKED)
    ).all()


def _keep(
    session: Session, asked: KeyChallenge, answer: Any, *, actor: Actor, now: datetime
) -> KeyCredential:
    key = session.scalars(
        select(Key)
        .where(Key.id == asked.key_id)
        .with_for_update(of=Key)
        .execution_options(populate_existing=True, **LOOKED)
    ).one()
    account = asked.account
    _bindable(session, key.serial, key, account, actor)
    shown = verify_creation(read_answer(answer), asked.challenge)
    _refuse_known(session, shown.credential_id)
    _end_unfinished(session, key, account, actor=actor, now=now)
    bound = KeyCredential(
        key_id=key.id,
        account_id=account.id,
        credential_id=shown.credential_id,
        public_key=shown.public_key,
        sign_count=shown.sign_count,
        transports=shown.transports,
        model=shown.model,
        bound_at=now,
        bound_by_id=actor.account_id,
        application_id=asked.application_id,
    )
    session.add(bound)
    session.flush()
    record(
        session,
        tag="key:bound",
        subject=key,
        organization_id=account.organization_id,
        person_id=account.id,
        actor=actor,
        now=now,
        new={"account": account.login_name, "model": shown.model},
        rule=RULE,
        article=ARTICLE,
    )
    if account.state == AccountState.ACTIVE:
        tell(session, "key_bound", account, to=account.id, key=key.serial, now=now)
    return bound


def _refuse_known(session: Session, credential_id: bytes) -> None:
    """A credential stands for one key for ever, whatever became of it."""
    known = session.scalar(
        select(Key.serial)
        .join(KeyCredential, KeyCredential.key_id == Key.id)
        .where(KeyCredential.credential_id == credential_id)
        .execution_options(**LOOKED)
    )
    if known is not None:
        raise Unproven(
            N_("The key that was plugged in is %(serial)s, not this one."),
            code="key_bound_elsewhere",
            serial=known,
        )


def _end_unfinished(
    session: Session, key: Key, account: Account, *, actor: Actor, now: datetime
) -> None:
    """End what was begun and not carried through: of this key, or of this person, in stock."""
    for former in session.scalars(
        select(KeyCredential)
        .join(Key, Key.id == KeyCredential.key_id)
        .where(
            KeyCredential.ended_at.is_(None),
            (KeyCredential.key_id == key.id) | (KeyCredential.account_id == account.id),
            Key.state == KeyState.IN_STOCK,
        )
        .execution_options(**LOOKED)
    ):
        former.ended_at, former.ended_by = now, BOUND_ANEW
        record(
            session,
            tag="key:unbound",
            subject=former.key,
            person_id=former.account_id,
            actor=actor,
            now=now,
            rule=RULE,
            article=ARTICLE,
        )
    session.flush()


def _current(session: Session, key: Key) -> KeyCredential | None:
    return session.scalar(
        select(KeyCredential)
        .where(KeyCredential.key_id == key.id, KeyCredential.ended_at.is_(None))
        .execution_options(**LOOKED)
    )


def _key_of(session: Session, account: Account) -> Key | None:
    return session.scalar(
        select(Key)
        .where(Key.holder_id == account.id, Key.state == KeyState.ISSUED)
        .execution_options(**LOOKED)
    )


def bound_keys(session: Session, application: Application) -> dict[int, str]:
    """Return which key is bound to whom, not handed out yet, by account, for a form's persons."""
    people = {line.account_id for line in application.lines if line.account_id is not None}
    return _waiting(session, people)


def bound_key(session: Session, account_id: int) -> str:
    """Return the serial of the key that is bound to this person and not handed out yet, or ""."""
    return _waiting(session, {account_id}).get(account_id, "")


def unbound(session: Session) -> list[Key]:
    """Return the keys in people's hands, within the actor's reach, that are not bound."""
    bound = select(KeyCredential.key_id).where(KeyCredential.ended_at.is_(None))
    return list(
        session.scalars(
            select(Key)
            .where(Key.state == KeyState.ISSUED, Key.id.not_in(bound))
            .options(joinedload(Key.holder))
            .order_by(Key.office_code, Key.serial)
        )
    )


def present_binding(session: Session, key: Key) -> KeyCredential | None:
    """Return the binding of a key that the actor sees, None where it is not bound."""
    return _current(session, key)


def _waiting(session: Session, people: set[int]) -> dict[int, str]:
    rows = session.execute(
        select(KeyCredential.account_id, Key.serial)
        .join(Key, Key.id == KeyCredential.key_id)
        .where(
            KeyCredential.account_id.in_(sorted(people)),
            KeyCredential.ended_at.is_(None),
            Key.state == KeyState.IN_STOCK,
        )
        .execution_options(unscoped="keys bound to persons whom the actor sees")
    )
    return dict(list(rows))
