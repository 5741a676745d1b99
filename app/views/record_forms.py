"""Add and edit pages made from a resource's columns: what is shown, what is read, what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.errors import BadRequest, Detail, DomainError, InvalidInput
from app.i18n import N_, _
from app.services.applications import parse_version
from app.services.columns import Column
from app.services.listing import find_row
from app.services.resources import RESOURCES
from app.views.cells import row_url, word
from app.views.lists import few
from app.views.wording import masked

CSRF = "csrf_token"
VERSION = "version"

CONTROLS: dict[str, str] = {
    "longtext": "textarea",
    "citizen_id": "citizen_id",
    "phone": "tel",
    "date": "date",
    "datetime": "datetime",
    "integer": "number",
    "boolean": "checkbox",
}
TALL = 4


def typed_fields(
    columns: Iterable[Column], *others: str, many: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what was typed into the fields of a form; a field that it does not have is refused.

    `others` are further names, `many` those that hold a list.
    """
    lists = set(many)
    known = {*(column.name for column in columns), *others, *lists}
    foreign = [name for name in request.form if name not in known | {CSRF, VERSION}]
    if foreign:
        words = N_("This field is not open to change here.")
        details = [Detail(name[:60], "not_editable", words) for name in foreign]
        raise InvalidInput(details=details, code="not_editable")
    typed: dict[str, Any] = {n: request.form[n] for n in request.form if n in known - lists}
    return typed | {name: request.form.getlist(name) for name in lists}


def typed_version() -> int:
    """Return the version of the record that the page showed; no change is made without."""
    version = parse_version(request.form.get(VERSION))
    if version is None:
        raise BadRequest(N_("Say which version of the record was seen."), code="version_missing")
    return version


class Fields:
    """The fields of one form for one reader: values as typed, else as they stand."""

    def __init__(
        self,
        session: Session,
        *,
        row: Any = None,
        typed: Mapping[str, Any] | None = None,
        error: DomainError | None = None,
    ) -> None:
        """Keep what stands (`row`), what was typed and what is wrong with it."""
        self.session = session
        self.row = row
        self.typed = typed
        self.wrong = {d.field: d.message for d in error.details} if error else {}
        self.changed = error is not None and error.code == "state_changed"

    def of(self, column: Column) -> dict[str, Any]:
        """Return one column as a field."""
        stands = getattr(self.row, column.name, None) if self.row is not None else None
        field: dict[str, Any] = {
            "name": column.name,
            "label": _(column.field.label),
            "kind": CONTROLS.get(column.field.kind, "text"),
            "value": self._value(column, stands),
            "required": column.field.required,
            "help": _(column.field.help) if column.field.help else "",
            "error": self.wrong.get(column.name),
            "maxlength": column.limit,
            "autocomplete": "off",
        }
        if field["kind"] == "textarea":
            field |= {"rows": TALL, "maxlength": None}
        if column.members is not None:
            options = [{"value": m.value, "label": word(m)} for m in column.members]
            field |= {"kind": "select", "choices": options}
        elif column.field.kind == "reference":
            field |= self.reference(column.field.resource or "", field["value"])
        if column.field.masked and self.row is not None:
            kept = _("Leave empty to keep %(number)s.", number=masked(stands))
            field |= {"required": False, "help": kept}
        if self.changed and not column.field.masked:
            field |= self._meanwhile(column, stands, field["value"])
        return field

    def reference(self, resource: str, value: str) -> dict[str, Any]:
        """Return the control that chooses a row of `resource`."""
        if (options := few(self.session, resource)) is not None:
            return {"kind": "select", "choices": options}
        chosen = None
        if value:
            chosen = {"value": value, "label": self._named(resource, value)}
        return {"kind": "picker", "picker_url": row_url("pick", resource), "selected": chosen}

    def _named(self, resource: str, identity: str) -> str:
        target = RESOURCES[resource]
        try:
            return find_row(self.session, target, identity, columns=(target.title[0],)).label
        except DomainError:
            return identity

    def _value(self, column: Column, stands: Any) -> str:
        if self.typed is not None and column.name in self.typed:
            return str(self.typed[column.name])
        if stands is None or column.field.masked:
            return ""
        return str(stands.value if column.members is not None else stands)

    def _meanwhile(self, column: Column, stands: Any, value: str) -> dict[str, Any]:
        """Return what somebody else has written beside a field that was typed differently."""
        there = "" if stands is None else str(getattr(stands, "value", stands))
        if there == value:
            return {}
        shown = word(stands) if column.members is not None and stands is not None else there
        return {"remark": {"text": _("Now stands here: %(value)s", value=shown or "–")}}


def errors_of(
    error: DomainError | None, fields: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Return what the list on top of the page says: every problem, else the refusal itself."""
    if error is None:
        return []
    names = {field["name"] for field in fields}
    if not error.details:
        return [{"field": "", "message": str(error)}]
    return [
        {"field": d.field if d.field in names else "", "message": d.message} for d in error.details
    ]
