"""Papers: the uploaded files, and the counter's ticks on each required paper (M5.2, M9)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application, ApplicationLine


class Material(Base):
    """One uploaded file of an application; the content lies in the file store by its hash."""

    __tablename__ = "material"
    __table_args__ = (
        check("size > 0", "not_empty"),
        Index("ix_material_application_id", "application_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(
            label=N_("Application"), kind="reference", resource="applications", in_list=True
        ),
    )
    line_id: Mapped[int | None] = mapped_column(
        ForeignKey("application_line.id", ondelete="SET NULL")
    )
    paper_code: Mapped[str] = mapped_column(
        String(64), info=field_info(label=N_("Paper"), in_list=True)
    )
    filename: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("File name"), in_list=True)
    )
    content_type: Mapped[str] = mapped_column(
        String(40), info=field_info(label=N_("Content type"), in_list=True)
    )
    size: Mapped[int] = mapped_column(
        info=field_info(label=N_("Size"), kind="integer", in_list=True)
    )
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int | None] = mapped_column()
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    uploaded_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Uploaded at"), kind="datetime", in_list=True)
    )

    application: Mapped["Application"] = relationship(back_populates="materials")
    line: Mapped["ApplicationLine | None"] = relationship()
    uploaded_by: Mapped["Account"] = relationship()


class PaperCheck(Base):
    """One required paper: original seen, copy kept, copy stamped (第五条（二）)."""

    __tablename__ = "paper_check"
    __table_args__ = (
        Index("uq_paper_check_paper", "application_id", "paper_code", "line_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    line_id: Mapped[int | None] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE")
    )
    paper_code: Mapped[str] = mapped_column(String(64))
    original_seen: Mapped[bool] = mapped_column(default=False)
    copy_kept: Mapped[bool] = mapped_column(default=False)
    copy_stamped: Mapped[bool] = mapped_column(default=False)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    application: Mapped["Application"] = relationship(back_populates="paper_checks")
    line: Mapped["ApplicationLine | None"] = relationship()
    checked_by: Mapped["Account | None"] = relationship()
