"""Everything about one person's account: what may be done since when and why, what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal, select, union, union_all
from sqlalchemy.orm import Session, aliased, joinedload

from app.catalog.enums import AuditOutcome, Category, Duty, StepOutcome
from app.catalog.lifecycles import ACCOUNT
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.grants import AccountGrant
from app.models.notices import Notice
from app.models.organizations import Organization
from app.models.permissions import PermissionItem
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services.resources import BY_TABLE
from app.workflow.review import REVIEW_ACTIONS

WHY = {"unscoped": "why an account that the actor sees holds what it holds"}
HISTORY = {"unscoped": "history of a record that the actor sees"}
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who let an application pass."""

    by: str
    duty: Duty
    category: Category | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One grant with the reason for it (X1): the application, and who decided it when."""

    grant: AccountGrant
    item: PermissionItem
    number: str | None
    application_id: int | None
    decision: Decision | None
    ended_by: str | None
    """The form by which an ended grant ended; None for one that has not, or ended otherwise."""


def held_by(session: Session, account: Account) -> list[Held]:
    """Return every grant of `account`, present ones first, the newest first among them.

    The caller has loaded the account within the actor's reach.
    """
    revoking = aliased(Application)
    rows = session.execute(
        select(AccountGrant, Application.number, revoking.number)
        .outerjoin(Application, Application.id == AccountGrant.application_id)
        .outerjoin(revoking, revoking.id == AccountGrant.revoked_by_application_id)
        .where(AccountGrant.account_id == account.id)
        .options(joinedload(AccountGrant.item))
        .order_by(AccountGrant.valid_until.is_not(None), AccountGrant.id.desc())
        .execution_options(**WHY)
    ).all()
    decisions = _decisions(session, {grant.application_id for grant, _by, _ended in rows})
    return [
        Held(
            grant=grant,
            item=grant.item,
            number=number,
            application_id=grant.application_id,
            decision=_for_category(decisions.get(grant.application_id, ()), grant.item.category),
            ended_by=ended_by,
        )
        for grant, number, ended_by in rows
    ]


def _decisions(session: Session, applications: set[int | None]) -> dict[int | None, list[Decision]]:
    """Return who passed each application, the last round last."""
    found: dict[int | None, list[Decision]] = {}
    rows = session.execute(
        select(
            WorkItem.application_id,
            WorkItem.duty,
            WorkItem.category,
            WorkItem.closed_at,
            Account.name,
        )
        .join(Account, Account.id == WorkItem.closed_by_id)
        .where(
            WorkItem.application_id.in_([number for number in applications if number is not None]),
            WorkItem.action.in_(sorted(REVIEW_ACTIONS)),
            WorkItem.outcome == StepOutcome.PASSED,
        )
        .order_by(WorkItem.id)
        .execution_options(**WHY)
    )
    for application, duty, category, at, name in rows:
        decision = Decision(by=name, duty=duty, category=category, at=at)
        found.setdefault(application, []).append(decision)
    return found


def _for_category(decisions: Sequence[Decision], category: Category) -> Decision | None:
    """Return the last decision that covers items of `category`."""
    fitting = [d for d in decisions if d.category in {None, category}]
    return fitting[-1] if fitting else None


def history_of_person(session: Session, account: Account, actor: Actor) -> list[AuditEvent]:
    """Return what happened to `account` and about its person, the newest first.

    What the person did to other records is told to the person, to who reads the trail anyway and to
    who looks after accounts: to nobody else, for those records are not theirs to see.
    """
    wanted = [
        _newest(AuditEvent.person_id == account.id),
        _newest(AuditEvent.subject_type == "account", AuditEvent.subject_id == account.id),
    ]
    if _sees_doings(actor, account):
        wanted.append(_newest(AuditEvent.actor_id == account.id))
    ids = union(*(select(part.subquery().c.id) for part in wanted)).subquery()
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.id.in_(select(ids.c.id)))
            .order_by(AuditEvent.id.desc())
            .limit(MOST_EVENTS)
            .execution_options(**HISTORY)
        )
    )


def subjects_within_reach(
    session: Session, events: Iterable[AuditEvent | Notice]
) -> set[tuple[str, int]]:
    """Return which subjects of `events` the actor can still open: a key, say, may have moved on."""
    ids: dict[str, set[int]] = {}
    for event in events:
        if event.subject_id is not None and event.subject_type in BY_TABLE:
            ids.setdefault(event.subject_type, set()).add(event.subject_id)
    if not ids:
        return set()
    parts = [
        select(literal(table).label("table"), BY_TABLE[table].key.label("id")).where(
            BY_TABLE[table].key.in_(sorted(wanted))
        )
        for table, wanted in sorted(ids.items())
    ]
    return {(table, identity) for table, identity in session.execute(union_all(*parts))}


def _newest(*conditions: ColumnElement[bool]) -> Select[int]:
    """Return the newest events of one kind along their own index."""
    return (
        select(AuditEvent.id).where(*conditions).order_by(AuditEvent.id.desc()).limit(MOST_EVENTS)
    )


def _sees_doings(actor: Actor, account: Account) -> bool:
    return (
        actor.account_id == account.id
        or actor.may(Permission.AUDIT_EVENTS_LIST)
        or actor.may(Permission.ROLES_ASSIGN)
    )


def reason_of_suspension(events: Iterable[AuditEvent]) -> AuditEvent | None:
    """Return the last suspension among `events`, the newest first."""
    suspend = ACCOUNT.find("suspend")
    return next(
        (
            event
            for event in events
            if suspend is not None
            and event.tag == suspend.tag
            and event.outcome == AuditOutcome.DONE
        ),
        None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody who holds an item."""

    id: int
    name: str
    login_name: str
    organization: str
    since: datetime


def holders_of(session: Session, code: str, *, most: int = 50) -> list[Holder]:
    """Return who within the actor's reach holds a version of the item, the newest grants first."""
    rows = session.execute(
        select(
            Account.id,
            Account.name,
            Account.login_name,
            Organization.name,
            AccountGrant.valid_from,
        )
        .select_from(AccountGrant)
        .join(PermissionItem, PermissionItem.id == AccountGrant.item_id)
        .join(Account, Account.id == AccountGrant.account_id)
        .join(Organization, Organization.id == Account.organization_id)
        .where(PermissionItem.code == code, AccountGrant.valid_until.is_(None))
        .order_by(AccountGrant.id.desc())
        .limit(most)
    )
    return [
        Holder(id=id_, name=name, login_name=login, organization=unit, since=since)
        for id_, name, login, unit, since in rows
    ]
