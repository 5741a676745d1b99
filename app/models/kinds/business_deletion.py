"""第六条（三） 书面申请: business found unfinished after the key was cancelled (M6.3)."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import AccountState
from app.catalog.fields import field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import NamedAccountColumns


class BusinessDeletionLine(NamedAccountColumns, ApplicationLine):
    """One user, and the numbers of the cases that are deleted."""

    __tablename__ = "business_deletion_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("business_deletion"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    case_numbers: Mapped[str] = mapped_column(
        Text,
        default="",
        info=field_info(
            label=N_("Business to be deleted"),
            kind="case_numbers",
            help=N_("Case numbers, separated by commas."),
            required=True,
            in_form=True,
            max_length=2000,
            rule="M6.3",
        ),
    )

    columns = ("name", "login_name", "case_numbers")
    account_states = frozenset(AccountState)
    rules = ("key_is_given_up",)

    def numbers(self) -> list[str]:
        """Return the numbers of the cases that are deleted."""
        return self.case_numbers.split(", ") if self.case_numbers else []


class BusinessDeletionApplication(Application):
    """An organisation has business deleted that a user left unfinished."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("business_deletion")}
    line_class = BusinessDeletionLine
    icon = "trash"
    asks = N_("Delete business")
