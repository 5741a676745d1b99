"""How a row's values read in a file: the same words from the database's hand and from ours."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import DateTime, String, case, cast, func, literal, type_coerce

from app.catalog.identity import mask_citizen_id
from app.catalog.labels import LABELS, words_of
from app.catalog.lifecycles import ApplicationKind
from app.clock import OFFICE_ZONE
from app.i18n import _, language
from app.models.encryption import decrypt
from app.services.coded import CODED, Coded
from app.services.columns import Column
from app.services.plans import Plan, Row
from app.services.resources import LANGUAGES, Resource
from app.services.workbooks.formulas import APOSTROPHE, STARTS, disarmed

SECONDS = "%Y-%m-%d %H:%M:%S"
HEX = r"\x"
"""Bytes begin so where PostgreSQL writes them as text."""
PEOPLE = "accounts"
"""People share names: their login name goes with them."""
HARMLESS = frozenset({"login_name", "organization_code", "serial", "citizen_id"})
"""Kinds of fields whose spelling never begins like a formula."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a file: its heading, what writes it from a row, and from the database.

    `finish` does what is left to do with the database's text.
    """

    heading: str
    read: Callable[[Row], Any]
    sql: Callable[[Plan], Any]
    finish: Callable[[str], str] | None = None
    is_number: bool = False


def cells_of(resource: Resource, columns: Iterable[Column]) -> list[Cell]:
    """Return a file's columns; where one holds codes, their words and the codes beside them.

    Of two headings alike the second says its column's name too.
    """
    found: list[Cell] = []
    for column in columns:
        label = _(column.field.label)
        if any(label == known.heading for known in found):
            label = f"{label} ({column.name})"
        number = column.stored == "integer" and column.field.kind != "reference"
        plain = Cell(
            label, text_reader(column), partial(sql_text, column), finisher(column), number
        )
        coded = CODED.get((resource.name, column.name))
        if coded is None:
            found.append(plain)
            continue
        found.append(Cell(label, _worded(column, coded), partial(_sql_worded, column, coded)))
        found.append(replace(plain, heading=_("%(label)s (code)", label=label)))
    return found


def _worded(column: Column, coded: Coded) -> Callable[[Row], str]:
    def read(row: Row) -> str:
        value = row.values[column.name]
        return "" if value is None else disarmed(coded.read(value))

    return read


def _sql_worded(column: Column, coded: Coded, _plan: Plan) -> Any:
    words = {code: coded.read(code) for code in coded.codes}
    return case(words, value=column.attribute, else_=_disarmed(column.attribute))


def word_of(member: StrEnum) -> str:
    """Return what a member of a vocabulary is called; its value where nobody named it."""
    named = type(member) in LABELS or isinstance(member, ApplicationKind)
    return words_of(member) if named else member.value


# --- By our own hand


def text_reader(column: Column) -> Callable[[Row], Any]:
    """Return what makes a row this column's text, or its number."""
    name = column.name
    if column.field.kind == "reference":
        people = column.field.resource == PEOPLE

        def referred(row: Row) -> str:
            found = row.references.get(name)
            if found is None or found.label is None:
                return ""
            text = f"{found.label} ({found.sub})" if people and found.sub else found.label
            return disarmed(text)

        return referred
    reads = _value_reader(column)
    return lambda row: "" if row.values[name] is None else reads(row.values[name])


def _value_reader(column: Column) -> Callable[[Any], Any]:
    return _masked if column.field.masked else _READERS.get(column.stored, _plain)


def _masked(value: Any) -> str:
    return mask_citizen_id(str(value)) if value else ""


def _plain(value: Any) -> str:
    return disarmed(str(value))


def _listed(value: Any) -> str:
    parts = value if isinstance(value, list) else [value]
    return disarmed(", ".join(str(part) for part in parts if not isinstance(part, dict)))


def _instant(value: datetime) -> str:
    return f"{value.astimezone(OFFICE_ZONE):{SECONDS}}"


def _day(value: date) -> str:
    return value.isoformat()


def _flag(value: bool) -> str:  # noqa: FBT001 - the value itself
    return _("yes") if value else _("no")


_READERS: dict[str, Callable[[Any], Any]] = {
    "choice": word_of,
    "datetime": _instant,
    "date": _day,
    "boolean": _flag,
    "integer": int,
    "json": _listed,
}


# --- By the database's hand


def finisher(column: Column) -> Callable[[str], str] | None:
    """Return what makes the file's text of the database's, None where they are the same."""
    if column.stored not in {"sealed", "json"} and not column.field.masked:
        return None
    opened, reads = _opener(column), _value_reader(column)
    return lambda text: reads(opened(text)) if text else ""


def _opener(column: Column) -> Callable[[str], Any]:
    """Return what makes a value of the text that COPY writes for it."""
    if column.stored == "json":
        return json.loads
    if column.stored == "sealed":
        attribute: Any = column.attribute
        context = attribute.type.context
        return lambda text: decrypt(bytes.fromhex(text.removeprefix(HEX)), context)
    return str


def sql_text(column: Column, plan: Plan) -> Any:
    """Return what COPY writes as `text_reader` would, where nothing remains to be finished."""
    attribute: Any = column.attribute
    if column.field.kind == "reference":
        return _reference(column, plan)
    if column.stored == "choice":
        assert column.members is not None
        words = {member.value: word_of(member) for member in column.members}
        return case(words, value=type_coerce(attribute, String), else_=literal(""))
    if column.stored == "datetime":
        # `copied` sets the office's zone; naming it here, or to_char(), takes several times as long
        return cast(func.date_trunc("second", attribute), DateTime())
    if column.stored == "boolean":
        return case((attribute, literal(_("yes"))), (~attribute, literal(_("no"))))
    if column.stored != "text" or column.field.masked or column.field.kind in HARMLESS:
        return attribute
    return _disarmed(attribute)


def _reference(column: Column, plan: Plan) -> Any:
    tongue = LANGUAGES.index(language()) if language() in LANGUAGES else 0
    label, *others = (part[tongue if len(part) > 1 else 0] for part in plan.titles()[column.name])
    text = type_coerce(label, String)
    if column.field.resource == PEOPLE and others:
        text = text + literal(" (") + others[0] + literal(")")
    return _disarmed(text)


def _disarmed(text: Any) -> Any:
    dangerous = func.ascii(text).in_([ord(start) for start in STARTS])
    return case((dangerous, literal(APOSTROPHE) + text), else_=text)
