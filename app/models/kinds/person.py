"""Columns of lines that name a new person: sex and citizen ID number (M5, 第五条)."""

from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import Sex
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import enum_type
from app.models.encryption import EncryptedText


class NewPersonColumns:
    """What annexes 3 and 5 ask of a person beside the name."""

    __table_args__: ClassVar[tuple[Any, ...]] = ()

    sex: Mapped[Sex | None] = mapped_column(
        enum_type(Sex),
        info=field_info(label=N_("Sex"), kind="choice", required=True, in_form=True, rule="M5"),
    )
    citizen_id: Mapped[str | None] = mapped_column(
        EncryptedText("application_line.citizen_id"),
        info=field_info(
            label=N_("Citizen ID number"),
            kind="citizen_id",
            required=True,
            in_form=True,
            masked=True,
            rule="M5",
        ),
    )
