"""The frame of every page: the menu by task, who is signed in, what waits, the language (X7)."""

from typing import Any

from flask import Flask, g, request, url_for
from flask_login import current_user

from app import i18n
from app.catalog.enums import OfficeCode
from app.catalog.permissions import ROLE_LABELS, RoleName
from app.extensions import db
from app.i18n import LANGUAGES, _, language, pick
from app.security.actor import Actor
from app.services import regulations, worklists
from app.views import headers, parts
from app.views.access import actor_or_none, here
from app.views.cells import page_of
from app.views.menu import WAITING, menu_for
from app.views.wording import joined, link


def switch_url(code: str) -> str:
    """Return the address that changes the language and comes back here."""
    back = here() if request.method == "GET" and request.endpoint else url_for("HomeView.index")
    return url_for("LanguageView.switch", code=code, next=back)


def language_switch() -> dict[str, str]:
    """Return the present language and the way to the other one."""
    current = language()
    other = next(code for code in LANGUAGES if code != current)
    return {
        "current": current,
        "other_label": LANGUAGES[other],
        "switch_url": switch_url(other),
    }


def _person(actor: Actor) -> dict[str, Any]:
    office = regulations.offices(db.session()).get(actor.office) if actor.office else None
    roles = [role for role in RoleName if actor.has_role(role)]
    named = [role for role in roles if role != RoleName.HOLDER] or roles
    return {
        "name": current_user.name,
        "office": pick(office, "short_name") if isinstance(actor.office, OfficeCode) else "",
        "organization": current_user.organization.name,
        "role": joined(_(ROLE_LABELS[role]) for role in named),
        "url": page_of(actor, "account", actor.account_id),
    }


def _frame() -> dict[str, Any]:
    actor = None if g.get("frame_plain") else actor_or_none()
    frame: dict[str, Any] = {"language": language_switch(), "person": None, "demo": False}
    if actor is None:
        return frame
    waiting = g.get("waiting")
    if waiting is None:
        waiting = worklists.count_waiting(db.session(), actor)
    must_change = current_user.must_change_password
    return {
        **frame,
        "menu": "" if must_change else menu_for(actor, {WAITING: waiting}, request.blueprint),
        "person": _person(actor),
        "inbox_count": actor.unread,
        "urls": {
            "home": url_for("HomeView.index"),
            "search": link("SearchView.index") or url_for("HomeView.index"),
            "inbox": url_for("InboxView.list"),
            "logout": url_for("SignInView.logout"),
            "password": url_for("SignInView.password"),
        },
    }


class Frame:
    """This request's frame, made when a template first asks: fragments cost nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__.update(_frame())
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None


def template_url_for(endpoint: str, **values: Any) -> str:
    """Return the address of a page, or of an asset, which a page names some hundred times."""
    if endpoint == "static" and len(values) == 1:
        return parts.asset(request.script_root, values["filename"])
    return url_for(endpoint, **values)


def init_app(application: Flask) -> None:
    """Give `frame` and words to every template and the security headers to every answer."""
    headers.init_app(application)
    i18n.install(application.jinja_env)
    application.context_processor(lambda: {"frame": Frame()})
    application.jinja_env.globals["url_for"] = template_url_for
    parts.init_app(application)
