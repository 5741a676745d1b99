"""Papers over REST: attached to a draft, opened within reach, judged by content (M5.2)."""

from http import HTTPStatus
from typing import ClassVar

from flask import Response, jsonify, request, send_file
from flask_appbuilder.api import expose

from app.clock import now
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_
from app.models.applications import Application
from app.models.materials import Material
from app.services.file_store import FileStore, StoredFileMissingError
from app.services.listing import load
from app.services.materials import OTHER, Place, attach, detach
from app.services.resources import RESOURCES
from app.views.access import settings
from app.views.api.base import ADD, CREATE, LIST, READ, REMOVE, ConsoleApi, json_of
from app.views.api.body import only
from app.views.api.door import actor, asked, serves, session
from app.views.api.openapi import Spec, json_body

MIB = 1024 * 1024
BINARY: Spec = {"type": "string", "format": "binary"}
UPLOAD: Spec = {
    "application_id": {"type": "integer"},
    "paper_code": {"type": "string", "default": OTHER, "maxLength": 64},
    "position": {"type": "integer", "description": "Of the person whose paper it is"},
    "file": BINARY,
}
SANDBOX = "default-src 'none'; sandbox"


class MaterialsApi(ConsoleApi):
    """PDF, JPEG, PNG, TIFF; the application decides who sees them and until when they change."""

    resource = RESOURCES["materials"]
    include_route_methods = READ | CREATE | REMOVE | {"content"}
    extra: ClassVar[tuple[str, ...]] = ("line_id", "sha256", "pages", "uploaded_by_id")

    @expose("/", methods=("POST",))
    @serves(ADD, tag="material:added")
    def post(self) -> Response:
        """Attach a file to a draft or returned form of one's own organisation."""
        application = _application()
        asked().concerns(application)
        file = request.files.get("file")
        if file is None:
            raise InvalidInput(
                details=[Detail("file", "required", N_("Choose a file."), {}, "M5.2")]
            )
        material = attach(
            session(),
            application,
            _place(application),
            stream=file.stream,
            filename=file.filename,
            store=store(),
            actor=actor(),
            now=now(),
            max_bytes=settings().max_upload_mb * MIB,
        )
        session().commit()
        result = self.show(material.id)
        return json_of({"id": material.id, "result": result}, HTTPStatus.CREATED)

    @expose("/<pk>", methods=("DELETE",))
    @serves(ADD, tag="material:removed")
    def delete(self, pk: str) -> Response:
        """Take a file off a draft or returned form of one's own organisation."""
        material: Material = load(session(), self.resource, pk)
        asked().concerns(material.application)
        detach(session(), material, actor=actor(), now=now())
        session().commit()
        return jsonify({})

    @expose("/<pk>/content", methods=("GET",))
    @serves(LIST)
    def content(self, pk: str) -> Response:
        """Return the file itself, as its content was judged and never as something to run."""
        material: Material = load(session(), self.resource, pk)
        try:
            kept = store().open(material.sha256)
        except StoredFileMissingError:
            raise NotFound(
                N_("The content of this paper is not in the file store."), code="content_missing"
            ) from None
        answer = send_file(
            kept,
            mimetype=material.content_type,
            as_attachment=True,
            download_name=material.filename,
            etag=material.sha256,
        )
        answer.headers["Content-Security-Policy"] = SANDBOX
        return answer

    def specify(self, method: str) -> Spec:
        """Describe upload and download, which are not JSON."""
        found = super().specify(method)
        if method == "post":
            body = json_body(UPLOAD, ["application_id", "file"])
            body["content"] = {"multipart/form-data": body["content"].popitem()[1]}
            found["requestBody"] = body
        if method == "content":
            types = ("application/pdf", "image/jpeg", "image/png", "image/tiff")
            found["responses"]["200"] = {
                "description": "The file",
                "content": {kind: {"schema": BINARY} for kind in types},
            }
        return found


def store() -> FileStore:
    """Return where papers are kept."""
    return FileStore(settings().files_dir)


def _application() -> Application:
    only(request.form, frozenset({*UPLOAD, "csrf_token"}))
    raw = request.form.get("application_id", "")
    if not raw:
        words = N_("This must be filled in.")
        raise InvalidInput(details=[Detail("application_id", "required", words)])
    try:
        found: Application = load(session(), RESOURCES["applications"], raw)
    except NotFound:
        words = N_("There is no such record, or it is not yours to see.")
        raise NotFound(details=[Detail("application_id", "not_found", words)]) from None
    return found


def _place(application: Application) -> Place:
    paper = request.form.get("paper_code", "") or OTHER
    position = request.form.get("position", "")
    if not position:
        return Place(paper_code=paper)
    line = next((row for row in application.lines if str(row.position) == position), None)
    if line is None:
        words = N_("There is no such line on this form.")
        raise InvalidInput(details=[Detail("position", "unknown_line", words, {}, "M5.2")])
    return Place(paper_code=paper, line_id=line.id)
