"""How the columns of a resource, and what they refer to, are selected and read: made once, kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select
from sqlalchemy.orm import aliased

from app.i18n import language
from app.services.columns import Column
from app.services.cursors import Order
from app.services.resources import LANGUAGES, RESOURCES, Resource

SAME = {"prepared": True}
"""For statements whose plan is the same whatever they are given (`extensions.PREPARED`)."""
VARIES = {"prepared": False}
"""For statements whose plan depends on how common what they look for is."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Another row, as it is called; without a `label` it lies beyond the actor's reach.

    One that is called by its name all the same is not `near` there.
    """

    resource: str
    id: Any
    label: str | None
    sub: str | None = None
    near: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the values of the columns asked for, and what they refer to, by column."""

    id: Any
    label: str
    values: dict[str, Any]
    references: dict[str, Reference]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Plan:
    """The SELECT of a resource's columns and of what they refer to, and how its rows are read."""

    def __init__(self, resource: Resource, names: tuple[str, ...]) -> None:
        self.columns = tuple(resource.column(name) for name in names)
        self.resource = resource
        self._selected: list[Any] = []
        self._references: list[tuple[str, str, list[tuple[int, ...]], int | None]] = []
        self._key = self._place(resource.key)
        own = dict.fromkeys([*names, *resource.title_attributes, *resource.under.values()])
        if resource.acts:
            own.update(dict.fromkeys(["state", "version"]))
        self._values = [(name, self._place(getattr(resource.model, name))) for name in own]
        self._order = {n: self._place(a) for n, a in resource.ordered_by.items()}
        self._label = self._title(resource, resource.model)[0]
        joins = [
            join
            for column in self.columns
            if column.field.kind == "reference"
            for join in self._joins(column)
        ]
        statement: Select[Any] = select(*self._selected).select_from(resource.model)
        for target, condition in joins:
            statement = statement.outerjoin(target, condition)
        self.statement = statement
        self.of_key = statement.where(resource.key == bindparam("key")).execution_options(**SAME)
        self._walks: dict[tuple[Any, ...], Select[Any]] = {}

    def walk(self, order: Order, *, placed: bool, backwards: bool, size: int) -> Select[Any]:
        """Return the statement of a page that leaves nothing out, made once.

        Where it is `placed` it is given `place0`, `place1` of the row that it goes on from.
        """
        known = self._walks.get((order.name, placed, backwards, size))
        if known is None:
            known = self.statement
            if placed:
                place = tuple(
                    bindparam(f"place{n}", type_=attribute.type)
                    for n, attribute in enumerate(order.attributes)
                )
                known = known.where(order.beyond(place, backwards=backwards))
            # written out: a plan for any limit expects a tenth of the table
            known = order.sort(known, backwards=backwards).limit(literal_column(str(size)))
            known = known.execution_options(**SAME)
            self._walks[order.name, placed, backwards, size] = known
        return known

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

    def _joins(self, column: Column) -> list[tuple[Any, Any]]:
        """Join what a column refers to; by its bare table too where it is named to everybody."""
        target = RESOURCES[column.field.resource or ""]
        entity = aliased(target.model)
        key = getattr(entity, target.key.key)
        joins = [(entity, key == column.attribute)]
        if not column.field.named:
            self._references.append((column.name, target.name, self._title(target, entity), None))
            return joins
        table = target.model.__table__.alias()
        joins.append((table, table.c[target.key.key] == column.attribute))
        title, reach = self._title(target, table.c), self._place(key)
        self._references.append((column.name, target.name, title, reach))
        return joins

    def titles(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the parts of the title of what each column refers to, by language."""
        return {
            name: [tuple(self._selected[place] for place in part) for part in title]
            for name, _target, title, _reach in self._references
        }

    def read(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """Turn what the database answered into rows."""
        tongue = LANGUAGES.index(language()) if language() in LANGUAGES else 0
        rows = []
        for raw in found:
            values = {name: raw[place] for name, place in self._values}
            references = {
                name: Reference(
                    target,
                    values[name],
                    _said(raw, title[0], tongue),
                    _said(raw, title[1], tongue) if len(title) > 1 else None,
                    near=reach is None or raw[reach] is not None,
                )
                for name, target, title, reach in self._references
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
