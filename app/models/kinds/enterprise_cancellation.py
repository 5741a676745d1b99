"""第六条（二） 书面注销申请: users of an enterprise who leave, with the pledge (M6, M6.2)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import NOT_CANCELLED, NamedAccountColumns


class EnterpriseCancellationLine(NamedAccountColumns, ApplicationLine):
    """One user who is cancelled; the name stays in the records."""

    __tablename__ = "enterprise_cancellation_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("enterprise_cancellation"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )

    columns = ("name", "login_name")
    account_states = NOT_CANCELLED


class EnterpriseCancellationApplication(Application):
    """An enterprise has users cancelled who leave, pledging that nothing is unfinished."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("enterprise_cancellation")}
    line_class = EnterpriseCancellationLine
    icon = "person-x"
    asks = N_("Cancel user")
