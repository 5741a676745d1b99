"""Reading a form as typed, posted or imported into what an application stores."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from app.catalog.cleaning import Unfit, plain_text
from app.errors import Detail
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.organizations import Organization
from app.models.permissions import PermissionItem
from app.workflow.columns import LineColumn, finder_of, line_columns, person_column
from app.workflow.form import (
    HEADER,
    check_header,
    check_line,
    check_line_count,
    items_not_chosen,
    person_digest,
    problem,
    read_value,
    wrong_tier,
)
from app.workflow.record import Present, check_named, fill_in, presents

MAX_PER_LINE = 20
"""No line or header has more problems than this: how far back to look for the same field."""

MAX_TYPED = 200
"""Characters of a cell kept as typed, where its column does not say how many it holds."""
MAX_HEADER = {"contact_name": 60, "contact_phone": 20, "responsible_person": 60}


@dataclass(slots=True)
class TypedLine:
    """One line as it will be stored."""

    id: int | None
    values: dict[str, Any]


@dataclass(slots=True)
class TypedForm:
    """What was typed: storable values, every problem, and those that cannot even be stored."""

    header: dict[str, str] = field(default_factory=dict)
    lines: list[TypedLine] = field(default_factory=list)
    problems: list[Detail] = field(default_factory=list)
    unreadable: list[Detail] = field(default_factory=list)

    def add_new(self, found: Iterable[Detail]) -> None:
        """Add problems of fields that nothing has been said about yet."""
        flagged = {known.field for known in self.problems[-MAX_PER_LINE:]}
        self.problems += [detail for detail in found if detail.field not in flagged]

    def write(self, application: Application) -> None:
        """Put the values into `application`, keeping the lines that were there by their ids."""
        for name, value in self.header.items():
            setattr(application, name, value)
        known = {line.id: line for line in application.lines}
        kept = [
            known.pop(typed.id) if typed.id in known else application.line_class()
            for typed in self.lines
        ]
        for gone in known.values():
            application.lines.remove(gone)
        self._make_room(application, kept, removed=bool(known))
        fresh = set(kept) - set(application.lines)
        for place, (line, typed) in enumerate(zip(kept, self.lines, strict=True), start=1):
            line.position = place
            for name, value in typed.values.items():
                setattr(line, name, value)
            if line in fresh:
                application.lines.append(line)

    @staticmethod
    def _make_room(application: Application, kept: list[ApplicationLine], *, removed: bool) -> None:
        """Positions are unique at every moment: what goes goes first, what moves steps aside."""
        session = object_session(application)
        if session is None:
            return
        places = {line: place for place, line in enumerate(kept, start=1)}
        present = list(application.lines)
        moving = any(line.position != places[line] for line in present)
        if moving:
            top = max(len(kept), *(line.position for line in present))
            for offset, line in enumerate(present, start=1):
                line.position = top + offset
        if moving or removed:
            session.flush()


class FormReader:
    """Reads raw forms of one kind for one organisation on one day."""

    def __init__(
        self, session: Session, model: type[Application], organization: Organization, today: date
    ) -> None:
        """Keep what the reading needs."""
        self.session = session
        self.model = model
        self.line_class = model.line_class
        self.columns = line_columns(model.line_class)
        self.finder = finder_of(model.line_class)
        self.organization = organization
        self.today = today

    def read(self, raw: Mapping[str, Any]) -> TypedForm:
        """Return the form that `raw` describes, with everything that is wrong with it."""
        form = TypedForm()
        for name in HEADER:
            form.header[name] = self._store_text(
                form, name, raw.get(name), MAX_HEADER[name], self._clean_header
            )
        form.add_new(check_header(form.header, today=self.today))
        lines = raw.get("lines", [])
        if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
            form.unreadable.append(
                Detail("lines", "not_a_list", N_("A list of lines is expected here."))
            )
            form.problems += form.unreadable
            return form
        count = list(check_line_count(len(lines)))
        form.problems += count
        if lines and count:
            form.unreadable += count
            return form
        items = self._items(lines)
        named = self._named(lines)
        for place, line in enumerate(lines, start=1):
            form.lines.append(self._line(form, f"lines.{place}", line, items, named))
        form.problems += list(_same_person_twice(form.lines, person_column(self.line_class)))
        return form

    def _named(self, lines: list[Mapping[str, Any]]) -> dict[str, Present]:
        """Return what the record says of the accounts that the lines name, by login name."""
        if self.finder is None:
            return {}
        typed = (line.get(self.finder.name) for line in lines)
        logins = {it.strip() for it in typed if isinstance(it, str) and "\x00" not in it}
        return presents(self.session, self.organization.id, logins, self.line_class)

    def _items(self, lines: list[Mapping[str, Any]]) -> dict[str, PermissionItem]:
        columns = [it.name for it in self.columns if it.holds_items]
        codes = {code for line in lines for name in columns for code in _codes(line, name)}
        if not codes:
            return {}
        found = self.session.scalars(
            select(PermissionItem).where(
                PermissionItem.code.in_(sorted(codes)), PermissionItem.covering(self.today)
            )
        )
        return {item.code: item for item in found}

    def _line(
        self,
        form: TypedForm,
        where: str,
        raw: Mapping[str, Any],
        items: dict[str, PermissionItem],
        named: dict[str, Present],
    ) -> TypedLine:
        identity = raw.get("id")
        typed = TypedLine(
            id=int(str(identity)) if str(identity or "").isdecimal() else None, values={}
        )
        values = typed.values
        for column in self.columns:
            place = f"{where}.{column.name}"
            if column.holds_items:
                values[column.name] = self._choose(form, place, raw.get(column.name), items)
            elif column.members is not None:
                values[column.name] = self._member(form, place, column, raw)
            else:
                values[column.name] = self._text(form, place, column, raw)
        if "remark" not in values:
            values["remark"] = self._store_text(
                form, f"{where}.remark", raw.get("remark"), MAX_TYPED, self._clean_line("remark")
            )
        if not any(column.holds_items for column in self.columns) and raw.get("items"):
            form.problems.append(items_not_chosen(f"{where}.items"))
        self._person(values)
        form.add_new(check_line(self.line_class, values, where, today=self.today))
        self._compare(form, where, values, named)
        return typed

    def _text(
        self, form: TypedForm, place: str, column: LineColumn, raw: Mapping[str, Any]
    ) -> str | None:
        text = self._store_text(
            form,
            place,
            raw.get(column.name),
            column.limit or MAX_TYPED,
            self._clean_line(column.name),
        )
        return (text or None) if column.field.kind == "citizen_id" else text

    def _member(
        self, form: TypedForm, place: str, column: LineColumn, raw: Mapping[str, Any]
    ) -> Any:
        given = raw.get(column.name)
        try:
            return read_value(self.line_class, column.name, given, today=self.today)
        except Unfit as unfit:
            form.problems.append(problem(place, unfit))
            return None

    def _person(self, values: dict[str, Any]) -> None:
        """Find the person by the number on the line, where it has one that can be read."""
        if "citizen_id" not in values:
            return
        values["person_digest"] = None
        try:
            number = read_value(
                self.line_class, "citizen_id", values["citizen_id"], today=self.today
            )
            values["person_digest"] = person_digest(number)
        except Unfit:
            pass  # check_line names it; a draft keeps it as typed

    def _compare(
        self, form: TypedForm, where: str, values: dict[str, Any], named: dict[str, Present]
    ) -> None:
        """Hold a line that names an account against the record, and fill in what it leaves open."""
        if self.finder is None:
            return
        login = values[self.finder.name]
        present = named.get(login.lower())
        form.add_new(check_named(self.line_class, values, present, where))
        values["account_id"] = present.account_id if present else None
        if present is None:
            return
        values["person_digest"] = values.get("person_digest") or present.person_digest
        fill_in(self.line_class, values, present)

    def _choose(
        self, form: TypedForm, place: str, given: Any, items: dict[str, PermissionItem]
    ) -> list[PermissionItem]:
        chosen: list[PermissionItem] = []
        if given is None:
            return chosen
        if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
            form.problems.append(
                Detail(place, "not_a_list", N_("A list of item codes is expected here."))
            )
            return chosen
        for code in dict.fromkeys(given):
            item = items.get(code)
            if item is None:
                form.problems.append(
                    Detail(
                        place,
                        "unknown_item",
                        N_("There is no permission item %(code)s."),
                        {"code": code.replace("\x00", "")[:60]},
                        "M4",
                    )
                )
                continue
            if item.tier != self.organization.type:
                form.problems.append(wrong_tier(place, code))
            chosen.append(item)
        return chosen

    def _clean_header(self, name: str, raw: str) -> str:
        return str(read_value(self.model, name, raw, today=self.today) or "")

    def _clean_line(self, column: str) -> Any:
        return lambda _where, raw: str(
            read_value(self.line_class, column, raw, today=self.today) or ""
        )

    def _store_text(self, form: TypedForm, where: str, raw: Any, limit: int, cleaner: Any) -> str:
        """Return the cleaned text, or the text as typed where only its rule is broken."""
        if raw is None:
            return ""
        if not isinstance(raw, str):
            form.unreadable.append(Detail(where, "not_text", N_("Text is expected here.")))
            form.problems.append(form.unreadable[-1])
            return ""
        try:
            typed = plain_text(raw, limit=limit)
        except Unfit as unfit:
            form.unreadable.append(problem(where, unfit))
            form.problems.append(form.unreadable[-1])
            return ""
        try:
            return str(cleaner(where, raw))
        except Unfit:
            return typed


def _codes(line: Mapping[str, Any], column: str) -> Iterator[str]:
    given = line.get(column, [])
    if isinstance(given, list):
        yield from (code for code in given if isinstance(code, str) and "\x00" not in code)


def _same_person_twice(lines: list[TypedLine], column: str) -> Iterator[Detail]:
    """M5: one person stands once on a form."""
    seen: dict[object, int] = {}
    for place, line in enumerate(lines, start=1):
        person = line.values.get("account_id") or line.values.get("person_digest")
        if person is None:
            continue
        if person in seen:
            yield Detail(
                f"lines.{place}.{column}",
                "same_person_twice",
                N_("The same person stands on line %(line)s already."),
                {"line": seen[person]},
                "M5",
            )
        seen.setdefault(person, place)
