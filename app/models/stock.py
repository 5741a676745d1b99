"""Stock of keys: where it is low, and counting it by hand against the ledger (M9, 第九条)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import CountVerdict, KeyState, StockTakeState
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.keys import Key
    from app.models.offices import Office

LOW_AT = 20
"""Below so many keys a stock is low, until its office says otherwise."""


class StockLevel(Base):
    """Below how many keys an office's stock is low, and whether it is; told once a crossing."""

    __tablename__ = "stock_level"
    __table_args__ = (check("low_at BETWEEN 0 AND 100000", "low_at_is_a_count"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        unique=True,
        info=field_info(
            label=N_("Issuing office"),
            kind="reference",
            resource="offices",
            required=True,
            in_list=True,
            rule="M9",
        ),
    )
    low_at: Mapped[int] = mapped_column(
        default=LOW_AT,
        info=field_info(
            label=N_("Low below"),
            kind="integer",
            help=N_("Key officers are told when fewer keys than this are in stock."),
            required=True,
            in_list=True,
            in_form=True,
            rule="M9",
        ),
    )
    is_low: Mapped[bool] = mapped_column(
        default=True,
        info=field_info(label=N_("Low now"), kind="boolean", in_list=True),
    )
    version: Mapped[int] = mapped_column(default=1)

    office: Mapped["Office"] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return the office's code."""
        return self.office_code


class StockTake(Base):
    """One count of an office's safe: what lies there against what the ledger says."""

    __tablename__ = "stock_take"
    __table_args__ = (
        check("(state = 'counting') = (compared_at IS NULL)", "counting_until_compared"),
        Index(
            "uq_stock_take_one_open",
            "office_code",
            unique=True,
            postgresql_where=text("state = 'counting'"),
            sqlite_where=text("state = 'counting'"),
        ),
        Index("ix_stock_take_office_code_id", "office_code", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Issuing office"),
            kind="reference",
            resource="offices",
            in_list=True,
            filterable=True,
            rule="M9",
        ),
    )
    state: Mapped[StockTakeState] = mapped_column(
        enum_type(StockTakeState),
        default=StockTakeState.COUNTING,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    note: Mapped[str] = mapped_column(
        String(500),
        default="",
        info=field_info(
            label=N_("What is counted"),
            help=N_("For example: count at the end of the quarter, two officers."),
            in_list=True,
            in_form=True,
        ),
    )
    opened_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Begun by"), kind="reference", resource="accounts", in_list=True),
    )
    opened_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Begun at"), kind="datetime", in_list=True)
    )
    compared_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Compared at"), kind="datetime")
    )
    expected: Mapped[int | None] = mapped_column(
        info=field_info(label=N_("By the ledger"), kind="integer", in_list=True)
    )
    counted: Mapped[int] = mapped_column(
        default=0, info=field_info(label=N_("Counted"), kind="integer", in_list=True)
    )
    differing: Mapped[int | None] = mapped_column(
        info=field_info(label=N_("Differences"), kind="integer", in_list=True)
    )
    version: Mapped[int] = mapped_column(default=1)

    office: Mapped["Office"] = relationship()
    opened_by: Mapped["Account | None"] = relationship()
    lines: Mapped[list["StockTakeLine"]] = relationship(
        back_populates="stock_take", order_by="StockTakeLine.id"
    )

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return the office and the number of the count."""
        return f"{self.office_code}-{self.id}"


class StockTakeLine(Base):
    """One serial number that was counted, or that was looked for in vain."""

    __tablename__ = "stock_take_line"
    __table_args__ = (
        UniqueConstraint("stock_take_id", "serial"),
        Index("ix_stock_take_line_stock_take_id_verdict_id", "stock_take_id", "verdict", "id"),
        check("(resolved_at IS NULL) = (resolution = '')", "resolved_somehow"),
        check("verdict <> 'found' OR resolved_at IS NULL", "nothing_to_resolve"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stock_take_id: Mapped[int] = mapped_column(
        ForeignKey("stock_take.id"),
        info=field_info(
            label=N_("Count"),
            kind="reference",
            resource="stock_takes",
            in_list=True,
            filterable=True,
        ),
    )
    serial: Mapped[str] = mapped_column(
        String(32),
        info=field_info(label=N_("Serial number"), kind="serial", in_list=True, rule="M9"),
    )
    key_id: Mapped[int | None] = mapped_column(
        ForeignKey("key.id"),
        info=field_info(label=N_("Key"), kind="reference", resource="keys"),
    )
    verdict: Mapped[CountVerdict] = mapped_column(
        enum_type(CountVerdict, "verdict"),
        info=field_info(label=N_("Verdict"), kind="choice", in_list=True, filterable=True),
    )
    state_then: Mapped[KeyState | None] = mapped_column(
        enum_type(KeyState, "state_then"),
        info=field_info(label=N_("State by the ledger"), kind="choice", in_list=True),
    )
    counted_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Counted by"), kind="reference", resource="accounts"),
    )
    at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("When"), kind="datetime", in_list=True)
    )
    resolution: Mapped[str] = mapped_column(
        String(32), default="", info=field_info(label=N_("Settled by"), in_list=True)
    )
    reason: Mapped[str] = mapped_column(
        String(500), default="", info=field_info(label=N_("Reason"), in_list=True)
    )
    resolved_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Settled by whom"), kind="reference", resource="accounts"),
    )
    resolved_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Settled at"), kind="datetime")
    )

    stock_take: Mapped["StockTake"] = relationship(back_populates="lines")
    key: Mapped["Key | None"] = relationship()

    def __str__(self) -> str:
        """Return the serial number."""
        return self.serial
