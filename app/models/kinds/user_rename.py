"""附件5 用户名称变更申请表: a user whose name has changed (M5.1, A5)."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.fields import field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.kinds.account import CAN_WORK, ITEMS_HELD, NAME, KeepsPermissions, finder
from app.models.kinds.person import NewPersonColumns


class UserRenameLine(KeepsPermissions, NewPersonColumns, ApplicationLine):
    """One user: the name as it was, as it is now, and the person, who stays the same (M8)."""

    __tablename__ = "user_rename_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("user_rename"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    key_serial: Mapped[str] = mapped_column(
        String(32),
        default="",
        info=field_info(
            label=N_("Key serial number"),
            kind="serial",
            in_form=True,
            rule="M8",
            present="key_serial",
        ),
    )
    old_name: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Former user name"), kind="person_name", present="name", rule="M5"
        ),
    )
    old_login_name: Mapped[str] = mapped_column(
        String(64), default="", info=finder(N_("Former login name"))
    )
    new_name: Mapped[str] = mapped_column(
        String(60),
        default="",
        info=field_info(
            label=N_("Present user name"),
            kind="person_name",
            required=True,
            in_form=True,
            rule="M5",
        ),
    )

    columns = (
        "key_serial",
        "old_name",
        "old_login_name",
        "new_name",
        "sex",
        "citizen_id",
        "items",
    )
    fields = {"name": NAME, "items": ITEMS_HELD}
    account_states = CAN_WORK
    rules = ("person_stays_the_same", "name_changes")


class UserRenameApplication(Application):
    """A management unit reports that the names of users have changed."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("user_rename")}
    line_class = UserRenameLine
    icon = "person-vcard"
    asks = N_("Rename user")
