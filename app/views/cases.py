"""Business: list, record, forms, finishing (第六条, 第七条)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose

from app.catalog.business import OWN_STAGES, business_types, stages_of, types_for
from app.catalog.lifecycles import CASE
from app.catalog.permissions import Permission
from app.catalog.types import Act as Stage
from app.clock import OFFICE_ZONE, now
from app.errors import InvalidInput
from app.i18n import _, ngettext
from app.models.cases import Case
from app.security.actor import Actor
from app.services.case_import import (
    ON_PAGE,
    TITLES,
    Verdict,
    judge,
    look_over,
    rows_again,
    take_over,
)
from app.services.cases import amend_case, record_case
from app.services.columns import Column
from app.services.commits import committing
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires
from app.views.base import Answer, ConsoleView
from app.views.cells import offered, row_url
from app.views.record_forms import Fields
from app.views.wording import joined

TAKEN_OVER = frozenset({"opened_at", "accepted_at"})
"""What only the takeover from the running system says."""
MINUTES = "%Y-%m-%dT%H:%M"


class CaseView(ConsoleView):
    """Everything about business; whose it may be is decided by the service."""

    resource = RESOURCES["cases"]
    lifecycle = CASE
    tags = ("cases:recorded", "cases:amended")

    def drawn(self, fields: Fields, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Offer the types that the reader's kind of unit works on, and the stages one may set."""
        actor = current_actor()
        takes_over = actor.may(Permission.CASES_IMPORT)
        tier = actor.organization_type
        types = set(business_types()) if takes_over or tier is None else types_for(tier)
        row = fields.row
        stages = tuple(Stage) if row is None else stages_of(row.business_type)
        shown = {
            "business_type": types,
            "stage": [s for s in stages if takes_over or s in OWN_STAGES],
        }
        drawn = super().drawn(fields, columns)
        if not takes_over:
            drawn = [field for field in drawn if field["name"] not in TAKEN_OVER]
        for field in drawn:
            if (codes := shown.get(field["name"])) is not None:
                known = [it for it in offered("cases", field["name"]) if it["value"] in codes]
                field |= {"kind": "select", "choices": known, "maxlength": None}
            if field["name"] == "accepted_at" and row is not None and fields.typed is None:
                stands = row.accepted_at
                field["value"] = f"{stands.astimezone(OFFICE_ZONE):{MINUTES}}" if stands else ""
            if takes_over or fields.typed is not None:
                continue
            if field["name"] == "owner_id" and not field["value"]:
                own = str(actor.account_id)
                field |= {"value": own, **fields.reference("accounts", own)}
        return drawn

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> Case:
        """Record what was typed."""
        return record_case(self.session, raw=raw, actor=actor, now=moment)

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Add the takeover from the running system."""
        found = list(super().list_actions(actor))
        if actor.may(Permission.CASES_IMPORT):
            url = row_url("cases", "import")
            found.append({"label": _("Import"), "url": url, "icon": "file-earmark-arrow-up"})
        return found

    @expose("/import", methods=["GET", "POST"])
    @requires(Permission.CASES_IMPORT)
    def take_over(self) -> Answer:
        """Look a spreadsheet over row by row; save it when it is good, or the good part of it."""
        if request.method == "GET":
            return self._importing()
        actor, moment = current_actor(), now()
        saving = request.form.get("save", "")
        try:
            if not saving:
                file = request.files.get("file")
                content = BytesIO(file.read() if file else b"")
                name = file.filename if file else ""
                found = look_over(self.session, content, name, actor=actor, now=moment)
                return self._importing(found)
            rows = rows_again(_json(request.form.get("rows", "")))
            with committing(
                self.session,
                tag="cases:recorded",
                actor=actor,
                now=moment,
                subject_type="cases",
                subject_label=f"{len(rows)}",
            ):
                found = judge(self.session, rows, actor=actor, now=moment)
                part = saving == "good_part"
                count = take_over(self.session, found, actor=actor, now=moment, good_part=part)
        except InvalidInput as error:
            return self._importing(error=error), int(error.status)
        flash(ngettext("%(num)s case taken over.", "%(num)s cases taken over.", count), "success")
        return redirect(row_url("cases", ""), HTTPStatus.SEE_OTHER)

    def _importing(self, found: Sequence[Verdict] = (), error: InvalidInput | None = None) -> str:
        told = [d.message for d in error.details] or [str(error)] if error else []
        title = _("Take business over")
        new = [it for it in found if it.case is not None]
        wrong = [it for it in found if it.problems]
        return render_template(
            "cases/import.html",
            head={
                "title": title,
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("cases", "")},
                    {"label": title},
                ],
            },
            url=row_url("cases", "import"),
            errors=[{"field": "file", "message": text} for text in told],
            field={
                "name": "file",
                "label": _("Spreadsheet"),
                "kind": "file",
                "required": True,
                "accept": ".xlsx,.csv",
                "help": _(
                    "Columns: %(columns)s. At most %(limit)s rows.",
                    columns=joined(_(words) for words in TITLES.values()),
                    limit=ON_PAGE.rows,
                ),
                "error": told[0] if told else None,
            },
            columns=[_(words) for words in TITLES.values()],
            rows=[
                {
                    "row": it.row,
                    "cells": [it.values.get(name, "") for name in TITLES],
                    "verdict": "wrong" if it.problems else "known" if it.known else "new",
                    "problems": [{"cell": cell, "text": d.message} for cell, d in it.problems],
                }
                for it in found
            ],
            counts={"new": len(new), "known": sum(it.known for it in found), "wrong": len(wrong)},
            kept=json.dumps([[it.row, it.values] for it in found], ensure_ascii=False),
        )

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> Case:
        """Correct what was typed."""
        return amend_case(
            self.session, record, raw, actor=actor, now=moment, expected_version=version
        )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
