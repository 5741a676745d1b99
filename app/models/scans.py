"""Scanned papers that come back, and the tray of pages that found no form (A3, M9)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import ScanOutcome, ScanProblem
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application
    from app.models.organizations import Organization


class Scan(Base):
    """One scanned file; it belongs to the tray of the office, or of the unit, that sent it in.

    `waiting` and `filed` count its pages. The content lies in the file store by its hash.
    """

    __tablename__ = "scan"
    __table_args__ = (
        check("size > 0 AND pages > 0", "not_empty"),
        check("waiting >= 0 AND filed >= 0 AND waiting + filed <= pages", "counts"),
        Index("ix_scan_organization_id_id", "organization_id", "id"),
        Index("ix_scan_office_code_id", "office_code", "id"),
        Index("ix_scan_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("File name"), in_list=True)
    )
    content_type: Mapped[str] = mapped_column(String(40), info=field_info(label=N_("Content type")))
    size: Mapped[int] = mapped_column(info=field_info(label=N_("Size"), kind="integer"))
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int] = mapped_column(
        info=field_info(label=N_("Number of pages"), kind="integer", in_list=True)
    )
    filed: Mapped[int] = mapped_column(
        default=0, info=field_info(label=N_("Pages filed"), kind="integer", in_list=True)
    )
    waiting: Mapped[int] = mapped_column(
        default=0,
        info=field_info(label=N_("Pages waiting"), kind="integer", in_list=True, filterable=True),
    )
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id"),
        info=field_info(label=N_("Organization"), kind="reference", resource="organizations"),
    )
    office_code: Mapped[str | None] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(label=N_("Office"), kind="reference", resource="offices"),
    )
    uploaded_by_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Sent in by"), kind="reference", resource="accounts", in_list=True
        ),
    )
    uploaded_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=field_info(label=N_("Sent in at"), kind="datetime", in_list=True, filterable=True),
    )
    read_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Read at"), kind="datetime")
    )

    organization: Mapped["Organization"] = relationship()
    uploaded_by: Mapped["Account"] = relationship()
    found: Mapped[list["ScanPage"]] = relationship(
        back_populates="scan", order_by="ScanPage.page", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.filename


class ScanPage(Base):
    """One page of a scanned file: what its code said, and what became of it.

    `picture_sha256` is the page drawn for whoever files it by hand.
    """

    __tablename__ = "scan_page"
    __table_args__ = (
        UniqueConstraint("scan_id", "page"),
        check("page >= 1", "page_from_one"),
        check("(outcome = 'filed') = (application_id IS NOT NULL)", "filed_has_application"),
        check("outcome <> 'waiting' OR problem IS NOT NULL", "waiting_has_reason"),
        Index("ix_scan_page_application_id", "application_id"),
        Index("ix_scan_page_material_id", "material_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id", ondelete="CASCADE"))
    page: Mapped[int] = mapped_column()
    outcome: Mapped[ScanOutcome] = mapped_column(enum_type(ScanOutcome))
    problem: Mapped[ScanProblem | None] = mapped_column(enum_type(ScanProblem))
    number: Mapped[str] = mapped_column(String(20), default="")
    copy_number: Mapped[int | None] = mapped_column()
    form_page: Mapped[int | None] = mapped_column()
    picture_sha256: Mapped[str | None] = mapped_column(String(64))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material.id", ondelete="SET NULL"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200), default="")

    scan: Mapped["Scan"] = relationship(back_populates="found")
    application: Mapped["Application | None"] = relationship()
    decided_by: Mapped["Account | None"] = relationship()
