"""The pages of an import as the templates draw them: handing in, looking over (X6)."""

from typing import Any

from flask import render_template, request, url_for
from flask_login import current_user

from app.catalog.lifecycles import ApplicationKind
from app.clock import now, office_date
from app.errors import DomainError
from app.extensions import db
from app.i18n import N_, _
from app.models.applications import Application
from app.services.line_imports import Looked, Overview, Verdict
from app.services.line_sheets import LineSheet
from app.services.workbooks import UPLOAD
from app.workflow.form import MAX_LINES

SHOWN = 200
ACCEPT = ".xlsx,.csv"


def _crumbs(sheet: LineSheet, application: Application | None) -> list[dict[str, Any]]:
    if application is not None:
        back = url_for("FormView.edit", application_id=application.id)
        return [{"label": application.number, "url": back}, {"label": _("Import from Excel")}]
    return [
        {"label": _("New application"), "url": url_for("FormView.start")},
        {"label": sheet.title(), "url": url_for("FormView.new", kind=sheet.kind.value)},
        {"label": _("Import from Excel")},
    ]


def upload_page(
    kind: ApplicationKind, application: Application | None, error: DomainError | None = None
) -> str:
    """Return the page on which a file is handed in, with what was wrong with the last one."""
    sheet = LineSheet(db.session(), kind, current_user.organization, office_date(now()))
    more: dict[str, Any] = {"application": application.id} if application else {}
    field = {
        "name": "file",
        "label": _("Spreadsheet"),
        "kind": "file",
        "accept": ACCEPT,
        "required": True,
        "help": _(
            "Excel (.xlsx) or CSV, at most %(size)s MB and %(rows)s rows. Nothing is saved yet.",
            size=UPLOAD.bytes // 1024 // 1024,
            rows=UPLOAD.rows,
        ),
        "error": str(error) if error else None,
    }
    return render_template(
        "applications/import.html",
        head={
            "title": _("Import from Excel"),
            "sub": sheet.title(),
            "crumbs": _crumbs(sheet, application),
            "actions": [
                {
                    "label": _("Download the template"),
                    "url": url_for("LineImportView.template", kind=kind.value),
                    "icon": "file-earmark-spreadsheet",
                    "download": True,
                }
            ],
        },
        errors=[{"field": "file", "message": str(error)}] if error else [],
        field=field,
        form={"url": url_for("LineImportView.upload", kind=kind.value, **more)},
        columns=[
            {"label": sheet.heading(c), "required": sheet.is_typed(c) and c.field.required}
            for c in sheet.columns
        ],
        most=MAX_LINES,
    )


VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.WRONG: (N_("needs correcting"), "bad"),
    Verdict.THERE: (N_("there already"), "quiet"),
    Verdict.GOOD: (N_("can be taken"), "good"),
}


def preview_page(
    overview: Overview,
    kind: ApplicationKind,
    token: str,
    application: Application | None,
    error: DomainError | None = None,
) -> str:
    """Return the page of a file that has been looked over: every row with its verdict."""
    counts = {verdict: overview.count(verdict) for verdict in VERDICTS}
    shown = _shown(counts)
    rows = [row for row in overview.rows if shown is None or row.verdict == shown]
    here = url_for("LineImportView.preview", kind=kind.value, token=token)
    sheet = overview.sheet
    more: dict[str, Any] = {"application": application.id} if application else {}
    return render_template(
        "applications/import_preview.html",
        head={
            "title": _("Look over before taking"),
            "sub": f"{sheet.title()} · {overview.filename}",
            "crumbs": _crumbs(sheet, application),
            "actions": [
                {
                    "label": _("Download the result"),
                    "url": url_for("LineImportView.result", kind=kind.value, token=token),
                    "icon": "download",
                    "download": True,
                },
                {
                    "label": _("Another file"),
                    "url": url_for("LineImportView.upload", kind=kind.value, **more),
                    "icon": "arrow-repeat",
                },
            ],
        },
        errors=[{"field": "", "message": str(error)}] if error else [],
        good=counts[Verdict.GOOD],
        there=counts[Verdict.THERE],
        wrong=counts[Verdict.WRONG],
        ignored=overview.table.ignored,
        target=application.number if application else "",
        form={"url": here},
        page={
            "name": "import",
            "caption": _("Rows of the file"),
            "tabs": _tabs(counts, shown, here),
            "columns": [
                {"label": _("Row"), "kind": "number"},
                {"label": _("Result"), "kind": "state"},
                {"label": _("What to correct"), "kind": "text"},
                *({"label": sheet.heading(column), "kind": "text"} for column in sheet.columns),
            ],
            "rows": [_row(overview, row) for row in rows[:SHOWN]],
            "empty": {"title": _("No such row")},
        },
        more=max(0, len(rows) - SHOWN),
    )


def _shown(counts: dict[Verdict, int]) -> Verdict | None:
    """Return which rows are looked at: those asked for, else those that need correcting."""
    given = request.args.get("show", "")
    if given in Verdict._value2member_map_:
        return Verdict(given)
    return Verdict.WRONG if not given and counts[Verdict.WRONG] else None


def _tabs(counts: dict[Verdict, int], shown: Verdict | None, here: str) -> list[dict[str, Any]]:
    whole = {
        "label": _("All"),
        "url": f"{here}?show=all",
        "count": sum(counts.values()),
        "active": shown is None,
    }
    return [
        whole,
        *(
            {
                "label": _(words),
                "url": f"{here}?show={verdict.value}",
                "count": counts[verdict],
                "active": shown == verdict,
            }
            for verdict, (words, _tone) in VERDICTS.items()
        ),
    ]


def _row(overview: Overview, row: Looked) -> dict[str, Any]:
    words, tone = VERDICTS[row.verdict]
    return {
        "id": row.number,
        "tone": "bad" if row.verdict == Verdict.WRONG else "",
        "cells": [
            str(row.number),
            {"state": {"value": row.verdict.value, "label": _(words), "tone": tone}},
            overview.reason(row),
            *overview.sheet.shown(row.values),
        ],
    }
