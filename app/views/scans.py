"""Paper that comes back: scanned forms sent in, read, and filed by their codes or by hand (M9)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.catalog.enums import ScanOutcome
from app.catalog.permissions import Permission
from app.clock import now
from app.errors import DomainError, InvalidInput, NotFound
from app.i18n import _, ngettext
from app.models.scans import Scan, ScanPage
from app.security.actor import Actor
from app.services import scan_filing, scans
from app.services.columns import Column
from app.services.commits import committing
from app.services.file_store import StoredFileMissingError
from app.services.listing import Row
from app.services.papers import MAX_BYTES
from app.services.papers.shape import MAX_PAGES
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires, settings
from app.views.base import Answer, ConsoleView
from app.views.cells import row_url
from app.views.materials import MIB, PICTURE_POLICY, store
from app.views.wording import joined, label, when

FILES_AT_ONCE = 20
FACTS = frozenset({"pages", "filed", "waiting", "uploaded_by_id", "uploaded_at", "read_at"})
MAX_FIELD = 200


class ScanView(ConsoleView):
    """The tray of one's office or unit."""

    resource = RESOURCES["scans"]
    template_show = "scan_show.html"

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Return the way to sending scans in."""
        if not actor.may(Permission.SCANS_ADD):
            return []
        url = url_for("ScanView.send")
        label = _("Send in scanned forms")
        return [{"label": label, "url": url, "icon": "cloud-arrow-up", "primary": True}]

    # --- Sending in

    @expose("/send", methods=["GET", "POST"])
    @requires(Permission.SCANS_ADD)
    def send(self) -> Answer:
        """Take in scanned forms, several files at once; those that are refused are named."""
        if request.method == "GET":
            return self._sending([])
        most = settings().max_upload_mb
        request.max_content_length = (most * 5 + 5) * MIB
        given = [file for file in request.files.getlist("file") if file.filename][:FILES_AT_ONCE]
        received, problems = [], []
        for file in given:
            try:
                received.append(self._receive(file))
            except DomainError as error:
                words = [detail.message for detail in error.details] or [str(error)]
                name = (file.filename or "").replace("\x00", "")[:MAX_FIELD]
                problems.append({"field": "file", "message": f"{name}: {joined(words)}"})
        if not given:
            problems.append({"field": "file", "message": _("Choose a file.")})
        if not received:
            return self._sending(problems), HTTPStatus.UNPROCESSABLE_ENTITY
        for problem in problems:
            flash(problem["message"], "danger")
        return self._read(received)

    def _receive(self, file: Any) -> int:
        actor, moment = current_actor(), now()
        with committing(
            self.session, tag="scan:received", actor=actor, now=moment, subject_type="scan"
        ):
            scan = scans.receive_scan(
                self.session,
                stream=file.stream,
                filename=file.filename,
                store=store(),
                actor=actor,
                now=moment,
                max_bytes=min(MAX_BYTES, settings().max_upload_mb * MIB),
            )
        return scan.id

    def _read(self, received: list[int]) -> Response:
        """Read a few pages at once, more as a job; go where the outcome will be seen."""
        actor, moment = current_actor(), now()
        found = [scans.load_scan(self.session, identity) for identity in received]
        with committing(
            self.session, tag="scan:read", actor=actor, now=moment, subject_type="scan"
        ):
            run = scans.read_or_ask(self.session, found, store=store(), actor=actor, now=moment)
        if run is not None:
            return redirect(row_url("job_runs", run.id), HTTPStatus.SEE_OTHER)
        waiting = sum(scan.waiting for scan in found)
        flash(
            _said(sum(scan.filed for scan in found), waiting), "warning" if waiting else "success"
        )
        there = row_url("scans", received[0] if len(received) == 1 else "")
        return redirect(there, HTTPStatus.SEE_OTHER)

    def _sending(self, errors: list[dict[str, str]]) -> str:
        most = settings().max_upload_mb
        field = {
            "name": "file",
            "label": _("Scanned forms"),
            "kind": "file",
            "multiple": True,
            "required": True,
            "accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff",
            "help": _(
                "PDF, JPEG, PNG or TIFF; at most %(files)s files at once, %(most)s MB and "
                "%(pages)s pages each. Every page with a readable code is filed with its form.",
                files=FILES_AT_ONCE,
                most=most,
                pages=MAX_PAGES,
            ),
            "error": errors[0]["message"] if errors else None,
        }
        return render_template(
            "form.html",
            head={
                "title": _("Send in scanned forms"),
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("scans", "")},
                    {"label": _("Send in scanned forms")},
                ],
            },
            errors=errors,
            groups=[{"title": _("Files"), "fields": [field]}],
            form={
                "url": url_for("ScanView.send"),
                "multipart": True,
                "submit_label": _("Send in"),
                "cancel_url": row_url("scans", ""),
            },
        )

    # --- One file

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Return what is told of a file, beside where its pages went."""
        return [column for column in super().fact_columns(row, actor) if column.name in FACTS]

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show where the pages went, and those that wait, to be filed by hand."""
        shown = super().record(row, record, actor)
        scan = scans.load_scan(self.session, row.id)
        waiting = [page for page in scan.found if page.outcome == ScanOutcome.WAITING]
        return shown | {
            "unread": scan.read_at is None,
            "missing": self._missing(scan),
            "waiting": [_drawn(scan, page) for page in waiting],
            "settled": _settled(scan),
            "may_file": actor.may(Permission.SCANS_ADD),
            "decide_url": url_for("ScanView.decide", pk=scan.id),
            "read_url": url_for("ScanView.read", pk=scan.id),
            "guess": next((page.number for page in waiting if page.number), ""),
        }

    def _missing(self, scan: Scan) -> list[str]:
        """Say which pages of which form did not come back."""
        filed: dict[int, list[ScanPage]] = {}
        for page in scan.found:
            if page.application is not None and page.form_page is not None:
                filed.setdefault(page.application.id, []).append(page)
        said = []
        for pages in filed.values():
            form = pages[0].application
            missing = form and scan_filing.missing_pages(self.session, form, pages)
            if form is not None and missing:
                lacking = ", ".join(map(str, missing))
                words = _(
                    "%(number)s came back without page %(pages)s.", pages=lacking, number=form
                )
                said.append(words)
        return said

    @expose("/<int:pk>/pages/<int:page>")
    @requires(Permission.SCANS_LIST)
    def picture(self, pk: int, page: int) -> Response:
        """Show one page as it was scanned."""
        found = scans.page_of(scans.load_scan(self.session, pk), page)
        try:
            if found.picture_sha256 is None:
                raise NotFound
            content = store().open(found.picture_sha256).read()
        except StoredFileMissingError as error:
            raise NotFound from error
        response = send_file(BytesIO(content), mimetype="image/jpeg", etag=False)
        response.headers["Content-Security-Policy"] = PICTURE_POLICY
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @expose("/<int:pk>/read", methods=["POST"])
    @requires(Permission.SCANS_ADD)
    def read(self, pk: int) -> Answer:
        """Read a file that was received and not read, as when the server stopped in between."""
        scans.load_scan(self.session, pk)
        return self._read([pk])

    @expose("/<int:pk>/pages", methods=["POST"])
    @requires(Permission.SCANS_ADD)
    def decide(self, pk: int) -> Answer:
        """File the ticked pages with a form, or take them out of the tray for a reason."""
        actor, moment = current_actor(), now()
        act = request.form.get("act", "")
        pages = [
            int(raw) for raw in request.form.getlist("page") if raw.isascii() and raw.isdigit()
        ]
        scan = scans.load_scan(self.session, pk)
        tag = {"file": "scan:filed", "discard": "scan:discarded"}.get(act)
        if tag is None:
            raise NotFound
        try:
            with committing(
                self.session,
                tag=tag,
                actor=actor,
                now=moment,
                subject_type="scan",
                subject_id=scan.id,
                subject_label=scan.filename,
            ):
                words = self._done(scan, act, pages, actor)
        except InvalidInput as error:
            flash(joined(detail.message for detail in error.details), "danger")
        else:
            flash(words, "success")
        return redirect(row_url("scans", pk), HTTPStatus.SEE_OTHER)

    def _done(self, scan: Scan, act: str, pages: list[int], actor: Actor) -> str:
        if act == "discard":
            reason = request.form.get("reason", "").replace("\x00", "")
            scans.discard(self.session, scan, pages, reason, actor=actor, now=now())
            return _("Taken out of the tray.")
        number = request.form.get("number", "")
        filed = scans.file_by_hand(
            self.session, scan, pages, number, store=store(), actor=actor, now=now()
        )
        return _("Filed with %(number)s.", number=filed.number)


def _said(filed: int, waiting: int) -> str:
    done = ngettext("%(num)s page is filed.", "%(num)s pages are filed.", filed)
    if not waiting:
        return done
    left = ngettext("%(num)s page waits in the tray.", "%(num)s pages wait in the tray.", waiting)
    return f"{done} {left}"


def _drawn(scan: Scan, page: ScanPage) -> dict[str, Any]:
    picture = url_for("ScanView.picture", pk=scan.id, page=page.page)
    return {
        "page": page.page,
        "why": label(page.problem) if page.problem else "",
        "number": page.number,
        "copy_number": page.copy_number,
        "picture": picture if page.picture_sha256 else "",
    }


def _settled(scan: Scan) -> list[dict[str, Any]]:
    drawn = []
    for page in scan.found:
        if page.outcome == ScanOutcome.WAITING:
            continue
        form = page.application
        drawn.append(
            {
                "page": page.page,
                "outcome": label(page.outcome),
                "filed": page.outcome == ScanOutcome.FILED,
                "number": form.number if form else "",
                "url": url_for("ApplicationView.show", pk=form.id) if form else "",
                "why": page.reason or (label(page.problem) if page.problem else ""),
                "by": page.decided_by.name if page.decided_by else "",
                "at": when(page.decided_at),
            }
        )
    return drawn
