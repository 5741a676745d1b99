"""第六条（四）: users whose sign-in was suspended after half a year without one (M6.4)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import AccountState
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import NamedAccountColumns


class LoginRestorationLine(NamedAccountColumns, ApplicationLine):
    """One user whose sign-in is restored."""

    __tablename__ = "login_restoration_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("login_restoration"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )

    columns = ("name", "login_name")
    account_states = frozenset({AccountState.SUSPENDED})


class LoginRestorationApplication(Application):
    """An organisation has the sign-in of suspended users restored."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("login_restoration")}
    line_class = LoginRestorationLine
    icon = "unlock"
    asks = N_("Restore sign-in")
