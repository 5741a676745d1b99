"""The columns of a kind's lines as people meet them: one reading of what its model declares."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum, String, inspect

from app.catalog.fields import Field
from app.models.applications import ApplicationLine
from app.models.base import Base

CITIZEN_ID_TYPED = 32
"""So many characters of a personal number are kept as typed while a draft is being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineColumn:
    """One column: the attribute of the line, what it means, and what the table can hold of it.

    `members` closes a choice; `limit` is the longest text, None where there is none.
    """

    name: str
    field: Field
    members: type[StrEnum] | None = None
    limit: int | None = None

    @property
    def holds_items(self) -> bool:
        """Whether the value is a list of permission items."""
        return self.field.kind == "items"


_known: dict[type[ApplicationLine], tuple[LineColumn, ...]] = {}


def field_of(model: type[Base], column: str) -> Field:
    """Return what `column` of `model` declares; KeyError for one that declares nothing."""
    own = getattr(model, "fields", {}).get(column)
    if own is not None:
        declared: Field = own
        return declared
    mapper = inspect(model)
    if column in mapper.columns:
        declared = mapper.columns[column].info["field"]
    else:
        declared = mapper.relationships[column].info["field"]
    return declared


def line_columns(line_class: type[ApplicationLine]) -> tuple[LineColumn, ...]:
    """Return the columns of a kind in the order of its annex."""
    if line_class not in _known:
        _known[line_class] = tuple(_column(line_class, name) for name in line_class.columns)
    return _known[line_class]


def _column(line_class: type[ApplicationLine], name: str) -> LineColumn:
    declared = field_of(line_class, name)
    mapper = inspect(line_class)
    stored: Any = mapper.columns[name].type if name in mapper.columns else None
    members, limit = None, declared.max_length
    if isinstance(stored, Enum):
        members = stored.enum_class
    elif isinstance(stored, String) and stored.length is not None:
        limit = stored.length
    elif declared.kind == "citizen_id":
        limit = CITIZEN_ID_TYPED
    return LineColumn(name=name, field=declared, members=members, limit=limit)  # type: ignore[arg-type]


def finder_of(line_class: type[ApplicationLine]) -> LineColumn | None:
    """Return the column that names an existing account; None for a kind that names new people."""
    return next((it for it in line_columns(line_class) if it.field.finds_account), None)


def items_asked(line_class: type[ApplicationLine]) -> LineColumn | None:
    """Return the column in which the applicant chooses permissions; None where nobody does."""
    return next(
        (it for it in line_columns(line_class) if it.holds_items and not it.field.repeats_record),
        None,
    )


def person_column(line_class: type[ApplicationLine]) -> str:
    """Return the column by which a person is known on this kind's lines."""
    finder = finder_of(line_class)
    if finder is not None and finder.field.required:
        return finder.name
    return "citizen_id"
