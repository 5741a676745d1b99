"""Who acts: read once per request, passed on explicitly, kept on the session for the row scopes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import Channel, Duty, OfficeCode, OrganizationType
from app.catalog.permissions import Permission, RoleName
from app.models.accounts import Account, account_role
from app.models.offices import OfficeDuty
from app.models.roles import FabPermission, PermissionView, Role, ViewMenu

ACTOR = "actor"


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


def load_actor(
    session: Session, account: Account, *, channel: Channel, remote_addr: str = ""
) -> Actor:
    """Return the actor behind `account`, with duties, roles and permissions as they are now."""
    rows = session.execute(
        select(Role.name, FabPermission.name, ViewMenu.name)
        .select_from(account_role)
        .join(Role, Role.id == account_role.c.role_id)
        .outerjoin(Role.permissions)
        .outerjoin(FabPermission, PermissionView.permission_id == FabPermission.id)
        .outerjoin(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
        .where(account_role.c.account_id == account.id)
        .execution_options(unscoped="the actor's own rights")
    ).all()
    known = Permission._value2member_map_
    permissions = {
        known[value]
        for _role, verb, noun in rows
        if verb and (value := f"{noun}.{verb.removeprefix('can_')}") in known
    }
    duties: frozenset[Duty] = frozenset()
    if account.office_code:
        duties = frozenset(
            session.scalars(
                select(OfficeDuty.duty)
                .where(OfficeDuty.office_code == account.office_code)
                .execution_options(unscoped="the actor's own duties")
            )
        )
    with acting(session, Actor.system("rights")):
        organization = account.organization
    return Actor(
        name=str(account),
        account_id=account.id,
        organization_id=account.organization_id,
        organization_type=organization.type,
        person_digest=account.citizen_id_digest,
        office=OfficeCode(account.office_code) if account.office_code else None,
        duties=duties,
        roles=frozenset(row[0] for row in rows),
        permissions=frozenset(permissions),  # type: ignore[arg-type]
        channel=channel,
        remote_addr=remote_addr,
    )


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
