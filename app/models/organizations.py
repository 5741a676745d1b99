"""Organisations: who a user belongs to (M2, 第二条)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import CodeKind, LegalForm, OrganizationState, OrganizationType
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.offices import District

MANAGEMENT = "('municipal', 'district')"


class Organization(Base):
    """A management unit or an enterprise, known by its social credit or organisation code."""

    __tablename__ = "organization"
    __table_args__ = (
        check(
            f"(type IN {MANAGEMENT}) = (legal_form = 'government')",
            "management_units_are_government",
        ),
        check("(type = 'financial') = (legal_form = 'financial')", "financial_form"),
        check("type <> 'developer' OR legal_form = 'enterprise'", "developers_are_enterprises"),
        check("type <> 'district' OR district_code IS NOT NULL", "district_unit_has_district"),
        check("parent_id IS NULL OR parent_id <> id", "not_own_parent"),
        Index("ix_organization_name", "name"),
        Index("ix_organization_parent_id", "parent_id"),
        Index("ix_organization_type_id", "type", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(
        String(18),
        unique=True,
        info=field_info(
            label=N_("Code"),
            kind="organization_code",
            help=N_("Unified social credit code (18 characters) or organization code (9)."),
            required=True,
            in_list=True,
            in_form=True,
            search="prefix",
            rule="M2",
        ),
    )
    code_kind: Mapped[CodeKind] = mapped_column(
        enum_type(CodeKind), info=field_info(label=N_("Kind of code"), kind="choice")
    )
    name: Mapped[str] = mapped_column(
        String(120),
        info=field_info(
            label=N_("Name"),
            kind="organization_name",
            required=True,
            in_list=True,
            in_form=True,
            search="contains",
            rule="M2",
        ),
    )
    type: Mapped[OrganizationType] = mapped_column(
        enum_type(OrganizationType),
        info=field_info(
            label=N_("Type"),
            kind="choice",
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
            rule="M2",
        ),
    )
    legal_form: Mapped[LegalForm] = mapped_column(
        enum_type(LegalForm),
        info=field_info(
            label=N_("Legal form"),
            kind="choice",
            help=N_("Decides which papers the organization hands in."),
            required=True,
            in_form=True,
            rule="M5.2",
        ),
    )
    district_code: Mapped[str | None] = mapped_column(
        ForeignKey("district.code"),
        info=field_info(
            label=N_("District"),
            kind="reference",
            resource="districts",
            in_list=True,
            in_form=True,
            filterable=True,
        ),
    )
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id"),
        info=field_info(
            label=N_("Belongs to"), kind="reference", resource="organizations", in_form=True
        ),
    )
    state: Mapped[OrganizationState] = mapped_column(
        enum_type(OrganizationState),
        default=OrganizationState.ACTIVE,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Registered at"), kind="datetime")
    )
    version: Mapped[int] = mapped_column(default=1)

    parent: Mapped["Organization | None"] = relationship(remote_side=[id])
    district: Mapped["District | None"] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return what a person calls it."""
        return self.name
