"""Which file of the catalogue lives in which table, and how an entry becomes a row and back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.catalog.loader import CatalogFile, file_of, in_order
from app.catalog.shapes import flatten, gather
from app.catalog.types import Catalog, OfficeEntry
from app.models.offices import District, Office, OfficeDuty
from app.models.permissions import PermissionItem, Post
from app.models.regulations import Article, KindInfo, PaperRequirement, Pledge, RoadStep

PUBLIC = {"unscoped": "the rules are the same for all"}
DATES = ("valid_from", "valid_until")
Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its model, what makes a row the same row, and whether its wordings are dated."""

    model: type[Any]
    key: tuple[str, ...]
    wanted: Callable[[Catalog], list[Columns]]
    dated: bool = True
    numbered: bool = False

    @property
    def name(self) -> str:
        """The table's name, which reports and the audit trail use."""
        return str(self.model.__tablename__)

    def identity(self, columns: Columns) -> tuple[Any, ...]:
        """Return the key of a row given as columns."""
        return tuple(columns[name] for name in self.key)

    def rows(self, session: Session) -> list[Any]:
        """Return every row, whoever may see it: the rules are the same for all."""
        query = select(self.model).execution_options(**PUBLIC)
        if self.dated:
            query = query.order_by(self.model.valid_from)
        return list(session.scalars(query))


def _entries(name: str, *leave: str) -> Callable[[Catalog], list[Columns]]:
    def wanted(catalog: Catalog) -> list[Columns]:
        entries: Iterable[Any] = getattr(catalog, name)
        return [flatten(entry, *leave) for entry in in_order(file_of(name), entries)]

    return wanted


def _duties(catalog: Catalog) -> list[Columns]:
    return [
        {"duty": duty, "office_code": office.code.value}
        for office in catalog.offices
        for duty in office.duties
    ]


def _offices(catalog: Catalog) -> list[Columns]:
    return [
        {**flatten(office, "duties"), "code": office.code.value}
        for office in in_order(file_of("offices"), catalog.offices)
    ]


TABLES: tuple[Table, ...] = (
    Table(model=District, key=("code",), wanted=_entries("districts"), dated=False),
    Table(model=Office, key=("code",), wanted=_offices, dated=False),
    Table(model=OfficeDuty, key=("duty",), wanted=_duties, dated=False),
    Table(model=Article, key=("number", "clause"), wanted=_entries("articles")),
    Table(model=KindInfo, key=("kind",), wanted=_entries("kinds")),
    Table(model=Pledge, key=("kind",), wanted=_entries("pledges"), numbered=True),
    Table(model=PaperRequirement, key=("applies_to", "code"), wanted=_entries("papers")),
    Table(
        model=RoadStep,
        key=("kind", "position", "action", "duty", "category"),
        wanted=_entries("roads"),
    ),
    Table(model=PermissionItem, key=("code",), wanted=_entries("permission_items")),
    Table(model=Post, key=("code",), wanted=_entries("posts")),
)
"""In the order in which rows may point to each other."""

STORED: dict[str, type[Any]] = {
    "articles": Article,
    "permission_items": PermissionItem,
    "posts": Post,
    "offices": Office,
    "districts": District,
    "papers": PaperRequirement,
    "pledges": Pledge,
    "kinds": KindInfo,
    "roads": RoadStep,
}
"""Files whose entries stand in a table; the others are read from the files alone."""


def _column(row: Any) -> Callable[[str], Any]:
    if isinstance(row, Office):
        held = {"duties": sorted(duty.value for duty in row.duties)}
        return lambda name: held[name] if name in held else getattr(row, name)
    return lambda name: getattr(row, name)


def stored_entries(session: Session, file: CatalogFile) -> tuple[Any, ...]:
    """Return the entries that the rows of `file` amount to, in the file's order."""
    query = select(STORED[file.name]).execution_options(**PUBLIC)
    if file.entry is OfficeEntry:
        query = query.options(selectinload(Office.duty_rows))
    found = [gather(file.entry, _column(row)) for row in session.scalars(query)]
    return in_order(file, found)
