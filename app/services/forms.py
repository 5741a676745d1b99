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
from app.workflow.form import (
    HEADER,
    check_header,
    check_line,
    check_line_count,
    person_digest,
    problem,
    read_value,
    wrong_tier,
)

MAX_PER_LINE = 20
"""No line or header has more problems than this: how far back to look for the same field."""

MAX_TYPED = {"name": 60, "remark": 200, "citizen_id": 32}
MAX_HEADER = {"contact_name": 60, "contact_phone": 20, "responsible_person": 60}


@dataclass(slots=True)
class TypedLine:
    """One line as it will be stored."""

    id: int | None
    values: dict[str, Any]
    items: list[PermissionItem]


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
            line.items = typed.items
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
        for place, line in enumerate(lines, start=1):
            form.lines.append(self._line(form, f"lines.{place}", line, items))
        form.problems += list(_same_person_twice(form.lines))
        return form

    def _items(self, lines: list[Mapping[str, Any]]) -> dict[str, PermissionItem]:
        codes = {code for line in lines for code in _codes(line)}
        if not codes:
            return {}
        found = self.session.scalars(
            select(PermissionItem).where(
                PermissionItem.code.in_(sorted(codes)), PermissionItem.covering(self.today)
            )
        )
        return {item.code: item for item in found}

    def _line(
        self, form: TypedForm, where: str, raw: Mapping[str, Any], items: dict[str, PermissionItem]
    ) -> TypedLine:
        identity = raw.get("id")
        typed = TypedLine(
            id=int(str(identity)) if str(identity or "").isdecimal() else None, values={}, items=[]
        )
        typed.values["name"] = self._store_text(
            form, f"{where}.name", raw.get("name"), MAX_TYPED["name"], self._clean_line("name")
        )
        typed.values["remark"] = self._store_text(
            form,
            f"{where}.remark",
            raw.get("remark"),
            MAX_TYPED["remark"],
            self._clean_line("remark"),
        )
        if "citizen_id" in self.line_class.columns:
            self._person(form, where, raw, typed)
        self._choose(form, where, raw, typed, items)
        form.add_new(
            check_line(
                self.line_class, {**typed.values, "items": typed.items}, where, today=self.today
            )
        )
        return typed

    def _person(
        self, form: TypedForm, where: str, raw: Mapping[str, Any], typed: TypedLine
    ) -> None:
        number = self._store_text(
            form,
            f"{where}.citizen_id",
            raw.get("citizen_id"),
            MAX_TYPED["citizen_id"],
            self._clean_line("citizen_id"),
        )
        typed.values["citizen_id"] = number or None
        typed.values["person_digest"] = None
        try:
            checked = read_value(self.line_class, "citizen_id", number, today=self.today)
            typed.values["citizen_id"] = checked
            typed.values["person_digest"] = person_digest(checked)
        except Unfit:
            pass  # check_line names it; a draft keeps it as typed
        sex = raw.get("sex")
        try:
            typed.values["sex"] = read_value(self.line_class, "sex", sex, today=self.today)
        except Unfit as unfit:
            typed.values["sex"] = None
            form.problems.append(problem(f"{where}.sex", unfit))

    def _choose(
        self,
        form: TypedForm,
        where: str,
        raw: Mapping[str, Any],
        typed: TypedLine,
        items: dict[str, PermissionItem],
    ) -> None:
        given = raw.get("items", [])
        if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
            form.problems.append(
                Detail(f"{where}.items", "not_a_list", N_("A list of item codes is expected here."))
            )
            return
        if given and "items" not in self.line_class.columns:
            form.problems.append(
                Detail(
                    f"{where}.items",
                    "items_set_by_type",
                    N_("Permissions of enterprise users are set by type and cannot be chosen."),
                    rule="M4b",
                )
            )
            return
        for code in dict.fromkeys(given):
            item = items.get(code)
            if item is None:
                form.problems.append(
                    Detail(
                        f"{where}.items",
                        "unknown_item",
                        N_("There is no permission item %(code)s."),
                        {"code": code.replace("\x00", "")[:60]},
                        "M4",
                    )
                )
                continue
            if item.tier != self.organization.type:
                form.problems.append(wrong_tier(f"{where}.items", code))
            typed.items.append(item)

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


def _codes(line: Mapping[str, Any]) -> Iterator[str]:
    given = line.get("items", [])
    if isinstance(given, list):
        yield from (code for code in given if isinstance(code, str) and "\x00" not in code)


def _same_person_twice(lines: list[TypedLine]) -> Iterator[Detail]:
    """M5: one person stands once on a form."""
    seen: dict[str, int] = {}
    for place, line in enumerate(lines, start=1):
        digest = line.values.get("person_digest")
        if digest is None:
            continue
        if digest in seen:
            yield Detail(
                f"lines.{place}.citizen_id",
                "same_person_twice",
                N_("The same person stands on line %(line)s already."),
                {"line": seen[digest]},
                "M5",
            )
        seen.setdefault(digest, place)
