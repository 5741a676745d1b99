"""A kind's lines as a spreadsheet: its headings, its template, its cells read back (X6).

Everything comes from the kind's own declaration: columns from its line class, headings from the
annex, choices from the column's vocabulary. A kind that is added has template and import with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.catalog.heading_words import HEADING_WORDS
from app.catalog.labels import words_of
from app.catalog.lifecycles import ApplicationKind
from app.errors import Detail
from app.i18n import LANGUAGES, N_, _, language, pick, speaking
from app.models.organizations import Organization
from app.models.permissions import PermissionItem
from app.services import regulations
from app.services.applications import class_of
from app.services.spreadsheets import TemplateColumn, write_template
from app.services.workbooks import Heading
from app.workflow.columns import LineColumn, field_of, line_columns
from app.workflow.regulation import items_on

REMARK = "remark"
APART = re.compile(r"[,，、;；\n|]+")
CODE = re.compile(r"\b[a-z_]+(?:\.[a-z0-9_]+)+\b")
SHORT = 30
WIDTHS = {"citizen_id": 24, "items": 40, "case_numbers": 40}


class LineSheet:
    """The columns of one kind as one organisation fills them in on one day."""

    def __init__(
        self, session: Session, kind: ApplicationKind, organization: Organization, today: date
    ) -> None:
        """Keep what the declarations depend on."""
        self.session = session
        self.kind = kind
        self.line_class = class_of(kind).line_class
        self.organization = organization
        self.today = today

    @cached_property
    def columns(self) -> tuple[LineColumn, ...]:
        """The annex's columns in their order, and the remark behind them."""
        found = line_columns(self.line_class)
        if any(column.name == REMARK for column in found):
            return found
        return (*found, LineColumn(name=REMARK, field=field_of(self.line_class, REMARK), limit=200))

    @cached_property
    def entry(self) -> Any:
        """What the form is called and over which heading each column stands, None for no entry."""
        return regulations.kind_on(self.session, self.kind, self.today)

    @cached_property
    def offered(self) -> list[PermissionItem]:
        """The items that the organisation's kind of form offers."""
        return items_on(self.session, self.organization.type, self.today)

    def title(self) -> str:
        """Return what the form is called in the reader's language."""
        return pick(self.entry, "name") if self.entry is not None else words_of(self.kind)

    def heading(self, column: LineColumn) -> str:
        """Return what stands over a column: the annex's own word, else the declared label."""
        for printed in self.entry.columns if self.entry is not None else ():
            if printed.field == column.name:
                return pick(printed, "heading")
        return _(column.field.label)

    def headings(self) -> list[Heading]:
        """Return what is looked for in a file: every title a column may bear, in any language.

        Only columns that must be filled in have to be there.
        """
        titles: dict[str, list[str]] = {column.name: [] for column in self.columns}
        first = language()
        for code in (first, *(code for code in LANGUAGES if code != first)):
            with speaking(code):
                for column in self.columns:
                    titles[column.name] += [self.heading(column), _(column.field.label)]
        taken = {title for own in titles.values() for title in own}
        return [
            Heading(
                column.name,
                (
                    *dict.fromkeys(titles[column.name]),
                    *(w for w in HEADING_WORDS.get(column.name, ()) if w not in taken),
                ),
                essential=self.is_typed(column) and column.field.required,
            )
            for column in self.columns
        ]

    def is_typed(self, column: LineColumn) -> bool:
        """Whether a person fills the column in; the others repeat what is on record."""
        return not column.field.repeats_record

    # --- The template

    def write_template(self, target: BinaryIO) -> None:
        """Write the empty table of this kind, in the reader's language."""
        columns = [
            TemplateColumn(
                title=self.heading(column),
                note=self._note(column),
                required=self.is_typed(column) and column.field.required,
                choices=self._choices(column),
                width=WIDTHS.get(column.field.kind, 18),
            )
            for column in self.columns
        ]
        notes = (
            _("One person a row. Headings may stand in Chinese or English, in any order."),
            _("Long numbers must be text: the columns of this file are set so."),
            _("Columns marked * must be filled in."),
        )
        write_template(target, self.title(), columns, notes=notes)

    def _note(self, column: LineColumn) -> str:
        if not self.is_typed(column):
            return _("Taken from the record; may stay empty.")
        if column.holds_items:
            return _("Codes or names of permission items, separated by semicolons.")
        return _(column.field.help) if column.field.help else _(KINDS.get(column.field.kind, ""))

    def _choices(self, column: LineColumn) -> tuple[str, ...]:
        if column.members is not None:
            return tuple(words_of(member) for member in column.members)
        if column.holds_items and self.is_typed(column):
            return tuple(f"{it.code} {shorten(pick(it, 'name'))}" for it in self.offered)
        return ()

    # --- Cells

    def raw(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Return a row's cells as REST posts a line."""
        line: dict[str, Any] = {}
        for column in self.columns:
            if column.name not in values:
                continue
            text = values[column.name]
            if column.holds_items:
                line[column.name] = self._codes(text) if text else []
            elif column.members is not None:
                line[column.name] = self._member(column, text)
            else:
                line[column.name] = text
        return line

    def _member(self, column: LineColumn, text: str) -> str:
        return self._words[column.name].get(text.casefold(), text)

    @cached_property
    def _words(self) -> dict[str, dict[str, str]]:
        """The words of each closed vocabulary, in any language, and what they stand for."""
        found: dict[str, dict[str, str]] = {}
        for column in self.columns:
            if column.members is not None:
                found[column.name] = vocabulary(column.members)
        return found

    def _codes(self, text: str) -> list[str]:
        """Return the codes of the items in a cell, given by code, by name, or by both.

        The names hold every kind of separator themselves: they are looked for whole. Without codes
        the short titles count too, as pages show them, and what is left over is no item.
        """
        rest = text.casefold()
        found = [(match.start(), match[0]) for match in CODE.finditer(rest)]
        coded = bool(found)
        known = self._items if coded else {**self._titles, **self._items}
        for name in sorted(known, key=len, reverse=True):
            if (place := rest.find(name)) >= 0:
                found.append((place, known[name]))
                rest = rest.replace(name, "\n" * len(name))
        if not coded:
            left = (part.strip() for part in APART.split(rest))
            found += [(rest.find(part), part[:60]) for part in left if part]
        return list(dict.fromkeys(code for _place, code in sorted(found)))

    @cached_property
    def _items(self) -> dict[str, str]:
        return {
            word.casefold(): item.code
            for item in self.offered
            for word in (item.name_zh, item.name_en)
        }

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {
            word.casefold(): item.code
            for item in self.offered
            for word in (item.title_zh, item.title_en)
        }

    def said(self, detail: Detail) -> str:
        """Return what is wrong in words, choices by the words that a person would type."""
        column = next((it for it in self.columns if it.name == detail.field), None)
        if detail.code != "unknown_choice" or column is None or column.members is None:
            return detail.message
        choices = ", ".join(words_of(member) for member in column.members)
        return replace(detail, params={**detail.params, "choices": choices}).message

    def shown(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return a row's cells in the order of the columns."""
        return tuple(values.get(column.name, "") for column in self.columns)


def shorten(text: str) -> str:
    """Return the beginning of a long name."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def vocabulary(members: Sequence[StrEnum] | type[StrEnum]) -> dict[str, str]:
    """Return the words of a vocabulary in any language, in small letters, and their values."""
    words = {member.value.casefold(): member.value for member in members}
    for code in LANGUAGES:
        with speaking(code):
            words.update({words_of(member).casefold(): member.value for member in members})
    return words


KINDS: dict[str, str] = {
    "person_name": N_("As on the identity card."),
    "citizen_id": N_("18 characters, as text; an old number of 15 digits is brought up to 18."),
    "login_name": N_("Of a user of your own organization."),
    "serial": N_("As printed on the key."),
}
