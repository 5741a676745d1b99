"""What an organisation's administrator looks after: drafts, forms on their way.

Also the figures of accounts and of a key office's stock. Each list is one bounded statement.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import AccountState, ApplicationState, KeyState, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.models.accounts import Account
from app.models.applications import Application
from app.models.grants import AccountGrant
from app.models.keys import Key
from app.models.stock import LOW_AT, StockLevel
from app.models.work import WorkItem
from app.security.actor import Actor
from app.security.scopes import applications as within_reach
from app.services.conditions import prefix, spelling_of

BOUND = 1000
NEEDS_APPLICANT = (ApplicationState.DRAFT, ApplicationState.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnForm:
    """A form that waits for the applicant's own hand."""

    id: int
    number: str
    kind: ApplicationKind
    state: ApplicationState
    created_at: datetime


def needs_applicant(session: Session, actor: Actor, *, limit: int) -> list[OwnForm]:
    """Return drafts and returned forms of the actor's organisation, returned ones first."""
    rows = session.execute(
        select(
            Application.id,
            Application.number,
            Application.kind,
            Application.state,
            Application.created_at,
        )
        .where(
            Application.organization_id == actor.organization_id,
            Application.state.in_(NEEDS_APPLICANT),
        )
        .order_by(Application.state.desc(), Application.id.desc())
        .limit(limit)
    )
    return [OwnForm(**row._mapping) for row in rows]  # noqa: SLF001 - a row's documented view


def sent(session: Session, actor: Actor, *, limit: int) -> list[Application]:
    """Return the latest forms that the actor's organisation sent, with their steps."""
    return list(
        session.scalars(
            select(Application)
            .where(
                within_reach(Application, actor),
                Application.organization_id == actor.organization_id,
                Application.state.not_in(
                    [ApplicationState.DRAFT, ApplicationState.RETURNED, ApplicationState.WITHDRAWN]
                ),
            )
            .options(
                selectinload(Application.work_items).options(
                    joinedload(WorkItem.closed_by), joinedload(WorkItem.claimed_by)
                )
            )
            .order_by(Application.id.desc())
            .limit(limit)
            .execution_options(unscoped="the condition is the scope; who decided comes along")
        )
    )


def _bounded(model: type[Any], condition: ColumnElement[bool]) -> Any:
    inner = select(model.id).where(condition).limit(BOUND).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


def account_figures(session: Session) -> dict[AccountState, int]:
    """Return how many accounts are in each state, up to a bound."""
    states = [AccountState.PENDING, AccountState.ACTIVE, AccountState.SUSPENDED]
    counts = [_bounded(Account, Account.state == state) for state in states]
    row = session.execute(select(*counts).execution_options(unscoped="figures, no rows")).one()
    return dict(zip(states, row, strict=True))


def stock_figures(session: Session, office: OfficeCode) -> dict[KeyState, int]:
    """Return how many keys of an office's stock are in each state, up to a bound (M9)."""
    states = [KeyState.IN_STOCK, KeyState.RECEIVED, KeyState.RETURNED]
    counts = [
        _bounded(Key, and_(Key.office_code == office.value, Key.state == state)) for state in states
    ]
    row = session.execute(
        select(*counts).execution_options(unscoped="figures of the own stock, no rows")
    ).one()
    return dict(zip(states, row, strict=True))


def low_at(session: Session, office: OfficeCode) -> int:
    """Return below how many keys an office's stock is low (M9)."""
    wanted = select(StockLevel.low_at).where(StockLevel.office_code == office.value)
    found = session.scalar(wanted)
    return LOW_AT if found is None else found


def own_key(session: Session, actor: Actor) -> Key | None:
    """Return the active key of the actor."""
    found: Key | None = session.scalar(
        select(Key).where(Key.holder_id == actor.account_id, Key.state == KeyState.ISSUED)
    )
    return found


def own_grants(session: Session, actor: Actor) -> list[AccountGrant]:
    """Return what the actor holds now."""
    return list(
        session.scalars(
            select(AccountGrant)
            .where(AccountGrant.account_id == actor.account_id, AccountGrant.valid_until.is_(None))
            .options(joinedload(AccountGrant.item))
            .order_by(AccountGrant.item_id)
        )
    )


def serials_in_stock(
    session: Session, office: OfficeCode | None, *, begins: str = "", limit: int
) -> list[str]:
    """Return serial numbers of an office's stock, the longest there first (M9).

    Where `begins` narrows them they come in the order of their numbers.
    """
    statement = select(Key.serial).where(Key.office_code == office, Key.state == KeyState.IN_STOCK)
    if begins:
        found = prefix(Key.serial, begins.strip().upper(), spelling_of(session))
        statement = statement.where(found).order_by(Key.serial)
    return list(session.scalars(statement.order_by(Key.id).limit(limit)))
