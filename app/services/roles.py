"""Roles as the framework's rows, made from the bundles in `app/catalog/permissions.py`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.permissions import BUNDLES, Permission, RoleName
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
