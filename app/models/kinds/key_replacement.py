"""附件4 密钥换领申请表: a new key in place of one damaged, lost or expired (M5.1, A4)."""

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


class KeyReplacementLine(KeepsPermissions, NamedAccountColumns, ApplicationLine):
    """One user and the key that is replaced; the permissions stay as they are."""

    __tablename__ = "key_replacement_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("key_replacement"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    old_key_serial: Mapped[str] = mapped_column(
        String(32),
        default="",
        info=field_info(
            label=N_("Former key serial number"),
            kind="serial",
            required=True,
            in_form=True,
            rule="M8",
            present="key_serial",
        ),
    )

    columns = ("name", "login_name", "old_key_serial", "items", "remark")
    fields = {"name": NAME, "items": ITEMS_HELD}
    account_states = CAN_WORK


class KeyReplacementApplication(Application):
    """A management unit asks for new keys of users it has."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("key_replacement")}
    line_class = KeyReplacementLine
    icon = "key"
    asks = N_("Replace key")
