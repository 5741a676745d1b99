"""Applications as REST tells and takes them: header, lines, work, remarks, papers."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import LineVerdict, Pledged, RefusalReason
from app.catalog.identity import mask_citizen_id
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.materials import Material, PaperCheck
from app.models.work import Remark, WorkItem
from app.services import pledges
from app.services.applications import class_of
from app.services.resources import RESOURCES
from app.views.api.openapi import Spec
from app.views.api.rows import plain
from app.workflow.columns import LineColumn, line_columns
from app.workflow.form import HEADER

TEXT: Spec = {"type": "string"}
INTEGER: Spec = {"type": "integer"}
ITEMS: Spec = {"type": "array", "items": {"type": "string", "maxLength": 40}}
LINE_BASE: Spec = {
    "id": {**INTEGER, "description": "Of a line that was there already"},
    "position": INTEGER,
    "remark": {**TEXT, "maxLength": 200},
}


def _typed_as(column: LineColumn) -> Spec:
    """Describe what a column of a form's lines takes."""
    if column.holds_items:
        return ITEMS
    if column.members is not None:
        return {**TEXT, "enum": list(column.members)}
    return {**TEXT, "maxLength": column.limit} if column.limit else TEXT


def line_spec(kinds: Iterable[ApplicationKind]) -> Spec:
    """Describe a line of any of these kinds, each column with the kinds that have it."""
    properties: dict[str, Spec] = dict(LINE_BASE)
    known: dict[str, list[str]] = {}
    for kind in kinds:
        for column in line_columns(class_of(kind).line_class):
            properties.setdefault(column.name, _typed_as(column))
            known.setdefault(column.name, []).append(kind.value)
    for name, found in known.items():
        if name not in LINE_BASE:
            properties[name] = {**properties[name], "description": ", ".join(found)}
    return {"type": "object", "additionalProperties": False, "properties": properties}


LINE = line_spec(APPLICATIONS)
SHOWN: Spec = {
    "lines": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                **LINE["properties"],
                "verdict": {**TEXT, "enum": list(LineVerdict)},
                "reason_code": {**TEXT, "nullable": True, "enum": [*RefusalReason, None]},
                "reason": TEXT,
                "account_id": {**INTEGER, "nullable": True},
                "login_name": {**TEXT, "nullable": True},
                "key_serial": {**TEXT, "nullable": True},
            },
        },
    },
    **{
        name: {"type": "array", "items": {"type": "object"}}
        for name in ("work_items", "remarks", "papers", "materials", "road")
    },
    "pledge": {
        "type": "object",
        "nullable": True,
        "properties": {
            "version": INTEGER,
            "text": TEXT,
            "article": TEXT,
            "accepted": {**TEXT, "nullable": True, "enum": [*Pledged, None]},
        },
    },
}
"""What a single application shows beside its header."""

WORK = ("id", "round", "step", "action", "duty", "category", "opened_at", "claimed_at", "closed_at")
TICKS = ("original_seen", "copy_kept", "copy_stamped")


def told_form(session: Session, application: Application) -> dict[str, Any]:
    """Return everything of an application that its row in a list does not hold."""
    lines = session.scalars(
        select(ApplicationLine)
        .where(ApplicationLine.application_id == application.id)
        .options(
            selectinload(ApplicationLine.items),
            joinedload(ApplicationLine.account),
            joinedload(ApplicationLine.key),
        )
        .order_by(ApplicationLine.position)
    ).all()
    positions = {line.id: line.position for line in lines}
    return {
        "lines": [_line(line) for line in lines],
        "work_items": [_work(row) for row in _rows(session, WorkItem, application)],
        "remarks": [_remark(row) for row in _rows(session, Remark, application)],
        "papers": [_paper(row, positions) for row in _rows(session, PaperCheck, application)],
        "materials": [_material(row, positions) for row in _rows(session, Material, application)],
        "road": application.road,
        "pledge": pledges.told(session, application),
    }


def _rows(session: Session, model: type[Any], application: Application) -> list[Any]:
    people: dict[type[Any], tuple[Any, ...]] = {
        WorkItem: (WorkItem.claimed_by, WorkItem.closed_by),
        Remark: (Remark.by,),
        PaperCheck: (PaperCheck.checked_by,),
    }
    return list(
        session.scalars(
            select(model)
            .where(model.application_id == application.id)
            .options(*(joinedload(person) for person in people.get(model, ())))
            .order_by(model.id)
        )
    )


def _line(line: ApplicationLine) -> dict[str, Any]:
    found: dict[str, Any] = {"id": line.id, "position": line.position}
    for column in line_columns(type(line)):
        value = _told(line, column)
        if column.field.masked:
            value = mask_citizen_id(value) if value else value
        found[column.name] = value
    found |= {
        "remark": line.remark,
        "verdict": line.verdict.value,
        "reason_code": plain(line.reason_code),
        "reason": line.reason,
        "account_id": line.account_id,
    }
    found.setdefault("login_name", line.account.login_name if line.account else None)
    found.setdefault("key_serial", line.key.serial if line.key else None)
    return found


def _told(line: ApplicationLine, column: LineColumn) -> Any:
    value = getattr(line, column.name)
    return [item.code for item in value] if column.holds_items else plain(value)


def _name(person: Account | None) -> str | None:
    """Return who did it; an applicant is told the duty, not the person."""
    return person.name if person is not None else None


def _work(work: WorkItem) -> dict[str, Any]:
    return {
        **{name: plain(getattr(work, name)) for name in WORK},
        "claimed_by": _name(work.claimed_by),
        "closed_by": _name(work.closed_by),
        "outcome": plain(work.outcome),
        "comment": work.comment,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "field": remark.target,
        "text": remark.text,
        "round": remark.round,
        "by": _name(remark.by),
        "at": plain(remark.at),
    }


def _paper(check: PaperCheck, positions: Mapping[int, int]) -> dict[str, Any]:
    return {
        "id": check.id,
        "code": check.paper_code,
        "position": positions.get(check.line_id) if check.line_id else None,
        **{tick: getattr(check, tick) for tick in TICKS},
        "checked_by": _name(check.checked_by),
        "checked_at": plain(check.checked_at),
    }


def _material(material: Material, positions: Mapping[int, int]) -> dict[str, Any]:
    columns = RESOURCES["materials"].list_columns
    return {
        "id": material.id,
        "position": positions.get(material.line_id) if material.line_id else None,
        **{column.name: plain(getattr(material, column.name)) for column in columns},
        "sha256": material.sha256,
    }


def as_typed(application: Application, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole form as typed: what `body` does not name is as it stands.

    A citizen ID number that comes back masked, as it was shown, is the one that was there.
    """
    raw: dict[str, Any] = {name: getattr(application, name) for name in HEADER}
    stored = {line.id: line for line in application.lines}
    raw["lines"] = [_typed(line) for line in application.lines]
    raw |= {name: body[name] for name in (*HEADER, "lines") if name in body}
    if not isinstance(raw["lines"], list):
        return raw
    raw["lines"] = [
        _unmasked(line, stored) if isinstance(line, dict) else line for line in raw["lines"]
    ]
    return raw


def _typed(line: ApplicationLine) -> dict[str, Any]:
    """Return a line as it would be posted; what repeats the record is read there anew."""
    typed = {
        column.name: _told(line, column)
        for column in line_columns(type(line))
        if not column.field.repeats_record
    }
    return {"id": line.id, "remark": line.remark, **typed}


def _unmasked(line: dict[str, Any], stored: Mapping[int, ApplicationLine]) -> dict[str, Any]:
    known = stored.get(line.get("id", 0))
    number = getattr(known, "citizen_id", None)
    if number and line.get("citizen_id") == mask_citizen_id(number):
        return {**line, "citizen_id": number}
    return line
