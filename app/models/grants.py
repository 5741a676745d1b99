"""Grants: which permission items an account holds, since when, by which application (M4, X1)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.permissions import PermissionItem


class AccountGrant(Base):
    """One item held by one account from `valid_from` until `valid_until` (open while None)."""

    __tablename__ = "account_grant"
    __table_args__ = (
        check("valid_until IS NULL OR valid_until >= valid_from", "until_after_from"),
        Index(
            "uq_account_grant_open",
            "account_id",
            "item_id",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
            sqlite_where=text("valid_until IS NULL"),
        ),
        Index("ix_account_grant_item_id", "item_id"),
        Index("ix_account_grant_application_id", "application_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    item_id: Mapped[int] = mapped_column(
        ForeignKey("permission_item.id"), info=field_info(label=N_("Permission item"))
    )
    valid_from: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("From"), kind="datetime")
    )
    valid_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Until"), kind="datetime")
    )
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(label=N_("By application"), kind="reference", resource="applications"),
    )
    revoked_by_application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))

    account: Mapped["Account"] = relationship(back_populates="grants")
    item: Mapped["PermissionItem"] = relationship()
