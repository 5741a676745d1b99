"""Writing an application: one page, saved as it is typed, sent with the pledge (M5, M8, 第五条)."""

import re
import uuid
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_login import current_user

from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import now
from app.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from app.extensions import db
from app.i18n import _
from app.models.applications import Application
from app.services import drafts
from app.services.acts import perform
from app.services.applications import EDITABLE, class_of, parse_kind, parse_version
from app.services.commits import committing
from app.services.named_users import candidates, present_of
from app.views.access import current_actor, requires, wants_json
from app.views.apply_page import ApplyPage
from app.views.home_organization import offered
from app.views.named_cells import first_cells, picked
from app.views.typed_form import read_form
from app.views.wording import when
from app.workflow.columns import finder_of, line_columns
from app.workflow.form import check_kind

MAX_KEY = 60
MAX_TYPED = 60
PICKED = 20
ACCOUNT = re.compile("[0-9]{1,9}")


class FormView(BaseView):
    """Forms to fill in."""

    route_base = "/applications"
    default_view = "start"

    @expose("/start")
    @requires(Permission.APPLICATIONS_ADD)
    def start(self) -> str:
        """Show the forms that one's organisation can hand in."""
        return render_template(
            "applications/start.html",
            head={"title": _("New application")},
            kinds=offered(now()),
        )

    @expose("/new/<kind>", methods=["GET", "POST"])
    @requires(Permission.APPLICATIONS_ADD)
    def new(self, kind: str) -> Any:
        """Show an empty form, or one that names the person `?account=`; saving opens the draft."""
        wanted = _kind(kind)
        if request.method == "GET":
            lines = _first_lines(wanted, request.args.get("account", ""))
            return ApplyPage(kind=wanted, key=uuid.uuid4().hex, first_lines=lines).render()
        return _received(wanted, None)

    @expose("/new")
    @requires(Permission.APPLICATIONS_ADD)
    def begin(self) -> Any:
        """Go to the form that `?kind=` names, with the person `?account=` on its first line."""
        if "kind" not in request.args:
            return redirect(url_for("FormView.start"))
        wanted = _kind(request.args["kind"])
        account = request.args.get("account")
        return redirect(url_for("FormView.new", kind=wanted.value, account=account))

    @expose("/people/<kind>")
    @requires(Permission.APPLICATIONS_ADD)
    def people(self, kind: str) -> Any:
        """Answer `?q=` with people of the own organisation whom a form of this kind can name."""
        line_class = class_of(_kind(kind)).line_class
        typed = request.args.get("q", "").replace("\x00", "")[:MAX_TYPED]
        found = candidates(
            db.session(), current_user.organization, line_class, typed, limit=PICKED + 1
        )
        return jsonify(results=picked(line_class, found[:PICKED]), more=len(found) > PICKED)

    @expose("/<int:application_id>/edit", methods=["GET", "POST"])
    @requires(Permission.APPLICATIONS_ADD)
    def edit(self, application_id: int) -> Any:
        """Go on with a draft, or mend a returned form."""
        application = drafts.own_form(db.session(), application_id, current_actor())
        if application.state not in EDITABLE:
            flash(_("This form has been handed in: it can be read, not changed."), "info")
            return redirect(url_for("ApplicationView.show", pk=application_id))
        if request.method == "GET":
            return ApplyPage(
                kind=application.kind, key=uuid.uuid4().hex, application=application
            ).render()
        return _received(application.kind, application)


def _first_lines(kind: ApplicationKind, account: str) -> list[dict[str, Any]]:
    """Return the line that names this account of the own organisation; none for an empty form."""
    line_class = class_of(kind).line_class
    finder = finder_of(line_class)
    if not account or not (finder or class_of(kind).serves_without_key):
        return []
    if not ACCOUNT.fullmatch(account):
        raise NotFound
    present = present_of(db.session(), current_user.organization, line_class, int(account))
    if finder is None:
        return [{"id": "", "name": present.name, "sex": present.sex.value}]
    return [{"id": "", finder.name: present.login_name, **first_cells(line_class, present)}]


def _kind(raw: str) -> ApplicationKind:
    kind = parse_kind(raw)
    if problems := list(check_kind(kind, current_user.organization.type)):
        raise Forbidden(problems[0].msgid, code=problems[0].code, rule=problems[0].rule)
    return kind


def _key() -> str:
    given = request.form.get("idempotency_key", "")[:MAX_KEY]
    return given or uuid.uuid4().hex


def _received(kind: ApplicationKind, application: Application | None) -> Any:
    """Keep what was typed, and send it if that was asked; whatever is wrong, nothing is lost."""
    key = _key()
    stored = application or drafts.draft_of(db.session(), key, current_actor())
    raw = read_form(request.form, line_columns(class_of(kind).line_class), stored)
    page = ApplyPage(kind=kind, key=key, application=application, raw=raw)
    try:
        kept = _keep(kind, application, raw, key)
    except DomainError as error:
        return _not_kept(page, error)
    page.application = application = kept.application
    if wants_json():
        return jsonify(
            saved_at=when(now()).rpartition(" ")[2],
            version=application.version,
            line_ids=[line.id for line in application.lines],
            rows=page.editor.rows if finder_of(application.line_class) else [],
        )
    if request.form.get("action") != "submit":
        flash(_("Saved as draft %(number)s.", number=kept.number), "success")
        return redirect(
            url_for("FormView.edit", application_id=kept.identity), HTTPStatus.SEE_OTHER
        )
    if kept.problems:
        page.details = kept.problems
        return page.render(), int(HTTPStatus.UNPROCESSABLE_ENTITY)
    return _send(page, application, key)


class Kept(NamedTuple):
    """A form that was saved, and what is said of it without reading it anew after the commit."""

    application: Application
    identity: int
    number: str
    problems: list[Any]


def _keep(
    kind: ApplicationKind, application: Application | None, raw: dict[str, Any], key: str
) -> Kept:
    session, actor = db.session(), current_actor()
    version = parse_version(request.form.get("version"))
    identity = application.id if application else None
    with committing(
        session,
        tag="application:edited" if application else "application:drafted",
        actor=actor,
        now=now(),
        subject_type="application",
        subject_id=identity,
        subject_label=application.number if application else "",
        organization_id=actor.organization_id,
    ):
        if application is None:
            application, problems = drafts.begin(
                session,
                key=key,
                kind=kind,
                raw=raw,
                actor=actor,
                now=now(),
                expected_version=version,
            )
        else:
            problems = drafts.keep(
                session, application, raw, actor=actor, now=now(), expected_version=version
            )
        return Kept(application, application.id, application.number, problems)


def _not_kept(page: ApplyPage, error: DomainError) -> Any:
    """Show the page again with everything typed on it, saying why it was not kept."""
    if wants_json():
        raise error
    if not isinstance(error, InvalidInput | Conflict):
        raise error
    session = db.session()
    if page.application is not None:
        page.application = drafts.own_form(session, page.application.id, current_actor())
    else:
        page.application = drafts.draft_of(session, page.key, current_actor())
    page.details = list(error.details)
    if isinstance(error, Conflict):
        page.conflict = _(
            "Somebody of your organization has saved this form meanwhile. What you typed is still "
            "here: saving again puts it in place of the other."
        )
    return page.render(), int(error.status)


def _send(page: ApplyPage, application: Application, key: str) -> Any:
    session = db.session()
    identity, version = application.id, application.version
    try:
        perform(
            session,
            Application,
            identity,
            "submit",
            actor=current_actor(),
            now=now(),
            data={"pledge": "pledge" in request.form},
            idempotency_key=f"{key}:submit",
            expected_version=version,
        )
    except (InvalidInput, Conflict) as error:
        return _refused(page, identity, error)
    except DomainError as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return _refused(page, identity, error)
    return redirect(url_for("ApplicationView.show", pk=identity, sent=1), HTTPStatus.SEE_OTHER)


def _refused(page: ApplyPage, identity: int, error: DomainError) -> Any:
    page.application = drafts.own_form(db.session(), identity, current_actor())
    page.details = list(error.details)
    if not page.details:
        page.conflict = str(error)
    return page.render(), int(error.status)
