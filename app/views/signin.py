"""Signing in, signing out, one's own password (M4, 第四条)."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from app.catalog.enums import Channel, Duty
from app.clock import now, office_date
from app.errors import DomainError, InvalidInput
from app.extensions import db
from app.i18n import LANGUAGES, N_, _
from app.models.accounts import Account
from app.security.actor import Actor, acting
from app.security.key_policy import policy
from app.security.manager import KEY_SHOWN
from app.services import signin
from app.services.key_signin import ask_for_key
from app.views.access import (
    actor_or_none,
    anyone,
    current_actor,
    here,
    local_path,
    settings,
    signed_in,
    wants_json,
)
from app.views.frame import language_switch
from app.views.language import CHOSEN
from app.views.limits import count_sign_in
from app.views.road import office_of
from app.views.wording import article

SINCE = "since"
TICKET, GOAL = "key_ticket", "key_goal"
"""Of who has said the password and has yet to show the key."""
MOST_LOGIN = 200
UNTIL_CHANGED = frozenset(
    {"SignInView.password", "SignInView.logout", "LanguageView.switch", "static"}
)
"""What opens before a first password has been changed."""

Answer = str | tuple[str, int] | Response


def init_app(application: Flask) -> None:
    """Watch over every page: sessions end in time, a first password is changed before all else."""
    application.before_request(_watch)


def _watch() -> Response | None:
    if request.endpoint in {None, "static"} or request.path.startswith("/api/"):
        return None
    began = session.get(SINCE)
    if began is not None and now().timestamp() - began > settings().session_hours * 3600:
        _forget()
        flash(_("Your session has ended. Please sign in again."), "info")
        return None
    if actor_or_none() is None or not current_user.must_change_password:
        return None
    if request.endpoint in UNTIL_CHANGED:
        return None
    if wants_json():
        raise PasswordChangeRequired
    return redirect(url_for("SignInView.password", next=local_path(here())))


class PasswordChangeRequired(DomainError):
    """The first password has to be replaced before anything else (M8)."""

    status = HTTPStatus.FORBIDDEN
    code = "password_change_required"
    msgid = N_("Change your first password before anything else.")
    rule = "M8"


def _forget() -> None:
    """Empty the session but for the language: nothing of before lives on in it."""
    chosen = session.get(CHOSEN)
    session.clear()
    if chosen in LANGUAGES:
        session[CHOSEN] = chosen


def enter(account: Account, *, key_shown: bool | None = None) -> None:
    """Begin a session of `account`: a new one, whatever stood in the old.

    `key_shown` says whether it begins with the key itself; None lets it be as it was.
    """
    shown = bool(session.get(KEY_SHOWN)) if key_shown is None else key_shown
    _forget()
    if account.language in LANGUAGES:
        session[CHOSEN] = account.language
    session.permanent = True
    session[SINCE] = int(now().timestamp())
    session[KEY_SHOWN] = shown
    login_user(account)


def me() -> Account:
    """Return the account of whoever has signed in."""
    account: Account = current_user._get_current_object()  # noqa: SLF001 - a proxy's own way
    return account


def door() -> Actor:
    """Return the system at the sign-in door, with the address that somebody knocks from."""
    system = Actor.system("sign-in", channel=Channel.PAGE)
    return replace(system, remote_addr=request.remote_addr or "")


class SignInView(BaseView):
    """The door."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    @anyone
    def login(self) -> Answer:
        """Ask for login name and password, then for the key where the office requires it (M4)."""
        goal = local_path(request.values.get("next"))
        if request.method == "GET":
            return redirect(goal) if actor_or_none() else login_page(goal)
        name = request.form.get("login", request.form.get("username", ""))[:MOST_LOGIN]
        count_sign_in(name)
        try:
            with acting(db.session(), door()):
                password = request.form.get("password", "")
                if policy().required:
                    question = ask_for_key(db.session(), name, password, actor=door(), now=now())
                    db.session.commit()
                    return _to_key(question.ticket, goal)
                account = signin.sign_in(
                    db.session(), name, password, actor=door(), now=now(), requires_key=True
                )
                db.session.commit()
                enter(account, key_shown=False)
        except DomainError as error:
            db.session.commit()
            return login_page(goal, name, error), int(error.status)
        return redirect(goal, HTTPStatus.SEE_OTHER)

    @expose("/logout/", methods=["POST"])
    @anyone
    def logout(self) -> Response:
        """End every session of this person."""
        actor = actor_or_none()
        if actor is not None:
            signin.sign_out(db.session(), me(), actor=actor, now=now())
            db.session.commit()
        _forget()
        flash(_("You have signed out."), "info")
        return redirect(url_for("SignInView.login"), HTTPStatus.SEE_OTHER)

    @expose("/password/", methods=["GET", "POST"])
    @signed_in
    def password(self) -> Answer:
        """Replace one's own password; every other session of this person ends."""
        goal = local_path(request.values.get("next"))
        if request.method == "GET":
            return _password_page(goal)
        account = me()
        new = request.form.get("new_password", "")
        errors: dict[str, str] = {}
        if new != request.form.get("repeat_password", ""):
            errors["repeat_password"] = _("The two do not agree.")
        else:
            errors = _change(account, request.form.get("old_password", ""), new)
        if errors:
            return _password_page(goal, errors), int(HTTPStatus.UNPROCESSABLE_ENTITY)
        enter(account)
        flash(_("Your password has been changed. Other sessions of yours have ended."), "success")
        return redirect(goal, HTTPStatus.SEE_OTHER)


def _change(account: Account, old: str, new: str) -> dict[str, str]:
    count_sign_in(account.login_name)
    try:
        signin.change_password(db.session(), account, old, new, actor=current_actor(), now=now())
    except InvalidInput as error:
        db.session.rollback()
        return {detail.field: detail.message for detail in error.details}
    db.session.commit()
    return {}


def _to_key(ticket: str, goal: str) -> Response:
    """Go on to the key: who knocks is not in yet, and the ticket stays in this browser."""
    _forget()
    session[TICKET], session[GOAL] = ticket, goal
    return redirect(url_for("KeySignInView.key"), HTTPStatus.SEE_OTHER)


def login_page(goal: str, name: str = "", error: DomainError | None = None) -> str:
    """Return the page of the door, with why it stayed shut."""
    suspended = None
    errors = []
    if error is not None and error.code == "account_suspended":
        suspended = {
            "reason": str(error),
            "office": office_of(db.session(), Duty.ISSUE_MANAGEMENT_KEYS),
            "article": article(db.session(), error.article or "", office_date(now())),
        }
    elif error is not None:
        errors = [{"field": "login", "message": str(error)}]
    return render_template(
        "login.html",
        form={"url": url_for("SignInView.login"), "next": goal, "login": name},
        errors=errors,
        suspended=suspended,
        needs_key=policy().required,
        language=language_switch(),
        demo=None,
        doors=[
            {
                "label": _("Key lost? Freeze it now"),
                "url": url_for("LostKeyView.report"),
                "icon": "shield-exclamation",
            }
        ],
    )


def _password_page(goal: str, errors: dict[str, str] | None = None) -> str:
    found = errors or {}
    forced = bool(current_user.must_change_password)
    least, most = signin.MIN_PASSWORD, signin.MAX_PASSWORD
    rule = _(
        "%(least)s to %(most)s characters; mix letters with digits or signs.",
        least=least,
        most=most,
    )
    fields: list[dict[str, Any]] = [
        {
            "name": "old_password",
            "label": _("First password") if forced else _("Present password"),
            "help": _("The one you were given with your key.") if forced else "",
            "autocomplete": "current-password",
        },
        {
            "name": "new_password",
            "label": _("New password"),
            "help": rule,
            "autocomplete": "new-password",
        },
        {
            "name": "repeat_password",
            "label": _("New password, once more"),
            "autocomplete": "new-password",
        },
    ]
    for field in fields:
        field.update(kind="password", required=True, error=found.get(field["name"]))
    return render_template(
        "form.html",
        head={"title": _("Change my password")},
        errors=[{"field": name, "message": text} for name, text in found.items()],
        groups=[
            {
                "title": _("Choose your own password") if forced else _("Password"),
                "help": _("Nothing else opens until the first password has been changed.")
                if forced
                else "",
                "fields": fields,
            }
        ],
        form={
            "url": url_for("SignInView.password", next=goal),
            "submit_label": _("Change the password"),
            "cancel_url": None if forced else goal,
        },
    )
