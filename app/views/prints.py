"""Forms on paper for signature and seal: numbered copies, who printed them (A3, 第五条（二）)."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.catalog.permissions import Permission
from app.clock import now
from app.extensions import db
from app.i18n import _
from app.models.applications import Application
from app.models.prints import PrintCopy
from app.security.actor import Actor
from app.services import printing, sheets
from app.services.commits import committing
from app.services.listing import MAX_SIZE, list_page
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires
from app.views.addresses import Address
from app.views.base import ConsoleView
from app.views.cells import row_url
from app.views.documents import pdf
from app.views.wording import when

PRINTED = "application:printed"


class PrintView(BaseView):
    """The copies of one form; they show personal numbers whole, so that each is recorded."""

    route_base = "/applications"
    default_view = "form"

    @expose("/<int:application_id>/print")
    @requires(Permission.PRINT_COPIES_LIST)
    def form(self, application_id: int) -> str:
        """Show the copies printed so far, and one of them as it comes out of the printer."""
        actor = current_actor()
        application = sheets.load_sheet(db.session(), application_id, actor)
        copies = printing.copies_of(db.session(), application)
        valid = [copy for copy in copies if not printing.is_void(copy, application)]
        asked = request.args.get("copy", "")
        shown = next((copy for copy in valid if str(copy) == asked), next(iter(valid), None))
        return render_template(
            "applications/print.html",
            head=_head(application, shown, actor, printed=bool(copies)),
            copies=[_drawn(application, copy, shown, valid) for copy in copies],
            view_url=_address(application, shown) if shown and may_print(actor) else "",
            empty=_empty(copies),
        )

    @expose("/<int:application_id>/copies", methods=["POST"])
    @requires(Permission.PRINT_COPIES_ADD)
    def print(self, application_id: int) -> Response:
        """Number one more copy and show it."""
        session, actor, moment = db.session(), current_actor(), now()
        application = sheets.load_sheet(session, application_id, actor)
        with committing(
            session,
            tag=PRINTED,
            actor=actor,
            now=moment,
            subject_type="application",
            subject_id=application.id,
            subject_label=application.number,
            organization_id=application.organization_id,
        ):
            made = printing.make_copy(session, application, actor=actor, now=moment)
        number = made.copy_number
        flash(_("Printout %(number)s is ready for the printer.", number=number), "success")
        here = url_for("PrintView.form", application_id=application_id, copy=number)
        return redirect(here, HTTPStatus.SEE_OTHER)

    @expose("/<int:application_id>/copies/<int:copy_number>")
    @requires(Permission.PRINT_COPIES_ADD)
    def copy(self, application_id: int, copy_number: int) -> Response:
        """Hand over a copy as a PDF, to be shown or, with `download`, to be saved."""
        session, actor = db.session(), current_actor()
        application = sheets.load_sheet(session, application_id, actor)
        found = printing.find_copy(session, application, copy_number)
        content = printing.print_form(session, application, found, actor=actor, now=now())
        name = f"{application.number}-{copy_number}"
        session.commit()
        return pdf(content, name, download="download" in request.args)

    @expose("/print", methods=["POST"])
    @requires(Permission.PRINT_COPIES_ADD)
    def many(self) -> Response:
        """Have every form of the list, as it is filtered, printed as one piece of work."""
        session, actor, moment = db.session(), current_actor(), now()
        with committing(
            session, tag="job:asked_for", actor=actor, now=moment, subject_type="job_run"
        ):
            found = _listed(session)
            run = printing.ask_for_many(session, found, actor=actor, now=moment)
        return redirect(row_url("job_runs", run.id), HTTPStatus.SEE_OTHER)


def _listed(session: Session) -> list[int]:
    """Return the forms of the list whose address was sent along, up to one more than may be."""
    resource = RESOURCES["applications"]
    query = Address(resource, "", request.args).query(columns=("number",), tabs=False)
    found: list[int] = []
    query = replace(query, size=MAX_SIZE, after="", before="", counted=False)
    while len(found) <= printing.MOST_AT_ONCE:
        page = list_page(session, resource, query)
        found += [int(row.id) for row in page.rows]
        if page.older is None:
            break
        query = replace(query, after=page.older)
    return found


class PrintCopyView(ConsoleView):
    """The log of printed copies within one's reach."""

    resource = RESOURCES["print_copies"]
    has_records = False


def _head(
    application: Application, shown: PrintCopy | None, actor: Actor, *, printed: bool
) -> dict[str, Any]:
    actions: list[dict[str, Any]] = []
    if may_print(actor):
        if shown is not None:
            save = _address(application, shown, download=1)
            actions.append({"label": _("Save as PDF"), "url": save, "icon": "download"})
        words = _("Print it anew") if printed else _("Print")
        actions.append(_new_copy(application, words) | {"primary": shown is None})
    return {
        "title": _("Printouts"),
        "number": application.number,
        "crumbs": [
            {"label": _("Applications"), "url": url_for("ApplicationView.list")},
            {
                "label": application.number,
                "url": url_for("ApplicationView.show", pk=application.id),
            },
            {"label": _("Printouts")},
        ],
        "actions": actions,
    }


def may_print(actor: Actor) -> bool:
    """Whether the actor may take forms on paper."""
    return actor.may(Permission.PRINT_COPIES_ADD)


def new_copy_url(application: Application) -> str:
    """Return the address that numbers one more copy (by POST) and shows it."""
    return url_for("PrintView.print", application_id=application.id)


def print_list_button() -> dict[str, Any]:
    """Return the button that prints every form of the list as it is filtered now."""
    asked = request.query_string.decode("ascii", "replace")
    return {
        "label": _("Print these forms"),
        "url": f"{url_for('PrintView.many')}?{asked}",
        "icon": "printer",
        "method": "post",
        "confirm": {
            "title": _("Print every form of this list?"),
            "text": _(
                "One more numbered printout of each, at most %(limit)s, as one file to fetch.",
                limit=printing.MOST_AT_ONCE,
            ),
            "button": _("Print"),
        },
    }


def _new_copy(application: Application, words: str) -> dict[str, Any]:
    return {
        "label": words,
        "url": new_copy_url(application),
        "icon": "printer",
        "method": "post",
        "primary": True,
    }


def _address(application: Application, copy: PrintCopy, **more: Any) -> str:
    return url_for(
        "PrintView.copy", application_id=application.id, copy_number=copy.copy_number, **more
    )


def _drawn(
    application: Application,
    copy: PrintCopy,
    shown: PrintCopy | None,
    valid: Sequence[PrintCopy],
) -> dict[str, Any]:
    here = url_for("PrintView.form", application_id=application.id, copy=copy.copy_number)
    return {
        "number": copy.copy_number,
        "pages": copy.pages,
        "by": copy.printed_by.name,
        "at": when(copy.printed_at),
        "void": copy not in valid,
        "voided_at": when(copy.voided_at),
        "shown": copy is shown,
        "url": here if copy in valid else "",
    }


def _empty(copies: Sequence[PrintCopy]) -> dict[str, Any]:
    title = _("No printout of this form counts") if copies else _("Not printed yet")
    reason = _("The form has been changed since it was printed.") if copies else ""
    drawn: dict[str, Any] = {"title": title, "reason": reason, "icon": "printer"}
    return drawn
