"""The people of one organisation as its administrator looks after them (M4, M6, M8, 第六条).

What a page shows of however many people is read in one statement; the organisation itself is the
scope of each.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.catalog.enums import AccountState, ApplicationState, CaseState, KeyState, LineVerdict
from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission, RoleName
from app.models.accounts import Account, account_role
from app.models.applications import Application, ApplicationLine
from app.models.cases import Case
from app.models.grants import AccountGrant
from app.models.keys import Key
from app.models.roles import Role
from app.security.actor import Actor
from app.security.scopes import EVERYTHING, SCOPES
from app.workflow.named import REMAINING

BOUND = 1000
"""Figures stop here."""

OPEN = tuple(state for state in ApplicationState if not state.is_closed)
TOLD = (KeyState.ISSUED, KeyState.LOST, KeyState.RETURNED)
"""Keys that say how a person stands: in hand, lost, given back."""

OWN_PEOPLE = {"unscoped": "the own organisation's people: the condition is the scope"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """The key in a person's hand, or the last one where there is none."""

    id: int
    serial: str
    state: KeyState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForm:
    """The form that names a person and has not ended; a draft only where nothing is handed in."""

    id: int
    number: str
    kind: ApplicationKind
    state: ApplicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of an organisation: what is held, what is on its way, what is unfinished."""

    id: int
    name: str
    login_name: str
    state: AccountState
    administers: bool
    key: PersonKey | None
    form: PersonForm | None
    items: int
    business: int

    @property
    def works_without_key(self) -> bool:
        """Whether the account is active and nothing signs it in (M4)."""
        held = self.key is not None and self.key.state == KeyState.ISSUED
        return self.state == AccountState.ACTIVE and not held


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many of an organisation's people stand where; each figure stops at `BOUND`.

    `administrators` can speak for the organisation, or will with their keys.
    """

    pending: int
    active: int
    suspended: int
    administrators: int


def looks_after_people(actor: Actor) -> bool:
    """Whether the accounts within the actor's reach are those of the organisation spoken for."""
    if not actor.may(Permission.APPLICATIONS_ADD) or actor.organization_id is None:
        return False
    return SCOPES[Account](Account, actor) is not EVERYTHING


def _administers() -> ColumnElement[bool]:
    return (
        select(account_role.c.account_id)
        .join(Role, Role.id == account_role.c.role_id)
        .where(
            account_role.c.account_id == Account.id,
            Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value,
        )
        .correlate(Account)
        .exists()
    )


def _last_key() -> Any:
    """Return the id of the key in hand, else of the one issued last."""
    key = aliased(Key)
    return (
        select(key.id)
        .where(key.last_holder_id == Account.id, key.state.in_(TOLD))
        .order_by((key.state == KeyState.ISSUED).desc(), key.issued_at.desc(), key.id.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )


def _open_form() -> Any:
    """Return the id of the form that names the person: one handed in before any draft."""
    line, form = ApplicationLine.__table__.alias("line"), Application.__table__.alias("form")
    return (
        select(form.c.id)
        .select_from(line.join(form, form.c.id == line.c.application_id))
        .where(
            line.c.account_id == Account.id,
            line.c.verdict != LineVerdict.REFUSED,
            form.c.state.in_(OPEN),
        )
        .order_by(form.c.state == ApplicationState.DRAFT, form.c.id.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )


def _people() -> Any:
    """Return the statement of everything that is told of a person."""
    held = select(func.count(AccountGrant.id)).where(
        AccountGrant.account_id == Account.id, AccountGrant.valid_until.is_(None)
    )
    unfinished = select(func.count(Case.id)).where(
        Case.owner_id == Account.id, Case.state == CaseState.OPEN
    )
    return (
        select(
            Account.id,
            Account.name,
            Account.login_name,
            Account.state,
            _administers().label("administers"),
            held.correlate(Account).scalar_subquery().label("items"),
            unfinished.correlate(Account).scalar_subquery().label("business"),
            Key.id.label("key_id"),
            Key.serial,
            Key.state.label("key_state"),
            Application.id.label("form_id"),
            Application.number,
            Application.kind,
            Application.state.label("form_state"),
        )
        .select_from(Account)
        .outerjoin(Key, Key.id == _last_key())
        .outerjoin(Application, Application.id == _open_form())
        .execution_options(**OWN_PEOPLE)
    )


def _read(row: Any) -> Person:
    key = form = None
    if row.key_id is not None:
        key = PersonKey(id=row.key_id, serial=row.serial, state=row.key_state)
    if row.form_id is not None:
        form = PersonForm(id=row.form_id, number=row.number, kind=row.kind, state=row.form_state)
    return Person(
        id=row.id,
        name=row.name,
        login_name=row.login_name,
        state=row.state,
        administers=bool(row.administers),
        key=key,
        form=form,
        items=row.items,
        business=row.business,
    )


def people(
    session: Session, organization_id: int, account_ids: Collection[int]
) -> dict[int, Person]:
    """Return those of `account_ids` that belong to the organisation, by id, in one statement."""
    if not account_ids:
        return {}
    statement = _people().where(
        Account.organization_id == organization_id, Account.id.in_(sorted(account_ids))
    )
    return {row.id: _read(row) for row in session.execute(statement)}


def standing(session: Session, organization_id: int) -> Standing:
    """Return how many people wait for a key, work, are suspended, and administer, in one row."""
    own = Account.organization_id == organization_id
    states = (AccountState.PENDING, AccountState.ACTIVE, AccountState.SUSPENDED)
    counts = [_bounded(own, Account.state == state) for state in states]
    speaks = _bounded(own, Account.state.in_(REMAINING), _administers())
    found: Any = session.execute(select(*counts, speaks).execution_options(**OWN_PEOPLE)).one()
    pending, active, suspended, administrators = found
    return Standing(
        pending=pending, active=active, suspended=suspended, administrators=administrators
    )


def _bounded(*conditions: ColumnElement[bool]) -> Any:
    inner = select(Account.id).where(*conditions).limit(BOUND).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


def needing_care(session: Session, organization_id: int, *, limit: int) -> list[Person]:
    """Return people for whom something has to be done that nobody has begun (M4, M6.1).

    Who is active and has no key cannot work; whose account has ended has to give the key back.
    """
    holds = (
        select(Key.id)
        .where(Key.holder_id == Account.id, Key.state == KeyState.ISSUED)
        .correlate(Account)
        .exists()
    )
    keyless = and_(Account.state == AccountState.ACTIVE, ~holds, _open_form().is_(None))
    keeps = and_(Account.state == AccountState.CANCELLED, holds)
    found = (
        select(Account.id)
        .where(Account.organization_id == organization_id, or_(keyless, keeps))
        .order_by(Account.id.desc())
        .limit(limit)
    )
    statement = _people().where(Account.id.in_(found)).order_by(Account.id.desc())
    return [_read(row) for row in session.execute(statement)]
