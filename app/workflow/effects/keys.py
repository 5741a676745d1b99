"""Effects on keys: the ledger, the holder, the activation that hangs on it (M4, M9)."""

import secrets

from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.catalog.enums import AccountState, KeyState
from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key, KeyMovement
from app.workflow.act import EFFECTS, Act
from app.workflow.engine_calls import fire_within

PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - no look-alikes
PASSWORD_LENGTH = 12


def new_password() -> str:
    """Return a first password of 12 characters without look-alikes, to be changed at once."""
    return "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_LENGTH))


def set_password(account: Account, password: str, *, must_change: bool) -> None:
    """Keep the hash of `password` and end every session that began before."""
    account.password_hash = generate_password_hash(password)
    account.must_change_password = must_change
    account.epoch += 1


@EFFECTS.register
def issue_keys(act: Act) -> None:
    """Hand each named key to its person, activate the account, tell the first password once."""
    application: Application = act.subject
    lines = {line.position: line for line in application.passed_lines()}
    keys = {
        key.serial: key
        for key in act.session.scalars(select(Key).where(Key.serial.in_(sorted(act.data.values()))))
    }
    served, told = [], []
    for position, serial in act.data.items():
        line, key = lines[position], keys[serial]
        fire_within(act, key, "issue", data={"holder_id": line.account_id})
        line.key = key
        line.key_id = key.id
        account = line.account
        if account is not None and account.state == AccountState.PENDING:
            password = new_password()
            set_password(account, password, must_change=True)
            fire_within(act, account, "activate")
            told.append({"position": position, "initial_password": password})
        served.append(
            {
                "position": position,
                "key_serial": serial,
                "login_name": account.login_name if account else None,
            }
        )
    act.result["lines"] = served
    act.secrets["lines"] = told
    act.new["keys"] = {entry["login_name"]: entry["key_serial"] for entry in served}


@EFFECTS.register
def hand_key_to_holder(act: Act) -> None:
    """The key becomes this person's; by which application is kept."""
    key: Key = act.subject
    key.holder_id = act.raw["holder_id"]
    key.issued_at = act.now
    key.application_id = act.root.subject.id if isinstance(act.root.subject, Application) else None
    act.new["holder"] = key.holder_id


@EFFECTS.register
def take_key_from_holder(act: Act) -> None:
    """Nobody holds it any more, and whoever held it is signed out everywhere."""
    key: Key = act.subject
    act.old["holder"] = key.holder_id
    if key.holder is not None:
        key.holder.epoch += 1
    act.raw["former_holder_id"] = key.holder_id
    key.holder_id = None


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
            holder_id=key.holder_id or act.raw.get("former_holder_id"),
            actor_id=act.actor.account_id,
            at=act.now,
            reason=act.comment[:500],
            application_id=root.id if isinstance(root, Application) else None,
        )
    )
