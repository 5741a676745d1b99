"""How a row's values read: cells of a table, facts of a page, the addresses they lead to."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask import request

from app.catalog.citations import cite, cite_annex
from app.catalog.permissions import Permission
from app.catalog.types import Act as Stage
from app.catalog.types import heading
from app.clock import now, office_date
from app.extensions import db
from app.i18n import LANGUAGES, N_, _, language, pick
from app.security.actor import Actor
from app.services import regulations
from app.services.coded import CODED, business_type
from app.services.columns import Column
from app.services.listing import Reference, Row
from app.services.resources import BY_TABLE, RESOURCES, Resource
from app.views.wording import (
    FAMILIES,
    cited,
    joined,
    label,
    masked,
    on_day,
    state,
    titled,
    when,
)

Cell = str | dict[str, Any]
Reader = Callable[[Row], Cell]

NUMBERS = frozenset({"integer"})
TIMES = frozenset({"date", "datetime"})
LONGEST = 120


def row_url(resource: str, identity: Any) -> str:
    """Return the address of a row's own page."""
    return f"{request.script_root}/{resource}/{identity}"


def may_open(actor: Actor, resource: str) -> bool:
    """Whether the rows of `resource` have pages that this actor may open."""
    return actor.may(RESOURCES[resource].permission) and resource in WITH_PAGES


def page_of(actor: Actor, table: str, identity: Any) -> str:
    """Return the address of a record of `table`, empty where it has no page for this actor."""
    resource = BY_TABLE.get(table)
    if resource is None or identity is None or not may_open(actor, resource.name):
        return ""
    return row_url(resource.name, identity)


def concerns(column: Column, actor: Actor) -> bool:
    """Whether a column says anything to this actor: some do only inside the commission."""
    return not column.field.inside or works_inside(actor)


def works_inside(actor: Actor) -> bool:
    """Whether the actor is one of the commission's own people, who all read its catalogue."""
    return actor.may(Permission.CATALOGUE_LIST)


WITH_PAGES: set[str] = set()
"""Resources whose rows have a page of their own; entered by the views as they are made."""


class Reading:
    """How the values of one resource read for one person; made once for a page."""

    def __init__(self, resource: Resource, actor: Actor) -> None:
        """Keep whose eyes read."""
        self.resource = resource
        self.actor = actor
        self._words: dict[StrEnum, str] = {}
        self._states: dict[StrEnum, dict[str, str]] = {}

    def column(self, column: Column) -> Column:
        """Return the column in the reader's language where a row has its words in both."""
        stem, _sign, tongue = column.name.rpartition("_")
        if tongue not in LANGUAGES:
            return column
        return self.resource.columns.get(f"{stem}_{language()}", column)

    def heading(self, column: Column) -> str:
        """Return what stands over a column; not its language, where one alone is in sight."""
        stem, _sign, tongue = column.name.rpartition("_")
        if tongue in LANGUAGES and stem in STEMS:
            return _(STEMS[stem])
        return _(column.field.label)

    def reader(self, column: Column, *, alone: bool = False) -> Reader:
        """Return what makes a row this column's cell, `alone` without what stands under it."""
        name = column.name
        if column.field.kind == "reference" and column.field.resource in RESOURCES:
            opens = may_open(self.actor, column.field.resource)
            return lambda row: _reference(row.references.get(name), opens=opens)
        if column.stored == "choice":
            return lambda row: self._choice(row.values[name])
        if not alone and (self.resource.name, name) in LISTED_AS:
            return LISTED_AS[self.resource.name, name]
        if (self.resource.name, name) in ROWS_READ_AS:
            return ROWS_READ_AS[self.resource.name, name]
        second = self.resource.under.get(name)
        if second is not None and not alone:
            return lambda row: {"text": row.values[name], "sub": row.values[second]}
        return lambda row: self.value(column, row.values[name])

    def value(self, column: Column, value: Any) -> Cell:
        """Return a value that refers to nothing else."""
        if value is None or value == "":
            return ""
        if column.field.masked:
            return {"masked": {"text": masked(value)}}
        if column.stored == "choice":
            return self._choice(value)
        if column.stored == "datetime":
            return when(value)
        return _text(self.resource.name, column, value)

    def _choice(self, member: StrEnum | None) -> Cell:
        if member is None:
            return ""
        if type(member) in FAMILIES:
            if member not in self._states:
                self._states[member] = state(member)
            return {"state": self._states[member]}
        if member not in self._words:
            self._words[member] = word(member)
        return self._words[member]


def _text(resource: str, column: Column, value: Any) -> Cell:
    if column.stored == "date":
        return on_day(value)
    if column.stored == "boolean":
        return _("yes") if value else _("no")
    reads = READ_AS.get((resource, column.name)) or READ_AS.get(("", column.name), str)
    if isinstance(value, list):
        return {"tags": [reads(it) for it in value if not isinstance(it, dict)]}
    text = reads(value)
    return text if len(text) <= LONGEST else {"text": f"{text[:LONGEST]}…"}


def item_title(code: str) -> str:
    """Return what a permission item is called for short; its code where there is none."""
    item = regulations.item_on(db.session(), code, office_date(now()))
    return pick(item, "title") if item else code


READ_AS: dict[tuple[str, str], Callable[[Any], str]] = {
    **{place: coded.read for place, coded in CODED.items()},
    ("posts", "items"): item_title,
    ("", "article"): cited,
}
"""Columns whose text is a code or a citation, and how it reads."""


def _opened(row: Row) -> Cell:
    """Return the acts that a permission item opens, those of one business type together."""
    of_type: dict[str, list[str]] = {}
    for pair in row["acts"]:
        kind, _sign, act = pair.partition(":")
        of_type.setdefault(kind, []).append(label(Stage(act)))
    return {"tags": [titled(business_type(kind), joined(acts)) for kind, acts in of_type.items()]}


def _wording(row: Row) -> Cell:
    """Return an item's heading with the rest of its words under it."""
    text = str(row[f"name_{language()}"])
    title = heading(text, ": " if language() == "en" else "：")
    rest = text.removeprefix(title).lstrip("：: ")
    return {"text": title, "sub": rest if len(rest) <= LONGEST else f"{rest[:LONGEST]}…"}


ROWS_READ_AS: dict[tuple[str, str], Reader] = {
    ("articles", "number"): lambda row: cited(cite(row["number"], row["clause"])),
    ("permission_items", "mark"): lambda row: cited(cite_annex(row["annex"], row["mark"])),
    ("permission_items", "acts"): _opened,
}
"""Columns that are read together with another one of the row."""


def _due(row: Row) -> Cell:
    """Return the day on which a file is due, marked while it is past and the file not back."""
    due = row["due_on"]
    late = (
        due is not None and due < office_date(now()) and row.values.get("returned_at", due) is None
    )
    mark = {"state": {"value": "late", "label": _("Overdue"), "tone": "bad"}} if late else {}
    return {"text": on_day(due), **mark}


LISTED_AS: dict[tuple[str, str], Reader] = {
    ("archive_loans", "due_on"): _due,
    ("permission_items", "name_zh"): _wording,
    ("permission_items", "name_en"): _wording,
}
"""Columns that a list says shorter than the row's own page."""

STEMS = {"name": N_("Name"), "short_name": N_("Short name"), "text": N_("Wording")}
"""Columns that a row has in both languages, by the part of their name that is the same."""


def offered(resource: str, column: str) -> list[dict[str, str]]:
    """Return the words that a filter of the column offers, in the order of their meaning."""
    reads = READ_AS.get((resource, column), str)
    coded = CODED.get((resource, column))
    words = [{"value": it, "label": reads(it)} for it in (coded.codes if coded else ())]
    return sorted(words, key=lambda it: it["label"])


def _reference(found: Reference | None, *, opens: bool) -> Cell:
    if found is None or found.label is None:
        return ""
    url = row_url(found.resource, found.id) if opens and found.near else None
    return {"text": found.label, "sub": found.sub, "url": url}


def word(member: StrEnum) -> str:
    """Return what a member of a vocabulary is called; its value where nobody named it."""
    try:
        return label(member)
    except KeyError:
        return str(member.value)


def _is_one_word(resource: Resource, column: Column) -> bool:
    """Whether a column holds one of a few words, an office or a citation: nothing to be broken."""
    if column.stored == "choice":
        return column.members not in FAMILIES
    if column.name == "article" or column.field.resource in {"offices", "districts"}:
        return True
    return (resource.name, column.name) in CODED


def cell_kind(resource: Resource, column: Column) -> str:
    """Return how the table sets a column."""
    stem, _sign, tongue = column.name.rpartition("_")
    if column.field.kind == "longtext" or (tongue in LANGUAGES and stem in STEMS):
        return "long"
    if (resource.name, column.name) in ROWS_READ_AS or _is_one_word(resource, column):
        return "word"
    if column.stored == "choice" and column.members in FAMILIES:
        return "state"
    if column.stored in TIMES:
        return "time"
    return "number" if column.stored in NUMBERS and column.field.kind != "reference" else "text"


def fact(column: Column, cell: Cell, whole: Any = None) -> dict[str, Any]:
    """Return a cell as the pages of records show it; `whole` is a long text that was cut."""
    found: dict[str, Any] = {"label": _(column.field.label), "kind": "text"}
    if isinstance(cell, str):
        found["value"] = cell
        if column.stored in TIMES:
            found["kind"] = "time"
    elif "state" in cell:
        found |= {"kind": "state", "state": cell["state"]}
    elif "masked" in cell:
        found |= {"kind": "masked", "masked": cell["masked"]}
    elif "tags" in cell:
        found |= {"kind": "tags", "tags": cell["tags"]}
    else:
        found |= {"value": whole or cell["text"], "sub": cell.get("sub"), "url": cell.get("url")}
    if column.field.kind == "longtext" or isinstance(whole, str):
        found |= {"kind": "long"}
    return found
