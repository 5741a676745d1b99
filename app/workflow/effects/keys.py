"""Effects on keys: the ledger, the holder, the activation that hangs on it (M4, M9)."""

import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.catalog.enums import AccountState, KeyState
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key, KeyMovement
from app.security.audit import record
from app.workflow.act import EFFECTS, Act
from app.workflow.bindings import end_binding
from app.workflow.engine_calls import fire_within

PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - no look-alikes
PASSWORD_LENGTH = 12
HASHING = "scrypt:32768:8:1"
"""How passwords are kept from now on; what is kept otherwise says so itself."""
REPLACEABLE = (KeyState.ISSUED, KeyState.RETURNED, KeyState.LOST)
"""States of a key that another can take the place of."""


def new_password() -> str:
    """Return a first password of 12 characters without look-alikes, to be changed at once."""
    return "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_LENGTH))


def set_password(account: Account, password: str, *, must_change: bool) -> None:
    """Keep the hash of `password` and end every session that began before."""
    account.password_hash = generate_password_hash(password, HASHING)
    account.must_change_password = must_change
    account.epoch += 1


@EFFECTS.register
def issue_keys(act: Act) -> None:
    """Hand each named key to its person, activate the account, tell the first password once."""
    told: list[dict[str, Any]] = []

    def welcome(line: ApplicationLine) -> None:
        account = line.account
        if account is not None and account.state == AccountState.PENDING:
            password = new_password()
            set_password(account, password, must_change=True)
            fire_within(act, account, "activate")
            told.append({"position": line.position, "initial_password": password})

    hand_out(act, then=welcome)
    act.secrets["lines"] = told


def hand_out(act: Act, then: Callable[[ApplicationLine], None] | None = None) -> None:
    """Hand each key named in `data` to its person, in place of the former one if there is any.

    A key that the person holds already is bound to the present name; `then` follows each.
    """
    application: Application = act.subject
    lines = {line.position: line for line in application.passed_lines()}
    keys = {
        key.serial: key
        for key in act.session.scalars(select(Key).where(Key.serial.in_(sorted(act.data.values()))))
    }
    served = []
    for position, serial in act.data.items():
        line, key = lines[position], keys[serial]
        account = line.account
        if key.holder_id == line.account_id:
            _rebind(act, key)
        elif former := former_key(act, account):
            put_in_place_of(act, former, key, reason=act.comment or str(application))
        else:
            fire_within(act, key, "issue", data={"holder_id": line.account_id})
        line.key, line.key_id = key, key.id
        if then is not None:
            then(line)
        login = account.login_name if account else None
        served.append({"position": position, "key_serial": serial, "login_name": login})
    act.result["lines"] = served
    act.new["keys"] = {entry["login_name"]: entry["key_serial"] for entry in served}


def _rebind(act: Act, key: Key) -> None:
    """Put on record that the key stays with the person under another name."""
    new: dict[str, Any] = {"holder": key.holder_id, "application": act.subject.number}
    record(
        act.session,
        tag="key:rebound",
        subject=key,
        actor=act.actor,
        now=act.now,
        new=new,
        comment=act.comment,
        rule="M5.1",
        article="第五条（一）",
    )


@EFFECTS.register
def hand_key_to_holder(act: Act) -> None:
    """The key becomes this person's; by which application is kept."""
    key: Key = act.subject
    key.holder_id = key.last_holder_id = act.raw["holder_id"]
    key.issued_at = act.now
    key.application_id = act.root.subject.id if isinstance(act.root.subject, Application) else None
    act.new["holder"] = key.holder_id


@EFFECTS.register
def take_key_from_holder(act: Act) -> None:
    """Nobody holds it any more, and whoever held it is signed out everywhere."""
    end_binding(act)
    key: Key = act.subject
    act.old["holder"] = key.last_holder_id
    if key.holder is not None:
        key.holder.epoch += 1
    key.holder_id = key.unreturned_since = None


@EFFECTS.register
def leave_key_open(act: Act) -> None:
    """M6.1: the key of somebody cancelled stays on the open list until it is back, or is lost."""
    held = select(Key).where(Key.holder_id == act.subject.id, Key.state == KeyState.ISSUED)
    for key in act.session.scalars(held):
        key.unreturned_since = act.now
        act.new["unreturned"] = key.serial


@EFFECTS.register
def forget_former_holder(act: Act) -> None:
    """In stock it is nobody's; whose it was, the ledger tells."""
    act.subject.last_holder_id = None


@EFFECTS.register
def link_replacement(act: Act) -> None:
    """The old key leads to the one that took its place, and back; the reason is in the ledger."""
    key: Key = act.subject
    key.replaced_by_id = act.data
    act.new["replaced_by"] = act.data


@EFFECTS.register
def send_to_office(act: Act) -> None:
    """On the way; the sender answers for it until it is accepted."""
    key: Key = act.subject
    key.destination_code = act.data
    act.new["destination"] = key.destination_code


@EFFECTS.register
def take_over(act: Act) -> None:
    """The key moves from the sender's account to the receiver's."""
    key: Key = act.subject
    act.old["office"] = key.office_code
    key.office_code = str(key.destination_code)
    key.destination_code = None
    act.new["office"] = key.office_code


@EFFECTS.register
def call_back(act: Act) -> None:
    """The key is not on the way any more and stays on the sender's account."""
    key: Key = act.subject
    act.old["destination"] = key.destination_code
    key.destination_code = None


@EFFECTS.register
def write_movement(act: Act) -> None:
    """M9: every movement has who, when, why, which application."""
    key: Key = act.subject
    root = act.root.subject
    act.session.add(
        KeyMovement(
            key_id=key.id,
            action=act.transition.action,
            from_state=key.state,
            to_state=KeyState(str(act.transition.target)),
            office_code=key.office_code,
            counterpart_code=_other_office(act),
            holder_id=key.holder_id or act.old.get("holder"),
            actor_id=act.actor.account_id,
            at=act.now,
            reason=act.comment[:500],
            application_id=root.id if isinstance(root, Application) else None,
        )
    )


def _other_office(act: Act) -> str | None:
    """Return the other end of a transfer: where a key goes, went, or came from."""
    code = act.new.get("destination") or act.old.get("office") or act.old.get("destination")
    return str(code) if code else None


def former_key(act: Act, account: Account | None) -> Key | None:
    """Return the key that a new one takes the place of: held, come back or lost, the latest."""
    if account is None or account.state == AccountState.PENDING:
        return None
    return act.session.scalars(
        select(Key)
        .where(Key.last_holder_id == account.id, Key.state.in_(REPLACEABLE))
        .order_by((Key.state == KeyState.ISSUED).desc(), Key.issued_at.desc(), Key.id.desc())
        .limit(1)
    ).one_or_none()


def put_in_place_of(act: Act, old: Key, new: Key, *, reason: str) -> None:
    """Hand `new` to whose `old` is or was, and retire `old` for good; the two stay linked (M9).

    `old` is issued, returned or lost, `new` is in stock. For effects of forms that replace keys.
    """
    holder_id = old.last_holder_id
    fire_within(act, old, "replace", data={"replaced_by_id": new.id}, comment=reason)
    fire_within(act, new, "issue", data={"holder_id": holder_id}, comment=reason)
