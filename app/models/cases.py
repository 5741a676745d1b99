"""Cases (业务): what people work on in the system, as far as accounts answer for it (第六条)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import CaseState
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account
    from app.models.applications import Application
    from app.models.offices import District
    from app.models.organizations import Organization


class Case(Base):
    """One piece of business of one account, by the business type it is of and the stage it is at.

    A deleted one stays as a row: what was deleted, and by which application, is never lost (M6.3).
    """

    __tablename__ = "cases"
    __table_args__ = (
        check("(state = 'open') = (ended_at IS NULL)", "ended_unless_open"),
        check("application_id IS NULL OR state = 'deleted'", "deleted_by_application"),
        check("accepted_at IS NULL OR accepted_at >= opened_at", "accepted_after_opening"),
        Index(
            "ix_cases_unfinished",
            "owner_id",
            "id",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        Index("ix_cases_owner_id_id", "owner_id", "id"),
        Index("ix_cases_organization_id_id", "organization_id", "id"),
        Index("ix_cases_district_code_id", "district_code", "id"),
        Index("ix_cases_business_type_id", "business_type", "id"),
        Index("ix_cases_state_id", "state", "id"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        String(32),
        unique=True,
        info=field_info(
            label=N_("Case number"),
            help=N_("Left empty, the next number is given."),
            in_list=True,
            in_form=True,
            search="prefix",
        ),
    )
    business_type: Mapped[str] = mapped_column(
        String(40),
        info=field_info(
            label=N_("Business type"),
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
            rule="B1",
        ),
    )
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Owner"),
            kind="reference",
            resource="accounts",
            help=N_("Whose business it is; nobody is cancelled who has any unfinished."),
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
            rule="M6",
        ),
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
    district_code: Mapped[str] = mapped_column(
        ForeignKey("district.code"),
        info=field_info(
            label=N_("District"),
            kind="reference",
            resource="districts",
            help=N_("Where it is accepted."),
            required=True,
            in_form=True,
            filterable=True,
            rule="M7",
        ),
    )
    stage: Mapped[str] = mapped_column(
        String(40),
        info=field_info(label=N_("Stage"), in_list=True, in_form=True, filterable=True),
    )
    state: Mapped[CaseState] = mapped_column(
        enum_type(CaseState),
        default=CaseState.OPEN,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    opened_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=field_info(
            label=N_("Opened at"), kind="datetime", in_list=True, in_form=True, rule="M7"
        ),
    )
    accepted_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=field_info(
            label=N_("Accepted at"), kind="datetime", in_list=True, in_form=True, rule="M7"
        ),
    )
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Closed or deleted at"), kind="datetime")
    )
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"),
        info=field_info(
            label=N_("Deleted by application"),
            kind="reference",
            resource="applications",
            rule="M6.3",
        ),
    )
    version: Mapped[int] = mapped_column(default=1)

    owner: Mapped["Account"] = relationship()
    organization: Mapped["Organization"] = relationship()
    district: Mapped["District"] = relationship()
    application: Mapped["Application | None"] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        """Return the number."""
        return self.number
