"""Reading what was typed into the fields of one record: values to store, every problem by field."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from app.catalog.cleaning import Unfit
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.models.base import Base
from app.workflow.form import problem, read_value


class Entries:
    """The fields of `raw` that `known` names; anything else in it is a problem.

    Only fields that were given are read, so that one reading serves adding and amending.
    """

    def __init__(
        self, model: type[Base], raw: Mapping[str, Any], *, known: Collection[str], today: date
    ) -> None:
        """Note every field that nobody asked for."""
        self.model = model
        self.raw = raw
        self.today = today
        self.values: dict[str, Any] = {}
        self.problems: list[Detail] = []
        for name in raw:
            if name not in known:
                self.refuse(str(name)[:60], "unknown_field", N_("There is no such field here."))

    def given(self, name: str) -> bool:
        """Whether the caller says anything about `name`."""
        return name in self.raw

    def read(self, *columns: str) -> None:
        """Read these columns by their declarations, the same rules as at every door."""
        for column in columns:
            try:
                self.values[column] = read_value(
                    self.model, column, self.raw.get(column), today=self.today
                )
            except Unfit as unfit:
                self.problems.append(problem(column, unfit))

    def text(self, name: str) -> str | None:
        """Return a reference as typed, without spaces around it; None if it was left empty."""
        value = self.raw.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or "\x00" in value:
            self.refuse(name, "not_text", N_("Text is expected here."))
            return None
        return value.strip()[:200] or None

    def refuse(
        self,
        name: str,
        code: str,
        msgid: str,
        rule: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a problem of field `name`."""
        self.problems.append(Detail(name, code, msgid, params or {}, rule))

    def has_problem(self, name: str) -> bool:
        """Whether something has been said about `name` already."""
        return any(detail.field == name for detail in self.problems)

    def check(self) -> None:
        """Raise InvalidInput with every problem found."""
        if self.problems:
            raise InvalidInput(details=self.problems, rule=self.problems[0].rule)
