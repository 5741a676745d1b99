"""The form on paper, in the annex's own layout, for signature and seal (A3, 第五条（二）)."""

from collections.abc import Iterator
from typing import Any

from flask import render_template
from flask_appbuilder import BaseView, expose

from app.catalog.permissions import Permission
from app.catalog.sheet_words import SHEET_WORDS
from app.clock import now
from app.extensions import db
from app.i18n import speaking
from app.models.applications import ApplicationLine
from app.models.permissions import PermissionItem
from app.security.audit import record
from app.services import regulations, sheets
from app.views.access import current_actor, requires
from app.views.sheet import Sheet
from app.views.wording import label

LINES_A_PAGE = 5
ANNEX_LANGUAGE = "zh"


class PrintView(BaseView):
    """Printed forms: they show personal numbers whole, so that every printing is recorded."""

    route_base = "/applications"
    default_view = "form"

    @expose("/<int:application_id>/print")
    @requires(Permission.APPLICATIONS_LIST)
    def form(self, application_id: int) -> str:
        """Lay the form out as the annex prints it, five lines to a page."""
        actor, moment = current_actor(), now()
        session = db.session()
        application = sheets.load_sheet(session, application_id, actor)
        sheet = Sheet(session=session, application=application, actor=actor, now=moment)
        pledge = regulations.pledge_for(session, application.kind, sheet.day)
        page = render_template(
            "applications/print.html",
            words=SHEET_WORDS,
            application=application,
            organization=application.organization,
            kind=sheet.kind,
            columns=[column.heading.zh for column in sheet.kind.columns],
            pages=list(pages(sheet)),
            pledge=pledge.text_zh if pledge else "",
        )
        record(
            session,
            tag="application:printed",
            subject=application,
            actor=actor,
            now=moment,
            new={"lines": len(application.lines)},
            rule="A3",
            article="第五条",
        )
        session.commit()
        return page


def pages(sheet: Sheet) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each page, filled up with empty ones as on the annex."""
    names = [column.field for column in sheet.kind.columns]
    lines = sheet.application.lines
    for start in range(0, max(len(lines), 1), LINES_A_PAGE):
        rows = [
            {"position": line.position, "cells": [cell(line, name) for name in names]}
            for line in lines[start : start + LINES_A_PAGE]
        ]
        empty = range(start + len(rows) + 1, start + LINES_A_PAGE + 1)
        rows += [{"position": position, "cells": [""] * len(names)} for position in empty]
        yield rows


def cell(line: ApplicationLine, name: str) -> str:
    """Return what stands in the column `name` of a printed line, in the annex's language."""
    value = getattr(line, name, None)
    if name == "items":
        return "；".join(_title(item) for item in line.items)
    if name == "sex":
        with speaking(ANNEX_LANGUAGE):
            return label(value) if value else ""
    return "" if value is None else str(value)


def _title(item: PermissionItem) -> str:
    return item.title_zh
