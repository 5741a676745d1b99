"""Scanned forms over REST: sent in, read, filed by their codes or by hand (M9)."""

from http import HTTPStatus
from io import BytesIO
from typing import Any, ClassVar

from flask import Response, request, send_file
from flask_appbuilder.api import expose

from app.clock import now
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_
from app.models.scans import Scan
from app.services import scans
from app.services.listing import load
from app.services.papers.shape import MAX_PAGES
from app.services.resources import RESOURCES
from app.views.access import settings
from app.views.api.base import ADD, CREATE, LIST, READ, ConsoleApi, json_of
from app.views.api.body import only, read_object, text_of
from app.views.api.door import actor, asked, serves, session
from app.views.api.materials import MIB, SANDBOX, store
from app.views.api.openapi import Spec, json_body
from app.views.api.rows import plain

BINARY: Spec = {"type": "string", "format": "binary"}
PAGES: Spec = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 200}
PICTURE = "image/jpeg"


class ScansApi(ConsoleApi):
    """The tray of one's office or unit; `pages` of a scan say what became of each."""

    resource = RESOURCES["scans"]
    include_route_methods = READ | CREATE | {"file_pages", "discard_pages", "picture"}
    extra: ClassVar[tuple[str, ...]] = ("sha256",)
    more_properties: ClassVar[Spec] = {"pages_found": {"type": "array", "items": {}}}

    @expose("/", methods=("POST",))
    @serves(ADD, tag="scan:received")
    def post(self) -> Response:
        """Take a file in; a short one is read at once (201), a long one in the background (202)."""
        given = request.files.get("file")
        if given is None:
            words = N_("Choose a file.")
            raise InvalidInput(details=[Detail("file", "required", words, {}, "A3")])
        scan = scans.receive_scan(
            session(),
            stream=given.stream,
            filename=given.filename,
            store=store(),
            actor=actor(),
            now=now(),
            max_bytes=settings().max_upload_mb * MIB,
        )
        session().commit()
        run = scans.read_or_ask(session(), [scan], store=store(), actor=actor(), now=now())
        session().commit()
        status = HTTPStatus.ACCEPTED if run else HTTPStatus.CREATED
        told = {"id": scan.id, "job_run": run.id if run else None, "result": self.show(scan.id)}
        return json_of(told, status)

    def show(self, pk: Any) -> dict[str, Any]:
        """Return a scan with its pages."""
        result = super().show(pk)
        found = scans.load_scan(session(), result["id"]).found
        result["pages_found"] = [
            {
                "page": page.page,
                "outcome": page.outcome.value,
                "problem": page.problem.value if page.problem else None,
                "number": page.application.number if page.application else page.number,
                "material_id": page.material_id,
                "decided_at": plain(page.decided_at),
                "reason": page.reason,
            }
            for page in found
        ]
        return result

    @expose("/<pk>/file", methods=("POST",))
    @serves(ADD, tag="scan:filed")
    def file_pages(self, pk: str) -> Response:
        """File waiting `pages`, together, as the stamped form of the application `number`."""
        scan, body = self._scan(pk), read_object()
        only(body, frozenset({"pages", "number"}))
        scans.file_by_hand(
            session(),
            scan,
            _pages(body),
            text_of(body, "number"),
            store=store(),
            actor=actor(),
            now=now(),
        )
        session().commit()
        return json_of({"id": scan.id, "result": self.show(scan.id)})

    @expose("/<pk>/discard", methods=("POST",))
    @serves(ADD, tag="scan:discarded")
    def discard_pages(self, pk: str) -> Response:
        """Take waiting `pages` out of the tray for a `reason`."""
        scan, body = self._scan(pk), read_object()
        only(body, frozenset({"pages", "reason"}))
        reason = text_of(body, "reason")
        scans.discard(session(), scan, _pages(body), reason, actor=actor(), now=now())
        session().commit()
        return json_of({"id": scan.id, "result": self.show(scan.id)})

    @expose("/<pk>/pages/<position>", methods=("GET",))
    @serves(LIST)
    def picture(self, pk: str, position: str) -> Response:
        """Return one page as it was scanned."""
        page = next((n for n in range(1, MAX_PAGES + 1) if str(n) == position), 0)
        found = scans.page_of(self._scan(pk), page)
        if found.picture_sha256 is None:
            raise NotFound
        content = store().open(found.picture_sha256).read()
        answer = send_file(BytesIO(content), mimetype=PICTURE, etag=False)
        answer.headers["Content-Security-Policy"] = SANDBOX
        return answer

    def _scan(self, pk: str) -> Scan:
        scan = scans.load_scan(session(), load(session(), self.resource, pk).id)
        asked().concerns(scan)
        return scan

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what filing and discarding read."""
        if method == "file_pages":
            return {"pages": PAGES, "number": {"type": "string", "maxLength": 20}}, [
                "pages",
                "number",
            ]
        if method == "discard_pages":
            return {"pages": PAGES, "reason": {"type": "string", "maxLength": 200}}, [
                "pages",
                "reason",
            ]
        return super().posted(method)

    def specify(self, method: str) -> Spec:
        """Describe upload and picture, which are not JSON."""
        found = super().specify(method)
        if method == "post":
            body = json_body({"file": BINARY}, ["file"])
            body["content"] = {"multipart/form-data": body["content"].popitem()[1]}
            found["requestBody"] = body
            found["responses"]["202"] = {"description": "Received; read in the background"}
        if method == "picture":
            picture = {PICTURE: {"schema": BINARY}}
            found["responses"]["200"] = {"description": "The page", "content": picture}
        return found


def _pages(body: dict[str, Any]) -> list[int]:
    pages = body.get("pages")
    known = isinstance(pages, list) and all(type(page) is int for page in pages)
    if not known or not pages:
        words = N_("Tick the pages that are meant.")
        raise InvalidInput(details=[Detail("pages", "required", words, {}, "A3")])
    return list(pages)
