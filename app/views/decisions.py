"""Deciding an application on one page: read, decide line by line, go on to the next (M3, M5.1)."""

from http import HTTPStatus
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.permissions import Permission
from app.clock import now
from app.errors import Conflict, DomainError, InvalidInput, NotFound
from app.extensions import db
from app.i18n import _, ngettext
from app.models.applications import Application
from app.services import sheets, unit_work, worklists
from app.services.acts import perform
from app.services.applications import parse_version
from app.services.worklists import Queue
from app.views.access import current_actor, requires
from app.views.applications import DECIDING
from app.views.decide_page import DecidePage
from app.views.ruling import Ruling, data_for, ticks_of
from app.views.wording import titled
from app.workflow.engine import Outcome

PICKED = 20
CHECK_PAPERS = "check_papers"
SHOWN_AGAIN = frozenset(
    {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT, HTTPStatus.FORBIDDEN}
)


class DecisionView(BaseView):
    """The desk of the offices."""

    route_base = "/applications"
    default_view = "decide"

    @expose("/<int:application_id>/decide", methods=["GET", "POST"])
    @requires(Permission.APPLICATIONS_REVIEW)
    def decide(self, application_id: int) -> Any:
        """Show a form to be decided; decide it and go on to the next."""
        if request.method == "GET":
            page = _load(application_id)
            if not page.concerns_reader:
                return redirect(url_for("ApplicationView.show", pk=application_id))
            return page.render()
        return _decided(application_id, Ruling.read(request.form))

    @expose("/keys-in-stock")
    @requires(Permission.APPLICATIONS_ISSUE)
    def keys(self) -> Any:
        """Find keys of one's own stock by the beginning of the serial number (M9)."""
        text = request.args.get("q", "").replace("\x00", "")[:32]
        found = unit_work.serials_in_stock(
            db.session(), current_actor().office, begins=text, limit=PICKED + 1
        )
        results = [{"value": serial, "label": serial} for serial in found[:PICKED]]
        return jsonify(results=results, more=len(found) > PICKED)


def _load(application_id: int, **typed: Any) -> DecidePage:
    actor = current_actor()
    application = sheets.load_sheet(db.session(), application_id, actor)
    return DecidePage(
        session=db.session(), application=application, actor=actor, now=now(), **typed
    )


def _decided(application_id: int, ruling: Ruling) -> Any:
    """Do what was decided; refused, show the page again with everything that was typed."""
    if ruling.action not in DECIDING:
        raise NotFound
    try:
        number, outcome = _fire(application_id, ruling)
    except DomainError as error:
        if error.status not in SHOWN_AGAIN:
            raise
        return _again(application_id, ruling, error)
    queue = worklists.queue_after(db.session(), current_actor(), application_id)
    if outcome.secrets.get("lines"):
        return _handed_over(application_id, outcome, queue)
    flash(titled(number, _said(outcome, queue)), "success")
    if queue.next_id is None:
        return redirect(url_for("HomeView.index"), HTTPStatus.SEE_OTHER)
    return redirect(
        url_for("DecisionView.decide", application_id=queue.next_id), HTTPStatus.SEE_OTHER
    )


def _fire(application_id: int, ruling: Ruling) -> tuple[str, Outcome]:
    """Record the ticks that were set, then do the act itself; return the number of the form."""
    session, actor = db.session(), current_actor()
    application = sheets.load_sheet(session, application_id, actor)
    version = parse_version(ruling.version)
    ticks = ticks_of(application, ruling)
    if ticks:
        recorded = perform(
            session,
            Application,
            application_id,
            CHECK_PAPERS,
            actor=actor,
            now=now(),
            data={"papers": ticks},
            expected_version=version,
        )
        version = recorded.version
        application = sheets.load_sheet(session, application_id, actor)
    return application.number, perform(
        session,
        Application,
        application_id,
        ruling.action,
        actor=actor,
        now=now(),
        data=data_for(application, ruling),
        comment=ruling.opinion,
        idempotency_key=ruling.idempotency_key or None,
        expected_version=version,
    )


def _again(application_id: int, ruling: Ruling, error: DomainError) -> Any:
    """Show the page with what was typed: beside what is wrong, or with who was quicker."""
    try:
        page = _load(application_id, typed=ruling, error=error)
    except NotFound:
        raise error from None
    if not isinstance(error, InvalidInput | Conflict) and not page.concerns_reader:
        raise error
    return page.render(), int(error.status)


def _said(outcome: Outcome, queue: Queue) -> str:
    words = {
        "approve": _("Passed."),
        "return": _("Returned to the applicant with your remarks."),
        "reject": _("Rejected; the applicant is told."),
        "configure": _("Configured; the key office goes on."),
        "issue_key": _("The keys have been handed over."),
        "complete": _("Completed."),
        "take_back_key": _("The keys are back."),
        "rebind_key": _("The keys are bound to the new names."),
        "cancel_user": _("The users are cancelled."),
        "delete_business": _("The business is deleted."),
        "restore_login": _("Sign-in is restored."),
    }
    if queue.next_id is None:
        return f"{words[outcome.action]} {_('Nothing else is waiting for you')}"
    left = f"{queue.left}+" if queue.more else str(queue.left)
    more = _("%(count)s still waiting for you", count=left)
    return f"{words[outcome.action]} {more}"


def _handed_over(application_id: int, outcome: Outcome, queue: Queue) -> str:
    """Show the first passwords, this once: nobody can look them up again (M8)."""
    actor = current_actor()
    application = sheets.load_sheet(db.session(), application_id, actor)
    by_position = {line.position: line for line in application.lines}
    passwords = {it["position"]: it["initial_password"] for it in outcome.secrets["lines"]}
    handed = [
        {
            "position": served["position"],
            "name": by_position[served["position"]].name,
            "login_name": served["login_name"],
            "key_serial": served["key_serial"],
            "password": passwords.get(served["position"], ""),
        }
        for served in outcome.result["lines"]
    ]
    waiting = sum(1 for line in application.passed_lines() if line.key_id is None)
    page = DecidePage(session=db.session(), application=application, actor=actor, now=now())
    return render_template(
        "applications/issued.html",
        head=page.sheet.head(),
        handed=handed,
        organization=application.organization.name,
        waiting=ngettext(
            "%(num)s person of this form has no key yet.",
            "%(num)s persons of this form have no key yet.",
            waiting,
        )
        if waiting
        else "",
        back_url=url_for("DecisionView.decide", application_id=application_id) if waiting else None,
        queue=page.queue_links(queue),
        home_url=url_for("HomeView.index"),
    )
