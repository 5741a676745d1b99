"""Offices of the commission with their duties (第三条), and the districts."""

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import Duty
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, enum_type
from app.models.dated import Originated

if TYPE_CHECKING:
    from app.models.organizations import Organization


class District(Originated, Base):
    """An area that units, cases and halls belong to, by its GB/T 2260 code."""

    __tablename__ = "district"

    code: Mapped[str] = mapped_column(
        String(6),
        primary_key=True,
        info=field_info(label=N_("Code"), required=True, in_list=True, search="prefix"),
    )
    name_zh: Mapped[str] = mapped_column(
        String(60), info=field_info(label=N_("Name in Chinese"), required=True, in_list=True)
    )
    name_en: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Name in English"), required=True, in_list=True)
    )

    def __str__(self) -> str:
        """Return the Chinese name."""
        return self.name_zh


class Office(Originated, Base):
    """One of the offices that 第三条 names."""

    __tablename__ = "office"

    code: Mapped[str] = mapped_column(
        String(16), primary_key=True, info=field_info(label=N_("Code"), required=True, in_list=True)
    )
    name_zh: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Name in Chinese"), required=True, in_list=True)
    )
    name_en: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("Name in English"), required=True, in_list=True)
    )
    short_name_zh: Mapped[str] = mapped_column(
        String(60), info=field_info(label=N_("Short name in Chinese"), required=True)
    )
    short_name_en: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Short name in English"), required=True)
    )
    article: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Article"), in_list=True)
    )
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id"),
        info=field_info(
            label=N_("Organization"), kind="reference", resource="organizations", in_form=True
        ),
    )

    organization: Mapped["Organization | None"] = relationship()
    duty_rows: Mapped[list["OfficeDuty"]] = relationship(
        back_populates="office", order_by="OfficeDuty.duty"
    )

    @property
    def duties(self) -> frozenset[Duty]:
        """The duties that this office, and no other, does (M3)."""
        return frozenset(row.duty for row in self.duty_rows)

    def __str__(self) -> str:
        """Return the short Chinese name."""
        return self.short_name_zh


class OfficeDuty(Originated, Base):
    """A duty and the one office that does it; the duty is the key: no second can hold it (M3)."""

    __tablename__ = "office_duty"
    __table_args__ = (Index("ix_office_duty_office_code", "office_code"),)

    duty: Mapped[Duty] = mapped_column(
        enum_type(Duty),
        primary_key=True,
        info=field_info(label=N_("Duty"), kind="choice", in_list=True, rule="M3"),
    )
    office_code: Mapped[str] = mapped_column(
        ForeignKey("office.code"),
        info=field_info(
            label=N_("Office"),
            kind="reference",
            resource="offices",
            required=True,
            in_list=True,
            in_form=True,
            rule="M3",
        ),
    )

    office: Mapped["Office"] = relationship(back_populates="duty_rows")

    def __str__(self) -> str:
        """Return the duty's code."""
        return self.duty.value
