"""What hangs on one person: the keys had and why they went, the forms (M8, M9, X1)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, KeyState
from app.catalog.lifecycles import ApplicationKind
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key, KeyMovement

LEDGER = {"unscoped": "the keys that an account within the actor's reach has had"}
MOST_MOVEMENTS = 200


@dataclass(slots=True, kw_only=True)
class HadKey:
    """One time that a person had a key: from when until when, why it ended, by which forms.

    `state` is what became of the key in this person's hands; `within_reach` says whether the
    actor sees the key as it is now, which may be another person's.
    """

    key_id: int
    serial: str
    since: datetime
    state: KeyState = KeyState.ISSUED
    until: datetime | None = None
    reason: str = ""
    issued_by: str | None = None
    ended_by: str | None = None
    within_reach: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedOn:
    """A form that names a person."""

    id: int
    number: str
    kind: ApplicationKind
    state: ApplicationState
    submitted_at: datetime | None


def keys_had(session: Session, account: Account) -> list[HadKey]:
    """Return every key that `account` has or had, the present one first, out of the ledger.

    The caller has loaded the account within the actor's reach.
    """
    rows = session.execute(
        select(KeyMovement, Key.serial, Application.number)
        .join(Key, Key.id == KeyMovement.key_id)
        .outerjoin(Application, Application.id == KeyMovement.application_id)
        .where(KeyMovement.holder_id == account.id)
        .order_by(KeyMovement.id)
        .limit(MOST_MOVEMENTS)
        .execution_options(**LEDGER)
    ).all()
    had: list[HadKey] = []
    latest: dict[int, HadKey] = {}
    for moved, serial, number in rows:
        known = latest.get(moved.key_id)
        if moved.to_state == KeyState.ISSUED:
            known = HadKey(key_id=moved.key_id, serial=serial, since=moved.at, issued_by=number)
            latest[moved.key_id] = known
            had.append(known)
        elif known is not None:
            _ends(known, moved, number)
    seen = select(Key.id).where(Key.id.in_(sorted(latest)), Key.last_holder_id == account.id)
    visible = set(session.scalars(seen)) if latest else set()
    for it in had:
        it.within_reach = it.key_id in visible
    return had[::-1]


def _ends(had: HadKey, moved: KeyMovement, number: str | None) -> None:
    """Say how it ended; what is done to a key that is gone already changes only what it became."""
    if moved.from_state == KeyState.ISSUED:
        had.until, had.reason = moved.at, moved.reason
    had.state = moved.to_state
    had.ended_by = number or had.ended_by


def forms_naming(session: Session, account: Account, *, limit: int) -> list[NamedOn]:
    """Return forms within the actor's reach that name `account`, the newest first."""
    rows = session.execute(
        select(
            Application.id,
            Application.number,
            Application.kind,
            Application.state,
            Application.submitted_at,
        )
        .join(ApplicationLine, ApplicationLine.application_id == Application.id)
        .where(ApplicationLine.account_id == account.id)
        .order_by(Application.id.desc())
        .limit(limit)
    )
    return [NamedOn(**row._mapping) for row in rows]  # noqa: SLF001 - a row's documented view
