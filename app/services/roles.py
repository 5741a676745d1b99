"""Roles as the framework's rows, made from the bundles in `app/catalog/permissions.py`."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.permissions import BUNDLES, Permission, RoleName
from app.models.accounts import Account, account_role
from app.models.roles import FabPermission, PermissionView, Role, ViewMenu


def sync_roles(session: Session) -> int:
    """Make the framework's rows agree with the bundles; return how many rows were added or taken.

    Repeatable: a second run changes nothing.
    """
    changes = 0
    verbs = {row.name: row for row in session.scalars(select(FabPermission))}
    nouns = {row.name: row for row in session.scalars(select(ViewMenu))}
    pairs = {
        (row.permission.name, row.view_menu.name): row
        for row in session.scalars(select(PermissionView))
    }
    for permission in Permission:
        verb, noun = f"can_{permission.verb}", permission.noun
        if verb not in verbs:
            verbs[verb] = FabPermission(name=verb)
            changes += 1
        if noun not in nouns:
            nouns[noun] = ViewMenu(name=noun)
            changes += 1
        if (verb, noun) not in pairs:
            pairs[verb, noun] = PermissionView(permission=verbs[verb], view_menu=nouns[noun])
            session.add(pairs[verb, noun])
            changes += 1
    roles = {row.name: row for row in session.scalars(select(Role))}
    for name in RoleName:
        role = roles.get(name.value)
        if role is None:
            role = Role(name=name.value)
            session.add(role)
            changes += 1
        wanted = {pairs[f"can_{p.verb}", p.noun] for p in BUNDLES[name]}
        if set(role.permissions) != wanted:
            role.permissions = sorted(
                wanted, key=lambda pair: (pair.view_menu.name, pair.permission.name)
            )
            changes += 1
    session.flush()
    return changes


COUNT_BOUND = 10_000


def count_holders(session: Session) -> dict[str, int]:
    """Return how many accounts hold each role, counted no further than the bound."""
    roles = {role.name: role.id for role in session.scalars(select(Role))}
    if not roles:
        return {}
    counts = [
        select(func.count())
        .select_from(
            select(account_role.c.account_id)
            .where(account_role.c.role_id == identity)
            .limit(COUNT_BOUND)
            .subquery()
        )
        .scalar_subquery()
        for identity in roles.values()
    ]
    return dict(zip(roles, session.execute(select(*counts)).one(), strict=True))


def holders(session: Session, role: RoleName, *, limit: int) -> list[Account]:
    """Return accounts within the actor's reach that hold `role`; of very many, some."""
    held = (
        select(account_role.c.account_id)
        .join(Role, Role.id == account_role.c.role_id)
        .where(Role.name == role.value)
        .limit(COUNT_BOUND)
    )
    return list(
        session.scalars(
            select(Account)
            .where(Account.id.in_(held))
            .options(joinedload(Account.organization))
            .order_by(Account.id.desc())
            .limit(limit)
        )
    )
