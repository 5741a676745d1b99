"""Applications as REST tells and takes them: header, lines, work, remarks, papers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import LineVerdict, RefusalReason, Sex
from app.catalog.identity import mask_citizen_id
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.materials import Material, PaperCheck
from app.models.work import Remark, WorkItem
from app.services.resources import RESOURCES
from app.views.api.openapi import Spec
from app.views.api.rows import plain
from app.workflow.form import HEADER

TEXT: Spec = {"type": "string"}
INTEGER: Spec = {"type": "integer"}
ITEMS: Spec = {"type": "array", "items": {"type": "string", "maxLength": 40}}
LINE: Spec = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {**INTEGER, "description": "Of a line that was there already"},
        "position": INTEGER,
        "name": {**TEXT, "maxLength": 60},
        "sex": {**TEXT, "enum": list(Sex)},
        "citizen_id": {**TEXT, "maxLength": 32},
        "items": ITEMS,
        "remark": {**TEXT, "maxLength": 200},
    },
}
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
    for column in line.columns:
        value = getattr(line, column)
        if column == "items":
            value = [item.code for item in value]
        elif column == "citizen_id":
            value = mask_citizen_id(value) if value else value
        found[column] = plain(value)
    found |= {
        "remark": line.remark,
        "verdict": line.verdict.value,
        "reason_code": plain(line.reason_code),
        "reason": line.reason,
        "account_id": line.account_id,
        "login_name": line.account.login_name if line.account else None,
        "key_serial": line.key.serial if line.key else None,
    }
    return found


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
    found: dict[str, Any] = {"id": line.id, "remark": line.remark}
    for column in line.columns:
        value = getattr(line, column)
        found[column] = [item.code for item in value] if column == "items" else plain(value)
    return found


def _unmasked(line: dict[str, Any], stored: Mapping[int, ApplicationLine]) -> dict[str, Any]:
    known = stored.get(line.get("id", 0))
    number = getattr(known, "citizen_id", None)
    if number and line.get("citizen_id") == mask_citizen_id(number):
        return {**line, "citizen_id": number}
    return line
