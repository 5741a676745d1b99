"""One page of any resource, of any length: scoped, filtered, searched, by key and never by number.

What is looked for is read once, up to a bound, along its own index; the page, the count and the
tabs come out of that. What is more common than the bound is walked in the order of the list.
Nothing is kept between calls but what follows from the declarations, and that a count went far
beyond its bound a moment ago.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, Result, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.security.actor import ACTOR
from app.security.scopes import EVERYTHING, SCOPES
from app.services.columns import Column, Operator
from app.services.conditions import (
    Condition,
    Filter,
    condition_of,
    search_condition,
    spelling_of,
)
from app.services.counts import Part, bounded, count_parts
from app.services.cursors import Order
from app.services.plans import VARIES, Plan, Reference, Row, plan_of
from app.services.resources import RESOURCES, Resource

__all__ = [
    "BOUND",
    "DEFAULT_SIZE",
    "MAX_SIZE",
    "ListQuery",
    "Page",
    "Reference",
    "Row",
    "Tab",
    "every_row",
    "find_row",
    "list_page",
    "load",
]

DEFAULT_SIZE = 25
MAX_SIZE = 200
BOUND = 10_000
"""Counting stops here: more is "more than 10,000"."""
TAB_BOUND = 1_000
GLANCE = 1_000
"""Where nothing is counted, no more than so many of the rows that fit are looked at."""
MAX_THROUGH = 100
"""So many rows that a term finds elsewhere are followed to what refers to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What is asked of a list: everything that its address holds.

    `after` and `before` are cursors that an earlier page gave out; `offset` counts from the start
    and goes no further than the bound. Empty `columns` are the resource's own choice. What is not
    `counted` is a glance: a search may then leave some of very many rows out.
    """

    filters: tuple[Filter, ...] = ()
    search: str = ""
    order: str = ""
    after: str = ""
    before: str = ""
    size: int = DEFAULT_SIZE
    offset: int = 0
    columns: tuple[str, ...] = ()
    counted: bool = True
    tabs: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One value of the column that a list is split by; `more` when the count stopped."""

    value: StrEnum
    count: int | None
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in order, with the cursors of the pages on either side, None where there is none."""

    rows: list[Row]
    columns: tuple[Column, ...]
    newer: str | None = None
    older: str | None = None
    count: int | None = None
    more: bool = False
    tabs: tuple[Tab, ...] = field(default=())


def list_page(session: Session, resource: Resource, query: ListQuery) -> Page:
    """Return the page that `query` asks for, of the rows within the reach of the session's actor.

    InvalidInput names what is wrong: a column, an operator, a value, the order, a cursor.
    """
    return _Reader(session, resource, query).page()


def every_row(session: Session, resource: Resource, query: ListQuery) -> tuple[Plan, Select[Any]]:
    """Return how all rows that `query` asks for are selected, in its order, without any bound.

    Executed by the session it stays within the actor's reach. InvalidInput as of `list_page`.
    """
    reader = _Reader(session, resource, query)
    return reader.plan, reader.every_row()


def find_row(
    session: Session, resource: Resource, identity: Any, *, columns: tuple[str, ...] = ()
) -> Row:
    """Return one row with every declared column, or those named; NotFound beyond the reach."""
    plan = plan_of(resource, columns or tuple(resource.columns))
    rows = plan.read(session.execute(plan.of_key, {"key": resource.identity(identity)}))
    if not rows:
        raise NotFound
    return rows[0]


def load(session: Session, resource: Resource, identity: Any) -> Any:
    """Return the row itself, within the actor's reach; NotFound beyond it."""
    found = session.scalar(
        select(resource.model).where(resource.key == resource.identity(identity))
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many rows there are in the view, whether that is only the bound, and by tab."""

    count: int | None = None
    more: bool = False
    tabs: tuple[Tab, ...] = ()


class _Reader:
    """One query on its way: what it asks, where its page begins, what was found."""

    def __init__(self, session: Session, resource: Resource, query: ListQuery) -> None:
        self.session = session
        self.resource = resource
        self.query = query
        self.plan: Plan = plan_of(resource, query.columns)
        self.order = Order.parse(resource, query.order)
        self.backwards = bool(query.before) and not query.after
        self.size = max(1, min(query.size, MAX_SIZE))
        self.offset = max(0, min(query.offset, BOUND))
        word, name = (query.before, "before") if self.backwards else (query.after, "after")
        self.place = self.order.place(word, name) if word else None
        self.tab_column = resource.columns[resource.tabs] if resource.tabs else None
        tab = self.tab_column.name if self.tab_column else None
        self.of_tab = [wish for wish in query.filters if wish.column == tab]
        self.others = [wish for wish in query.filters if wish.column != tab]
        self.through = self._through() if query.search.strip() else []

    def page(self) -> Page:
        """Read the page, its counts and its neighbours."""
        looked_for = bool(self.others or self.query.search.strip())
        if looked_for or (self.query.counted and self._is_narrowed()):
            found, counts = self._among_hits()
        else:
            found, counts = self._in_order(), self._counted_apart()
        further = len(found) > self.size
        found = found[: self.size]
        if self.backwards:
            found.reverse()
        begins = bool(self.query.after or self.offset)
        has_newer = further if self.backwards else begins
        has_older = bool(self.query.before) if self.backwards else further
        return Page(
            rows=self.plan.read(found),
            columns=self.plan.columns,
            newer=self._cursor(found[0]) if found and has_newer else None,
            older=self._cursor(found[-1]) if found and has_older else None,
            count=counts.count,
            more=counts.more,
            tabs=counts.tabs,
        )

    def every_row(self) -> Select[Any]:
        """Return the statement of everything that fits, in order."""
        statement = self.plan.statement.where(*self._conditions(common=True))
        return self.order.sort(statement.where(*self._tab_conditions()), backwards=False)

    def _cursor(self, raw: Sequence[Any]) -> str:
        return self.order.word(self.plan.place_of(raw, self.order))

    def _is_narrowed(self) -> bool:
        """Whether the actor sees but a part of the table."""
        actor = self.session.info.get(ACTOR)
        scope = SCOPES.get(self.resource.model)
        if scope is None:
            return False
        return actor is None or scope(self.resource.model, actor) is not EVERYTHING

    # --- What is asked

    def _through(self) -> list[Condition]:
        """Return the rows that refer to what the term finds; the references are looked up first.

        So that each is a short list of keys on an index of its own.
        """
        known: dict[str, list[Any]] = {}
        found: list[Condition] = []
        spelling = spelling_of(self.session)
        for name in self.resource.through:
            column = self.resource.columns[name]
            target = RESOURCES[column.field.resource or ""]
            if target.name not in known:
                wanted = search_condition(target, self.query.search, spelling)
                statement = select(target.key).where(wanted).limit(MAX_THROUGH)
                known[target.name] = list(self._ask(statement).scalars())
            if known[target.name]:
                found.append(column.attribute.in_(known[target.name]))
        return found

    def _conditions(self, *, common: bool) -> list[Condition]:
        """Return what is asked but for the tab."""
        spelling = spelling_of(self.session, common=common)
        wanted = [condition_of(self.resource, wish, spelling) for wish in self.others]
        if self.query.search.strip():
            found = search_condition(self.resource, self.query.search, spelling)
            wanted.append(or_(found, *self.through))
        return wanted

    def _tab_conditions(self, standing_for: Any = None) -> list[Condition]:
        spelling = spelling_of(self.session)
        return [
            condition_of(self.resource, wish, spelling, standing_for=standing_for)
            for wish in self.of_tab
        ]

    # --- In the order of the list

    def _in_order(self) -> list[Any]:
        """Walk the list in its order and take the rows that fit."""
        if not (self.others or self.of_tab or self.offset or self.query.search.strip()):
            return self._next_ones()
        statement = self.plan.statement.where(*self._conditions(common=True))
        statement = statement.where(*self._tab_conditions())
        if self.place is not None:
            statement = statement.where(self.order.beyond(self.place, backwards=self.backwards))
        statement = self.order.sort(statement, backwards=self.backwards)
        return list(self._ask(self._cut(statement)))

    def _next_ones(self) -> list[Any]:
        """Take the next rows as they come, whatever they are."""
        place = self.place
        statement = self.plan.walk(
            self.order, placed=place is not None, backwards=self.backwards, size=self.size + 1
        )
        given = {f"place{n}": value for n, value in enumerate(place or ())}
        return list(self.session.execute(statement, given))

    def _ask(self, statement: Select[Any]) -> Result[Any]:
        return self.session.execute(statement, execution_options=VARIES)

    def _cut(self, statement: Select[Any]) -> Select[Any]:
        return statement.limit(self.size + 1).offset(self.offset or None)

    # --- Out of the rows that fit

    def _hits(self) -> CTE:
        """Return the rows that fit, whatever their tab, up to the bound, in no order."""
        columns = [a.label(f"place{n}") for n, a in enumerate(self.order.attributes)]
        if self.tab_column is not None:
            columns.append(self.tab_column.attribute.label("tab"))
        limit = BOUND + 1 if self.query.counted else GLANCE
        rows = select(self.resource.key.label("key"), *columns)
        return rows.where(*self._conditions(common=False)).limit(limit).cte("hits")

    def _among_hits(self) -> tuple[list[Any], _Counts]:
        """Read what fits once, for the page and for the counts; walk only past the bound."""
        hits = self._hits()
        places = tuple(hits.c[f"place{n}"] for n in range(len(self.order.attributes)))
        shown = select(hits.c.key)
        if self.of_tab:
            shown = shown.where(*self._tab_conditions(standing_for=hits.c.tab))
        if self.place is not None:
            beyond = self.order.beyond(self.place, backwards=self.backwards, of=places)
            shown = shown.where(beyond)
        shown = self._cut(self.order.sort(shown, backwards=self.backwards, of=places))
        statement = self.plan.statement.where(self.resource.key.in_(shown))
        if not self.query.counted:
            return list(self._ask(self._sorted(statement))), _Counts()
        figures = self._figures(hits).subquery()
        statement = statement.add_columns(*figures.c).join(figures, literal(value=True))
        found = list(self._ask(self._sorted(statement)))
        whole, view, *tabs = self._read_figures(found, hits)[-len(figures.c) :]
        if whole <= BOUND:
            return found, self._counts(view, tabs)
        if not self.of_tab:
            return self._in_order(), self._counts(whole, None)
        conditions = [*self._conditions(common=True), *self._tab_conditions()]
        return self._in_order(), self._counts(self._count(conditions), None)

    def _read_figures(self, found: list[Any], hits: CTE) -> Sequence[int]:
        """Return the figures beside the rows; where there is no row, ask, unless nothing fits."""
        if found:
            return found[0]  # type: ignore[no-any-return]
        if self.place is None and not self.offset and not self.of_tab:
            return [0] * (2 + len(self._members()))
        return self._ask(self._figures(hits)).one()

    def _sorted(self, statement: Select[Any]) -> Select[Any]:
        return self.order.sort(statement, backwards=self.backwards)

    def _figures(self, hits: CTE) -> Select[Any]:
        """Return one row: how many fit, how many of them in this view, how many in each tab."""
        counts: list[Any] = [func.count(), func.count()]
        if self.of_tab:
            inside = self._tab_conditions(standing_for=hits.c.tab)
            counts[1] = func.count().filter(*inside)
        counts += [func.count().filter(hits.c.tab == member) for member in self._members()]
        return select(*(count.label(f"n{n}") for n, count in enumerate(counts))).select_from(hits)

    # --- Counts

    def _members(self) -> Sequence[StrEnum]:
        if self.tab_column is None or not self.query.tabs:
            return ()
        return tuple(self.tab_column.members or ())

    def _counts(self, count: int, tabs: Sequence[int] | None) -> _Counts:
        members = self._members()
        figures: Sequence[int | None] = tabs if tabs is not None else [None] * len(members)
        return _Counts(
            min(count, BOUND),
            count > BOUND,
            tuple(Tab(m, n) for m, n in zip(members, figures, strict=True)),
        )

    def _count(self, conditions: list[Condition]) -> int:
        return self._ask(select(bounded(self.resource, conditions, BOUND))).scalar() or 0

    def _counted_apart(self) -> _Counts:
        """Count the view and each tab along its index."""
        if not self.query.counted:
            return _Counts()
        members = self._members()
        parts: list[Part] = [(member, TAB_BOUND) for member in members]
        shown = self._one_tab()
        if shown or not self.of_tab:
            *found, count = count_parts(self.session, self.resource, [*parts, (shown, BOUND)])
        else:
            found = count_parts(self.session, self.resource, parts)
            count = self._count(self._tab_conditions())
        tabs = tuple(
            Tab(m, min(n, TAB_BOUND), n > TAB_BOUND) for m, n in zip(members, found, strict=True)
        )
        return _Counts(min(count, BOUND), count > BOUND, tabs)

    def _one_tab(self) -> StrEnum | None:
        """Return the tab that is shown, where it is just one."""
        wish = self.of_tab[0] if len(self.of_tab) == 1 else None
        if self.tab_column is None or wish is None or wish.operator != Operator.EQ:
            return None
        shown: StrEnum = self.tab_column.parse(wish.value)
        return shown
