"""Columns as doors see them: the model's own declaration, its type, what can be asked of it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import JSON, Boolean, Date, DateTime, Enum, Integer, SQLColumnExpression
from sqlalchemy.orm import Mapper

from app.catalog.fields import Field
from app.clock import OFFICE_ZONE
from app.models.encryption import EncryptedText

Stored = Literal["text", "choice", "integer", "boolean", "date", "datetime", "json", "sealed"]
INTEGER = re.compile(r"-?[0-9]{1,18}")
BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
SMALL = (-(2**31), 2**31 - 1)
BIG = (-(2**63), 2**63 - 1)
MAX_TEXT = 500
ONE_DAY = timedelta(days=1)


class Operator(StrEnum):
    """What a filter asks of a column."""

    EQ = "eq"
    NOT = "not"
    IN = "in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS = "starts"
    NOT_STARTS = "not_starts"
    ENDS = "ends"
    NOT_ENDS = "not_ends"
    GT = "gt"
    LT = "lt"
    FROM = "from"
    UNTIL = "until"
    BETWEEN = "between"
    NULL = "null"


_EQUAL = frozenset({Operator.EQ, Operator.NOT, Operator.IN, Operator.NULL})
_WRITTEN = _EQUAL | {
    Operator.CONTAINS,
    Operator.NOT_CONTAINS,
    Operator.STARTS,
    Operator.NOT_STARTS,
    Operator.ENDS,
    Operator.NOT_ENDS,
}
_ORDERED = _EQUAL | {
    Operator.GT,
    Operator.LT,
    Operator.FROM,
    Operator.UNTIL,
    Operator.BETWEEN,
}
OPERATORS: dict[Stored, frozenset[Operator]] = {
    "text": _WRITTEN,
    "choice": _EQUAL,
    "integer": _ORDERED,
    "boolean": frozenset({Operator.EQ, Operator.NULL}),
    "date": _ORDERED,
    "datetime": _ORDERED,
    "json": frozenset(),
    "sealed": frozenset(),
}


class UnfitValueError(ValueError):
    """A filter's or a cursor's value is not of the column's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One declared column; a reference names in its `Field` the resource that it points to."""

    name: str
    field: Field
    attribute: SQLColumnExpression[Any]
    stored: Stored
    nullable: bool
    members: type[StrEnum] | None = None
    limit: int | None = None
    big: bool = False

    @property
    def relation(self) -> str | None:
        """How a row calls what this column refers to; None where it refers to nothing."""
        if self.field.kind != "reference":
            return None
        return self.name.removesuffix("_id").removesuffix("_code")

    @property
    def operators(self) -> frozenset[Operator]:
        """Which filters the column answers to; a masked one answers to none."""
        return frozenset() if self.field.masked else OPERATORS[self.stored]

    def parse(self, raw: Any) -> Any:
        """Return `raw` as the column's type; UnfitValueError for anything else."""
        return _PARSERS[self.stored](self, raw)

    def span(self, raw: Any) -> tuple[Any, Any]:
        """Return the first value that `raw` means and the first one after it.

        A date asked of an instant means the whole day where the office stands.
        """
        if (
            self.stored == "datetime"
            and isinstance(raw, str)
            and len(raw.strip()) == len("2026-11-21")
        ):
            day = _date(self, raw)
            try:
                start = datetime.combine(day, time(), OFFICE_ZONE).astimezone(UTC)
                return start, start + ONE_DAY
            except OverflowError:
                raise UnfitValueError from None
        value = self.parse(raw)
        return value, value


def _text(_column: Column, raw: Any) -> str:
    if not isinstance(raw, str) or "\x00" in raw or len(raw) > MAX_TEXT:
        raise UnfitValueError
    return raw.strip()


def _choice(column: Column, raw: Any) -> StrEnum:
    assert column.members is not None
    try:
        return column.members(raw)
    except (ValueError, TypeError):
        raise UnfitValueError from None


def _integer(column: Column, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise UnfitValueError
    if not INTEGER.fullmatch(str(raw).strip()):
        raise UnfitValueError
    number = int(raw)
    least, most = BIG if column.big else SMALL
    if not least <= number <= most:
        raise UnfitValueError
    return number


def _boolean(_column: Column, raw: Any) -> bool:
    found = BOOLEANS.get(str(raw).strip().lower())
    if found is None:
        raise UnfitValueError
    return found


def _date(_column: Column, raw: Any) -> date:
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        raise UnfitValueError from None


def _datetime(_column: Column, raw: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(str(raw).strip())
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=OFFICE_ZONE)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnfitValueError from None


def _nothing(_column: Column, _raw: Any) -> Any:
    raise UnfitValueError


_PARSERS: dict[Stored, Any] = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "json": _nothing,
    "sealed": _nothing,
}


def columns_of(mapper: Mapper[Any]) -> dict[str, Column]:
    """Return every column of a model that carries a `Field`, in the order of its table."""
    found = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        declared = column.info.get("field")
        if declared is None or column.table is not mapper.local_table:
            continue
        found[attribute.key] = Column(
            name=attribute.key,
            field=declared,
            attribute=getattr(mapper.class_, attribute.key),
            stored=_stored(column.type),
            nullable=bool(column.nullable),
            members=_members(column.type),
            limit=getattr(column.type, "length", None),
            big=type(column.type).__name__ == "BigInteger",
        )
    return found


def _members(kind: Any) -> type[StrEnum] | None:
    members = kind.enum_class if isinstance(kind, Enum) else None
    return members if members is not None and issubclass(members, StrEnum) else None


def _stored(kind: Any) -> Stored:
    if isinstance(kind, EncryptedText):
        return "sealed"
    if isinstance(kind, Enum):
        return "choice"
    impl = getattr(kind, "impl_instance", kind)
    for type_, stored in _STORED:
        if isinstance(impl, type_):
            return stored
    return "text"


_STORED: tuple[tuple[type[Any], Stored], ...] = (
    (JSON, "json"),
    (Boolean, "boolean"),
    (DateTime, "datetime"),
    (Date, "date"),
    (Integer, "integer"),
)
