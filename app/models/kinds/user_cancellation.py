"""附件7 用户权限注销申请表: users who leave their post (M6, M6.1, A7)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import NOT_CANCELLED, NamedAccountColumns


class UserCancellationLine(NamedAccountColumns, ApplicationLine):
    """One user who is cancelled; the name stays in the records."""

    __tablename__ = "user_cancellation_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("user_cancellation"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )

    columns = ("name", "login_name")
    account_states = NOT_CANCELLED


class UserCancellationApplication(Application):
    """A management unit has users cancelled who leave."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("user_cancellation")}
    line_class = UserCancellationLine
    icon = "person-x"
    asks = N_("Cancel user")
