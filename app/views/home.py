"""The first page of each role: what waits for me, and the way to begin."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import render_template
from flask_appbuilder import BaseView, expose
from flask_login import current_user

from app.catalog.permissions import Permission
from app.clock import now
from app.extensions import db
from app.i18n import _, pick
from app.security.actor import Actor
from app.services import notices, unit_work, worklists
from app.views import home_office, home_organization, home_oversight, inbox
from app.views.access import current_actor, signed_in
from app.views.people import lost_button
from app.views.wording import label, link, masked, on_day, state, when

NEWS = 5


class HomeView(BaseView):
    """Where a person starts."""

    route_base = ""
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> str:
        """Show the role's work list."""
        actor = current_actor()
        template, context = first_page(actor)
        return render_template(template, **context)


HOMES: tuple[tuple[Callable[[Actor], bool], Callable[[Actor, datetime], home_office.Page]], ...]


def first_page(actor: Actor) -> home_office.Page:
    """Return the template of the actor's home and what it shows."""
    page = next(page for fits, page in HOMES if fits(actor))
    return page(actor, now())


def _own_key_lost(key_id: int) -> dict[str, Any]:
    """Return the button by which a person has the own key frozen."""
    confirm = {
        "title": _("Your key is lost?"),
        "text": _(
            "The key stops working at once and you are signed out everywhere. Then tell your "
            "organization's administrator, who applies for another."
        ),
        "button": _("Freeze the key"),
    }
    return lost_button(key_id, reason=_("Reported lost by the holder."), confirm=confirm)


def holder(actor: Actor, now: datetime) -> home_office.Page:  # noqa: ARG001 - every home has this signature
    """Return the page of a person who holds rights and a key."""
    session = db.session()
    key = unit_work.own_key(session, actor)
    grants = unit_work.own_grants(session, actor)
    me = current_user
    facts = [
        {"label": _("Full name"), "value": me.name},
        {"label": _("Login name"), "value": me.login_name},
        {"label": _("Organization"), "value": me.organization.name},
        {"label": _("Citizen ID number"), "value": masked(me.citizen_id)},
        {"label": _("State"), "kind": "state", "state": state(me.state)},
        {"label": _("Last sign-in"), "kind": "time", "value": when(me.last_login_at)},
    ]
    return "home_holder.html", {
        "head": {"title": me.name, "sub": me.organization.name},
        "account": {"facts": facts, "state": state(me.state)},
        "key": {
            "serial": key.serial,
            "state": state(key.state),
            "since": on_day(key.issued_at),
            "url": link("KeyView.show", pk=key.id),
            "lost": _own_key_lost(key.id) if actor.may(Permission.KEYS_REPORT_LOST) else None,
        }
        if key
        else None,
        "grants": [
            {
                "label": pick(grant.item, "title"),
                "category": label(grant.item.category),
                "until": on_day(grant.valid_until),
                "why_url": link("AccountView.show", pk=actor.account_id),
            }
            for grant in grants
        ],
        "notices": [inbox.drawn(notice) for notice in notices.latest(session, actor, limit=NEWS)],
        "help": [],
    }


def _may(permission: Permission) -> Callable[[Actor], bool]:
    return lambda actor: actor.may(permission)


def _in_office(permission: Permission) -> Callable[[Actor], bool]:
    return lambda actor: worklists.has_duties(actor) and actor.may(permission)


HOMES = (
    (_in_office(Permission.APPLICATIONS_ISSUE), home_office.key_office),
    (_in_office(Permission.APPLICATIONS_CONFIGURE), home_office.information_centre),
    (worklists.has_duties, home_office.reviewer),
    (_may(Permission.AUDIT_EVENTS_LIST), home_oversight.auditor),
    (_may(Permission.ROLES_ASSIGN), home_oversight.administrator),
    (_may(Permission.CATALOGUE_EDIT), home_oversight.administrator),
    (_may(Permission.APPLICATIONS_ADD), home_organization.organization),
    (lambda _actor: True, holder),
)
"""Whose first page is which: the first that fits."""
