"""Who acts: read once per request, passed on explicitly, kept on the session for the row scopes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import Channel, Duty, OfficeCode, OrganizationType
from app.catalog.permissions import Permission, RoleName
from app.models.accounts import Account, account_role
from app.models.notices import Notice
from app.models.offices import OfficeDuty
from app.models.regulations import REVISION_READ, CatalogueRevision
from app.models.roles import FabPermission, PermissionView, Role, ViewMenu, permission_role

ACTOR = "actor"
SEPARATOR = "\n"
MOST_UNREAD = 100
"""Unread notices are counted up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, or the system with a narrow right, and where the act comes from."""

    name: str
    account_id: int | None = None
    organization_id: int | None = None
    organization_type: OrganizationType | None = None
    person_digest: str | None = None
    office: OfficeCode | None = None
    duties: frozenset[Duty] = frozenset()
    roles: frozenset[str] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    channel: Channel = Channel.PAGE
    remote_addr: str = ""
    is_system: bool = False
    unread: int = field(default=0, compare=False)

    def may(self, permission: Permission) -> bool:
        """Return whether the actor's roles hold `permission`."""
        return permission in self.permissions

    def has_role(self, role: RoleName) -> bool:
        """Return whether the actor holds `role`."""
        return role.value in self.roles

    @classmethod
    def system(cls, name: str, *permissions: Permission, channel: Channel = Channel.JOB) -> "Actor":
        """Return the system acting under `name` with no more than `permissions`."""
        return cls(name=name, permissions=frozenset(permissions), channel=channel, is_system=True)


def _account_with_rights() -> Select[Any]:
    """Return the statement that reads an account and all that it may, as one row."""
    me = bindparam("account_id", type_=Integer)
    held = select(account_role.c.role_id).where(account_role.c.account_id == me)
    office = select(Account.office_code).where(Account.id == me).scalar_subquery()
    pair = PermissionView.__table__.c
    roles = select(_joined(Role.name)).where(Role.id.in_(held))
    permissions = (
        select(_joined(ViewMenu.name + "." + FabPermission.name))
        .select_from(permission_role)
        .join(PermissionView, pair.id == permission_role.c.permission_view_id)
        .join(FabPermission, FabPermission.id == pair.permission_id)
        .join(ViewMenu, ViewMenu.id == pair.view_menu_id)
        .where(permission_role.c.role_id.in_(held))
    )
    duties = select(_joined(OfficeDuty.duty)).where(OfficeDuty.office_code == office)
    revision = select(CatalogueRevision.token)
    fresh = select(Notice.id).where(Notice.account_id == me, Notice.read_at.is_(None))
    unread = select(func.count()).select_from(fresh.limit(MOST_UNREAD).subquery())
    beside = (roles, permissions, duties, unread, revision)
    return (
        select(Account, *(each.correlate(None).scalar_subquery() for each in beside))
        .where(Account.id == me)
        .options(joinedload(Account.organization))
        .execution_options(unscoped="who is signed in, and the own rights", prepared=True)
    )


def _joined(text: Any) -> Any:
    return func.aggregate_strings(type_coerce(text, String), SEPARATOR)


_ACCOUNT_WITH_RIGHTS = _account_with_rights()


@dataclass(frozen=True, slots=True)
class Person:
    """An account as it was read, and what it holds."""

    account: Account
    roles: str | None
    permissions: str | None
    duties: str | None
    unread: int

    def acting_through(self, channel: Channel, remote_addr: str = "") -> Actor:
        """Return the actor that this person is at a door."""
        account = self.account
        return Actor(
            name=str(account),
            account_id=account.id,
            organization_id=account.organization_id,
            organization_type=account.organization.type,
            person_digest=account.citizen_id_digest,
            office=OfficeCode(account.office_code) if account.office_code else None,
            duties=_duties(self.duties or ""),
            roles=frozenset((self.roles or "").split(SEPARATOR)) - {""},
            permissions=_permissions(self.permissions or ""),
            channel=channel,
            remote_addr=remote_addr,
            unread=self.unread,
        )


def read_person(session: Session, account_id: int) -> Person | None:
    """Return who stands behind `account_id` with duties, roles and permissions as they are now.

    The revision of the rules and the unread notices are read beside them: nearly every page asks.
    """
    found = session.execute(_ACCOUNT_WITH_RIGHTS, {"account_id": account_id}).one_or_none()
    if found is None:
        return None
    *person, revision = found
    session.info[REVISION_READ] = (session.get_transaction(), revision)
    return Person(*person)


def load_actor(
    session: Session, account: Account, *, channel: Channel, remote_addr: str = ""
) -> Actor:
    """Return the actor behind `account`; LookupError for one that is not stored."""
    person = read_person(session, account.id)
    if person is None:
        raise LookupError(account.id)
    return person.acting_through(channel, remote_addr)


@lru_cache(maxsize=256)
def _permissions(joined: str) -> frozenset[Permission]:
    """Read what the database joined; what the program does not know opens nothing."""
    known = Permission._value2member_map_
    found = (text.replace(".can_", ".", 1) for text in joined.split(SEPARATOR))
    return frozenset(Permission(value) for value in found if value in known)


@lru_cache(maxsize=64)
def _duties(joined: str) -> frozenset[Duty]:
    return frozenset(Duty(value) for value in joined.split(SEPARATOR) if value)


@contextmanager
def acting(session: Session, actor: Actor) -> Iterator[Actor]:
    """Let `actor` be the one whose rows `session` sees inside the block."""
    before = session.info.get(ACTOR)
    session.info[ACTOR] = actor
    try:
        yield actor
    finally:
        if before is None:
            session.info.pop(ACTOR, None)
        else:
            session.info[ACTOR] = before
