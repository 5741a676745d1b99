"""A made-up form: somebody works longer hours for a while, with the permissions held."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.fields import field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import (
    CAN_WORK,
    ITEMS_HELD,
    NAME,
    KeepsPermissions,
    NamedAccountColumns,
)


class HoursExtensionLine(KeepsPermissions, NamedAccountColumns, ApplicationLine):
    """One user, and until which hour."""

    __tablename__ = "hours_extension_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("hours_extension"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[str] = mapped_column(
        String(40),
        default="",
        info=field_info(label=N_("Works until"), required=True, in_form=True, rule="M5.1"),
    )

    columns = ("name", "login_name", "items", "until")
    fields = {"name": NAME, "items": ITEMS_HELD}
    account_states = CAN_WORK


class HoursExtensionApplication(Application):
    """A management unit asks for longer hours of users it has."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("hours_extension")}
    line_class = HoursExtensionLine
    asks = N_("Extend hours")
    icon = "clock"
