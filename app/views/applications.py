"""One application as whoever may read it sees it: where it is, what was decided, what happened."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.catalog.enums import ApplicationState, Pledged
from app.catalog.lifecycles import Transition
from app.catalog.permissions import Permission
from app.catalog.types import RoadAction
from app.clock import now
from app.errors import NotFound
from app.i18n import _, ngettext, pick
from app.models.applications import Application
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services import accounts, pledges, sheets
from app.services import bulk as bulk_acts
from app.services.acts import perform
from app.services.applications import what_can_be_done
from app.services.audit import history_of
from app.services.commits import committing
from app.services.resources import RESOURCES
from app.views import bulk
from app.views.access import current_actor, local_path, requires, wants_json
from app.views.base import Answer, ConsoleView
from app.views.lists import ListPage
from app.views.prints import may_print, new_copy_url, print_list_button
from app.views.road import next_turn, office_of, steps
from app.views.sheet import SHOWN_LINES, Sheet
from app.views.sheets import form_buttons
from app.views.story import timeline
from app.views.wording import article, on_day, titled, when
from app.views.worklist_pages import work_list

DECIDING = frozenset({*RoadAction, "return", "reject", "complete"})
"""Acts that the decision page is for."""
DIRECT = frozenset({"withdraw", "claim", "hand_back"})
"""Acts that need nothing but the button."""


class ApplicationView(ConsoleView):
    """Applications to read: the list, one form, and the acts that need nothing but a button."""

    resource = RESOURCES["applications"]
    exclude_route_methods = frozenset({"add", "edit", "ask", "act", "bulk"})

    @expose("/")
    def list(self) -> Answer:
        """Show applications within one's reach, by state or by whose turn it is."""
        if view := request.args.get("view"):
            return work_list(view, current_actor(), now())
        return self._typed_condition() or self._list_page(request.path)

    def bulk_transitions(self, actor: Actor) -> Sequence[Transition]:
        """Return the acts that an office does to many forms at once."""
        return bulk_acts.acts_of(self.session, actor)

    def bulk_bar(self, page: ListPage, query: str) -> dict[str, Any] | None:
        """Return the bar that leads to the question of `BulkView`."""
        return bulk.bar(page.actor, query, page.page.count, more=page.page.more)

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Return the way to a new form."""
        drawn: list[dict[str, Any]] = []
        if may_print(actor):
            drawn.append(print_list_button())
        if actor.may(Permission.APPLICATIONS_ADD):
            label = _("New application")
            url = url_for("FormView.start")
            drawn.append({"label": label, "url": url, "icon": "pencil-square", "primary": True})
        return drawn

    @expose("/<int:pk>")
    def show(self, pk: Any) -> Answer:
        """Show one application."""
        actor, moment = current_actor(), now()
        session = self.session
        application = sheets.load_sheet(session, pk, actor)
        sheet = Sheet(session=session, application=application, actor=actor, now=moment)
        acts = what_can_be_done(session, application, actor=actor, now=moment)
        turn = next_turn(session, application)
        shown = application.lines[:SHOWN_LINES]
        return render_template(
            "applications/show.html",
            head=sheet.head(
                print_buttons(application, actor)
                + (form_buttons(application) if actor.may(Permission.KEYS_LIST) else [])
                + buttons(application, acts)
            ),
            next=turn,
            outcome=outcome(sheet),
            sent="sent" in request.args and application.state == ApplicationState.SUBMITTED,
            print_url=print_url(application) if may_print(actor) else "",
            facts=sheet.facts(),
            columns=sheet.columns(),
            lines=[sheet.line(line) for line in shown],
            lines_more=lines_more(application),
            papers=sheet.papers(),
            steps=steps(session, application) if application.road else [],
            events=timeline(history_of(session, "application", application.id)),
            articles=[it for it in [article(session, sheet.kind.article, sheet.day)] if it],
            pledge_text=pledge_text(sheet),
        )

    @expose("/<int:pk>/acts/<action>", methods=["POST"])
    @requires(Permission.APPLICATIONS_ADD, Permission.APPLICATIONS_REVIEW)
    def press(self, pk: int, action: str) -> Response:
        """Do an act that needs nothing but the button, and come back."""
        if action not in DIRECT:
            raise NotFound
        perform(
            self.session,
            Application,
            pk,
            action,
            actor=current_actor(),
            now=now(),
            comment=request.form.get("comment"),
        )
        flash(_DONE[action](), "success")
        back = url_for("ApplicationView.show", pk=pk)
        return redirect(local_path(request.args.get("next"), back), HTTPStatus.SEE_OTHER)

    @expose("/<int:pk>/lines/<int:line_id>/reveal", methods=["POST"])
    @requires(Permission.ACCOUNTS_REVEAL)
    def reveal(self, pk: int, line_id: int) -> Any:
        """Tell the whole citizen ID number of a person on the form; it is recorded (M5)."""
        session, actor = self.session, current_actor()
        application = sheets.load_sheet(session, pk, actor)
        line = sheets.line_of(application, line_id)
        with committing(
            session,
            tag="application:person_revealed",
            actor=actor,
            now=now(),
            subject_type="application",
            subject_id=application.id,
            subject_label=application.number,
        ):
            value = accounts.reveal_citizen_id(session, line, actor=actor, now=now())
        if wants_json():
            return jsonify(value=value)
        flash(titled(line.name, value), "info")
        back = url_for("ApplicationView.show", pk=pk)
        return redirect(back, HTTPStatus.SEE_OTHER)


_DONE = {
    "withdraw": lambda: _("The form has been withdrawn."),
    "claim": lambda: _("You have taken it on."),
    "hand_back": lambda: _("It is back with the office."),
}


def buttons(application: Application, acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the buttons of the page of a form: what its reader can do with it now."""
    drawn: list[dict[str, Any]] = []
    allowed = {act["action"]: act for act in acts if act["allowed"]}
    if allowed.keys() & DECIDING:
        drawn.append(
            {
                "label": _("Decide"),
                "url": url_for("DecisionView.decide", application_id=application.id),
                "icon": "check2-square",
                "primary": True,
            }
        )
    if editable(acts):
        returned = application.state == ApplicationState.RETURNED
        drawn.append(
            {
                "label": _("Mend and send again") if returned else _("Go on writing"),
                "url": url_for("FormView.edit", application_id=application.id),
                "icon": "pencil-square",
                "primary": True,
            }
        )
    if "withdraw" in allowed:
        act = allowed["withdraw"]
        drawn.append(
            {
                "label": act["label"],
                "url": url_for("ApplicationView.press", pk=application.id, action="withdraw"),
                "method": "post",
                "tone": "danger",
                "icon": "x-circle",
                "confirm": {
                    "title": _("Withdraw this form?"),
                    "text": act["confirm"],
                    "button": act["label"],
                },
            }
        )
    return drawn


def print_buttons(application: Application, actor: Actor) -> list[dict[str, Any]]:
    """Return the buttons that take the form to paper: its copies so far, and one more (A3)."""
    drawn: list[dict[str, Any]] = []
    if actor.may(Permission.PRINT_COPIES_LIST):
        drawn.append({"label": _("Printouts"), "url": print_url(application), "icon": "files"})
    if may_print(actor):
        url = new_copy_url(application)
        label = _("Print the form")
        drawn.append({"label": label, "url": url, "icon": "printer", "method": "post"})
    return drawn


def print_url(application: Application) -> str:
    """Return the address of the form's copies on paper, signed and stamped (第五条（二）)."""
    return url_for("PrintView.form", application_id=application.id)


def editable(acts: list[dict[str, Any]]) -> bool:
    """Whether the reader may write on: the form itself may still be incomplete."""
    forbidden = {"forbidden", "not_your_duty", "not_your_organization"}
    return any(
        act["action"] == "submit" and not forbidden & {why["code"] for why in act["why_not"]}
        for act in acts
    )


def lines_more(application: Application) -> dict[str, str] | None:
    """Return what to say of persons beyond those that are drawn."""
    rest = len(application.lines) - SHOWN_LINES
    if rest <= 0:
        return None
    return {
        "text": ngettext("and %(num)s more person", "and %(num)s more persons", rest),
        "url": url_for("ApplicationView.show", pk=application.id),
    }


def pledge_text(sheet: Sheet) -> dict[str, Any] | None:
    """Return the pledge that the applicant made, for reading."""
    if sheet.application.submitted_at is None:
        return None
    entry = pledges.pledge_of(sheet.session, sheet.application, sheet.day)
    if entry is None:
        return None
    return {
        "text": pick(entry, "text"),
        "version": on_day(entry.valid_from),
        "accepted_at": when(sheet.application.submitted_at),
        "by_submitting": sheet.application.pledged == Pledged.BY_SUBMITTING,
    }


def outcome(sheet: Sheet) -> dict[str, Any] | None:
    """Return the last word of the offices on a form, None while there is none."""
    application = sheet.application
    word = sheets.last_word(application)
    levels = {
        ApplicationState.RETURNED: ("warn", _("Returned for correction")),
        ApplicationState.REJECTED: ("bad", _("Rejected")),
        ApplicationState.COMPLETED: ("good", _("Completed")),
        ApplicationState.WITHDRAWN: ("info", _("Withdrawn")),
    }
    if application.state not in levels:
        return None
    level, title = levels[application.state]
    return {"level": level, "title": title, "text": _said(sheet, word), "article": None}


def _said(sheet: Sheet, word: WorkItem | None) -> str:
    if sheet.application.state == ApplicationState.WITHDRAWN:
        return when(sheet.application.closed_at)
    if word is None or word.closed_by is None:
        return ""
    by = _(
        "%(office)s, %(name)s, %(when)s",
        office=office_of(sheet.session, word.duty),
        name=word.closed_by.name,
        when=when(word.closed_at),
    )
    return f"{word.comment}（{by}）" if word.comment else by
