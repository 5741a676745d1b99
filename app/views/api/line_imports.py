"""Lines of a form out of a spreadsheet over REST: looked over, taken over, all or the good (X6)."""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from app.clock import now
from app.errors import BadRequest, Detail, InvalidInput
from app.i18n import N_
from app.models.applications import Application
from app.services.applications import own_organization, parse_kind
from app.services.exports import CONTENT_TYPES, Format
from app.services.line_imports import Overview, Part, Verdict, look_over, take
from app.services.listing import load
from app.services.resources import RESOURCES
from app.views.api.base import json_of
from app.views.api.door import actor, asked, me, session
from app.views.api.openapi import Spec
from app.workflow.form import HEADER

BINARY: Spec = {"type": "string", "format": "binary"}
TEXT: Spec = {"type": "string"}
IMPORT: Spec = {
    "kind": TEXT,
    "file": BINARY,
    "application_id": {"type": "integer", "description": "A draft to add to; else a new one"},
    "dry_run": {"type": "boolean", "default": False},
    "part": {**TEXT, "enum": list(Part), "default": Part.ALL.value},
    **dict.fromkeys(HEADER, TEXT),
}
TRUE = frozenset({"1", "true", "yes"})


def imported() -> Response:
    """Return the verdict of every row, and the drafts that were made, if any."""
    form = request.form
    kind = parse_kind(form.get("kind"))
    organization = own_organization(session(), actor())
    asked().organization_id = organization.id
    file = request.files.get("file")
    if file is None:
        words = N_("Choose a file.")
        raise InvalidInput(details=[Detail("file", "required", words, {}, "X6")], rule="X6")
    application = _application(form.get("application_id", ""))
    stream: Any = file.stream
    overview = look_over(
        session(),
        stream,
        file.filename or "",
        kind=kind,
        organization=organization,
        actor=actor(),
        now=now(),
    )
    if form.get("dry_run", "").lower() in TRUE:
        return jsonify(told(overview))
    made = take(
        session(),
        overview,
        part=_part(form.get("part", "")),
        actor=actor(),
        now=now(),
        application=application,
        header={"contact_name": me().name, **{k: form[k] for k in HEADER if form.get(k)}},
    )
    session().commit()
    drafts = [{"id": draft.id, "number": draft.number} for draft in made]
    return json_of({**told(overview), "applications": drafts}, HTTPStatus.CREATED)


def told(overview: Overview) -> dict[str, Any]:
    """Return counts and every row with its verdict, as REST says it."""
    return {
        "count": len(overview.rows),
        "counts": {verdict.value: overview.count(verdict) for verdict in Verdict},
        "ignored_columns": list(overview.table.ignored),
        "result": [
            {
                "row": row.number,
                "verdict": row.verdict.value,
                "on_form": row.on_form or None,
                "details": [
                    {**d.as_dict(), "cell": overview.table.cell(d.field, row.number)}
                    for d in row.problems
                ],
            }
            for row in overview.rows
        ],
    }


def _application(raw: str) -> Application | None:
    if not raw:
        return None
    found: Application = load(session(), RESOURCES["applications"], raw)
    asked().concerns(found)
    return found


def _part(raw: str) -> Part:
    try:
        return Part(raw or Part.ALL)
    except ValueError:
        words = N_("Choose one of: %(choices)s.")
        params = {"choices": ", ".join(Part)}
        detail = Detail("part", "unknown_choice", words, params)
        raise BadRequest(words, code="unknown_choice", details=[detail], **params) from None


def specified(found: Spec, method: str) -> Spec:
    """Return the description with upload and download in their own types."""
    if method == "take_over":
        body = found["requestBody"]
        body["content"] = {"multipart/form-data": body["content"].popitem()[1]}
        found["responses"]["201"] = {"description": "Taken over"}
    if method == "template":
        kind = CONTENT_TYPES[Format.XLSX]
        found["responses"]["200"] = {
            "description": "The file",
            "content": {kind: {"schema": BINARY}},
        }
    return found
