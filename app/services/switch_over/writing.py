"""Taking people over: one by one through the door of every act, or a whole batch as one.

Both leave the same rows, the same ledger and the same trail; a test compares them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, AuditOutcome, KeyState
from app.catalog.permissions import RoleName
from app.models.accounts import Account, account_role
from app.models.audit import AuditEvent
from app.models.grants import AccountGrant
from app.models.keys import Key, KeyMovement
from app.models.roles import Role
from app.models.sets import Rows, next_ids, write_rows
from app.security.actor import Actor
from app.security.audit import record
from app.services.account_checks import role_rows
from app.services.keys import enter_key
from app.services.switch_over.rows import Person
from app.workflow.engine import fire

RULE, ARTICLE = "M4", "第四条"


def take_over_one(session: Session, person: Person, *, actor: Actor, now: datetime) -> Account:
    """Open the person's account, enter the key, and fire what makes both as they were."""
    account = Account(
        **_account(person, now),
        opened_by_id=actor.account_id,
        roles=role_rows(session, [RoleName.HOLDER]),
    )
    session.add(account)
    session.flush()
    record(
        session,
        tag="account:opened",
        subject=account,
        actor=actor,
        now=now,
        new={"state": AccountState.PENDING.value},
        rule=RULE,
        article=ARTICLE,
    )
    key = Key(serial=person.serial, office_code=person.office, received_at=now)
    session.add(key)
    session.flush()
    enter_key(session, key, actor=actor, now=now, comment=person.comment)
    fire(
        session,
        account,
        "take_over",
        actor=actor,
        now=now,
        comment=person.comment,
        data={
            "key_id": key.id,
            "issued_at": person.issued_at or now,
            "items": person.items,
            "since": person.since or now,
            "activated_at": person.values["activated_at"] or now,
            "last_login_at": person.values["last_login_at"],
        },
    )
    return account


def _account(person: Person, now: datetime) -> dict[str, Any]:
    values = person.values
    return {
        "name": values["name"],
        "sex": values["sex"],
        "citizen_id": values["citizen_id"],
        "login_name": values["login_name"],
        "login_key": person.login_key,
        "citizen_id_digest": person.digest,
        "organization_id": person.organization_id,
        "created_at": now,
    }


class Batch:
    """Takes many over as one: the rows that firing one by one would leave, written set by set."""

    def __init__(self, session: Session, *, actor: Actor, now: datetime) -> None:
        """Keep who acts and when, and which rows the roles are."""
        self.session = session
        self.actor = actor
        self.now = now
        rows = session.execute(select(Role.name, Role.id))
        self.roles: dict[str, int] = dict(list(rows))

    def take_over(self, people: Sequence[Person]) -> None:
        """Write everything about these people, who have been looked over; the caller commits."""
        if not people:
            return
        accounts = next_ids(self.session, Account.__table__, len(people))
        keys = next_ids(self.session, Key.__table__, len(people))
        known = list(zip(people, accounts, keys, strict=True))
        write = self._write
        write(Account.__table__, [self._opened(person, a) for person, a, _k in known])
        write(account_role, [row for person, a, _k in known for row in self._roles(person, a)])
        write(
            AccountGrant.__table__,
            [row for person, a, _k in known for row in self._held(person, a)],
        )
        write(Key.__table__, [self._key(person, a, k) for person, a, k in known])
        write(
            KeyMovement.__table__,
            [row for person, a, k in known for row in self._moved(person, a, k)],
        )
        write(
            AuditEvent.__table__,
            [row for person, a, k in known for row in self._trail(person, a, k)],
        )

    def _write(self, table: Any, rows: Rows) -> None:
        write_rows(self.session, table, rows)

    def _opened(self, person: Person, account: int) -> dict[str, Any]:
        return {
            "id": account,
            **_account(person, self.now),
            "office_code": None,
            "state": AccountState.ACTIVE,
            "password_hash": None,
            "must_change_password": True,
            "epoch": 0,
            "language": None,
            "opened_by_id": self.actor.account_id,
            "activated_at": person.values["activated_at"] or self.now,
            "last_login_at": person.values["last_login_at"],
            "version": 2,
        }

    def _roles(self, person: Person, account: int) -> Iterable[dict[str, Any]]:
        names = [RoleName.HOLDER]
        if person.administers:
            names.append(RoleName.ORGANIZATION_ADMINISTRATOR)
        return [{"account_id": account, "role_id": self.roles[name.value]} for name in names]

    def _held(self, person: Person, account: int) -> Iterable[dict[str, Any]]:
        since = person.since or self.now
        return [
            {"account_id": account, "item_id": item, "valid_from": since} for item in person.items
        ]

    def _key(self, person: Person, account: int, key: int) -> dict[str, Any]:
        return {
            "id": key,
            "serial": person.serial,
            "office_code": person.office,
            "state": KeyState.ISSUED,
            "holder_id": account,
            "last_holder_id": account,
            "issued_at": person.issued_at or self.now,
            "received_at": self.now,
            "version": 2,
        }

    def _moved(self, person: Person, account: int, key: int) -> Iterable[dict[str, Any]]:
        both = {
            "key_id": key,
            "office_code": person.office,
            "actor_id": self.actor.account_id,
            "at": self.now,
            "reason": person.comment[:500],
        }
        received, issued = KeyState.RECEIVED, KeyState.ISSUED
        yield {
            **both,
            "action": "receive",
            "from_state": None,
            "to_state": received,
            "holder_id": None,
        }
        yield {
            **both,
            "action": "take_over",
            "from_state": received,
            "to_state": issued,
            "holder_id": account,
        }

    def _trail(self, person: Person, account: int, key: int) -> Iterable[dict[str, Any]]:
        about = {
            "subject_type": "account",
            "subject_id": account,
            "subject_label": account_label(person)[:200],
            "organization_id": person.organization_id,
            "person_id": account,
            "rule": RULE,
            "article": ARTICLE,
        }
        of_key = {
            "subject_type": "key",
            "subject_id": key,
            "subject_label": person.serial,
            "organization_id": None,
            "person_id": None,
            "rule": "M9",
            "article": "第九条",
            "comment": person.comment,
        }
        pending, active = AccountState.PENDING.value, AccountState.ACTIVE.value
        received, issued = KeyState.RECEIVED.value, KeyState.ISSUED.value
        yield self._event(about, "account:opened", new={"state": pending})
        yield self._event(of_key, "key:received", new={"state": received, "office": person.office})
        yield self._event(
            of_key,
            "key:taken_over",
            old={"state": received},
            new={"state": issued, "holder": account},
        )
        yield self._event(about, "account:granted", new={"items": person.codes})
        yield self._event(
            about | {"comment": person.comment},
            "account:taken_over",
            old={"state": pending},
            new={"state": active, "key": person.serial},
        )

    def _event(
        self,
        about: dict[str, Any],
        tag: str,
        *,
        old: dict[str, Any] | None = None,
        new: dict[str, Any],
    ) -> dict[str, Any]:
        return {
            "at": self.now,
            "tag": tag,
            "outcome": AuditOutcome.DONE,
            "actor_id": self.actor.account_id,
            "actor_label": self.actor.name[:120],
            "channel": self.actor.channel,
            "remote_addr": self.actor.remote_addr,
            "comment": "",
            "old": old,
            "new": new,
            **about,
        }


def account_label(person: Person) -> str:
    """Return what an account is called on record, as the model says it."""
    return f"{person.values['name']} ({person.values['login_name']})"
