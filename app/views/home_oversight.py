"""First pages of those who watch over the rest: the auditor and the two administrators."""

from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from app.catalog.enums import AccountState
from app.catalog.permissions import ROLE_LABELS, ROLE_PURPOSES, Permission, RoleName
from app.extensions import db
from app.i18n import N_, _
from app.models.audit import AuditEvent
from app.models.regulations import CatalogueRevision
from app.security.actor import Actor
from app.services import unit_work
from app.services.audit import LATEST, how_many_since
from app.services.roles import count_holders
from app.services.unit_work import BOUND
from app.views.home_office import Page
from app.views.story import timeline
from app.views.wording import link, on_day, when

EVENTS = 12
WEEK = timedelta(days=7)
COMING_AND_GOING = ("session:signed_in", "session:signed_out")
"""Most of the trail, and the least of what an auditor wants to see first."""

WATCHED: dict[str, str] = {
    "session:refused": N_("Sign-ins refused"),
    "account:revealed": N_("Personal numbers shown"),
    "list:exported": N_("Lists taken out"),
    "account:roles_assigned": N_("Roles given or taken"),
}
"""What an auditor looks at week by week."""

OFTEN_ASKED: tuple[tuple[str, str, dict[str, str]], ...] = (
    (N_("Everything that was refused"), "AuditEventView.list", {"outcome": "refused"}),
    (N_("Keys reported lost"), "AuditEventView.list", {"tag": "key:lost"}),
    (N_("People cancelled"), "AuditEventView.list", {"tag": "account:cancelled"}),
    (N_("Permissions granted"), "AuditEventView.list", {"tag": "account:granted"}),
    (N_("Rules changed"), "AuditEventView.list", {"tag": "catalogue:reworded"}),
    (N_("Keys not returned"), "KeyReturnsView.list", {}),
    (N_("Stock balance"), "StockAccountView.show", {}),
    (N_("Retrieval log"), "ArchiveLoanView.list", {}),
)


def auditor(actor: Actor, now: datetime) -> Page:  # noqa: ARG001 - every home has this signature
    """Return the first page of an auditor: search over everything, what happened last."""
    events = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.tag.not_in(COMING_AND_GOING))
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS)
    )
    trail = link("AuditEventView.list") or url_for("HomeView.index")
    since = now - WEEK
    counts = how_many_since(db.session(), WATCHED, since)
    return "home_auditor.html", {
        "head": {"title": _("Audit")},
        "search": {
            "url": trail,
            "name": "q",
            "placeholder": _("Number of a form or key, login name"),
        },
        "events": timeline(events, subjects=True),
        "events_url": trail,
        "integrity": None,
        "views": [
            {"label": _(words), "url": url}
            for words, endpoint, asked in OFTEN_ASKED
            if (url := link(endpoint, **asked))
        ],
        "tiles": [
            {
                "label": _(words),
                "value": counts[tag],
                "more": counts[tag] >= LATEST,
                "note": _("in the last 7 days"),
                "url": link("AuditEventView.list", tag=tag, at__from=on_day(since)),
            }
            for tag, words in WATCHED.items()
        ],
    }


OFTEN_DONE: tuple[tuple[str, str, Permission], ...] = (
    (N_("Open an account by hand"), "AccountView.add", Permission.ACCOUNTS_ADD),
    (N_("Register an organization"), "OrganizationView.add", Permission.ORGANIZATIONS_ADD),
    (N_("Add a step to a road"), "RoadStepView.add", Permission.CATALOGUE_EDIT),
    (N_("Offices"), "OfficeView.list", Permission.CATALOGUE_LIST),
    (N_("Duties"), "OfficeDutyView.list", Permission.CATALOGUE_LIST),
    (N_("Permission items"), "PermissionItemView.list", Permission.PERMISSION_ITEMS_LIST),
    (N_("Posts"), "PostView.list", Permission.PERMISSION_ITEMS_LIST),
)


def _roles() -> dict[str, Any]:
    """Return how many hold each role, each row the way to them."""
    counts = count_holders(db.session())
    return {
        "name": "roles",
        "caption": _("Who holds which role"),
        "columns": [
            {"name": "role", "label": _("Role"), "primary": True},
            {"name": "holders", "label": _("Accounts"), "kind": "number"},
        ],
        "rows": [
            {
                "id": role.value,
                "label": _(ROLE_LABELS[role]),
                "url": url_for("RoleView.show", name=role.value),
                "cells": [
                    {"text": _(ROLE_LABELS[role]), "sub": _(ROLE_PURPOSES[role])},
                    str(counts.get(role, 0)),
                ],
            }
            for role in RoleName
        ],
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
        "views": [
            {"label": _(words), "url": url}
            for words, endpoint, permission in OFTEN_DONE
            if actor.may(permission) and (url := link(endpoint))
        ],
        "roles": _roles() if actor.may(Permission.ROLES_LIST) else None,
        "tiles": tiles,
        "health": health,
        "changes": None,
        "orphans": None,
        "jobs": None,
    }
