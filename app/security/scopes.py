"""Who sees which rows: one function per model turns an actor into an SQL predicate.

`narrowing` puts them into every statement.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from app.catalog.business import types_of
from app.catalog.enums import ApplicationState, Category, Duty, OrganizationType
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.audit import AuditEvent, IdempotencyKey
from app.models.cases import Case
from app.models.grants import AccountGrant
from app.models.jobs import JobRun
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.models.keys import Key, KeyMovement
from app.models.materials import Material, PaperCheck
from app.models.notices import Notice
from app.models.organizations import Organization
from app.models.prints import PrintCopy
from app.models.scans import Scan, ScanPage
from app.models.stock import StockLevel, StockTake, StockTakeLine
from app.models.work import LineDecision, Remark, WorkItem
from app.security.actor import Actor

Predicate = ColumnElement[bool]
ScopeFunction = Callable[[Any, Actor], Predicate]

EVERYTHING = true()
"""The predicate of a scope that leaves nothing out; compared by identity."""

# Inside predicates plain tables stand, which the listener does not narrow a second time.
ACCOUNTS = Account.__table__.c
ORGANIZATIONS = Organization.__table__.c
APPLICATIONS = Application.__table__.c
KEYS = Key.__table__.c
SCANS = Scan.__table__.c
LINES = ApplicationLine.__table__.c
STOCK_TAKES = StockTake.__table__.c
WORK = WorkItem.__table__.alias("work_of_duty").c

MANAGEMENT_UNITS = [each for each in OrganizationType if each.is_management]
BUSINESS_OF_DUTY = {
    Duty.REVIEW_REGISTRATION: Category.REGISTRATION,
    Duty.REVIEW_TRANSACTION: Category.TRANSACTION,
}
SEE_ALL_BUSINESS = {Duty.CONFIGURE_PERMISSIONS, Duty.ISSUE_MANAGEMENT_KEYS}
"""Who cancels users has to see what they have open; who deletes business, all of it (第六条)."""

SCOPES: dict[type[Any], ScopeFunction] = {}


def scope(model: type[Any]) -> Callable[[ScopeFunction], ScopeFunction]:
    """Declare the one row scope of `model`."""

    def declare(function: ScopeFunction) -> ScopeFunction:
        if model in SCOPES:
            message = f"{model.__name__} has a scope already"
            raise RuntimeError(message)
        SCOPES[model] = function
        return function

    return declare


def sees_everything(actor: Actor) -> bool:
    """Whether rows are not narrowed: the system and those who read the audit trail."""
    return actor.is_system or actor.may(Permission.AUDIT_EVENTS_LIST)


def _is(column: Any, value: Any) -> Predicate:
    """Whether the column has this value; what the actor has not got is nobody's, and not NULL's."""
    return false() if value is None else column == value


def _works_for_commission(actor: Actor) -> bool:
    return actor.office is not None


def _manages_unit(actor: Actor) -> bool:
    return actor.may(Permission.APPLICATIONS_ADD)


@scope(Organization)
def organizations(model: Any, actor: Actor) -> Predicate:
    """Offices and the administrators see all; everyone else the own unit and those under it."""
    if (
        sees_everything(actor)
        or _works_for_commission(actor)
        or actor.may(Permission.CATALOGUE_LIST)
    ):
        return EVERYTHING
    own = actor.organization_id
    return or_(_is(model.id, own), _is(model.parent_id, own))


@scope(Account)
def accounts(model: Any, actor: Actor) -> Predicate:
    """Offices and the security administrator see all, a unit's administrator the unit's."""
    if sees_everything(actor) or _works_for_commission(actor) or actor.may(Permission.ROLES_ASSIGN):
        return EVERYTHING
    if _manages_unit(actor):
        return _is(model.organization_id, actor.organization_id)
    return _is(model.id, actor.account_id)


@scope(AccountGrant)
def account_grants(model: Any, actor: Actor) -> Predicate:
    """Follow the account."""
    inner = accounts(ACCOUNTS, actor)
    if inner is EVERYTHING:
        return EVERYTHING
    return model.account_id.in_(select(ACCOUNTS.id).where(inner))


@scope(Key)
def keys(model: Any, actor: Actor) -> Predicate:
    """Each issuing office its own stock and what is sent to it, a unit's administrator the unit's.

    Everybody sees the own keys, those too that are lost, given back or replaced.
    """
    if sees_everything(actor) or actor.may(Permission.ROLES_ASSIGN):
        return EVERYTHING
    if actor.may(Permission.KEYS_ISSUE):
        return or_(
            _is(model.office_code, actor.office),
            _is(model.destination_code, actor.office),
            _is(model.last_holder_id, actor.account_id),
        )
    if _works_for_commission(actor):
        return EVERYTHING
    if _manages_unit(actor):
        return model.last_holder_id.in_(
            select(ACCOUNTS.id).where(_is(ACCOUNTS.organization_id, actor.organization_id))
        )
    return _is(model.last_holder_id, actor.account_id)


@scope(KeyMovement)
def key_movements(model: Any, actor: Actor) -> Predicate:
    """Each issuing office the ledger of its own stock, with both ends of a transfer."""
    if sees_everything(actor):
        return EVERYTHING
    if actor.may(Permission.KEY_MOVEMENTS_LIST):
        return or_(_is(model.office_code, actor.office), _is(model.counterpart_code, actor.office))
    return false()


@scope(KeyCredential)
def key_credentials(model: Any, actor: Actor) -> Predicate:
    """Each issuing office those of its stock, a unit's administrator the unit's, others the own."""
    if sees_everything(actor) or actor.may(Permission.ROLES_ASSIGN):
        return EVERYTHING
    if actor.may(Permission.KEYS_ISSUE):
        return model.key_id.in_(select(KEYS.id).where(_is(KEYS.office_code, actor.office)))
    if _works_for_commission(actor):
        return EVERYTHING
    if _manages_unit(actor):
        return model.account_id.in_(
            select(ACCOUNTS.id).where(_is(ACCOUNTS.organization_id, actor.organization_id))
        )
    return _is(model.account_id, actor.account_id)


@scope(KeyChallenge)
def key_challenges(model: Any, actor: Actor) -> Predicate:
    """Nobody's but the system's, which asks and reads the answer; the auditor sees that it did."""
    return EVERYTHING if sees_everything(actor) else false()


@scope(StockLevel)
@scope(StockTake)
def stock_of_office(model: Any, actor: Actor) -> Predicate:
    """Each issuing office its own."""
    return EVERYTHING if sees_everything(actor) else _is(model.office_code, actor.office)


@scope(StockTakeLine)
def stock_take_lines(model: Any, actor: Actor) -> Predicate:
    """Follow the count."""
    inner = stock_of_office(STOCK_TAKES, actor)
    if inner is EVERYTHING:
        return EVERYTHING
    return model.stock_take_id.in_(select(STOCK_TAKES.id).where(inner))


@scope(Application)
def applications(model: Any, actor: Actor) -> Predicate:
    """A unit sees its own; an office what was handed in and came, or will come, to its duty."""
    if sees_everything(actor):
        return EVERYTHING
    own = _is(model.organization_id, actor.organization_id)
    if not _works_for_commission(actor):
        return own if _manages_unit(actor) else false()
    handed_in = model.state.not_in([ApplicationState.DRAFT])
    came_here = model.id.in_(select(WORK.application_id).where(WORK.duty.in_(sorted(actor.duties))))
    if _manages_unit(actor):
        return or_(own, handed_in & came_here)
    return handed_in & came_here


def _through_application(column: Any, actor: Actor) -> Predicate:
    inner = applications(APPLICATIONS, actor)
    if inner is EVERYTHING:
        return EVERYTHING
    return column.in_(select(APPLICATIONS.id).where(inner))


@scope(ApplicationLine)
def application_lines(model: Any, actor: Actor) -> Predicate:
    """Follow the application."""
    return _through_application(model.application_id, actor)


@scope(WorkItem)
def work_items(model: Any, actor: Actor) -> Predicate:
    """Follow the application; an office always sees the work of its duty."""
    if _works_for_commission(actor) and not sees_everything(actor):
        return or_(
            model.duty.in_(sorted(actor.duties)), _through_application(model.application_id, actor)
        )
    return _through_application(model.application_id, actor)


@scope(LineDecision)
def line_decisions(model: Any, actor: Actor) -> Predicate:
    """Follow the line's application."""
    inner = application_lines(LINES, actor)
    if inner is EVERYTHING:
        return EVERYTHING
    return model.line_id.in_(select(LINES.id).where(inner))


@scope(Remark)
def remarks(model: Any, actor: Actor) -> Predicate:
    """Follow the application."""
    return _through_application(model.application_id, actor)


@scope(Material)
def materials(model: Any, actor: Actor) -> Predicate:
    """Follow the application (M5.2)."""
    return _through_application(model.application_id, actor)


@scope(PaperCheck)
def paper_checks(model: Any, actor: Actor) -> Predicate:
    """Follow the application (M5.2)."""
    return _through_application(model.application_id, actor)


@scope(Case)
def cases(model: Any, actor: Actor) -> Predicate:
    """An office what its duty is about, a district unit its district's, a unit its own."""
    if sees_everything(actor) or actor.duties & SEE_ALL_BUSINESS:
        return EVERYTHING
    seen = [_is(model.owner_id, actor.account_id)]
    if _manages_unit(actor):
        seen.append(_is(model.organization_id, actor.organization_id))
    for duty, category in BUSINESS_OF_DUTY.items():
        if duty in actor.duties:
            seen.append(model.business_type.in_(types_of(category)))
    if Duty.ISSUE_ENTERPRISE_KEYS in actor.duties:
        enterprises = ORGANIZATIONS.type.not_in(MANAGEMENT_UNITS)
        seen.append(model.organization_id.in_(select(ORGANIZATIONS.id).where(enterprises)))
    if actor.organization_type == OrganizationType.DISTRICT and actor.may(Permission.CASES_LIST):
        unit = ORGANIZATIONS.id == actor.organization_id
        own = select(ORGANIZATIONS.district_code).where(unit)
        seen.append(model.district_code == own.scalar_subquery())
    return or_(*seen)


@scope(PrintCopy)
def print_copies(model: Any, actor: Actor) -> Predicate:
    """Follow the application (A3)."""
    return _through_application(model.application_id, actor)


@scope(Scan)
def scans(model: Any, actor: Actor) -> Predicate:
    """Each office, and each unit's administrator, the own tray (M9)."""
    if sees_everything(actor):
        return EVERYTHING
    if _works_for_commission(actor):
        return _is(model.office_code, actor.office)
    if not _manages_unit(actor):
        return false()
    return and_(_is(model.organization_id, actor.organization_id), model.office_code.is_(None))


@scope(ScanPage)
def scan_pages(model: Any, actor: Actor) -> Predicate:
    """Follow the scanned file (M9)."""
    inner = scans(SCANS, actor)
    if inner is EVERYTHING:
        return EVERYTHING
    return model.scan_id.in_(select(SCANS.id).where(inner))


@scope(ArchiveFile)
def archive_files(model: Any, actor: Actor) -> Predicate:
    """Each issuing office the papers that it keeps (第九条)."""
    if sees_everything(actor):
        return EVERYTHING
    if actor.may(Permission.ARCHIVES_LIST):
        return _is(model.office_code, actor.office)
    return false()


@scope(ArchiveLoan)
def archive_loans(model: Any, actor: Actor) -> Predicate:
    """The log of an office's own files."""
    return archive_files(model, actor)


@scope(Notice)
def notices(model: Any, actor: Actor) -> Predicate:
    """One's own."""
    if actor.is_system:
        return EVERYTHING
    return _is(model.account_id, actor.account_id)


@scope(IdempotencyKey)
def idempotency_keys(model: Any, actor: Actor) -> Predicate:
    """One's own: the outcome of an act is kept with it."""
    return EVERYTHING if sees_everything(actor) else _is(model.actor_id, actor.account_id)


@scope(JobRun)
def job_runs(model: Any, actor: Actor) -> Predicate:
    """Who reads the catalogue every run, everybody else what they asked for themselves."""
    if sees_everything(actor) or actor.may(Permission.CATALOGUE_LIST):
        return EVERYTHING
    return _is(model.requested_by_id, actor.account_id)


@scope(AuditEvent)
def audit_events(model: Any, actor: Actor) -> Predicate:
    """The auditor all; nobody else reads the trail but through a record's own history."""
    return EVERYTHING if sees_everything(actor) else false()
