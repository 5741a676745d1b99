"""An application drawn as its paper form: head, facts, the annex's columns, lines, papers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState
from app.catalog.permissions import Permission
from app.catalog.types import KindEntry, PaperRequirement, Worded
from app.clock import office_date
from app.i18n import _, pick
from app.models.applications import Application, ApplicationLine
from app.models.materials import Material, PaperCheck
from app.models.work import Remark
from app.security.actor import Actor
from app.services import regulations
from app.services.applications import EDITABLE
from app.services.materials import OTHER
from app.views.wording import (
    beyond_title,
    joined,
    label,
    masked,
    sentences,
    size,
    state,
    titled,
    when,
)
from app.workflow.columns import field_of
from app.workflow.form import HEADER

SHOWN_LINES = 200
"""So many persons are drawn on one page; the rest is a further page."""

TICKS = {"original_seen": "original", "copy_kept": "copy", "copy_stamped": "stamp"}
VIEWABLE = {
    "application/pdf": "pdf",
    "image/jpeg": "image",
    "image/png": "image",
    "image/tiff": "image",
}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One application as the reader `actor` sees it now, under the rules of its own day (M11)."""

    session: Session
    application: Application
    actor: Actor
    now: datetime
    remarks: Mapping[str, list[Remark]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the present round's remarks by what they mean."""
        sorted_out: dict[str, list[Remark]] = {}
        if self.application.state == ApplicationState.RETURNED:
            for remark in self.application.remarks:
                if remark.round == self.application.round:
                    sorted_out.setdefault(remark.target, []).append(remark)
        object.__setattr__(self, "remarks", sorted_out)

    @cached_property
    def day(self) -> date:
        """The day whose rules the form goes by."""
        return self.application.rules_on or office_date(self.now)

    @cached_property
    def kind(self) -> KindEntry:
        """What the form is called and which columns it has."""
        entry = regulations.kind_on(self.session, self.application.kind, self.day)
        assert entry is not None
        return entry

    def remark(self, target: str) -> dict[str, str] | None:
        """Return what the office wrote about `target` when it returned the form."""
        found = self.remarks.get(target)
        if not found:
            return None
        last = found[-1]
        return {
            "text": sentences(remark.text for remark in found),
            "by": last.by.name,
            "when": when(last.at),
        }

    def line_remark(self, line: ApplicationLine) -> dict[str, str] | None:
        """Return everything that the office wrote about one line."""
        headings = {column.field: pick(column, "heading") for column in self.kind.columns}
        said = []
        for target, found in self.remarks.items():
            head, _dot, column = target.removeprefix("lines.").partition(".")
            if not target.startswith("lines.") or head != str(line.position):
                continue
            heading = headings.get(column)
            said += [titled(heading, it.text) if heading else it.text for it in found]
        return {"text": sentences(said)} if said else None

    # --- The parts, as the templates draw them

    def head(self, actions: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """Return title, number, state and way back."""
        return {
            "title": pick(self.kind, "name"),
            "number": self.application.number,
            "state": state(self.application.state),
            "crumbs": [
                {"label": _("Applications"), "url": url_for("ApplicationView.list")},
                {"label": self.application.number},
            ],
            "actions": list(actions),
        }

    def facts(self) -> list[dict[str, Any]]:
        """Return the head of the paper form, each fact a place that a remark can point to."""
        application = self.application
        facts: list[dict[str, Any]] = [
            {
                "label": _("Organization"),
                "value": application.organization.name,
                "sub": application.organization.code,
            }
        ]
        for name in HEADER:
            declared = field_of(Application, name)
            facts.append(
                {
                    "label": _(declared.label),
                    "value": getattr(application, name),
                    "target": name,
                    "remark": self.remark(name),
                }
            )
        if application.submitted_at is not None:
            by = application.submitted_by.name if application.submitted_by else ""
            facts.append(
                {
                    "label": _("Submitted at"),
                    "kind": "time",
                    "value": when(application.submitted_at),
                    "sub": by,
                }
            )
        return facts

    def columns(self) -> list[dict[str, str]]:
        """Return the annex's columns in its order."""
        return [
            {"name": it.field, "label": pick(it, "heading"), "kind": it.field}
            for it in self.kind.columns
        ]

    def cells(self, line: ApplicationLine) -> list[Any]:
        """Return one line's values in the order of the columns."""
        return [self._cell(line, column.field) for column in self.kind.columns]

    def _cell(self, line: ApplicationLine, name: str) -> Any:
        value = getattr(line, name, None)
        kind = field_of(type(line), name).kind
        if kind == "items":
            titles = [pick(item, "title") for item in value or ()]
            return {"kind": "tags", "tags": titles, "label": ""}
        if kind == "citizen_id":
            reveal = None
            if value and line.id and self.actor.may(Permission.ACCOUNTS_REVEAL):
                reveal = url_for(
                    "ApplicationView.reveal",
                    pk=self.application.id,
                    line_id=line.id,
                )
            return {"kind": "masked", "masked": {"text": masked(value), "reveal_url": reveal}}
        if isinstance(value, StrEnum):
            return label(value)
        return value or ""

    def line(self, line: ApplicationLine, **more: Any) -> dict[str, Any]:
        """Return one person of the form."""
        key = line.key.serial if line.key is not None else ""
        return {
            "id": line.id,
            "position": line.position,
            "name": line.name,
            "cells": self.cells(line),
            "editable": False,
            "target": "",
            "remark": self.line_remark(line),
            "verdict": state(line.verdict),
            "reason_code": line.reason_code.value if line.reason_code else "",
            "reason": _refusal(line) or (_("Key %(serial)s", serial=key) if key else ""),
            "error": "",
            "warnings": [],
            "comparison": [],
            "after": None,
            **more,
        }

    def papers(self) -> list[dict[str, Any]]:
        """Return the papers that belong to the form, with ticks and files (M5.2)."""
        organization = self.application.organization
        asked = regulations.papers_for(
            self.session,
            organization.type,
            organization.legal_form,
            self.day,
            kind=self.application.kind,
        )
        checks = self.application.paper_checks
        drawn = []
        for paper in asked:
            of_paper = [c for c in checks if c.paper_code == paper.code]
            if of_paper:
                drawn += [
                    self._checked(paper, check, first=not n) for n, check in enumerate(of_paper)
                ]
            else:
                drawn.append(self._unchecked(paper))
        other = self._files(OTHER, None)
        if other:
            drawn.append(
                {"code": OTHER, "name": _("Other papers"), "files": other, "need": {}, "ticks": {}}
            )
        return drawn

    def _checked(
        self, paper: PaperRequirement, check: PaperCheck, *, first: bool
    ) -> dict[str, Any]:
        target = f"papers.{paper.code}"
        need = _need(paper)
        ticks = {tick: getattr(check, tick) for tick in TICKS}
        lacking = any(need[asked] and not ticks[tick] for tick, asked in TICKS.items())
        return {
            "code": paper.code,
            "line_id": check.line_id or "",
            "check_id": check.id,
            "name": pick(paper, "name"),
            "person": check.line.name if check.line else "",
            "requirement": requirement(paper),
            "need": need,
            "ticks": ticks,
            "lacking": lacking,
            "complete": not lacking,
            "target": target if first else "",
            "remark": self.remark(target) if first else None,
            "checked_by": check.checked_by.name if check.checked_by else "",
            "checked_at": when(check.checked_at),
            "files": self._files(paper.code, check.line_id),
        }

    def _unchecked(self, paper: PaperRequirement) -> dict[str, Any]:
        target = f"papers.{paper.code}"
        files = self._files(paper.code, None)
        return {
            "code": paper.code,
            "line_id": "",
            "name": pick(paper, "name"),
            "person": "",
            "requirement": requirement(paper),
            "need": {"original": False, "copy": False, "stamp": False},
            "ticks": {},
            "target": target if files else "",
            "remark": self.remark(target),
            "files": files,
        }

    def _files(self, code: str, line_id: int | None) -> list[dict[str, Any]]:
        return [
            draw_file(material, self.actor, self.application)
            for material in self.application.materials
            if material.paper_code == code and line_id in {None, material.line_id}
        ]


def _need(paper: PaperRequirement) -> dict[str, bool]:
    return {"original": paper.original, "copy": paper.copy, "stamp": paper.stamp}


def requirement(paper: PaperRequirement) -> str:
    """Return in words how a paper is taken."""
    said = [
        (paper.original, _("original to be checked")),
        (paper.copy, _("a copy is kept")),
        (paper.stamp, _("sealed")),
        (paper.per_person, _("one for every person")),
    ]
    return joined(words for holds, words in said if holds)


def _refusal(line: ApplicationLine) -> str:
    if not line.reason_code:
        return line.reason
    return titled(label(line.reason_code), line.reason)


def draw_file(material: Material, actor: Actor, application: Application) -> dict[str, Any]:
    """Return one file as the templates draw it."""
    own = (
        actor.organization_id == application.organization_id
        and actor.may(Permission.MATERIALS_ADD)
        and application.state in EDITABLE
    )
    address = url_for("MaterialView.show", material_id=material.id)
    kind = VIEWABLE.get(material.content_type, "other")
    return {
        "id": material.id,
        "name": material.filename,
        "size": size(material.size),
        "url": url_for("MaterialView.show", material_id=material.id, download=1),
        "view_url": address,
        "kind": kind,
        "uploaded_at": when(material.uploaded_at),
        "delete_url": url_for("MaterialView.remove", material_id=material.id) if own else None,
    }


def titles(entries: Sequence[Worded | Any]) -> list[dict[str, str]]:
    """Return permission items as they would be granted: heading, whole wording beside it."""
    return [
        {
            "label": pick(entry, "title"),
            "change": "added",
            "note": beyond_title(entry),
        }
        for entry in entries
    ]
