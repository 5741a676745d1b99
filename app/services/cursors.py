"""Where a page of a list begins: an opaque word in the address, a row's place in the order.

It carries no right and no secret: whatever is in it is read as values of the order's columns and
serves only for comparison with them.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, tuple_

from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.services.columns import Column, UnfitValueError
from app.services.resources import Resource

MAX_LENGTH = 600


@dataclass(frozen=True, slots=True)
class Order:
    """One column and the primary key behind it, both in one direction."""

    name: str
    descending: bool
    columns: tuple[Column, ...]

    @classmethod
    def parse(cls, resource: Resource, raw: str) -> "Order":
        """Return the order that `raw` ("-id", "name") names; InvalidInput for one not offered."""
        raw = raw or resource.orders[0]
        name = raw.removeprefix("-")
        if name not in resource.ordered_by:
            words = N_("This list cannot be ordered by %(name)s, but by: %(choices)s.")
            said = {
                "name": name.replace("\x00", "")[:60],
                "choices": ", ".join(resource.ordered_by),
            }
            raise InvalidInput(
                words,
                code="unknown_order",
                details=[Detail("order", "unknown_order", words, said)],
                **said,
            )
        key = resource.key_column
        named = key if name == key.name else resource.columns[name]
        return cls(raw, raw.startswith("-"), (named,) if named is key else (named, key))

    @property
    def attributes(self) -> tuple[Any, ...]:
        """The attributes in order."""
        return tuple(column.attribute for column in self.columns)

    def sort(
        self, statement: Select[Any], *, backwards: bool, of: tuple[Any, ...] | None = None
    ) -> Select[Any]:
        """Order `statement`, the other way round where `backwards`; `of` stand for the columns."""
        columns = of or self.attributes
        if self.descending != backwards:
            return statement.order_by(*(column.desc() for column in columns))
        return statement.order_by(*columns)

    def beyond(
        self, place: tuple[Any, ...], *, backwards: bool, of: tuple[Any, ...] | None = None
    ) -> ColumnElement[bool]:
        """Return the condition of standing after `place`, or before it where `backwards`."""
        columns = of or self.attributes
        falling = self.descending != backwards
        first, start = columns[0], place[0]
        if len(columns) == 1:
            single: ColumnElement[bool] = first < start if falling else first > start
            return single
        pair = tuple_(*columns)
        values = tuple_(*place, types=[column.type for column in columns])
        # the first comparison follows from the second, and any index on its column serves it
        if falling:
            return and_(first <= start, pair < values)
        return and_(first >= start, pair > values)

    def word(self, place: tuple[Any, ...]) -> str:
        """Return the opaque word for a row's place."""
        text = json.dumps([self.name, *map(_plain, place)], ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, word: str, name: str) -> tuple[Any, ...]:
        """Return the place that `word` stands for; InvalidInput where it is none of this order."""
        try:
            if len(word) > MAX_LENGTH:
                raise UnfitValueError
            padded = word.encode("ascii") + b"=" * (-len(word) % 4)
            found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(found, list) or found[:1] != [self.name]:
                raise UnfitValueError
            return tuple(
                column.parse(value) for column, value in zip(self.columns, found[1:], strict=True)
            )
        except (ValueError, binascii.Error, RecursionError):
            words = N_("This page of the list cannot be found. Start again from its first page.")
            raise InvalidInput(
                words, code="bad_cursor", details=[Detail(name, "bad_cursor", words)]
            ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime) else value
