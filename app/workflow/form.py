"""The rules of a form's fields: one reading for drafts, submission, REST and import."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Enum, String, inspect

from app.catalog.cleaning import Unfit, clean
from app.catalog.enums import OrganizationType
from app.catalog.fields import Field
from app.catalog.identity import IdentityError, check_sex, parse_citizen_id
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from app.catalog.loader import load_catalog
from app.errors import Detail
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.models.base import Base
from app.models.encryption import blind_index
from app.workflow.columns import field_of, items_asked, line_columns

MAX_LINES = 5000
PERSON_CONTEXT = "account.citizen_id"
"""Persons are found by one digest, whichever table names them."""

HEADER = ("contact_name", "contact_phone", "responsible_person")

APPLICANTS: dict[ApplicationKind, frozenset[OrganizationType]] = {
    **{entry.kind: frozenset(entry.applicants) for entry in load_catalog().kinds},
    **{kind: frozenset(it.form.applicants) for kind, it in APPLICATIONS.items() if it.form},
}
"""Who applies by which form (第五条)."""


def person_digest(citizen_id: str) -> str:
    """Return the keyed digest that finds a person without showing the number."""
    return blind_index(citizen_id, PERSON_CONTEXT)


def read_value(model: type[Base], column: str, raw: Any, *, today: date) -> Any:
    """Return what is stored for `raw` in `column` of `model`; raise Unfit."""
    known = _readings.get((model, column))
    if known is None:
        known = _readings[model, column] = _reading(model, column)
    declared, members, limit = known
    return clean(declared, raw, today=today, members=members, limit=limit)


_Reading = tuple[Field, type[StrEnum] | None, int | None]
_readings: dict[tuple[type[Base], str], _Reading] = {}


def _reading(model: type[Base], column: str) -> _Reading:
    """Return what a column means, its closed vocabulary, its length: looked up once."""
    kind = inspect(model).columns[column].type
    members: type[StrEnum] | None = None
    if isinstance(kind, Enum) and kind.enum_class is not None:
        members = kind.enum_class  # type: ignore[assignment]
    limit = kind.length if isinstance(kind, String) and members is None else None
    return field_of(model, column), members, limit


def problem(where: str, unfit: Unfit) -> Detail:
    """Return the detail that says at `where` what is unfit."""
    return Detail(where, unfit.code, unfit.msgid, unfit.params, unfit.rule)


def kinds_for(organization_type: OrganizationType) -> list[ApplicationKind]:
    """Return the forms that an organisation of this type can hand in."""
    return [kind for kind in APPLICATIONS if organization_type in APPLICANTS[kind]]


def check_header(values: Mapping[str, Any], *, today: date) -> Iterator[Detail]:
    """Yield what is wrong with the header fields."""
    for column in HEADER:
        try:
            read_value(Application, column, values.get(column), today=today)
        except Unfit as unfit:
            yield problem(column, unfit)


def check_line(
    line_class: type[ApplicationLine], values: Mapping[str, Any], where: str, *, today: date
) -> Iterator[Detail]:
    """Yield what is wrong with one line's own columns; those that hold items are lists of them.

    Columns that repeat the record are `check_named`'s matter.
    """
    for column in line_columns(line_class):
        if column.field.repeats_record:
            continue
        if column.holds_items:
            if column.field.required and not values.get(column.name):
                yield Detail(
                    f"{where}.{column.name}",
                    "required",
                    N_("Choose at least one permission item."),
                    rule="M4",
                )
            continue
        try:
            read_value(line_class, column.name, values.get(column.name), today=today)
        except Unfit as unfit:
            yield problem(f"{where}.{column.name}", unfit)
    yield from _check_sex_agrees(values, where, today)


def _check_sex_agrees(values: Mapping[str, Any], where: str, today: date) -> Iterator[Detail]:
    number, sex = values.get("citizen_id"), values.get("sex")
    if not number or not sex:
        return
    try:
        check_sex(parse_citizen_id(number, today=today), sex)
    except IdentityError as error:
        if error.code == "citizen_id_sex":
            yield Detail(f"{where}.sex", error.code, error.msgid, dict(error.params), "M5")


def values_of(row: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return the named attributes of a stored form or line."""
    return {column: getattr(row, column) for column in columns}


def check_form(application: Application, *, today: date) -> Iterator[Detail]:
    """Yield everything that keeps a stored form from being handed in (M5, 第五条)."""
    yield from check_kind(application.kind, application.organization.type)
    yield from check_header(values_of(application, HEADER), today=today)
    yield from check_line_count(len(application.lines))
    for line in application.lines:
        yield from check_line(
            type(line), values_of(line, line.columns), f"lines.{line.position}", today=today
        )


def check_kind(kind: ApplicationKind, organization_type: OrganizationType) -> Iterator[Detail]:
    """Yield a refusal if an organisation of this type does not use this form."""
    if organization_type not in APPLICANTS.get(kind, frozenset()):
        yield Detail(
            "kind",
            "kind_not_for_organization",
            N_("This form is not for your kind of organization."),
            rule="M5",
        )


def check_line_count(count: int) -> Iterator[Detail]:
    """Yield a refusal for a form without persons, or with more than can be decided on one."""
    if count == 0:
        yield Detail("lines", "no_lines", N_("Enter at least one person."), rule="M5")
    if count > MAX_LINES:
        yield Detail(
            "lines",
            "too_many_lines",
            N_("At most %(limit)s persons on one form; this has %(count)s."),
            {"limit": MAX_LINES, "count": count},
            "M5",
        )


def check_items(application: Application, *, today: date) -> Iterator[Detail]:
    """M4a, M4b: municipal items to municipal users only, and so on; enterprises choose none.

    An item that has changed or ended since it was chosen has to be chosen again (M11).
    """
    unit = application.organization.type
    asked = items_asked(application.line_class)
    keeps = any(column.holds_items for column in line_columns(application.line_class))
    for line in application.lines:
        where = f"lines.{line.position}.{asked.name if asked else 'items'}"
        if line.items and not keeps:
            yield items_not_chosen(where)
            continue
        for item in getattr(line, asked.name) if asked else ():
            if item.tier != unit:
                yield wrong_tier(where, item.code)
            if not item.in_force(today):
                yield Detail(
                    where,
                    "item_not_in_force",
                    N_("Item %(code)s has changed or ended since it was chosen: choose it again."),
                    {"code": item.code},
                    "M11",
                )


def items_not_chosen(where: str) -> Detail:
    """Return the refusal of items on a form that asks for none (M4b)."""
    return Detail(
        where,
        "items_set_by_type",
        N_("Permissions of enterprise users are set by type and cannot be chosen."),
        rule="M4b",
    )


def wrong_tier(where: str, code: str) -> Detail:
    """Return the refusal of an item that belongs to another tier (M4a)."""
    return Detail(
        where,
        "item_of_another_tier",
        N_("Item %(code)s is not for users of this kind of organization."),
        {"code": code},
        "M4a",
    )
