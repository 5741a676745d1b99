"""The first page of an organisation's administrator: my people, what needs me, the forms."""

from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.catalog.enums import AccountState, ApplicationState, KeyState
from app.catalog.types import KindEntry
from app.clock import office_date
from app.extensions import db
from app.i18n import _, language
from app.models.applications import Application
from app.security.actor import Actor
from app.services import people, regulations, unit_work
from app.services.applications import class_of
from app.services.people import Person, Standing
from app.services.resources import RESOURCES
from app.views import offers
from app.views.addresses import BETWEEN_NAME_AND_OPERATOR, PAGE, SEARCH, Address
from app.views.home_office import Page, kind_name
from app.views.people import PeoplePage
from app.views.road import next_turn, steps, usual_time
from app.views.wording import article, link, state, when
from app.workflow.effects.accounts import UNIT_ADMINISTRATION
from app.workflow.form import kinds_for

PEOPLE = 12
IN_NEED = 6
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
        "icon": class_of(entry.kind).icon,
        "about": usual_time(regulations.road_for(session, entry.kind, day)),
        "disabled_reason": "",
    }


def _people(actor: Actor) -> dict[str, Any]:
    """Return the own people as the list has them, asked for by this page's own address."""
    resource = RESOURCES["accounts"]
    known = {SEARCH, "order", "size", *PAGE, *resource.columns}
    asked = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name.partition(BETWEEN_NAME_AND_OPERATOR)[0] in known
    ]
    address = Address(resource, url_for("HomeView.index"), MultiDict(asked))
    if not address.value("size"):
        address.size = PEOPLE
    return PeoplePage(db.session(), address, actor).context(
        caption=_("My people"), all_columns=[], filters=[], more_filters=[]
    )


def _in_need(actor: Actor, standing: Standing) -> list[dict[str, Any]]:
    """Return people for whom nobody has begun what has to be done, what that is, and the form."""
    assert actor.organization_id is not None
    session = db.session()
    found = people.needing_care(session, actor.organization_id, limit=IN_NEED)
    return [
        {
            "name": person.name,
            "login": person.login_name,
            "url": link("AccountView.show", pk=person.id),
            "text": _trouble(person),
            "action": _remedy(person, standing),
        }
        for person in found
    ]


def _remedy(person: Person, standing: Standing) -> dict[str, Any] | None:
    found = offers.remedy(offers.offers(db.session(), person, standing))
    return offers.button(found, person) if found else None


def _trouble(person: Person) -> str:
    key = person.key
    if person.state == AccountState.CANCELLED and key is not None:
        return _("The account has ended: key %(serial)s has to be handed back.", serial=key.serial)
    if key is not None and key.state == KeyState.LOST:
        return _("Key %(serial)s is lost and no other has been applied for.", serial=key.serial)
    return _("Has no key, so cannot sign in.")


def _few_administrators(standing: Standing, now: datetime) -> str:
    """Say what to do while one person alone can speak for the organisation, else nothing."""
    if standing.administrators > 1:
        return ""
    session, organization = db.session(), current_user.organization
    items = regulations.items_for(session, organization.type, office_date(now))
    if any(UNIT_ADMINISTRATION in item.acts for item in items):
        return _(
            "You are the only administrator of your organization. If you lose your key, nobody can "
            "apply for another: apply for a second user, who administers it too."
        )
    return _(
        "You are the only administrator of your organization. If you lose your key, nobody can "
        "apply for another: ask the commission's security administrator to name a second one."
    )


def _unfinished(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return the forms that wait for the organisation itself: sent back, or never handed in."""
    return [
        {
            "name": kind_name(row, now),
            "login": row.number,
            "url": (url := url_for("FormView.edit", application_id=row.id)),
            "text": _("Returned: correct it and submit it again.")
            if row.state == ApplicationState.RETURNED
            else _("Draft of %(when)s, not sent yet.", when=when(row.created_at)),
            "action": {"label": _("Go on"), "url": url},
        }
        for row in unit_work.needs_applicant(db.session(), actor, limit=FORMS)
    ]


def _sent(application: Application, now: datetime) -> dict[str, Any]:
    turn = next_turn(db.session(), application)
    return {
        "number": application.number,
        "label": kind_name(application, now),
        "url": url_for("ApplicationView.show", pk=application.id),
        "state": state(application.state),
        "when": when(application.submitted_at),
        "sentence": turn["sentence"] if turn else "",
        "steps": steps(db.session(), application) if turn else [],
    }


def _tile(caption: str, count: int, of: AccountState, *, tone: str = "") -> dict[str, Any]:
    return {
        "label": caption,
        "value": min(count, people.BOUND - 1),
        "more": count >= people.BOUND,
        "tone": tone if count else "",
        "url": url_for("HomeView.index", state=of.value, _anchor="people"),
    }


def _begin() -> dict[str, Any]:
    return {
        "label": _("New application"),
        "url": url_for("FormView.start"),
        "icon": "pencil-square",
        "primary": True,
    }


def organization(actor: Actor, now: datetime) -> Page:
    """Return the first page of an organisation's administrator."""
    session = db.session()
    assert actor.organization_id is not None
    standing = people.standing(session, actor.organization_id)
    return "home_organization.html", {
        "head": {"title": current_user.organization.name, "actions": [_begin()]},
        "tiles": [
            _tile(_("Active people"), standing.active, AccountState.ACTIVE),
            _tile(_("Waiting for a key"), standing.pending, AccountState.PENDING),
            _tile(_("Sign-in suspended"), standing.suspended, AccountState.SUSPENDED, tone="warn"),
        ],
        "few_administrators": _few_administrators(standing, now),
        "in_need": [*_unfinished(actor, now), *_in_need(actor, standing)],
        "people": _people(actor),
        "people_url": link("AccountView.list"),
        "kinds": offered(now),
        "sent_url": link("ApplicationView.list"),
        "sent": [_sent(it, now) for it in unit_work.sent(session, actor, limit=SENT)],
    }
