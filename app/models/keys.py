"""Keys (密钥) and the append-only ledger of their movements (M9, 第九条)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import KeyState
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.offices import Office


class Key(Base):
    """One physical key, known by the serial number engraved on it."""

    __tablename__ = "key"
    __table_args__ = (
        check("(state = 'issued') = (holder_id IS NOT NULL)", "issued_has_holder"),
        check("holder_id IS NULL OR holder_id = last_holder_id", "holder_is_the_last"),
        check("(state = 'in_transit') = (destination_code IS NOT NULL)", "sent_somewhere"),
        check("state <> 'replaced' OR replaced_by_id IS NOT NULL", "replaced_by_a_key"),
        check("unreturned_since IS NULL OR state = 'issued'", "unreturned_while_issued"),
        check("replaced_by_id <> id", "not_replaced_by_itself"),
        Index(
            "uq_key_one_per_holder",
            "holder_id",
            unique=True,
            postgresql_where=text("state = 'issued'"),
            sqlite_where=text("state = 'issued'"),
        ),
        Index("ix_key_office_code_state_id", "office_code", "state", "id"),
        Index("ix_key_state_id", "state", "id"),
        Index("ix_key_holder_id", "holder_id"),
        Index("ix_key_last_holder_id", "last_holder_id"),
        Index(
            "ix_key_unreturned_since",
            "unreturned_since",
            postgresql_where=text("unreturned_since IS NOT NULL"),
            sqlite_where=text("unreturned_since IS NOT NULL"),
        ),
        Index(
            "ix_key_destination_code",
            "destination_code",
            "id",
            postgresql_where=text("destination_code IS NOT NULL"),
            sqlite_where=text("destination_code IS NOT NULL"),
        ),
        Index(
            "uq_key_replaced_by_id",
            "replaced_by_id",
            unique=True,
            postgresql_where=text("replaced_by_id IS NOT NULL"),
            sqlite_where=text("replaced_by_id IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(
        String(32),
        unique=True,
        info=field_info(
            label=N_("Serial number"),
            kind="serial",
            required=True,
            in_list=True,
            in_form=True,
            search="prefix",
            rule="M9",
        ),
    )
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Issuing office"),
            kind="reference",
            resource="offices",
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
            rule="M3",
            inside=True,
        ),
    )
    state: Mapped[KeyState] = mapped_column(
        enum_type(KeyState),
        default=KeyState.RECEIVED,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    holder_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Holder"), kind="reference", resource="accounts", in_list=True),
    )
    last_holder_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Last holder"), kind="reference", resource="accounts"),
    )
    """Whose it is, or was until it came back or was lost; nobody's once it is in stock again."""

    issued_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Issued at"), kind="datetime", in_list=True)
    )
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(label=N_("By application"), kind="reference", resource="applications"),
    )
    received_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Received at"), kind="datetime", inside=True)
    )
    destination_code: Mapped[str | None] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("On the way to"),
            kind="reference",
            resource="offices",
            filterable=True,
            inside=True,
        ),
    )
    replaced_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("key.id"),
        info=field_info(label=N_("Replaced by"), kind="reference", resource="keys"),
    )
    version: Mapped[int] = mapped_column(default=1)

    unreturned_since: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=field_info(
            label=N_("Not returned since"), kind="datetime", filterable=True, rule="M6.1"
        ),
    )
    """When its holder was cancelled without handing it back (第六条（一）)."""

    office: Mapped["Office"] = relationship(foreign_keys=[office_code])
    holder: Mapped["Account | None"] = relationship(back_populates="keys", foreign_keys=[holder_id])
    last_holder: Mapped["Account | None"] = relationship(foreign_keys=[last_holder_id])
    destination: Mapped["Office | None"] = relationship(foreign_keys=[destination_code])
    replaced_by: Mapped["Key | None"] = relationship(remote_side="Key.id")
    movements: Mapped[list["KeyMovement"]] = relationship(
        back_populates="key", order_by="KeyMovement.id"
    )

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return the serial number."""
        return self.serial


class KeyMovement(Base):
    """One line of the ledger: who moved which key, when, why, by which application (M9)."""

    __tablename__ = "key_movement"
    __table_args__ = (
        Index("ix_key_movement_key_id_id", "key_id", "id"),
        Index("ix_key_movement_office_code_at", "office_code", "at"),
        Index("ix_key_movement_holder_id_id", "holder_id", "id"),
        Index(
            "ix_key_movement_counterpart_code_at",
            "counterpart_code",
            "at",
            postgresql_where=text("counterpart_code IS NOT NULL"),
            sqlite_where=text("counterpart_code IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(
        ForeignKey("key.id"),
        info=field_info(
            label=N_("Key"), kind="reference", resource="keys", in_list=True, named=True
        ),
    )
    action: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Movement"), in_list=True, filterable=True)
    )
    from_state: Mapped[KeyState | None] = mapped_column(enum_type(KeyState, "from_state"))
    to_state: Mapped[KeyState] = mapped_column(
        enum_type(KeyState, "to_state"),
        info=field_info(label=N_("State after"), kind="choice", in_list=True),
    )
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Issuing office"),
            kind="reference",
            resource="offices",
            in_list=True,
            filterable=True,
        ),
    )
    counterpart_code: Mapped[str | None] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Other office"), kind="reference", resource="offices", filterable=True
        ),
    )
    """Of a transfer: to whom it was sent, and in `accept` from whom, whose account it leaves."""

    holder_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("Holder"), kind="reference", resource="accounts", in_list=True),
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(label=N_("By whom"), kind="reference", resource="accounts", in_list=True),
    )
    at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("When"), kind="datetime", in_list=True)
    )
    reason: Mapped[str] = mapped_column(
        String(500), default="", info=field_info(label=N_("Reason"), in_list=True)
    )
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(
            label=N_("By application"), kind="reference", resource="applications", in_list=True
        ),
    )

    key: Mapped["Key"] = relationship(back_populates="movements")
    holder: Mapped["Account | None"] = relationship(foreign_keys=[holder_id])
    actor: Mapped["Account | None"] = relationship(foreign_keys=[actor_id])
