"""Columns of lines that name a user whom the organisation has already (附件4–7, 第六条)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import AccountState, Category
from app.catalog.fields import Field, field_info
from app.i18n import N_

if TYPE_CHECKING:
    from app.models.permissions import PermissionItem

NAME = Field(label=N_("Name of user"), kind="person_name", present="name", rule="M5")
"""The name as the record has it; it is not typed."""

ITEMS_HELD = Field(label=N_("Permission items"), kind="items", present="items", rule="M4")
"""The items held, which decide who reviews; the form does not change them."""


def finder(label: str) -> dict[str, Field]:
    """Return the declaration of the column by which a line names its account."""
    return field_info(
        label=label, kind="login_name", required=True, in_form=True, rule="M5", present="login_name"
    )


class NamedAccountColumns:
    """A user, found by the login name within the applicant's own organisation."""

    __table_args__: ClassVar[tuple[Any, ...]] = ()

    login_name: Mapped[str] = mapped_column(String(64), default="", info=finder(N_("Login name")))

    fields: ClassVar[Mapping[str, Field]] = {"name": NAME}


class KeepsPermissions:
    """A line of a form that changes no permission: the items stand on it as they are held."""

    if TYPE_CHECKING:
        items: Mapped[list["PermissionItem"]]

    def categories(self) -> set[Category]:
        """Return whose permissions the person holds; one without any is a system matter.

        Administrators of a unit hold no item of annex 1: INFO reviews what concerns them.
        """
        return {item.category for item in self.items} or {Category.SYSTEM}


CAN_WORK = frozenset({AccountState.ACTIVE})
NOT_CANCELLED = frozenset({AccountState.PENDING, AccountState.ACTIVE, AccountState.SUSPENDED})
