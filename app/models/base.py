"""The base of all tables: naming of constraints, enum columns, UTC time."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import CheckConstraint, DateTime, Enum, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: MetaData = Model.metadata
metadata.naming_convention = NAMING


class Base(Model):
    """Base of the product's own tables; shares FAB's metadata, so that roles can be joined."""

    __abstract__ = True
    __table_args__: Any = {}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware instant into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "naive datetime: say which zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite forgets."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_type(members: type[StrEnum], name: str | None = None) -> Enum:
    """Return a string column type whose CHECK (named `name`) lists the members' values."""
    return Enum(
        members,
        values_callable=lambda kind: [member.value for member in kind],
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=32,
        name=name or _snake(members.__name__),
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def check(condition: str, name: str) -> CheckConstraint:
    """Return a named CHECK (the table's name is put before it)."""
    return CheckConstraint(condition, name=name)
