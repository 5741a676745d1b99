"""Lines of a form out of a spreadsheet: template, upload, preview, taking over (X6, 第五条)."""

import shutil
import tempfile
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from flask import (
    Response,
    current_app,
    flash,
    redirect,
    request,
    send_file,
    url_for,
)
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import Detail, DomainError, Forbidden, InvalidInput, NotFound
from app.extensions import db
from app.i18n import N_, _, ngettext
from app.models.applications import Application
from app.models.organizations import Organization
from app.services import drafts
from app.services.applications import EDITABLE, parse_kind
from app.services.background import UPLOADS
from app.services.commits import committing
from app.services.exports import CONTENT_TYPES, Format
from app.services.file_store import FileStore, StoredFileMissingError
from app.services.line_imports import Overview, Part, Verdict, look_over, take
from app.services.line_sheets import LineSheet
from app.views.access import current_actor, requires, settings
from app.views.import_pages import preview_page, upload_page
from app.workflow.form import check_kind

KEPT_SECONDS = 24 * 3600
IMPORTED = "application:imported"


class LineImportView(BaseView):
    """People of a form, taken over from a spreadsheet."""

    route_base = "/applications/import"
    default_view = "upload"

    @expose("/<kind>/template")
    @requires(Permission.APPLICATIONS_ADD)
    def template(self, kind: str) -> Response:
        """Hand over the empty table of a kind."""
        return template_of(_own_kind(kind), current_user.organization)

    @expose("/<kind>", methods=["GET", "POST"])
    @requires(Permission.APPLICATIONS_ADD)
    def upload(self, kind: str) -> Any:
        """Ask for a file, look it over, and lead to what was found."""
        wanted, application = _own_kind(kind), _draft(kind)
        if request.method == "GET":
            return upload_page(wanted, application)
        given = request.files.get("file")
        name = (given.filename if given else "") or ""
        kept: Any = given.stream if given else BytesIO()
        try:
            if not name:
                raise _no_file()
            _look_over(kept, name, wanted)
            token = _keep(kept, name, wanted, application)
        except InvalidInput as error:
            return upload_page(wanted, application, error), int(error.status)
        return redirect(
            url_for("LineImportView.preview", kind=wanted.value, token=token), HTTPStatus.SEE_OTHER
        )

    @expose("/<kind>/<token>", methods=["GET", "POST"])
    @requires(Permission.APPLICATIONS_ADD)
    def preview(self, kind: str, token: str) -> Any:
        """Show every row with its verdict; take over what is good, if that is asked."""
        wanted = _own_kind(kind)
        file, name, application = _kept(token, wanted)
        with file:
            overview = _look_over(file, name, wanted)
        if request.method == "GET":
            return preview_page(overview, wanted, token, application)
        try:
            made = _take(overview, application)
        except DomainError as error:
            page = preview_page(overview, wanted, token, application, error)
            return page, int(error.status)
        taken = overview.count(Verdict.GOOD)
        words = ngettext(
            "%(num)s person was taken over.", "%(num)s persons were taken over.", taken
        )
        flash(words, "success")
        if len(made) > 1:
            numbers = ", ".join(draft.number for draft in made)
            flash(_("More than one form holds: drafts %(numbers)s.", numbers=numbers), "info")
            return redirect(url_for("ApplicationView.list", state="draft"), HTTPStatus.SEE_OTHER)
        return redirect(url_for("FormView.edit", application_id=made[0].id), HTTPStatus.SEE_OTHER)

    @expose("/<kind>/<token>/result")
    @requires(Permission.APPLICATIONS_ADD)
    def result(self, kind: str, token: str) -> Response:
        """Hand over every row with its verdict and the reason."""
        wanted = _own_kind(kind)
        file, name, _application = _kept(token, wanted)
        with file:
            overview = _look_over(file, name, wanted)
        made = BytesIO()
        overview.write_result(made)
        stem = Path(name).stem[:80]
        return sheet_answer(made, _("%(name)s, looked over", name=stem))


def template_of(kind: ApplicationKind, organization: Organization) -> Response:
    """Return the template of a kind for an organisation."""
    sheet = LineSheet(db.session(), kind, organization, office_date(now()))
    made = BytesIO()
    sheet.write_template(made)
    return sheet_answer(made, sheet.title())


def sheet_answer(made: BytesIO, title: str) -> Response:
    """Return a workbook as a download."""
    made.seek(0)
    kind = CONTENT_TYPES[Format.XLSX]
    answer = send_file(made, mimetype=kind, as_attachment=True, download_name=f"{title}.xlsx")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _own_kind(raw: str) -> ApplicationKind:
    kind = parse_kind(raw)
    if problems := list(check_kind(kind, current_user.organization.type)):
        raise Forbidden(problems[0].msgid, code=problems[0].code, rule=problems[0].rule)
    return kind


def _draft(kind: str) -> Application | None:
    """Return the draft that the address names, None where a new one is wanted."""
    given = request.args.get("application", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit()):
        raise NotFound
    return _own_draft(int(given[:9]), kind)


def _own_draft(identity: int, kind: str) -> Application:
    application = drafts.own_form(db.session(), identity, current_actor())
    if application.kind != kind or application.state not in EDITABLE:
        raise NotFound
    return application


def _no_file() -> InvalidInput:
    words = N_("Choose a file.")
    return InvalidInput(words, details=[Detail("file", "required", words, {}, "X6")], rule="X6")


def _look_over(file: BinaryIO, name: str, kind: ApplicationKind) -> Overview:
    return look_over(
        db.session(),
        file,
        name,
        kind=kind,
        organization=current_user.organization,
        actor=current_actor(),
        now=now(),
    )


# --- What was uploaded, between looking and taking


def _store() -> FileStore:
    return FileStore(settings().files_dir / UPLOADS)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="line-import")


def _keep(file: BinaryIO, name: str, kind: ApplicationKind, application: Application | None) -> str:
    """Keep the file for a day and return the word that finds it again, for this person only."""
    file.seek(0)
    with tempfile.NamedTemporaryFile() as whole:
        shutil.copyfileobj(file, whole)
        whole.flush()
        digest = _store().store(Path(whole.name))
    identity = application.id if application else 0
    said = [digest, name[-80:], kind.value, identity, current_actor().account_id]
    return str(_signer().dumps(said))


def _kept(token: str, kind: ApplicationKind) -> tuple[BinaryIO, str, Application | None]:
    try:
        digest, name, said_kind, identity, owner = _signer().loads(token, max_age=KEPT_SECONDS)
        if said_kind != kind.value or owner != current_actor().account_id:
            raise NotFound
        file = _store().open(digest)
    except (BadSignature, StoredFileMissingError):
        raise NotFound(N_("The file is not kept any more: hand it in again.")) from None
    return file, name, _own_draft(identity, kind.value) if identity else None


def _take(overview: Overview, application: Application | None) -> list[Application]:
    session, actor = db.session(), current_actor()
    raw = request.form.get("part", "")
    part = Part(raw) if raw in Part._value2member_map_ else Part.ALL
    header = {"contact_name": current_user.name}
    with committing(
        session,
        tag=IMPORTED,
        actor=actor,
        now=now(),
        subject_type=Application.__tablename__,
        subject_id=application.id if application else None,
        subject_label=application.number if application else "",
        organization_id=actor.organization_id,
    ):
        return take(
            session,
            overview,
            part=part,
            actor=actor,
            now=now(),
            application=application,
            header=header,
        )
