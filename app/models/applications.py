"""Applications: the forms of annexes 3–7 and their like, with any number of lines.

Header and state stand here; each kind's own columns stand in `app/models/kinds/`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import (
    AccountState,
    ApplicationState,
    Category,
    LineVerdict,
    Pledged,
    RefusalReason,
)
from app.catalog.fields import Field, field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type, metadata

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.keys import Key
    from app.models.materials import Material, PaperCheck
    from app.models.organizations import Organization
    from app.models.permissions import PermissionItem
    from app.models.work import Remark, WorkItem

line_item = Table(
    "application_line_item",
    metadata,
    Column("line_id", ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True),
    Column("item_id", ForeignKey("permission_item.id"), primary_key=True),
    Index("ix_application_line_item_item_id", "item_id"),
)


class Application(Base):
    """One written application of an organisation; `kind` decides its lines and its road."""

    __tablename__ = "application"
    __table_args__ = (
        check("state IN ('draft', 'withdrawn') OR pledge_id IS NOT NULL", "submitted_has_pledge"),
        Index("ix_application_organization_id_id", "organization_id", "id"),
        Index("ix_application_state_id", "state", "id"),
        Index("ix_application_kind_state_id", "kind", "state", "id"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        String(20),
        unique=True,
        info=field_info(label=N_("Number"), in_list=True, search="prefix"),
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
            rule="M2",
        ),
    )
    contact_name: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Contact"),
            kind="person_name",
            required=True,
            in_form=True,
            rule="M5.1",
        ),
    )
    contact_phone: Mapped[str] = mapped_column(
        String(20),
        default="",
        info=field_info(
            label=N_("Contact phone"), kind="phone", required=True, in_form=True, rule="M5.1"
        ),
    )
    responsible_person: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Responsible person"),
            kind="person_name",
            help=N_("Who signs the printed form."),
            required=True,
            in_form=True,
            rule="M5.1",
        ),
    )
    state: Mapped[ApplicationState] = mapped_column(
        enum_type(ApplicationState),
        default=ApplicationState.DRAFT,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    round: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Drafted at"), kind="datetime")
    )
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Submitted at"), kind="datetime", in_list=True)
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Closed at"), kind="datetime")
    )
    rules_on: Mapped[date | None] = mapped_column(
        info=field_info(label=N_("Rules as of"), kind="date", rule="M11")
    )
    pledge_id: Mapped[int | None] = mapped_column(ForeignKey("pledge.id"))
    pledged: Mapped[Pledged | None] = mapped_column(
        enum_type(Pledged), info=field_info(label=N_("Pledge"), kind="choice", rule="M8")
    )
    comment: Mapped[str] = mapped_column(
        Text, default="", info=field_info(label=N_("Review opinion"), kind="longtext")
    )
    road: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)

    organization: Mapped["Organization"] = relationship()
    created_by: Mapped["Account"] = relationship(foreign_keys=[created_by_id])
    submitted_by: Mapped["Account | None"] = relationship(foreign_keys=[submitted_by_id])
    lines: Mapped[list["ApplicationLine"]] = relationship(
        back_populates="application",
        order_by="ApplicationLine.position",
        cascade="all, delete-orphan",
    )
    work_items: Mapped[list["WorkItem"]] = relationship(
        back_populates="application", order_by="WorkItem.id"
    )
    remarks: Mapped[list["Remark"]] = relationship(
        back_populates="application", order_by="Remark.id"
    )
    materials: Mapped[list["Material"]] = relationship(
        back_populates="application", order_by="Material.id"
    )
    paper_checks: Mapped[list["PaperCheck"]] = relationship(
        back_populates="application", order_by="PaperCheck.id"
    )

    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": version}

    line_class: ClassVar[type["ApplicationLine"]]
    """The class of this kind's lines."""

    serves_without_key: ClassVar[bool] = False
    """Whether people who have an account and no key in hand can stand on it like new ones."""

    asks: ClassVar[str] = ""
    """What the form asks for one of the organisation's people, in a word; a msgid."""

    icon: ClassVar[str] = "file-earmark-text"
    """The sign on the form's card: a name of Bootstrap Icons."""

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    def categories(self) -> set[Category]:
        """Return which groups of permissions the lines still in play ask for."""
        return {category for line in self.passed_lines() for category in line.categories()}

    def passed_lines(self) -> list["ApplicationLine"]:
        """Return the lines that nobody refused."""
        return [line for line in self.lines if line.verdict != LineVerdict.REFUSED]


class ApplicationLine(Base):
    """One person of a form, decided by itself."""

    __tablename__ = "application_line"
    __table_args__ = (
        UniqueConstraint("application_id", "position"),
        check("position >= 1", "position_from_one"),
        check("verdict <> 'refused' OR reason <> ''", "refused_has_reason"),
        Index("ix_application_line_account_id", "account_id"),
        Index("ix_application_line_person_digest", "person_digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ApplicationKind] = mapped_column(enum_type(ApplicationKind))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(info=field_info(label=N_("No."), kind="integer"))
    name: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Name of user"), kind="person_name", required=True, in_form=True, rule="M5"
        ),
    )
    remark: Mapped[str] = mapped_column(
        String(200), default="", info=field_info(label=N_("Remark"), in_form=True)
    )
    person_digest: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    key_id: Mapped[int | None] = mapped_column(ForeignKey("key.id"))
    verdict: Mapped[LineVerdict] = mapped_column(
        enum_type(LineVerdict),
        default=LineVerdict.PENDING,
        info=field_info(label=N_("Verdict"), kind="choice"),
    )
    reason_code: Mapped[RefusalReason | None] = mapped_column(enum_type(RefusalReason))
    reason: Mapped[str] = mapped_column(
        String(500), default="", info=field_info(label=N_("Reason"), kind="longtext")
    )

    application: Mapped["Application"] = relationship(back_populates="lines")
    account: Mapped["Account | None"] = relationship()
    key: Mapped["Key | None"] = relationship()
    items: Mapped[list["PermissionItem"]] = relationship(
        secondary=line_item,
        order_by="PermissionItem.id",
        lazy="selectin",
        info=field_info(
            label=N_("Permission items"), kind="items", required=True, in_form=True, rule="M4"
        ),
    )

    __mapper_args__ = {"polymorphic_on": "kind"}

    columns: ClassVar[tuple[str, ...]] = ()
    """The annex's columns of this kind in their order; each is an attribute with a `Field`."""

    fields: ClassVar[Mapping[str, Field]] = {}
    """What columns mean on this kind's lines, where that differs from their own declaration."""

    account_states: ClassVar[frozenset[AccountState]] = frozenset()
    """In which states an account can be that a line of this kind names."""

    rules: ClassVar[tuple[str, ...]] = ()
    """What a line is held to against the record of its account: names in `workflow/line_rules`."""

    def numbers(self) -> list[str]:
        """Return the numbers of the business that this line is about, one by one (M6.3)."""
        return []

    def categories(self) -> set[Category]:
        """Return which groups of permissions this line is about (第五条（一）)."""
        return {item.category for item in self.items}
