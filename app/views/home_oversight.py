"""First pages of those who watch over the rest: the auditor and the two administrators."""

from datetime import datetime

from flask import url_for
from sqlalchemy import select

from app.catalog.enums import AccountState
from app.catalog.permissions import Permission
from app.extensions import db
from app.i18n import _
from app.models.audit import AuditEvent
from app.models.regulations import CatalogueRevision
from app.security.actor import Actor
from app.services import unit_work
from app.services.unit_work import BOUND
from app.views.home_office import Page
from app.views.story import timeline
from app.views.wording import link, when

EVENTS = 12
COMING_AND_GOING = ("session:signed_in", "session:signed_out")
"""Most of the trail, and the least of what an auditor wants to see first."""


def auditor(actor: Actor, now: datetime) -> Page:  # noqa: ARG001 - every home has this signature
    """Return the first page of an auditor: search over everything, what happened last."""
    events = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.tag.not_in(COMING_AND_GOING))
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS)
    )
    trail = link("AuditEventView.list") or url_for("HomeView.index")
    return "home_auditor.html", {
        "head": {"title": _("Audit")},
        "search": {
            "url": trail,
            "name": "q",
            "placeholder": _("Number of a form or key, login name"),
        },
        "events": timeline(events),
        "events_url": trail,
        "integrity": None,
        "views": [
            {"label": label, "url": url}
            for label, endpoint in (
                (_("Accounts"), "AccountView.list"),
                (_("Applications"), "ApplicationView.list"),
                (_("Ledger of keys"), "KeyMovementView.list"),
            )
            if (url := link(endpoint))
        ],
        "tiles": [],
    }


def administrator(actor: Actor, now: datetime) -> Page:  # noqa: ARG001 - every home has this signature
    """Return the first page of a system or security administrator."""
    revision = db.session.scalar(select(CatalogueRevision))
    health = [
        {
            "label": _("Rules in force"),
            "level": "good" if revision else "bad",
            "text": _("last changed %(when)s", when=when(revision.changed_at))
            if revision
            else _("The catalogue has not been loaded."),
            "url": link("ArticleView.list"),
        }
    ]
    tiles = []
    if actor.may(Permission.ACCOUNTS_LIST):
        figures = unit_work.account_figures(db.session())
        names = {
            AccountState.ACTIVE: _("Active people"),
            AccountState.PENDING: _("Waiting for a key"),
            AccountState.SUSPENDED: _("Sign-in suspended"),
        }
        tiles = [
            {
                "label": name,
                "value": min(figures[account_state], BOUND - 1),
                "more": figures[account_state] >= BOUND,
                "url": link("AccountView.list", state=account_state.value),
            }
            for account_state, name in names.items()
        ]
    return "home_administrator.html", {
        "head": {"title": _("Administration")},
        "tiles": tiles,
        "health": health,
        "changes": None,
        "orphans": None,
        "jobs": None,
    }
