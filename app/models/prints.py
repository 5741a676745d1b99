"""Printed copies of forms: each numbered, each with what it said when it was printed (A3–A7)."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check
from app.models.encryption import blind_index, blind_index_candidates

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application

CONTENT = "print_copy.content_digest"


class PrintCopy(Base):
    """One numbered copy of a form on paper; void once the form says something else.

    `content_digest` is the keyed digest of what the applicant had written when it was printed.
    """

    __tablename__ = "print_copy"
    __table_args__ = (
        UniqueConstraint("application_id", "copy_number"),
        check("copy_number >= 1 AND pages >= 1", "counted_from_one"),
        Index("ix_print_copy_printed_by_id", "printed_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(
            label=N_("Application"), kind="reference", resource="applications", in_list=True
        ),
    )
    copy_number: Mapped[int] = mapped_column(
        info=field_info(label=N_("Printout"), kind="integer", in_list=True, rule="A3")
    )
    pages: Mapped[int] = mapped_column(
        info=field_info(label=N_("Number of pages"), kind="integer", in_list=True)
    )
    form_version: Mapped[int] = mapped_column(
        info=field_info(label=N_("Version of the form"), kind="integer")
    )
    content_digest: Mapped[str] = mapped_column(String(64))
    printed_by_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Printed by"), kind="reference", resource="accounts", in_list=True
        ),
    )
    printed_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=field_info(label=N_("Printed at"), kind="datetime", in_list=True, filterable=True),
    )
    voided_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=field_info(label=N_("Void since"), kind="datetime", in_list=True, filterable=True),
    )

    application: Mapped["Application"] = relationship()
    printed_by: Mapped["Account"] = relationship()

    def __str__(self) -> str:
        """Return the number of the copy."""
        return str(self.copy_number)

    def still_says(self, application: "Application") -> bool:
        """Whether `application` reads as it did when this copy was printed."""
        return self.content_digest in blind_index_candidates(_written(application), CONTENT)


def digest_of(application: "Application") -> str:
    """Return the keyed digest of everything on the form that its applicant wrote."""
    return blind_index(_written(application), CONTENT)


def _written(application: "Application") -> str:
    lines = [
        [line.position, *(_plain(getattr(line, name)) for name in line.columns)]
        for line in application.lines
    ]
    head = [application.contact_name, application.contact_phone]
    return json.dumps([application.kind, *head, lines], ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set):
        return sorted(str(getattr(each, "code", each)) for each in value)
    return value if value is None else str(value)
