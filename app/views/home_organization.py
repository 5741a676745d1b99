"""The first page of an organisation's administrator: my people, what needs me, the forms."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_login import current_user

from app.catalog.enums import AccountState
from app.catalog.permissions import Permission
from app.catalog.types import KindEntry
from app.clock import office_date
from app.extensions import db
from app.i18n import _, language
from app.models.applications import Application
from app.security.actor import Actor
from app.services import regulations, unit_work
from app.services.unit_work import BOUND, Person
from app.views.home_office import Page, kind_name
from app.views.road import next_turn, steps, usual_time
from app.views.wording import article, link, state, when
from app.workflow.form import kinds_for

PEOPLE = 12
FORMS = 6
SENT = 3


def offered(now: datetime) -> list[dict[str, Any]]:
    """Return the forms that the actor's organisation can hand in, in plain words (第五条)."""
    organization = current_user.organization
    day = office_date(now)
    known = set(kinds_for(organization.type))
    entries = regulations.kinds_for(db.session(), organization.type, day)
    return [_card(entry, organization, day) for entry in entries if entry.kind in known]


def _card(entry: KindEntry, organization: Any, day: Any) -> dict[str, Any]:
    session = db.session()
    english = language() == "en"
    papers = regulations.papers_for(
        session, organization.type, organization.legal_form, day, kind=entry.kind
    )
    return {
        "label": entry.name_en if english else entry.name_zh,
        "plain": entry.description_en if english else entry.description_zh,
        "papers": [paper.name_en if english else paper.name_zh for paper in papers],
        "url": url_for("FormView.new", kind=entry.kind.value),
        "article": article(session, entry.article, day),
        "icon": "person-plus",
        "about": usual_time(regulations.road_for(session, entry.kind, day)),
        "disabled_reason": "",
    }


def _people(actor: Actor) -> dict[str, Any]:
    rows = unit_work.people(db.session(), actor, limit=PEOPLE)
    return {
        "name": "people",
        "caption": _("My people"),
        "columns": [
            {"name": "name", "label": _("Full name"), "primary": True},
            {"name": "state", "label": _("State")},
            {"name": "key", "label": _("Key")},
            {"name": "last", "label": _("Last sign-in"), "kind": "time"},
            {"name": "acts", "label": _("Actions"), "kind": "actions"},
        ],
        "rows": [
            {
                "id": person.id,
                "url": link("AccountView.show", pk=person.id),
                "label": person.name,
                "cells": [
                    {"text": person.name, "sub": person.login_name},
                    {"state": state(person.state)},
                    person.serial or "",
                    when(person.last_login_at),
                    {"actions": _acts_on(person, actor)},
                ],
            }
            for person in rows
        ],
        "empty": {
            "title": _("Nobody has an account yet"),
            "reason": _("Apply for the first one above."),
            "icon": "people",
        },
    }


def _acts_on(person: Person, actor: Actor) -> list[dict[str, Any]]:
    """Return what can be done about a person from here: a lost key is reported at once (M8)."""
    if person.key_id is None or not actor.may(Permission.KEYS_REPORT_LOST):
        return []
    url = link("KeyView.ask", pk=person.key_id, action="report_lost")
    return [{"label": _("Key lost"), "url": url}] if url else []


def _needs_me(actor: Actor, now: datetime) -> dict[str, Any]:
    rows = unit_work.needs_applicant(db.session(), actor, limit=FORMS)
    return {
        "name": "needs-me",
        "caption": _("Needs you"),
        "columns": [
            {"name": "number", "label": _("Form"), "primary": True},
            {"name": "state", "label": _("State")},
            {"name": "begun", "label": _("Begun"), "kind": "time"},
        ],
        "rows": [
            {
                "id": row.id,
                "url": url_for("FormView.edit", application_id=row.id),
                "label": row.number,
                "cells": [
                    {"text": row.number, "sub": kind_name(row, now)},
                    {"state": state(row.state)},
                    when(row.created_at),
                ],
            }
            for row in rows
        ],
    }


def _sent(application: Application, actor: Actor, now: datetime) -> dict[str, Any]:
    turn = next_turn(db.session(), application)
    return {
        "number": application.number,
        "label": kind_name(application, now),
        "url": url_for("ApplicationView.show", pk=application.id),
        "state": state(application.state),
        "when": when(application.submitted_at),
        "sentence": turn["sentence"] if turn else "",
        "steps": steps(db.session(), application, actor) if turn else [],
    }


def organization(actor: Actor, now: datetime) -> Page:
    """Return the first page of an organisation's administrator."""
    session = db.session()
    figures = unit_work.account_figures(session, organization_id=actor.organization_id)
    return "home_organization.html", {
        "head": {"title": current_user.organization.name},
        "tiles": [
            {
                "label": _("People who can work"),
                "value": min(figures[AccountState.ACTIVE], BOUND - 1),
                "more": figures[AccountState.ACTIVE] >= BOUND,
                "url": link("AccountView.list", state=AccountState.ACTIVE.value),
            },
            {
                "label": _("Waiting for a key"),
                "value": figures[AccountState.PENDING],
                "url": link("AccountView.list", state=AccountState.PENDING.value),
            },
            {
                "label": _("Sign-in suspended"),
                "value": figures[AccountState.SUSPENDED],
                "tone": "warn" if figures[AccountState.SUSPENDED] else "",
                "url": link("AccountView.list", state=AccountState.SUSPENDED.value),
            },
        ],
        "needs_me": _needs_me(actor, now),
        "people": _people(actor),
        "people_url": link("AccountView.list"),
        "kinds": offered(now),
        "sent": [_sent(it, actor, now) for it in unit_work.sent(session, actor, limit=SENT)],
    }
