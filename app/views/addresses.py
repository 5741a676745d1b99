"""The address of a list holds the whole view: filters, search, order, page.

`?state=active&name__contains=…&order=-id&after=…`: a column's name asks for equality, a name with
an operator behind two underscores for something else, a name given twice for either value.
"""

from collections.abc import Iterable
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.services.columns import Operator
from app.services.conditions import Filter
from app.services.listing import DEFAULT_SIZE, MAX_SIZE, ListQuery
from app.services.resources import Resource

SEARCH = "q"
PAGE = frozenset({"after", "before"})
CONDITION = ("where", "how", "what")
"""The fields of the form in which a condition on any column is set."""
OURS = frozenset({SEARCH, "order", "size", "_l_", *PAGE, *CONDITION})
BETWEEN_NAME_AND_OPERATOR = "__"
MAX_FILTERS = 20
MAX_DIGITS = 9

Pairs = tuple[tuple[str, str], ...]


class Address:
    """One list's address, taken apart; every other address of the list is made from it."""

    def __init__(self, resource: Resource, path: str, given: MultiDict[str, str]) -> None:
        """Read what was given, empty entries apart; InvalidInput names what cannot be read."""
        self.resource = resource
        self.path = path
        self.pairs: Pairs = tuple(
            (name, value) for name, value in given.items(multi=True) if value.strip()
        )
        self.filters = self._filters()
        self.search = self.value(SEARCH)
        self.order = self.value("order")
        self.size = self._size()

    def value(self, name: str) -> str:
        """Return the first value of `name`, nothing where it is not given."""
        return next((value for known, value in self.pairs if known == name), "")

    def query(self, *, columns: tuple[str, ...] = (), tabs: bool = True) -> ListQuery:
        """Return what this address asks for."""
        return ListQuery(
            filters=tuple(self.filters.values()),
            search=self.search,
            order=self.order,
            after=self.value("after"),
            before=self.value("before"),
            size=self.size,
            columns=columns,
            tabs=tabs,
        )

    def _filters(self) -> dict[str, Filter]:
        """Return the filters by the name under which each stands in the address."""
        values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            if name not in OURS:
                values.setdefault(name, []).append(value)
        if len(values) > MAX_FILTERS:
            raise InvalidInput(N_("These are too many filters."), code="too_many_filters")
        return {name: self._filter(name, given) for name, given in values.items()}

    def _filter(self, name: str, given: list[str]) -> Filter:
        column, between, word = name.partition(BETWEEN_NAME_AND_OPERATOR)
        self.resource.column(column)
        if not between:
            if len(given) == 1:
                return Filter(column=column, value=given[0])
            return Filter(column=column, operator=Operator.IN, value=tuple(given))
        try:
            return Filter(column=column, operator=Operator(word), value=given[0])
        except ValueError:
            words = N_("%(column)s cannot be filtered this way.")
            raise InvalidInput(
                words,
                code="unknown_operator",
                column=column,
                details=[Detail(name[:60], "unknown_operator", words, {"column": column})],
            ) from None

    def _size(self) -> int:
        raw = self.value("size").strip()
        if not raw:
            return DEFAULT_SIZE
        digits = raw.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            words = N_("A page has a number of rows.")
            raise InvalidInput(words, code="bad_size", details=[Detail("size", "bad_size", words)])
        return max(1, min(int(raw[:MAX_DIGITS]), MAX_SIZE))

    def but(self, *without: str, **changed: str | None) -> str:
        """Return the address with these entries set, or left out; paging starts anew."""
        dropped = {*without, *changed, *PAGE}
        kept = [(name, value) for name, value in self.pairs if name not in dropped]
        return self._written([*kept, *((n, v) for n, v in changed.items() if v is not None)])

    def page(self, name: str, cursor: str | None) -> str | None:
        """Return the address of another page of this view, None where there is none."""
        if cursor is None:
            return None
        kept = [(known, value) for known, value in self.pairs if known not in PAGE]
        return self._written([*kept, (name, cursor)])

    def bare(self) -> str:
        """Return the address of the list as it is without any wish."""
        return self.path

    def here(self) -> str:
        """Return this very address."""
        return self._written(self.pairs)

    def hidden(self, shown: Iterable[str]) -> list[dict[str, str]]:
        """Return what a form of the list must carry along beside the fields that it shows."""
        left_out = {*shown, *PAGE}
        return [
            {"name": name, "value": value} for name, value in self.pairs if name not in left_out
        ]

    def _written(self, pairs: Iterable[tuple[str, str]]) -> str:
        text = urlencode(list(pairs))
        return f"{self.path}?{text}" if text else self.path
