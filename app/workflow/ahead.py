"""One act on a batch of applications: locked and read ahead together, written together.

Each still goes through `fire()` by itself, with every rule. What a rule would ask the database for
each form stands here, asked once for all; nothing is flushed before the last form is through. Only
for acts that neither read nor write anything beyond a form and its parts but what is read here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.catalog.enums import AccountState
from app.catalog.lifecycles import APPLICATIONS, Transition
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import IdempotencyKey
from app.security.actor import Actor, acting
from app.workflow.alike import write_alike

AHEAD = "read ahead"

GUARDS = frozenset(
    {"work_is_not_another_persons", "work_is_unclaimed", "some_person_passes", "persons_are_free"}
)
EFFECTS = frozenset(
    {
        "record_rulings",
        "close_review_as_passed",
        "settle_verdicts",
        "open_next_work",
        "claim_work",
        "record_remarks",
        "close_review_as_returned",
        "close_open_work",
    }
)
"""What an act may consist of to be done to a batch."""

Held = Mapping[str, str]
"""Login names of the accounts of one organisation, by the digest of their person."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What has been read for a batch: who may be told of which form, and what rules ask."""

    reached: frozenset[int]
    keys: Mapping[str, IdempotencyKey]
    held: Mapping[int, Held] = field(default_factory=dict)


def read_ahead(session: Session) -> Ahead | None:
    """Return what the batch under way has read, None where each act reads for itself."""
    found: Ahead | None = session.info.get(AHEAD)
    return found


def goes_together(transition: Transition | None) -> bool:
    """Whether an act can be done to a batch."""
    return (
        transition is not None
        and GUARDS.issuperset(transition.guards)
        and EFFECTS.issuperset(transition.effects)
        and transition.followed_by is None
    )


@contextmanager
def together(
    session: Session, ids: Sequence[int], action: str, *, actor: Actor, keys: Sequence[str] = ()
) -> Iterator[list[Application]]:
    """Lock and yield the forms among `ids` to which `action` can be done as one batch.

    Inside the block `fire()` asks nothing that is read here; at its end everything is written.
    """
    with acting(session, Actor.system(actor.name)):
        forms = [
            form
            for form in _locked(session, ids)
            if goes_together(APPLICATIONS[form.kind].find(action))
        ]
        held = _held(session, forms)
        kept = _kept(session, actor, keys)
    with acting(session, actor):
        reached = frozenset(session.scalars(select(Application.id).where(Application.id.in_(ids))))
    session.info[AHEAD] = Ahead(reached, kept, held)
    try:
        with session.no_autoflush:
            yield forms
        with acting(session, Actor.system(actor.name)):
            write_alike(session)
    finally:
        session.info.pop(AHEAD, None)


def _locked(session: Session, ids: Sequence[int]) -> list[Application]:
    """Return the forms as they are now, in the order of `ids`; locked in one order whoever asks."""
    if session.get_bind().dialect.name == "sqlite":
        table = Application.__table__
        session.execute(update(table).where(table.c.id == ids[0]).values(id=table.c.id))
    statement = (
        select(Application)
        .where(Application.id.in_(ids))
        .order_by(Application.id)
        .with_for_update(of=Application)
        .options(
            selectinload(Application.lines),
            selectinload(Application.work_items),
            selectinload(Application.created_by),
            selectinload(Application.submitted_by),
        )
        .execution_options(populate_existing=True)
    )
    place = {identity: n for n, identity in enumerate(ids)}
    return sorted(session.scalars(statement), key=lambda form: place[form.id])


def _held(session: Session, forms: Sequence[Application]) -> Mapping[int, Held]:
    digests = {line.person_digest for form in forms for line in form.lines if line.person_digest}
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = session.execute(
        select(Account.organization_id, Account.citizen_id_digest, Account.login_name).where(
            Account.citizen_id_digest.in_(sorted(digests)),
            Account.organization_id.in_({form.organization_id for form in forms}),
            Account.state != AccountState.CANCELLED,
        )
    )
    for organization_id, digest, login_name in rows:
        found[organization_id][digest] = login_name
    return found


def _kept(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, Any]:
    if not keys:
        return {}
    known = session.scalars(
        select(IdempotencyKey).where(
            IdempotencyKey.actor_id == actor.account_id, IdempotencyKey.key.in_(keys)
        )
    )
    return {each.key: each for each in known}
