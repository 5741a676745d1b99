"""Archive files (档案) of application papers, and the log of who had them out (M9, 第九条)."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import ArchiveState, RetentionPeriod
from app.catalog.fields import field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application
    from app.models.offices import Office
    from app.models.organizations import Organization

OUT = text("returned_at IS NULL")


class ArchiveFile(Base):
    """The papers of one closed application: where they stand, for how long, who keeps them."""

    __tablename__ = "archive_file"
    __table_args__ = (
        check("(state = 'unfiled') = (filed_at IS NULL)", "filed_once_shelved"),
        check("state = 'unfiled' OR (box <> '' AND place <> '')", "filed_has_place"),
        check("pages IS NULL OR pages > 0", "pages_positive"),
        check("(retention = 'permanent') = (retained_until IS NULL)", "retained_until_its_end"),
        Index("ix_archive_file_office_code_state_id", "office_code", "state", "id"),
        Index("ix_archive_file_office_code_box", "office_code", "box"),
        Index("ix_archive_file_state_id", "state", "id"),
        Index("ix_archive_file_organization_id_id", "organization_id", "id"),
        Index("ix_archive_file_box_id", "box", "id"),
        Index("ix_archive_file_application_number", "application_number"),
        Index("ix_archive_file_retained_until", "retained_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        String(20),
        unique=True,
        info=field_info(label=N_("File number"), in_list=True, search="prefix", rule="M9"),
    )
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), unique=True)
    application_number: Mapped[str] = mapped_column(
        String(20), info=field_info(label=N_("Application"), in_list=True, search="prefix")
    )
    kind: Mapped[ApplicationKind] = mapped_column(
        enum_type(ApplicationKind),
        info=field_info(label=N_("Kind"), kind="choice", in_list=True, filterable=True),
    )
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id"),
        info=field_info(
            label=N_("Organization"),
            kind="reference",
            resource="organizations",
            in_list=True,
            filterable=True,
        ),
    )
    people: Mapped[str] = mapped_column(
        Text,
        default="",
        info=field_info(label=N_("Persons"), kind="longtext", search="contains"),
    )
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Kept by"),
            kind="reference",
            resource="offices",
            filterable=True,
            rule="M9",
        ),
    )
    state: Mapped[ArchiveState] = mapped_column(
        enum_type(ArchiveState),
        default=ArchiveState.UNFILED,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    box: Mapped[str] = mapped_column(
        String(20),
        default="",
        info=field_info(
            label=N_("Box"), required=True, in_list=True, filterable=True, search="prefix"
        ),
    )
    volume: Mapped[str] = mapped_column(
        String(20), default="", info=field_info(label=N_("Volume"), in_list=True)
    )
    place: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Place"),
            help=N_("Room, rack and shelf."),
            required=True,
            in_list=True,
        ),
    )
    pages: Mapped[int | None] = mapped_column(
        info=field_info(label=N_("Number of pages"), kind="integer"), default=None
    )
    retention: Mapped[RetentionPeriod] = mapped_column(
        enum_type(RetentionPeriod),
        info=field_info(
            label=N_("Retention period"), kind="choice", required=True, filterable=True, rule="M9"
        ),
    )
    closed_on: Mapped[date] = mapped_column(info=field_info(label=N_("Closed on"), kind="date"))
    retained_until: Mapped[date | None] = mapped_column(
        info=field_info(label=N_("Kept until"), kind="date")
    )
    filed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Filed by"), kind="reference", resource="accounts"),
    )
    filed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Filed at"), kind="datetime")
    )
    version: Mapped[int] = mapped_column(default=1)

    application: Mapped["Application"] = relationship()
    organization: Mapped["Organization"] = relationship()
    office: Mapped["Office"] = relationship()
    filed_by: Mapped["Account | None"] = relationship()
    loans: Mapped[list["ArchiveLoan"]] = relationship(
        back_populates="file", order_by="ArchiveLoan.id"
    )

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return the file number."""
        return self.number


class ArchiveLoan(Base):
    """One line of the retrieval log: who looked into a file or had it out, why, until when."""

    __tablename__ = "archive_loan"
    __table_args__ = (
        check("(returned_at IS NULL) = (returned_to_id IS NULL)", "returned_to_somebody"),
        check("purpose <> ''", "purpose_said"),
        Index(
            "uq_archive_loan_out",
            "file_id",
            unique=True,
            postgresql_where=OUT,
            sqlite_where=OUT,
        ),
        Index("ix_archive_loan_file_id_id", "file_id", "id"),
        Index("ix_archive_loan_borrower_id_id", "borrower_id", "id"),
        Index("ix_archive_loan_office_code_id", "office_code", "id"),
        Index("ix_archive_loan_overdue", "due_on", postgresql_where=OUT, sqlite_where=OUT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(
        ForeignKey("archive_file.id"),
        info=field_info(
            label=N_("File"),
            kind="reference",
            resource="archives",
            in_list=True,
            filterable=True,
        ),
    )
    office_code: Mapped[str] = mapped_column(ForeignKey("office.code"))
    borrower_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Borrower"),
            kind="reference",
            resource="accounts",
            in_list=True,
            filterable=True,
        ),
    )
    purpose: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("Purpose"), required=True, in_list=True)
    )
    lent_by_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Handed out by"), kind="reference", resource="accounts"),
    )
    lent_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Handed out at"), kind="datetime", in_list=True)
    )
    due_on: Mapped[date] = mapped_column(
        info=field_info(label=N_("Due on"), kind="date", required=True, in_list=True)
    )
    returned_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Came back at"), kind="datetime", in_list=True)
    )
    returned_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Taken back by"), kind="reference", resource="accounts"),
    )
    condition: Mapped[str] = mapped_column(
        String(200),
        default="",
        info=field_info(
            label=N_("Condition"), help=N_("Whole, damaged, pages missing."), in_list=True
        ),
    )
    reminded_on: Mapped[date | None] = mapped_column(
        info=field_info(label=N_("Last reminded on"), kind="date")
    )

    file: Mapped["ArchiveFile"] = relationship(back_populates="loans")
    borrower: Mapped["Account"] = relationship(foreign_keys=[borrower_id])
    lent_by: Mapped["Account"] = relationship(foreign_keys=[lent_by_id])
    returned_to: Mapped["Account | None"] = relationship(foreign_keys=[returned_to_id])
