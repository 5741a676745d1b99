"""Work items (whose turn it is), what was decided on each line, remarks on a return."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import Category, Duty, LineVerdict, RefusalReason, StepOutcome
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application


class WorkItem(Base):
    """One step of one application's road that waits for, or was done by, a duty's holder (M3)."""

    __tablename__ = "work_item"
    __table_args__ = (
        check("(closed_at IS NULL) = (outcome IS NULL)", "closed_has_outcome"),
        Index("ix_work_item_application_id", "application_id"),
        Index(
            "ix_work_item_open",
            "duty",
            "opened_at",
            "id",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index("ix_work_item_closed_by_id_closed_at", "closed_by_id", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    round: Mapped[int] = mapped_column()
    step: Mapped[int] = mapped_column(info=field_info(label=N_("Step"), kind="integer"))
    action: Mapped[str] = mapped_column(String(32), info=field_info(label=N_("Act")))
    duty: Mapped[Duty] = mapped_column(enum_type(Duty), info=field_info(label=N_("Duty")))
    category: Mapped[Category | None] = mapped_column(enum_type(Category))
    opened_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Waiting since"), kind="datetime")
    )
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[StepOutcome | None] = mapped_column(enum_type(StepOutcome))
    comment: Mapped[str] = mapped_column(Text, default="")

    application: Mapped["Application"] = relationship(back_populates="work_items")
    claimed_by: Mapped["Account | None"] = relationship(foreign_keys=[claimed_by_id])
    closed_by: Mapped["Account | None"] = relationship(foreign_keys=[closed_by_id])


class LineDecision(Base):
    """What one office decided about one line."""

    __tablename__ = "line_decision"
    __table_args__ = (
        check("verdict <> 'pending'", "decided"),
        check("verdict <> 'refused' OR (reason <> '' AND reason_code IS NOT NULL)", "reasoned"),
        Index("uq_line_decision_once", "work_item_id", "line_id", unique=True),
        Index("ix_line_decision_line_id", "line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("application_line.id", ondelete="CASCADE"))
    verdict: Mapped[LineVerdict] = mapped_column(enum_type(LineVerdict))
    reason_code: Mapped[RefusalReason | None] = mapped_column(enum_type(RefusalReason))
    reason: Mapped[str] = mapped_column(String(500), default="")

    work_item: Mapped["WorkItem"] = relationship()


class Remark(Base):
    """What has to be mended, on the very field (`lines.2.name`) or paper (`papers.<code>`)."""

    __tablename__ = "remark"
    __table_args__ = (Index("ix_remark_application_id", "application_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"))
    round: Mapped[int] = mapped_column()
    target: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(String(500))
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    application: Mapped["Application"] = relationship(back_populates="remarks")
    by: Mapped["Account"] = relationship()
