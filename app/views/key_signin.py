"""The key at the door: shown after the password, and bound by a link from the command line."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app.clock import now
from app.errors import DomainError, NotFound
from app.extensions import db
from app.i18n import _
from app.security.actor import acting
from app.security.key_policy import policy
from app.services.commits import committing
from app.services.key_bindings import enrol, enrolment
from app.services.key_challenges import Question
from app.services.key_signin import question_of, sign_in_with_key
from app.views.access import actor_or_none, anyone, local_path
from app.views.frame import language_switch
from app.views.signin import GOAL, TICKET, door, enter, login_page

Answer = str | tuple[str, int] | Response


class KeySignInView(BaseView):
    """What stands between the password and the desk."""

    route_base = "/login"
    default_view = "key"

    @expose("/key", methods=["GET", "POST"])
    @anyone
    def key(self) -> Answer:
        """Ask for the key of who has just said the password; let in whose own it is (M4, M8)."""
        ticket = session.get(TICKET, "")
        goal = local_path(session.get(GOAL))
        if actor_or_none() is not None:
            return redirect(goal)
        if request.method == "GET":
            with acting(db.session(), door()):
                question = question_of(db.session(), ticket, now=now())
            if question is None:
                return _once_more(goal)
            return key_page(question, url=url_for("KeySignInView.key"))
        session.pop(TICKET, None)
        try:
            with acting(db.session(), door()):
                account = sign_in_with_key(
                    db.session(),
                    ticket,
                    request.form.get("credential", ""),
                    actor=door(),
                    now=now(),
                )
                db.session.commit()
                enter(account, key_shown=True)
        except DomainError as error:
            db.session.commit()
            return login_page(goal, error=error), int(error.status)
        return redirect(goal, HTTPStatus.SEE_OTHER)

    @expose("/enrol/<ticket>", methods=["GET", "POST"])
    @anyone
    def enrol(self, ticket: str) -> Answer:
        """Bind the key of the person whom a link from the command line names, once."""
        if request.method == "GET":
            return _enrol_page(ticket, None)
        moment = now()
        with acting(db.session(), door()):
            if enrolment(db.session(), ticket, now=moment) is None:
                raise NotFound
        try:
            with (
                acting(db.session(), door()),
                committing(
                    db.session(),
                    tag="key:bound",
                    actor=door(),
                    now=moment,
                    subject_type="key",
                    subject_label="link",
                ),
            ):
                bound = enrol(
                    db.session(),
                    ticket,
                    request.form.get("credential", ""),
                    actor=door(),
                    now=moment,
                )
                serial = bound.key.serial
        except DomainError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            return _enrol_page(ticket, error), int(error.status)
        flash(_("Key %(serial)s is bound. Sign in with it now.", serial=serial), "success")
        return redirect(url_for("SignInView.login"), HTTPStatus.SEE_OTHER)


def _once_more(goal: str) -> Response:
    flash(_("Please sign in once more: the question to the key has become too old."), "warning")
    session.pop(TICKET, None)
    return redirect(url_for("SignInView.login", next=goal))


def _enrol_page(ticket: str, error: DomainError | None) -> str:
    with acting(db.session(), door()):
        found = enrolment(db.session(), ticket, now=now())
        if found is None:
            raise NotFound
        asked, question = found
        bound = {
            "name": asked.account.name,
            "login": asked.account.login_name,
            "serial": asked.key.serial if asked.key else "",
        }
    return key_page(
        question,
        url=url_for("KeySignInView.enrol", ticket=ticket),
        bound=bound,
        error=error,
    )


def key_page(
    question: Question,
    *,
    url: str,
    bound: dict[str, Any] | None = None,
    error: DomainError | None = None,
) -> str:
    """Return the page that asks a key; `bound` says of whose key it is where one is bound."""
    return render_template(
        "login_key.html",
        form={"url": url, "cancel_url": url_for("SignInView.login")},
        question=question.options,
        bound=bound,
        errors=[{"field": "", "message": str(error)}] if error else [],
        home=policy().home,
        language=language_switch(),
    )
