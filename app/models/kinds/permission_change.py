"""附件6 用户权限变更申请表: other permissions for a user whose post has changed (M5.1, A6)."""

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from app.catalog.enums import Category
from app.catalog.fields import Field, field_info
from app.catalog.lifecycles import ApplicationKind
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.base import metadata
from app.models.kinds.account import CAN_WORK, NAME, NamedAccountColumns
from app.models.permissions import PermissionItem

item_held = Table(
    "permission_change_line_item_held",
    metadata,
    Column(
        "line_id", ForeignKey("permission_change_line.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("item_id", ForeignKey("permission_item.id"), primary_key=True),
    Index("ix_permission_change_line_item_held_item_id", "item_id"),
)


class PermissionChangeLine(NamedAccountColumns, ApplicationLine):
    """One user: the items held, and those that shall be held instead."""

    __tablename__ = "permission_change_line"
    __mapper_args__ = {
        "polymorphic_identity": ApplicationKind("permission_change"),
        "polymorphic_load": "selectin",
    }

    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    current_items: Mapped[list[PermissionItem]] = relationship(
        secondary=item_held,
        order_by=PermissionItem.id,
        lazy="selectin",
        info=field_info(label=N_("Permissions held"), kind="items", present="items", rule="M4"),
    )
    requested_items: Mapped[list[PermissionItem]] = synonym("items")

    columns = ("name", "login_name", "current_items", "requested_items")
    fields = {
        "name": NAME,
        "requested_items": Field(
            label=N_("Permissions now applied for"),
            kind="items",
            required=True,
            in_form=True,
            rule="M4",
        ),
    }
    account_states = CAN_WORK
    rules = ("permissions_change",)

    def categories(self) -> set[Category]:
        """Return whose permissions stay, come or go: each of those offices reviews the line."""
        return {item.category for item in (*self.items, *self.current_items)}


class PermissionChangeApplication(Application):
    """A management unit asks for other permissions of users it has."""

    __mapper_args__ = {"polymorphic_identity": ApplicationKind("permission_change")}
    line_class = PermissionChangeLine
    icon = "list-check"
    asks = N_("Change permissions")
