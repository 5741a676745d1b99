"""The chain of custody of one key: every movement with who, when, why, which form (M9, 第九条)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.catalog.enums import KeyState
from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key, KeyMovement

LEDGER = {"unscoped": "the ledger of a key that the actor sees"}
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of the ledger; `holder` is None where the person is beyond the actor's reach."""

    action: str
    state: KeyState
    at: datetime
    reason: str
    by: str
    holder: str | None
    holder_id: int | None
    application_id: int | None
    number: str | None


def movements_of(session: Session, key: Key) -> list[Movement]:
    """Return every movement of `key`, the newest first.

    The caller has loaded the key within the actor's reach. Who moved it is told; whose it was is
    told of people whom the actor may see.
    """
    actor = aliased(Account)
    rows = session.execute(
        select(KeyMovement, actor.name, Application.number)
        .outerjoin(actor, actor.id == KeyMovement.actor_id)
        .outerjoin(Application, Application.id == KeyMovement.application_id)
        .where(KeyMovement.key_id == key.id)
        .order_by(KeyMovement.id.desc())
        .limit(MOST)
        .execution_options(**LEDGER)
    ).all()
    wanted = {moved.holder_id for moved, _by, _number in rows if moved.holder_id is not None}
    within_reach = select(Account.id, Account.name).where(Account.id.in_(sorted(wanted)))
    seen: dict[int, str] = dict(list(session.execute(within_reach)))
    return [
        Movement(
            action=moved.action,
            state=moved.to_state,
            at=moved.at,
            reason=moved.reason,
            by=by or "",
            holder=seen.get(moved.holder_id or 0),
            holder_id=moved.holder_id if moved.holder_id in seen else None,
            application_id=moved.application_id,
            number=number,
        )
        for moved, by, number in rows
    ]
