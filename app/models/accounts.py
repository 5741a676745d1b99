"""Accounts: one real person in one organisation (M2, M4, M5)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Index, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import AccountState, Sex
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, enum_type, metadata
from app.models.encryption import EncryptedText
from app.models.roles import Role

if TYPE_CHECKING:
    from app.models.grants import AccountGrant
    from app.models.keys import Key
    from app.models.offices import Office
    from app.models.organizations import Organization

account_role = Table(
    "account_role",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("ab_role.id"), primary_key=True),
    Index("ix_account_role_role_id", "role_id"),
)


class Account(Base):
    """A person's account: real name, sex and citizen ID number (M5, 第五条), one organisation (M2).

    `login_key` is the login name in the one spelling that must be unique. `epoch` is part of every
    session's identity: raising it ends them all.
    """

    __tablename__ = "account"
    __table_args__ = (
        Index("ix_account_organization_id_id_state", "organization_id", "id", "state"),
        Index("ix_account_state_id", "state", "id"),
        Index("ix_account_name", "name"),
        Index("ix_account_citizen_id_digest", "citizen_id_digest"),
        Index(
            "uq_account_person_in_organization",
            "organization_id",
            "citizen_id_digest",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
            sqlite_where=text("state <> 'cancelled'"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(
        String(60),
        info=field_info(
            label=N_("Full name"),
            kind="person_name",
            required=True,
            in_list=True,
            in_form=True,
            search="contains",
            rule="M5",
        ),
    )
    login_name: Mapped[str] = mapped_column(
        String(64),
        info=field_info(
            label=N_("Login name"),
            kind="login_name",
            required=True,
            in_list=True,
            in_form=True,
        ),
    )
    login_key: Mapped[str] = mapped_column(
        String(64),
        unique=True,
        info=field_info(label=N_("Login name"), search="prefix", exported=False),
    )
    sex: Mapped[Sex] = mapped_column(
        enum_type(Sex),
        info=field_info(label=N_("Sex"), kind="choice", required=True, in_form=True, rule="M5"),
    )
    citizen_id: Mapped[str] = mapped_column(
        EncryptedText("account.citizen_id"),
        info=field_info(
            label=N_("Citizen ID number"),
            kind="citizen_id",
            required=True,
            in_list=True,
            in_form=True,
            masked=True,
            rule="M5",
        ),
    )
    citizen_id_digest: Mapped[str] = mapped_column(String(64))
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id"),
        info=field_info(
            label=N_("Organization"),
            kind="reference",
            resource="organizations",
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
            rule="M2",
        ),
    )
    office_code: Mapped[str | None] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Office"),
            kind="reference",
            resource="offices",
            in_form=True,
            filterable=True,
            rule="M3",
            inside=True,
        ),
    )
    state: Mapped[AccountState] = mapped_column(
        enum_type(AccountState),
        default=AccountState.PENDING,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    password_hash: Mapped[str | None] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    epoch: Mapped[int] = mapped_column(default=0)
    language: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Opened at"), kind="datetime")
    )
    opened_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Opened by"),
            kind="reference",
            help=N_("Empty where an application opened the account."),
            resource="accounts",
            rule="X4",
        ),
    )
    activated_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Activated at"), kind="datetime")
    )
    last_login_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Last sign-in"), kind="datetime", in_list=True)
    )
    version: Mapped[int] = mapped_column(default=1)

    organization: Mapped["Organization"] = relationship()
    office: Mapped["Office | None"] = relationship()
    roles: Mapped[list[Role]] = relationship(secondary=account_role)
    grants: Mapped[list["AccountGrant"]] = relationship(
        back_populates="account", order_by="AccountGrant.id"
    )
    keys: Mapped[list["Key"]] = relationship(
        back_populates="holder", foreign_keys="Key.holder_id", viewonly=True
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_authenticated(self) -> bool:
        """Flask-Login asks; an account that was loaded has shown who it is."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """Flask-Login asks."""
        return False

    @property
    def is_active(self) -> bool:
        """Only an active account works (M4, 第四条)."""
        return self.state == AccountState.ACTIVE

    @property
    def username(self) -> str:
        """The framework's name for the login name."""
        return self.login_name

    def get_id(self) -> str:
        """Return what a session keeps: the id and the epoch it began in."""
        return f"{self.id}:{self.epoch}"

    def __str__(self) -> str:
        """Return name and login name."""
        return f"{self.name} ({self.login_name})"
