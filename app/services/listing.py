"""One page of any resource, of any length: scoped, filtered, searched, by key and never by number.

What a list shows of other tables is joined in the same statement; counts stop at a bound. Nothing
is kept between calls but what follows from the declarations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.i18n import language
from app.security.actor import ACTOR
from app.security.scopes import EVERYTHING, SCOPES
from app.services.columns import Column, Operator
from app.services.conditions import (
    Condition,
    Filter,
    condition_of,
    search_condition,
    speaks_postgresql,
)
from app.services.cursors import Order
from app.services.resources import LANGUAGES, RESOURCES, Resource

DEFAULT_SIZE = 25
MAX_SIZE = 200
BOUND = 10_000
"""Counting stops here: more is "more than 10,000"."""
TAB_BOUND = 1_000
MAX_THROUGH = 100
"""So many rows that a term finds elsewhere are followed to what refers to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What is asked of a list: everything that its address holds.

    `after` and `before` are cursors that an earlier page gave out; `offset` counts from the start
    and goes no further than the bound. Empty `columns` are the resource's own choice.
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
class Reference:
    """Another row, as it is called; without a `label` it lies beyond the actor's reach."""

    resource: str
    id: Any
    label: str | None
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the values of the columns asked for, and what they refer to, by column."""

    id: Any
    label: str
    values: dict[str, Any]
    references: dict[str, Reference]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


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


class Plan:
    """The SELECT of a resource's columns and of what they refer to, and how its rows are read."""

    def __init__(self, resource: Resource, names: tuple[str, ...]) -> None:
        self.columns = tuple(resource.column(name) for name in names)
        self.resource = resource
        self._selected: list[Any] = []
        self._references: list[tuple[str, str, list[tuple[int, ...]]]] = []
        self._key = self._place(resource.key)
        own = dict.fromkeys([*names, *resource.title_attributes, *resource.under.values()])
        if resource.acts:
            own.update(dict.fromkeys(["state", "version"]))
        self._values = [(name, self._place(getattr(resource.model, name))) for name in own]
        self._order = {n: self._place(a) for n, a in resource.ordered_by.items()}
        self._label = self._title(resource, resource.model)[0]
        joins = [self._join(column) for column in self.columns if column.field.kind == "reference"]
        statement: Select[Any] = select(*self._selected).select_from(resource.model)
        for target, condition in joins:
            statement = statement.outerjoin(target, condition)
        self.statement = statement

    def _place(self, attribute: Any) -> int:
        """Return where `attribute` stands in a row, adding it where it is not there yet."""
        for index, known in enumerate(self._selected):
            if known is attribute:
                return index
        self._selected.append(attribute)
        return len(self._selected) - 1

    def _title(self, resource: Resource, entity: Any) -> list[tuple[int, ...]]:
        """Return the places of each part of a title, one for each language where it has two."""
        return [
            tuple(
                self._place(getattr(entity, name))
                for name in (
                    [stem]
                    if stem in resource.title_attributes
                    else [f"{stem}_{code}" for code in LANGUAGES]
                )
            )
            for stem in resource.title
        ]

    def _join(self, column: Column) -> tuple[Any, Any]:
        target = RESOURCES[column.field.resource or ""]
        entity = aliased(target.model)
        self._references.append((column.name, target.name, self._title(target, entity)))
        return entity, getattr(entity, target.key.key) == column.attribute

    def read(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """Turn what the database answered into rows."""
        tongue = LANGUAGES.index(language()) if language() in LANGUAGES else 0
        rows = []
        for raw in found:
            values = {name: raw[place] for name, place in self._values}
            references = {
                name: Reference(target, values[name], *(_said(raw, part, tongue) for part in title))
                for name, target, title in self._references
                if values[name] is not None
            }
            rows.append(
                Row(raw[self._key], _said(raw, self._label, tongue) or "", values, references)
            )
        return rows

    def place_of(self, raw: Sequence[Any], order: Order) -> tuple[Any, ...]:
        """Return a row's place in `order`."""
        key = self.resource.key.key
        return tuple(
            raw[self._key if c.name == key else self._order[c.name]] for c in order.columns
        )


def _said(raw: Sequence[Any], places: tuple[int, ...], tongue: int) -> str | None:
    value = raw[places[tongue if len(places) > 1 else 0]]
    return None if value is None else str(value)


@lru_cache(maxsize=512)
def _plan(name: str, columns: tuple[str, ...]) -> Plan:
    return Plan(RESOURCES[name], columns)


def plan_of(resource: Resource, columns: tuple[str, ...] = ()) -> Plan:
    """Return how `columns`, or the list's own, are read; InvalidInput names an unknown one."""
    names = columns or tuple(column.name for column in resource.list_columns)
    if any(name not in resource.columns for name in names):
        names = tuple(resource.column(name).name for name in names)
    return _plan(resource.name, names)


def list_page(session: Session, resource: Resource, query: ListQuery) -> Page:
    """Return the page that `query` asks for, of the rows within the reach of the session's actor.

    InvalidInput names what is wrong: a column, an operator, a value, the order, a cursor.
    """
    plan = plan_of(resource, query.columns)
    order = Order.parse(resource, query.order)
    wishes = _Wishes(session, resource, query)
    backwards = bool(query.before) and not query.after
    statement = plan.statement.where(*wishes.all)
    if word := query.after or query.before:
        place = order.place(word, "before" if backwards else "after")
        statement = statement.where(order.beyond(place, backwards=backwards))
    size = max(1, min(query.size, MAX_SIZE))
    offset = max(0, min(query.offset, BOUND))
    statement = order.sort(statement, backwards=backwards).limit(size + 1).offset(offset or None)
    found = list(session.execute(statement))
    further = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    newer = order.word(plan.place_of(found[0], order)) if found else None
    older = order.word(plan.place_of(found[-1], order)) if found else None
    has_newer = further if backwards else bool(query.after or offset)
    has_older = bool(query.before) if backwards else further
    count, more, tabs = wishes.count()
    return Page(
        rows=plan.read(found),
        columns=plan.columns,
        newer=newer if has_newer else None,
        older=older if has_older else None,
        count=count,
        more=more,
        tabs=tabs,
    )


def find_row(
    session: Session, resource: Resource, identity: Any, *, columns: tuple[str, ...] = ()
) -> Row:
    """Return one row with every declared column, or those named; NotFound beyond the reach."""
    plan = plan_of(resource, columns or tuple(resource.columns))
    wanted = resource.key == resource.identity(identity)
    rows = plan.read(session.execute(plan.statement.where(wanted)))
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


class _Wishes:
    """The conditions of a query, those of its tab apart, and the counts under them."""

    def __init__(self, session: Session, resource: Resource, query: ListQuery) -> None:
        self.session = session
        self.resource = resource
        self.query = query
        self.tab_column = resource.columns[resource.tabs] if resource.tabs else None
        bigrams = speaks_postgresql(session)
        self.tab: StrEnum | None = None
        self.others: list[Condition] = []
        self.of_tab: list[Condition] = []
        for wish in query.filters:
            condition = condition_of(resource, wish, bigrams=bigrams)
            if self.tab_column is not None and wish.column == self.tab_column.name:
                self.of_tab.append(condition)
                self.tab = (
                    self.tab_column.parse(wish.value) if wish.operator == Operator.EQ else None
                )
            else:
                self.others.append(condition)
        if query.search.strip():
            found = search_condition(resource, query.search, bigrams=bigrams)
            self.others.append(or_(found, *self._through(query.search, bigrams=bigrams)))
        self.all = [*self.others, *self.of_tab]

    def _through(self, term: str, *, bigrams: bool) -> list[Condition]:
        """Return the rows that refer to what the term finds; the references are looked up first.

        So that each is a short list of keys on an index of its own.
        """
        known: dict[str, list[Any]] = {}
        found: list[Condition] = []
        for name in self.resource.through:
            column = self.resource.columns[name]
            target = RESOURCES[column.field.resource or ""]
            if target.name not in known:
                wanted = search_condition(target, term, bigrams=bigrams)
                statement = select(target.key).where(wanted).limit(MAX_THROUGH)
                known[target.name] = list(self.session.scalars(statement))
            if known[target.name]:
                found.append(column.attribute.in_(known[target.name]))
        return found

    def count(self) -> tuple[int | None, bool, tuple[Tab, ...]]:
        """Return how many rows there are in this view, whether that is a bound, and the tabs."""
        if not self.query.counted:
            return None, False, ()
        plain_tab = not self.of_tab or (self.tab is not None and len(self.of_tab) == 1)
        if not self.query.tabs or self.tab_column is None or not plain_tab:
            count = self.session.scalar(self._bounded(self.all, BOUND)) or 0
            return min(count, BOUND), count > BOUND, ()
        if self.others or self._is_narrowed():
            return self._counted_together()
        return self._counted_apart()

    def _is_narrowed(self) -> bool:
        actor = self.session.info.get(ACTOR)
        scope = SCOPES.get(self.resource.model)
        return scope is not None and (
            actor is None or scope(self.resource.model, actor) is not EVERYTHING
        )

    def _bounded(self, conditions: list[Condition], bound: int) -> Select[Any]:
        rows = select(self.resource.key).where(*conditions).limit(bound + 1).subquery()
        return select(func.count()).select_from(rows)

    def _counted_together(self) -> tuple[int | None, bool, tuple[Tab, ...]]:
        """Read the view once, up to the bound, and split it; beyond it tabs have no figure."""
        assert self.tab_column is not None
        rows = (
            select(self.tab_column.attribute.label("tab"))
            .where(*self.others)
            .limit(BOUND + 1)
            .subquery()
        )
        found: dict[StrEnum, int] = dict(
            self.session.execute(select(rows.c.tab, func.count()).group_by(rows.c.tab))
            .tuples()
            .all()
        )
        total = sum(found.values())
        members = self.tab_column.members or ()
        if total <= BOUND:
            tabs = tuple(Tab(m, found.get(m, 0)) for m in members)
            return found.get(self.tab, 0) if self.tab else total, False, tabs
        tabs = tuple(Tab(m, None) for m in members)
        if self.tab is None:
            return BOUND, True, tabs
        count = self.session.scalar(self._bounded(self.all, BOUND)) or 0
        return min(count, BOUND), count > BOUND, tabs

    def _counted_apart(self) -> tuple[int | None, bool, tuple[Tab, ...]]:
        """Count each tab along its index, and the view itself, in one statement."""
        assert self.tab_column is not None
        members = list(self.tab_column.members or ())
        counts = [
            self._bounded([self.tab_column.attribute == m], TAB_BOUND).scalar_subquery()
            for m in members
        ]
        whole = self._bounded(self.of_tab, BOUND).scalar_subquery()
        *found, count = self.session.execute(select(*counts, whole)).one()
        tabs = tuple(
            Tab(m, min(n, TAB_BOUND), n > TAB_BOUND) for m, n in zip(members, found, strict=True)
        )
        return min(count, BOUND), count > BOUND, tabs
