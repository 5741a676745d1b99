"""A page of a list as the templates draw it (contract in templates/macros/lists.html)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from flask import session as cookie
from sqlalchemy.orm import Session

from app.catalog.lifecycles import Transition
from app.catalog.permissions import Permission
from app.errors import NotFound
from app.i18n import N_, _, pick
from app.security.actor import Actor
from app.services import regulations
from app.services.columns import Column, Operator
from app.services.conditions import Filter
from app.services.exports import Format
from app.services.listing import Page, Reference, Tab, find_row, list_page
from app.services.resources import RESOURCES, Resource
from app.views import conditions
from app.views.addresses import SEARCH, Address
from app.views.cells import (
    TIMES,
    Reading,
    cell_kind,
    concerns,
    may_open,
    offered,
    row_url,
    word,
    works_inside,
)
from app.views.conditions import WORDS
from app.views.empties import nothing_yet

SAID_ALREADY = frozenset({Operator.EQ, Operator.IN})
"""Operators that a chip need not name."""
IN_SIGHT = 3
"""So many filters stand over the table; the others are folded."""
CHOSEN_COLUMNS = "columns"

PERIOD: dict[Operator, str] = {
    Operator.FROM: N_("%(time)s from"),
    Operator.UNTIL: N_("%(time)s until"),
}
PLACEHOLDERS: dict[str, str] = {
    "accounts": N_("Name or login name"),
    "organizations": N_("Name or code"),
    "keys": N_("Serial number"),
    "applications": N_("Number"),
    "cases": N_("Case number or owner"),
    "archives": N_("Number, person, organization or box"),
    "audit_events": N_("Name, login name or number"),
}


class ListPage:
    """Everything that one list page shows to one person."""

    def __init__(
        self, session: Session, resource: Resource, address: Address, actor: Actor
    ) -> None:
        """Ask for the rows; InvalidInput names what is wrong with the address."""
        self.session = session
        self.resource = resource
        self.address = address
        self.actor = actor
        self.reading = Reading(resource, actor)
        self.columns = self._columns()
        self._names: dict[tuple[str, str], str] = {}
        names = tuple(column.name for column in self.columns)
        self.page: Page = list_page(session, resource, address.query(columns=names))

    def _columns(self) -> tuple[Column, ...]:
        return columns_in_sight(self.resource, self.reading)

    def head(self) -> dict[str, Any]:
        """Return title and count."""
        return {
            "title": _(self.resource.plural),
            "count": self.page.count,
            "more": self.page.more,
            "crumbs": [{"label": _(self.resource.plural)}],
        }

    def context(self, *, acts: Sequence[Transition] = (), **more: Any) -> dict[str, Any]:
        """Return `page`; `acts` are those that can be done to many rows."""
        address, page = self.address, self.page
        chips = self._chips()
        shown = self._filters()
        near, far = _near_and_far(shown)
        far += conditions.fields(self.reading)
        return {
            "name": self.resource.name,
            "caption": _(self.resource.plural),
            "columns": self._heads(),
            "rows": self._rows(acts),
            "tabs": self._tabs(),
            "search": self._search(),
            "filters": near,
            "more_filters": far,
            "hidden": address.hidden([SEARCH, *(it["name"] for it in shown)]),
            "chips": chips,
            "clear_url": address.bare() if chips else None,
            "count": page.count,
            "more": page.more,
            "newer_url": address.page("before", page.newer),
            "older_url": address.page("after", page.older),
            "first_url": address.but(),
            "empty": self._empty(filtered=bool(chips)),
            "all_columns": self._choice_of_columns(),
            "columns_url": f"{address.bare()}columns",
            "exports": self._exports(),
            **more,
        }

    def _exports(self) -> list[dict[str, str]]:
        """Return the files that exactly this view can be taken out as."""
        if not self.actor.may(Permission.LISTS_EXPORT) or not self.columns:
            return []
        path, _sign, view = self.address.but().partition("?")
        own = row_url(self.resource.name, "") == path
        return [
            {"label": words, "url": f"{path}export.{form}{'?' if view else ''}{view}"}
            for form, words in (
                (Format.XLSX, _("Export to Excel")),
                (Format.CSV, _("Export CSV")),
                (Format.PDF, _("Export PDF")),
            )
            if own
        ]

    def _heads(self) -> list[dict[str, Any]]:
        default = self.resource.orders[0]
        order = self.address.order or default
        heads = []
        for place, column in enumerate(self.columns):
            head: dict[str, Any] = {
                "name": column.name,
                "label": self.reading.heading(column),
                "kind": cell_kind(self.resource, column),
                "primary": place == 0,
            }
            if column.name in self.resource.ordered_by:
                ascending = order == column.name
                head["sort_url"] = self.address.but(
                    order=f"-{column.name}" if ascending else column.name
                )
                if order.removeprefix("-") == column.name:
                    head["sorted"] = "asc" if ascending else "desc"
            heads.append(head)
        return heads

    def _rows(self, acts: Sequence[Transition]) -> list[dict[str, Any]]:
        readers = [self.reading.reader(column) for column in self.columns]
        opens = may_open(self.actor, self.resource.name)
        return [
            {
                "id": row.id,
                "label": row.label,
                "url": row_url(self.resource.name, row.id) if opens else None,
                "cells": [read(row) for read in readers],
                "acts": [t.action for t in acts if row.values["state"] in t.sources],
            }
            for row in self.page.rows
        ]

    def _tabs(self) -> list[dict[str, Any]]:
        name = self.resource.tabs
        if name is None or not self.page.tabs:
            return []
        now_shown = self.address.value(name)
        every = works_inside(self.actor)
        return [
            {"label": _("All"), "url": self.address.but(name), "active": not now_shown},
            *(
                self._tab(name, tab, now_shown)
                for tab in self.page.tabs
                if every or tab.count != 0 or tab.value.value == now_shown
            ),
        ]

    def _tab(self, name: str, tab: Tab, now_shown: str) -> dict[str, Any]:
        return {
            "label": word(tab.value),
            "url": self.address.but(**{name: tab.value.value}),
            "count": tab.count,
            "more": tab.more,
            "active": tab.value.value == now_shown,
        }

    def _search(self) -> dict[str, Any] | None:
        if not self.resource.searched:
            return None
        hint = PLACEHOLDERS.get(self.resource.name)
        return {
            "name": SEARCH,
            "value": self.address.search,
            "placeholder": _(hint) if hint else "",
        }

    def _filters(self) -> list[dict[str, Any]]:
        asked = [
            column
            for column in self.resource.filters
            if column.name != self.resource.tabs and concerns(column, self.actor)
        ]
        shown = [column for column in self.resource.list_columns if column.stored == "datetime"]
        fields = [self._filter_field(column) for column in asked if column.stored not in TIMES]
        for column in dict.fromkeys([*shown, *asked]):
            if column.stored in TIMES:
                fields += self._period(column)
        return fields

    def _period(self, column: Column) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{column.name}__{operator.value}",
                "label": _(words, time=_(column.field.label)),
                "kind": "date",
                "value": self.address.value(f"{column.name}__{operator.value}"),
            }
            for operator, words in PERIOD.items()
        ]

    def _filter_field(self, column: Column) -> dict[str, Any]:
        field = {
            "name": column.name,
            "label": _(column.field.label),
            "value": self.address.value(column.name),
        }
        if column.members is not None:
            options = [{"value": m.value, "label": word(m)} for m in column.members]
            return {**field, "kind": "select", "choices": options, "placeholder": _("All")}
        if (target := column.field.resource) is not None:
            return self._reference_field(field, target)
        if options := offered(self.resource.name, column.name):
            return {**field, "kind": "select", "choices": options, "placeholder": _("All")}
        if column.stored == "integer":
            return self._whether_any(column, field)
        return {**field, "kind": "text"}

    def _whether_any(self, column: Column, field: dict[str, Any]) -> dict[str, Any]:
        """Ask of a number whether it is more than none."""
        name = f"{column.name}__{Operator.GT.value}"
        choices = [{"value": "0", "label": _("Some")}]
        asked = {"name": name, "value": self.address.value(name), "choices": choices}
        return {**field, **asked, "kind": "select", "placeholder": _("All")}

    def _reference_field(self, field: dict[str, Any], target: str) -> dict[str, Any]:
        if (options := few(self.session, target)) is not None:
            return {**field, "kind": "select", "choices": options, "placeholder": _("All")}
        chosen = field["value"]
        return {
            **field,
            "kind": "picker",
            "picker_url": row_url("pick", target),
            "placeholder": _("Type two characters"),
            "selected": {"value": chosen, "label": self._named(target, chosen)} if chosen else None,
        }

    def _named(self, target: str, identity: str) -> str:
        """Return what the row of a filter is called, as far as the actor may know."""
        if (target, identity) not in self._names:
            self._names[target, identity] = self._name_of(target, identity)
        return self._names[target, identity]

    def _name_of(self, target: str, identity: str) -> str:
        resource = RESOURCES[target]
        options = few(self.session, target) or []
        for option in options:
            if option["value"] == identity:
                return str(option["label"])
        for named in self._beside_the_first():
            if named.label and (named.resource, str(named.id)) == (target, identity):
                return named.label
        try:
            return find_row(
                self.session, resource, identity, columns=(resource.list_columns[0].name,)
            ).label
        except NotFound:
            return f"#{identity}"

    def _beside_the_first(self) -> Iterable[Reference]:
        """Return what the first row refers to: what a filter names stands beside every row."""
        return self.page.rows[0].references.values() if self.page.rows else ()

    def _chips(self) -> list[dict[str, Any]]:
        chips = [
            self._chip(name, wish)
            for name, wish in self.address.filters.items()
            if name != self.resource.tabs
        ]
        if self.address.search:
            chips.insert(
                0,
                {
                    "label": _("Search"),
                    "value": self.address.search,
                    "remove_url": self.address.but(SEARCH),
                },
            )
        return chips

    def _chip(self, name: str, wish: Filter) -> dict[str, Any]:
        column = self.resource.column(wish.column)
        values = wish.value if isinstance(wish.value, tuple) else (wish.value,)
        words = "" if wish.operator in SAID_ALREADY else _(WORDS[wish.operator])
        return {
            "label": f"{_(column.field.label)} {words}".strip(),
            "value": "、".join(self._said(column, str(value)) for value in values),
            "remove_url": self.address.but(name),
        }

    def _said(self, column: Column, value: str) -> str:
        if column.members is not None and value in column.members._value2member_map_:
            member: StrEnum = column.members(value)
            return word(member)
        if column.field.resource is not None:
            return self._named(column.field.resource, value)
        words = {it["value"]: it["label"] for it in offered(self.resource.name, column.name)}
        return words.get(value, value)

    def _empty(self, *, filtered: bool) -> dict[str, Any]:
        if filtered or self.address.value(self.resource.tabs or ""):
            return {
                "title": _("Nothing fits these filters"),
                "reason": _("Take a filter away, or start again from the whole list."),
                "icon": "funnel",
                "action": {"label": _("Clear all"), "url": self.address.bare()},
            }
        return nothing_yet(self.resource.name)

    def _choice_of_columns(self) -> list[dict[str, Any]]:
        shown = {column.name for column in self.columns}
        found = {}
        for declared in self.resource.columns.values():
            column = self.reading.column(declared)
            hidden = column.name in self.resource.under.values()
            if column.stored != "json" and not hidden and concerns(column, self.actor):
                found[column.name] = {
                    "name": column.name,
                    "label": _(column.field.label),
                    "shown": column.name in shown,
                }
        return list(found.values())


def columns_in_sight(resource: Resource, reading: Reading) -> tuple[Column, ...]:
    """Return the columns that this person keeps in sight, in the reader's language."""
    kept = cookie.get(CHOSEN_COLUMNS, {}).get(resource.name, [])
    chosen = [resource.columns[name] for name in kept if name in resource.columns]
    covered = resource.under.values()
    shown = chosen or [c for c in resource.list_columns if c.name not in covered]
    readable = [column for column in shown if concerns(column, reading.actor)]
    return tuple(dict.fromkeys(reading.column(column) for column in readable))


def _near_and_far(fields: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Part the filters into those in sight and those folded; the ends of a period stay together."""
    dated = [it["kind"] == "date" for it in fields[: IN_SIGHT + 1]]
    cut = IN_SIGHT
    if len(dated) > IN_SIGHT and dated[IN_SIGHT - 1 :] == [True, True]:
        cut = IN_SIGHT - 1 if not dated[IN_SIGHT - 2] else IN_SIGHT + 1
    return fields[:cut], fields[cut:]


def few(session: Session, resource: str) -> list[dict[str, str]] | None:
    """Return the rows of a resource that is small and kept in memory, None for any other."""
    if resource == "offices":
        offices = regulations.rules(session).offices
        return [{"value": o.code.value, "label": pick(o, "short_name")} for o in offices]
    if resource == "districts":
        districts = regulations.rules(session).districts
        return [{"value": d.code, "label": pick(d, "name")} for d in districts]
    return None
