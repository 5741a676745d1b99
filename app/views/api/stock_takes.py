"""Counts of a stock of keys over REST: begun, carried on by acts, their lines (M9, 第九条)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import STOCK_TAKE
from app.clock import now
from app.errors import Conflict, Detail, InvalidInput
from app.i18n import N_
from app.services.resources import RESOURCES
from app.services.stock_takes import begin_count, set_level
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, CHANGE, CREATE, READ, ConsoleApi
from app.views.api.body import flat, only, text_of
from app.views.api.door import actor, asked, session
from app.views.api.openapi import Spec


class StockTakesApi(ActingApi):
    """Each issuing office counts its own stock: `count`, `compare`, `settle`, `finish`."""

    resource = RESOURCES["stock_takes"]
    include_route_methods = READ | CREATE | ACT
    tags: ClassVar[Mapping[str, str]] = {"post": "stock_take:begun"}

    def add(self, body: dict[str, Any]) -> Any:
        """Begin a count of the own stock."""
        only(body, frozenset({"note", "office_code"}))
        flat(body)
        office = text_of(body, "office_code")
        if office and office not in OfficeCode.__members__:
            words = N_("Choose one of: %(choices)s.")
            choices = {"choices": ", ".join(OfficeCode)}
            detail = Detail("office_code", "unknown_choice", words, choices, "M9")
            raise InvalidInput(details=[detail])
        asked().subject_label = office
        return begin_count(
            session(),
            body,
            actor=actor(),
            now=now(),
            office=OfficeCode(office) if office else None,
        )

    def act_names(self) -> set[str]:
        """Return the acts of a count."""
        return {transition.action for transition in STOCK_TAKE.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what beginning a count reads."""
        if method == "post":
            return {
                "note": {"type": "string", "maxLength": 500},
                "office_code": {"type": "string", "enum": list(OfficeCode)},
            }, []
        return super().posted(method)


class StockTakeLinesApi(ConsoleApi):
    """What was counted, and what was looked for in vain."""

    resource = RESOURCES["stock_take_lines"]


class StockLevelsApi(ConsoleApi):
    """Below how many keys a stock is low; each office sets its own."""

    resource = RESOURCES["stock_levels"]
    include_route_methods = READ | CHANGE
    tags: ClassVar[Mapping[str, str]] = {"put": "stock_level:set"}

    def change(self, row: Any, body: dict[str, Any], version: int | None) -> None:
        """Set the threshold."""
        only(body, frozenset({"low_at"}))
        if version not in {None, row.version}:
            raise Conflict
        set_level(session(), row, body, actor=actor(), now=now())
