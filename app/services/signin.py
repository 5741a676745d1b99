"""Sign-in by password: an active account with an active key on record (M4, 第四条)."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload
from werkzeug.security import check_password_hash

from app.catalog.cleaning import Unfit
from app.catalog.enums import AccountState, AuditOutcome, KeyState
from app.errors import Detail, DomainError, InvalidInput, Unauthenticated
from app.i18n import N_
from app.models.accounts import Account
from app.models.keys import Key
from app.security.actor import Actor
from app.security.audit import record
from app.workflow.effects.keys import HASHING, set_password

MIN_PASSWORD = 10
MAX_PASSWORD = 128
_NOBODY = f"{HASHING}${secrets.token_hex(8)}${secrets.token_hex(64)}"
"""What a password is compared with where there is none, so that the answer takes as long: it looks
like a hash and is one of nothing, for making a true one takes a tenth of a second at every start.
"""

WHY_NOT: dict[AccountState, tuple[str, str, str, str]] = {
    AccountState.PENDING: (
        "account_pending",
        N_("This account has no key yet. Fetch the key from the issuing office first."),
        "M4",
        "第四条",
    ),
    AccountState.SUSPENDED: (
        "account_suspended",
        N_(
            "Sign-in of this account is suspended. The Urban Construction Research Centre "
            "restores it."
        ),
        "M6.4",
        "第六条（四）",
    ),
    AccountState.CANCELLED: (
        "account_cancelled",
        N_("This account was cancelled and cannot sign in any more."),
        "M6.1",
        "第六条（一）",
    ),
}


def sign_in(
    session: Session,
    login_name: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    requires_key: bool,
) -> Account:
    """Return the account that `login_name` and `password` open and note the sign-in.

    `actor` is the system at this door. Raises Unauthenticated: one and the same answer for an
    unknown name and a wrong password; why an account cannot work is told only to who knows its
    password.
    The caller commits, refusals included.
    """
    account = admit(session, login_name, password, actor=actor, now=now, requires_key=requires_key)
    enter(session, account, actor=actor, now=now)
    return account


def admit(
    session: Session,
    login_name: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    requires_key: bool,
) -> Account:
    """Return the account that `login_name` and `password` open, without entering; as `sign_in`."""
    account: Account | None = session.scalar(
        select(Account)
        .where(Account.login_key == _storable(login_name).strip().lower())
        .options(joinedload(Account.organization))
        .execution_options(unscoped="sign-in")
    )
    known = _knows_password(account, password)
    if account is None or not known:
        error = Unauthenticated(
            N_("Login name or password is wrong."),
            code="wrong_credentials",
            rule="M4",
            article="第四条",
        )
        raise refuse(session, error, account, actor=actor, now=now, label=_storable(login_name))
    closed = why_closed(session, account, requires_key=requires_key)
    if closed is not None:
        raise refuse(session, closed, account, actor=actor, now=now)
    return account


def why_closed(session: Session, account: Account, *, requires_key: bool) -> Unauthenticated | None:
    """Return why nobody can sign in to `account` now, None if it is open."""
    if account.state in WHY_NOT:
        code, msgid, rule, article = WHY_NOT[account.state]
        return Unauthenticated(msgid, code=code, rule=rule, article=article)
    if requires_key and not has_active_key(session, account):
        return Unauthenticated(
            N_("This account has no active key; nobody works without one."),
            code="no_active_key",
            rule="M4",
            article="第四条",
        )
    return None


def refuse(
    session: Session,
    error: DomainError,
    account: Account | None,
    *,
    actor: Actor,
    now: datetime,
    label: str = "",
    **more: Any,
) -> DomainError:
    """Put a refused sign-in on record, with what `more` is known, and return the refusal."""
    record(
        session,
        tag="session:refused",
        subject=account,
        subject_type="account",
        subject_label=str(account) if account else label[:64],
        actor=actor,
        now=now,
        outcome=AuditOutcome.REFUSED,
        rule=error.rule or "",
        article=error.article or "",
        new={"code": error.code, **more},
    )
    return error


def enter(session: Session, account: Account, *, actor: Actor, now: datetime, **more: Any) -> None:
    """Note that `account` has signed in, with what `more` is to be told of it."""
    _note(session, account, last_login_at=now)
    signed_in = replace(actor, name=str(account), account_id=account.id)
    record(
        session,
        tag="session:signed_in",
        subject=account,
        actor=signed_in,
        now=now,
        new=more,
        rule="M4",
    )


def _storable(words: str) -> str:
    """Return what was typed without what no database can hold; a name never has any of it."""
    return words.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


def _knows_password(account: Account | None, password: str) -> bool:
    """Whether `password` opens `account`; where there is none the answer takes as long."""
    stored = account.password_hash if account is not None else None
    fits: bool = check_password_hash(stored or _NOBODY, _storable(password[:MAX_PASSWORD]))
    return fits and stored is not None


def _note(session: Session, account: Account, **values: Any) -> None:
    """Write what every coming and going changes: no new version of the account, and no rival.

    A person comes in at several places at once, while somebody else edits the account.
    """
    session.flush()
    session.execute(
        update(Account).where(Account.id == account.id).values(**values),
        execution_options={"synchronize_session": False, "unscoped": "sign-in and sign-out"},
    )
    session.refresh(account, list(values))


def has_active_key(session: Session, account: Account) -> bool:
    """Whether a key is on record as handed to this person (M4)."""
    return (
        session.scalar(
            select(Key.id)
            .where(Key.holder_id == account.id, Key.state == KeyState.ISSUED)
            .execution_options(unscoped="sign-in")
        )
        is not None
    )


def sign_out(session: Session, account: Account, *, actor: Actor, now: datetime) -> None:
    """End every session and token of `account`."""
    _note(session, account, epoch=Account.epoch + 1)
    record(session, tag="session:signed_out", subject=account, actor=actor, now=now, rule="M4")


def change_password(
    session: Session, account: Account, old: str, new: str, *, actor: Actor, now: datetime
) -> None:
    """Replace the own password; raises InvalidInput naming the field. Other sessions end."""
    problems = []
    if not _knows_password(account, old):
        problems.append(
            Detail("old_password", "wrong_password", N_("This is not the present password."))
        )
    try:
        check_password(new, account)
        _check_is_another(new, account)
    except Unfit as unfit:
        problems.append(Detail("new_password", unfit.code, unfit.msgid, unfit.params, "M8"))
    if problems:
        raise InvalidInput(details=problems)
    set_password(account, new, must_change=False)
    record(
        session, tag="account:password_changed", subject=account, actor=actor, now=now, rule="M8"
    )


def _check_is_another(password: str, account: Account) -> None:
    """Raise Unfit for the present password: a first one, told at the counter, would stay known."""
    if _knows_password(account, password):
        raise Unfit("password_unchanged", N_("Choose another password than the present one."))


def check_password(password: str, account: Account) -> None:
    """Raise Unfit for a password that is short, long, all of one kind, or the login name."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or _storable(password) != password:
        raise Unfit(
            "password_length",
            N_("A password has %(least)s to %(most)s characters."),
            {"least": MIN_PASSWORD, "most": MAX_PASSWORD},
        )
    letters = [c for c in password if c.isalpha()]
    others = [c for c in password if not c.isalpha() and not c.isspace()]
    if account.login_key in password.lower() or not letters or not others:
        raise Unfit(
            "password_weak",
            N_("Mix letters with digits or signs, and leave the login name out."),
        )
