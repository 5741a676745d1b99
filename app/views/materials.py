"""Papers of applications: sent in one by one, shown within row scope only (M5.2)."""

import uuid
from http import HTTPStatus
from io import BytesIO
from typing import Any

from flask import Response, flash, jsonify, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.permissions import Permission
from app.clock import now
from app.errors import NotFound, Refused
from app.extensions import db
from app.i18n import N_, _
from app.models.applications import Application
from app.models.materials import Material
from app.services import drafts, materials
from app.services.applications import parse_kind
from app.services.commits import committing
from app.services.file_store import FileStore, StoredFileMissingError
from app.services.papers import MAX_BYTES
from app.services.papers.decoding import opened_picture
from app.services.papers.problems import PaperRefusal
from app.views.access import current_actor, requires, settings, wants_json
from app.views.sheet import draw_file

MIB = 1024 * 1024
MAX_KEY = 60
MAX_CODE = 64
TIFF = "image/tiff"
PREVIEW_SIDE = 2400
INLINE = frozenset({"application/pdf", "image/jpeg", "image/png", TIFF})
FRAMED = "frame-ancestors 'self'"
PICTURE_POLICY = f"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; {FRAMED}"
DOCUMENT_POLICY = f"default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; {FRAMED}"
"""Chromium's viewer does not open a sandboxed PDF; what is active in one was refused on arrival."""


def store() -> FileStore:
    """Return the store of this installation."""
    return FileStore(settings().files_dir)


class MaterialView(BaseView):
    """Papers."""

    route_base = ""
    default_view = "show"

    @expose("/applications/<int:application_id>/papers", methods=["POST"])
    @requires(Permission.MATERIALS_ADD)
    def attach(self, application_id: int) -> Any:
        """Keep one file with one's own draft or returned form."""
        application = drafts.own_form(db.session(), application_id, current_actor())
        return _attach(application)

    @expose("/applications/new/<kind>/papers", methods=["POST"])
    @requires(Permission.MATERIALS_ADD)
    def attach_new(self, kind: str) -> Any:
        """Keep one file with a form that has not been saved yet: the draft is opened for it."""
        key = request.args.get("key", "")[:MAX_KEY] or uuid.uuid4().hex
        session, actor = db.session(), current_actor()
        found = drafts.draft_of(session, key, actor)
        if found is None:
            with committing(
                session,
                tag="application:drafted",
                actor=actor,
                now=now(),
                subject_type="application",
                organization_id=actor.organization_id,
            ):
                found, _problems = drafts.begin(
                    session, key=key, kind=parse_kind(kind), raw={}, actor=actor, now=now()
                )
        return _attach(found)

    @expose("/file/<int:material_id>")
    @requires(Permission.MATERIALS_LIST)
    def show(self, material_id: int) -> Response:
        """Show a paper in the browser, or hand it over to be saved."""
        material = materials.find(db.session(), material_id)
        inline = "download" not in request.args and material.content_type in INLINE
        try:
            return _file(material, inline=inline)
        except StoredFileMissingError as error:
            raise NotFound from error

    @expose("/file/<int:material_id>/remove", methods=["POST"])
    @requires(Permission.MATERIALS_ADD)
    def remove(self, material_id: int) -> Any:
        """Take a paper off one's own draft or returned form."""
        session, actor = db.session(), current_actor()
        material = materials.find(session, material_id)
        application_id, name = material.application_id, material.filename
        with committing(
            session,
            tag="material:removed",
            actor=actor,
            now=now(),
            subject_type="application",
            subject_id=application_id,
            organization_id=actor.organization_id,
        ):
            materials.detach(session, material, actor=actor, now=now())
        if wants_json():
            return jsonify(removed=material_id)
        flash(_("%(name)s has been removed.", name=name), "success")
        back = url_for("FormView.edit", application_id=application_id, _anchor="papers")
        return redirect(back, HTTPStatus.SEE_OTHER)


def _line_id() -> int | None:
    raw = request.form.get("line_id", "")
    return int(raw[:12]) if raw.isascii() and raw.isdigit() else None


def _attach(application: Application) -> Any:
    session, actor = db.session(), current_actor()
    given = request.files.get("file")
    code = request.form.get("paper_code", "").replace("\x00", "")[:MAX_CODE]
    with committing(
        session,
        tag="material:added",
        actor=actor,
        now=now(),
        subject_type="application",
        subject_id=application.id,
        subject_label=application.number,
        organization_id=application.organization_id,
    ):
        material = materials.attach(
            session,
            application,
            materials.Place(paper_code=code, line_id=_line_id()),
            stream=given.stream if given else BytesIO(b""),
            filename=given.filename if given else "",
            store=store(),
            actor=actor,
            now=now(),
            max_bytes=min(MAX_BYTES, settings().max_upload_mb * MIB),
        )
    drawn = draw_file(material, actor, application)
    return jsonify(drawn), HTTPStatus.CREATED


def _file(material: Material, *, inline: bool) -> Response:
    content_type, name = material.content_type, material.filename
    if inline and content_type == TIFF:
        content, content_type, name = _preview(material), "image/png", f"{name}.png"
        response = send_file(BytesIO(content), mimetype=content_type)
    else:
        response = send_file(
            store().open(material.sha256),
            mimetype=content_type,
            as_attachment=not inline,
            download_name=name,
            etag=False,
        )
        response.content_length = material.size
    if inline:
        response.headers["Content-Disposition"] = "inline"
    picture = content_type.startswith("image/")
    response.headers["Content-Security-Policy"] = PICTURE_POLICY if picture else DOCUMENT_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _preview(material: Material) -> bytes:
    """Return the first page of a TIFF as a picture that browsers draw."""
    with store().open(material.sha256) as kept:
        content = kept.read()
    try:
        with opened_picture(content, "TIFF") as picture:
            picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
            drawn = BytesIO()
            picture.convert("RGB").save(drawn, "PNG")
    except PaperRefusal as error:
        raise Refused(N_("This picture cannot be shown here; save it instead.")) from error
    return drawn.getvalue()
