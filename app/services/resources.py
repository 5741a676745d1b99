"""Resources: the tables that people list, read and change, for pages, REST and export alike.

What a column is, the model's own `Field` says; here stands only what a column cannot say: how a row
is called, in which order rows come, which tabs a list has, whose permission opens it.
"""

from collections.abc import Iterator
from typing import Any

from app.catalog.permissions import Permission
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.models.jobs import JobRun
from app.models.key_credentials import KeyCredential
from app.models.keys import Key, KeyMovement
from app.models.materials import Material
from app.models.offices import District, Office, OfficeDuty
from app.models.organizations import Organization
from app.models.permissions import PermissionItem, Post
from app.models.prints import PrintCopy
from app.models.regulations import Article, KindInfo, PaperRequirement, Pledge, RoadStep
from app.models.roles import Role
from app.models.scans import Scan
from app.models.stock import StockLevel, StockTake, StockTakeLine
from app.services.resource import LANGUAGES, Resource

__all__ = ["BY_MODEL", "BY_TABLE", "LANGUAGES", "RESOURCES", "Resource", "resource_of"]


def _declared() -> Iterator[Resource]:
    yield Resource(
        name="organizations",
        model=Organization,
        singular=N_("Organization"),
        plural=N_("Organizations"),
        title=("name", "code"),
        permission=Permission.ORGANIZATIONS_LIST,
        add=Permission.ORGANIZATIONS_ADD,
        edit=Permission.ORGANIZATIONS_EDIT,
        orders=("-id", "name", "code"),
        tabs="type",
        under={"name": "code"},
        folds={"code": str.upper},
        fixed=frozenset({"parent_id"}),
    )
    yield Resource(
        name="accounts",
        model=Account,
        singular=N_("Account"),
        plural=N_("Accounts"),
        title=("name", "login_name"),
        permission=Permission.ACCOUNTS_LIST,
        add=Permission.ACCOUNTS_ADD,
        edit=Permission.ACCOUNTS_EDIT,
        orders=("-id", "name", "login_key"),
        tabs="state",
        under={"name": "login_name"},
        folds={"login_key": str.lower},
        fixed=frozenset({"organization_id"}),
        acts=True,
    )
    yield Resource(
        name="permission_items",
        model=PermissionItem,
        singular=N_("Permission item"),
        plural=N_("Permission items"),
        title=("name", "code"),
        permission=Permission.PERMISSION_ITEMS_LIST,
        orders=("id",),
        tabs="tier",
        under={"mark": "annex"},
        folds={"code": str.lower},
        listed=("name_zh", "mark", "category", "tier", "valid_from", "valid_until"),
    )
    yield Resource(
        name="keys",
        model=Key,
        singular=N_("Key"),
        plural=N_("Keys"),
        title=("serial",),
        permission=Permission.KEYS_LIST,
        add=Permission.KEYS_ADD,
        orders=("-id", "serial"),
        tabs="state",
        folds={"serial": str.upper},
        fixed=frozenset({"office_code"}),
        through=("holder_id",),
        acts=True,
    )
    yield Resource(
        name="key_movements",
        model=KeyMovement,
        singular=N_("Movement"),
        plural=N_("Ledger of keys"),
        title=("action",),
        permission=Permission.KEY_MOVEMENTS_LIST,
        listed=(
            "key_id",
            "action",
            "office_code",
            "holder_id",
            "actor_id",
            "at",
            "reason",
            "application_id",
        ),
    )
    yield from _stock()
    yield Resource(
        name="key_credentials",
        model=KeyCredential,
        singular=N_("Binding of a key"),
        plural=N_("Bindings of keys"),
        title=("id",),
        permission=Permission.KEY_MOVEMENTS_LIST,
        through=("key_id", "account_id"),
    )
    yield Resource(
        name="applications",
        model=Application,
        singular=N_("Application"),
        plural=N_("Applications"),
        title=("number",),
        permission=Permission.APPLICATIONS_LIST,
        add=Permission.APPLICATIONS_ADD,
        orders=("-id", "number"),
        tabs="state",
        folds={"number": str.upper},
        acts=True,
    )
    yield Resource(
        name="materials",
        model=Material,
        singular=N_("Paper"),
        plural=N_("Papers"),
        title=("filename",),
        permission=Permission.MATERIALS_LIST,
    )
    yield Resource(
        name="cases",
        model=Case,
        singular=N_("Business case"),
        plural=N_("Business"),
        title=("number",),
        permission=Permission.CASES_LIST,
        add=Permission.CASES_ADD,
        edit=Permission.CASES_EDIT,
        orders=("-id", "number"),
        tabs="state",
        folds={"number": str.upper},
        fixed=frozenset({"number", "business_type", "owner_id", "opened_at"}),
        through=("owner_id",),
        acts=True,
    )
    yield Resource(
        name="print_copies",
        model=PrintCopy,
        singular=N_("Printout"),
        plural=N_("Printouts"),
        title=("copy_number",),
        permission=Permission.PRINT_COPIES_LIST,
    )
    yield Resource(
        name="scans",
        model=Scan,
        singular=N_("Scanned form"),
        plural=N_("Scanned forms"),
        title=("filename",),
        permission=Permission.SCANS_LIST,
    )
    yield Resource(
        name="archives",
        model=ArchiveFile,
        singular=N_("Archive file"),
        plural=N_("Archive files"),
        title=("number",),
        permission=Permission.ARCHIVES_LIST,
        orders=("-id", "number", "box"),
        tabs="state",
        under={"number": "application_number"},
        folds={"number": str.upper, "application_number": str.upper, "box": str.upper},
        through=("organization_id",),
        acts=True,
    )
    yield Resource(
        name="archive_loans",
        model=ArchiveLoan,
        singular=N_("Retrieval"),
        plural=N_("Retrieval log"),
        title=("purpose",),
        permission=Permission.ARCHIVES_LIST,
        through=("file_id", "borrower_id"),
    )
    yield Resource(
        name="audit_events",
        model=AuditEvent,
        singular=N_("Event"),
        plural=N_("Audit trail"),
        title=("tag", "subject_label"),
        permission=Permission.AUDIT_EVENTS_LIST,
        through=("actor_id", "person_id"),
    )
    yield Resource(
        name="roles",
        model=Role,
        singular=N_("Role"),
        plural=N_("Roles"),
        title=("name",),
        permission=Permission.ROLES_LIST,
        orders=("id",),
    )
    yield Resource(
        name="job_runs",
        model=JobRun,
        singular=N_("Run of a job"),
        plural=N_("Background jobs"),
        title=("job", "period"),
        permission=Permission.JOB_RUNS_LIST,
        tabs="state",
        listed=(
            "title",
            "requested_by_id",
            "state",
            "started_at",
            "finished_at",
            "done",
            "error",
        ),
    )
    yield from _rules()


def _stock() -> Iterator[Resource]:
    """The stock of keys: when it is low, and how it was counted (M9)."""
    yield Resource(
        name="stock_levels",
        model=StockLevel,
        singular=N_("Low-stock warning"),
        plural=N_("Low-stock warnings"),
        title=("office_code",),
        permission=Permission.STOCK_LEVELS_LIST,
        edit=Permission.STOCK_LEVELS_EDIT,
        orders=("id",),
    )
    yield Resource(
        name="stock_takes",
        model=StockTake,
        singular=N_("Stock-take"),
        plural=N_("Stock-takes"),
        title=("office_code", "id"),
        permission=Permission.STOCK_TAKES_LIST,
        add=Permission.STOCK_TAKES_ADD,
        tabs="state",
        acts=True,
    )
    yield Resource(
        name="stock_take_lines",
        model=StockTakeLine,
        singular=N_("Counted serial number"),
        plural=N_("Counted serial numbers"),
        title=("serial",),
        permission=Permission.STOCK_TAKES_LIST,
        orders=("-id", "id"),
        tabs="verdict",
    )


def _rules() -> Iterator[Resource]:
    """The Measures as rows: read by whoever reads the catalogue."""
    dated = ("valid_from", "valid_until")
    papers = ("original", "copy", "stamp", "per_person")
    for name, model, words, title, key, listed in (
        (
            "districts",
            District,
            (N_("District"), N_("Districts")),
            ("name", "code"),
            "code",
            ("name_zh", "code"),
        ),
        (
            "offices",
            Office,
            (N_("Office"), N_("Offices")),
            ("short_name",),
            "code",
            ("name_zh", "code", "article"),
        ),
        ("office_duties", OfficeDuty, (N_("Duty"), N_("Duties")), ("duty",), "duty", ()),
        ("pledges", Pledge, (N_("Pledge"), N_("Pledges")), ("kind",), "id", ()),
        (
            "kinds",
            KindInfo,
            (N_("Kind of application"), N_("Kinds of application")),
            ("name",),
            "id",
            ("name_zh", "article", *dated),
        ),
        (
            "paper_requirements",
            PaperRequirement,
            (N_("Required paper"), N_("Checklists")),
            ("name",),
            "id",
            ("name_zh", "applies_to", *papers, "article", "valid_from"),
        ),
    ):
        singular, plural = words
        yield Resource(
            name=name,
            model=model,
            singular=singular,
            plural=plural,
            title=title,
            permission=Permission.CATALOGUE_LIST,
            orders=(key,),
            listed=listed,
        )
    yield Resource(
        name="posts",
        model=Post,
        singular=N_("Post"),
        plural=N_("Posts"),
        title=("name",),
        permission=Permission.PERMISSION_ITEMS_LIST,
        orders=("id",),
        tabs="tier",
        listed=("name_zh", "tier", "items", *dated),
    )
    yield Resource(
        name="articles",
        model=Article,
        singular=N_("Article"),
        plural=N_("Articles"),
        title=("number", "clause"),
        permission=Permission.CATALOGUE_LIST,
        orders=("id",),
        under={"number": "clause"},
    )
    yield Resource(
        name="road_steps",
        model=RoadStep,
        singular=N_("Step"),
        plural=N_("Roads"),
        title=("name",),
        permission=Permission.CATALOGUE_LIST,
        add=Permission.CATALOGUE_EDIT,
        edit=Permission.CATALOGUE_EDIT,
        orders=("id", "position"),
        tabs="kind",
        listed=(
            "name_zh",
            "kind",
            "position",
            "action",
            "duty",
            "category",
            "article",
            "valid_from",
        ),
        fixed=frozenset({"kind", "action", "duty"}),
    )


RESOURCES: dict[str, Resource] = {resource.name: resource for resource in _declared()}
BY_MODEL: dict[type[Any], Resource] = {r.model: r for r in RESOURCES.values()}
BY_TABLE: dict[str, Resource] = {r.model.__tablename__: r for r in RESOURCES.values()}


def resource_of(model: type[Any]) -> Resource:
    """Return the resource of a model or of the model that it is a kind of."""
    return next(BY_MODEL[base] for base in model.__mro__ if base in BY_MODEL)
