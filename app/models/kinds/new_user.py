"""附件3 用户及密钥申请表: new users of a management unit and their keys (M5.1, A3)."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.lifecycles import ApplicationKind
from app.models.applications import Application, ApplicationLine
from app.models.kinds.person import NewPersonColumns


class NewUserLine(NewPersonColumns, ApplicationLine):
    """One person: name, sex, citizen ID number, the permissions asked for."""

    __tablename__ = "new_user_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("new_user"),
        "polymorphic_load": "inline",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )

    columns = ("name", "sex", "citizen_id", "items")


class NewUserApplication(Application):
    """A management unit asks for new users; items are chosen by post (第四条)."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("new_user")}
    line_class = NewUserLine
    icon = "person-plus"
