"""第五条（二） form: users of an enterprise, whose permissions are set by its type (M4b, M5.2)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import CAN_WORK
from app.models.kinds.person import NewPersonColumns


class EnterpriseUserLine(NewPersonColumns, ApplicationLine):
    """One person: name, sex, citizen ID number; never an item of the enterprise's choosing."""

    __tablename__ = "enterprise_user_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("enterprise_user"),
        "polymorphic_load": "inline",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )

    columns = ("name", "sex", "citizen_id")
    account_states = CAN_WORK


class EnterpriseUserApplication(Application):
    """An enterprise asks for users with its papers, checked by SERVICE."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("enterprise_user")}
    line_class = EnterpriseUserLine
    icon = "person-plus"
    asks = N_("New key")
    serves_without_key = True
