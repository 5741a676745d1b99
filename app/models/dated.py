"""Rows of the catalogue: who wrote them, and from when they are in force (M11, 第十一条)."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.elements import ColumnElement

from app.catalog.fields import field_info
from app.catalog.types import RuleOrigin
from app.i18n import N_
from app.models.base import check, enum_type


class Originated:
    """A row that the catalogue brought, or that the office wrote and a sync leaves alone."""

    origin: Mapped[RuleOrigin] = mapped_column(
        enum_type(RuleOrigin),
        default=RuleOrigin.OFFICE,
        info=field_info(label=N_("Written by"), kind="choice"),
    )


class Dated(Originated):
    """In force from `valid_from` up to, not including, `valid_until` (open while None).

    A new wording is a new row; the old one stays as it was.
    """

    valid_from: Mapped[date] = mapped_column(
        info=field_info(
            label=N_("In force from"),
            kind="date",
            required=True,
            in_list=True,
            in_form=True,
            rule="M11",
        )
    )
    valid_until: Mapped[date | None] = mapped_column(
        info=field_info(label=N_("In force until"), kind="date", in_list=True, rule="M11")
    )

    def in_force(self, on: date) -> bool:
        """Whether the row is in force on that day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)

    @classmethod
    def covering(cls, on: date) -> ColumnElement[bool]:
        """Return the SQL condition of being in force on that day."""
        return and_(
            cls.valid_from <= on,
            or_(cls.valid_until.is_(None), cls.valid_until > on),
        )


def dated_constraints(
    table: str, *key: str
) -> tuple[CheckConstraint | UniqueConstraint | Index, ...]:
    """Return what keeps the versions of one `key` apart: one a day, at most one open."""
    open_row = text("valid_until IS NULL")
    return (
        check("valid_until IS NULL OR valid_until > valid_from", "until_after_from"),
        UniqueConstraint(*key, "valid_from", name=f"uq_{table}_version"),
        Index(
            f"uq_{table}_open",
            *key,
            unique=True,
            postgresql_where=open_row,
            sqlite_where=open_row,
        ),
    )
