"""What binds a physical key to its serial number and holder, and the questions put to it (M4, M8).

A serial number is print on a case; the key itself is known by the public key that it made for this
installation. The private one never leaves it.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import CeremonyPurpose
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.keys import Key

CURRENT = text("ended_at IS NULL")


class KeyCredential(Base):
    """One binding: this physical key is the one with that serial, in that person's hands.

    `ended_by` is the movement that ended it. `sign_count` is the key's own counter as it was last
    shown: it only grows, and a copy of the key gives itself away by falling behind.
    """

    __tablename__ = "key_credential"
    __table_args__ = (
        check("sign_count >= 0", "count_not_negative"),
        check("(ended_at IS NULL) = (ended_by IS NULL)", "ended_says_by_what"),
        Index(
            "uq_key_credential_current",
            "key_id",
            unique=True,
            postgresql_where=CURRENT,
            sqlite_where=CURRENT,
        ),
        Index("ix_key_credential_account_id_id", "account_id", "id"),
        Index("ix_key_credential_key_id_id", "key_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(
        ForeignKey("key.id"),
        info=field_info(
            label=N_("Key"), kind="reference", resource="keys", in_list=True, rule="M8"
        ),
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Bound to"),
            kind="reference",
            resource="accounts",
            in_list=True,
            filterable=True,
            rule="M8",
        ),
    )
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(
        BigInteger, info=field_info(label=N_("Counter of the key"), kind="integer")
    )
    transports: Mapped[list[str]] = mapped_column(JSON, default=list)
    model: Mapped[str] = mapped_column(
        String(36),
        default="",
        info=field_info(
            label=N_("Model of the key"), help=N_("The maker's number of the model (AAGUID).")
        ),
    )
    bound_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Bound at"), kind="datetime", in_list=True)
    )
    bound_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Bound by"),
            kind="reference",
            help=N_("Empty where it was bound by a link from the command line."),
            resource="accounts",
            in_list=True,
        ),
    )
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(label=N_("By application"), kind="reference", resource="applications"),
    )
    last_used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Last used"), kind="datetime", in_list=True)
    )
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=field_info(label=N_("Ended at"), kind="datetime", in_list=True, filterable=True),
    )
    ended_by: Mapped[str | None] = mapped_column(
        String(32), info=field_info(label=N_("Ended by"), in_list=True)
    )

    key: Mapped["Key"] = relationship()
    account: Mapped["Account"] = relationship(foreign_keys=[account_id])
    bound_by: Mapped["Account | None"] = relationship(foreign_keys=[bound_by_id])

    def __str__(self) -> str:
        """Return its number."""
        return str(self.id)


class KeyChallenge(Base):
    """One question to a key: random, for one purpose, answered once and soon or not at all.

    The asker keeps a ticket, of which only a digest stands here.
    """

    __tablename__ = "key_challenge"
    __table_args__ = (Index("ix_key_challenge_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[CeremonyPurpose] = mapped_column(enum_type(CeremonyPurpose, "purpose"))
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key_id: Mapped[int | None] = mapped_column(ForeignKey("key.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped["Account"] = relationship(foreign_keys=[account_id])
    key: Mapped["Key | None"] = relationship()
