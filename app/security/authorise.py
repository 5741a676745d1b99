"""Whether an actor may do something at all, and whether a row is within reach.

Asked by every verb that is no act of a lifecycle; those ask in `fire()`.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.permissions import Permission
from app.errors import Forbidden, NotFound
from app.i18n import N_
from app.security.actor import Actor, acting
from app.security.scopes import SCOPES, sees_everything


def require(actor: Actor, permission: Permission) -> None:
    """Raise Forbidden unless the actor's roles hold `permission`."""
    if not actor.may(permission):
        raise Forbidden(N_("Your office or role does not do this."), code="not_your_duty")


def require_reach(session: Session, actor: Actor, row: Any) -> None:
    """Raise NotFound unless `row` is within the actor's row scope; what has no scope is public."""
    model = type(row)
    declared = next((known for known in model.__mro__ if known in SCOPES), None)
    if declared is None or sees_everything(actor):
        return
    predicate = SCOPES[declared](model, actor)
    with acting(session, Actor.system("reach")):
        found = session.scalar(select(model.id).where(model.id == row.id, predicate))
    if found is None:
        raise NotFound
