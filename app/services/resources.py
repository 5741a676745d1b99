"""Resources: the tables that people list, read and change, for pages, REST and export alike.

What a column is, the model's own `Field` says; here stands only what a column cannot say: how a row
is called, in which order rows come, which tabs a list has, whose permission opens it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import inspect

from app.catalog.fields import Field
from app.catalog.permissions import Permission
from app.errors import InvalidInput, NotFound
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
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
from app.services.columns import Column, UnfitValueError, columns_of

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One table as people meet it; `name` stands in its addresses.

    `title` names the attributes by which a person knows a row, the first the most; of a bilingual
    pair only the stem. `orders` are the columns a list may be ordered by, each served by an index;
    the default is the first, descending where it begins with "-". `under` puts a second column in
    the cell of the first, `folds` bring a searched word into the spelling that is stored, `fixed`
    are the entries of the form that never change once the row is there, `through` are references
    whose own rows the search box looks into. `acts` says that rows live by a lifecycle.
    """

    name: str
    model: type[Any]
    singular: str
    plural: str
    title: tuple[str, ...]
    permission: Permission
    add: Permission | None = None
    edit: Permission | None = None
    orders: tuple[str, ...] = ("-id",)
    tabs: str | None = None
    under: dict[str, str] = field(default_factory=dict)
    folds: dict[str, Callable[[str], str]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    through: tuple[str, ...] = ()
    acts: bool = False

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every declared column by name."""
        return columns_of(inspect(self.model))

    @cached_property
    def key(self) -> Any:
        """The attribute of the primary key."""
        mapper = inspect(self.model)
        return getattr(self.model, mapper.get_property_by_column(mapper.primary_key[0]).key)

    @cached_property
    def list_columns(self) -> tuple[Column, ...]:
        """What a list shows unless a person chose otherwise."""
        return tuple(c for c in self.columns.values() if c.field.in_list)

    @cached_property
    def filters(self) -> tuple[Column, ...]:
        """What the filter row offers."""
        return tuple(c for c in self.columns.values() if c.field.filterable and c.operators)

    @cached_property
    def searched(self) -> tuple[Column, ...]:
        """What the search box looks into."""
        return tuple(c for c in self.columns.values() if c.field.search and c.operators)

    @cached_property
    def exported(self) -> tuple[Column, ...]:
        """What an export and REST's rows hold."""
        return tuple(c for c in self.columns.values() if c.field.exported)

    @cached_property
    def new_form(self) -> tuple[Column, ...]:
        """What is asked when a row is added."""
        return tuple(c for c in self.columns.values() if c.field.in_form)

    @cached_property
    def edit_form(self) -> tuple[Column, ...]:
        """What of it may be changed afterwards: never whom the row belongs to."""
        return tuple(c for c in self.new_form if c.name not in self.fixed)

    @cached_property
    def ordered_by(self) -> dict[str, Any]:
        """The attributes a list may be ordered by."""
        names = [name.removeprefix("-") for name in self.orders]
        return {name: getattr(self.model, name) for name in names}

    @cached_property
    def title_attributes(self) -> tuple[str, ...]:
        """The columns that the title is made of, both languages of a bilingual one."""
        return tuple(
            name
            for stem in self.title
            for name in (
                (stem,)
                if hasattr(self.model, stem)
                else tuple(f"{stem}_{code}" for code in LANGUAGES)
            )
        )

    def column(self, name: str) -> Column:
        """Return the declared column `name`; InvalidInput for any other word."""
        found = self.columns.get(name)
        if found is None:
            raise InvalidInput(
                N_("There is no column named %(name)s here."),
                code="unknown_column",
                name=name.replace("\x00", "")[:60],
            )
        return found

    def identity(self, raw: Any) -> Any:
        """Return `raw` as a primary key; NotFound for what can be none."""
        try:
            return self.key_column.parse(raw)
        except UnfitValueError:
            raise NotFound from None

    @cached_property
    def key_column(self) -> Column:
        """The primary key as a column, declared or not."""
        column = inspect(self.model).primary_key[0]
        named = self.columns.get(self.key.key)
        if named is not None:
            return named
        return Column(
            name=self.key.key,
            field=Field(label=""),
            attribute=self.key,
            stored="text" if column.type.python_type is str else "integer",
            nullable=False,
            big=type(column.type).__name__ == "BigInteger",
        )


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
        folds={"code": str.lower},
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
    )
    yield Resource(
        name="key_credentials",
        model=KeyCredential,
        singular=N_("Binding of a key"),
        plural=N_("Bindings of keys"),
        title=("id",),
        permission=Permission.KEYS_LIST,
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
        fixed=frozenset({"number", "business_type", "owner_id"}),
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
        plural=N_("Runs of jobs"),
        title=("job", "period"),
        permission=Permission.JOB_RUNS_LIST,
        tabs="state",
    )
    yield from _rules()


def _rules() -> Iterator[Resource]:
    """The Measures as rows: read by whoever reads the catalogue."""
    for name, model, words, title, key in (
        ("districts", District, (N_("District"), N_("Districts")), ("name", "code"), "code"),
        ("offices", Office, (N_("Office"), N_("Offices")), ("short_name",), "code"),
        ("office_duties", OfficeDuty, (N_("Duty"), N_("Duties")), ("duty",), "duty"),
        ("pledges", Pledge, (N_("Pledge"), N_("Pledges")), ("kind",), "id"),
        (
            "kinds",
            KindInfo,
            (N_("Kind of application"), N_("Kinds of application")),
            ("name",),
            "id",
        ),
        (
            "paper_requirements",
            PaperRequirement,
            (N_("Required paper"), N_("Checklists")),
            ("name",),
            "id",
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
        )
    yield Resource(
        name="posts",
        model=Post,
        singular=N_("Post"),
        plural=N_("Posts"),
        title=("name",),
        permission=Permission.PERMISSION_ITEMS_LIST,
        orders=("id",),
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
        fixed=frozenset({"kind", "action", "duty"}),
    )


RESOURCES: dict[str, Resource] = {resource.name: resource for resource in _declared()}
BY_MODEL: dict[type[Any], Resource] = {r.model: r for r in RESOURCES.values()}
BY_TABLE: dict[str, Resource] = {r.model.__tablename__: r for r in RESOURCES.values()}


def resource_of(model: type[Any]) -> Resource:
    """Return the resource of a model or of the model that it is a kind of."""
    return next(BY_MODEL[base] for base in model.__mro__ if base in BY_MODEL)
