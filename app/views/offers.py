"""What can be asked for one of one's own people: buttons that open the form filled in (第五条)."""

from typing import Any

from flask import url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from app.catalog.enums import Duty
from app.clock import now, office_date
from app.i18n import _, pick
from app.models.keys import Key
from app.security.actor import Actor
from app.services import people, regulations
from app.services.offers import Obstacle, Offer, offers_for
from app.services.people import Person, Standing
from app.views.cells import may_open, row_url
from app.views.people import business_url
from app.views.road import office_of, usual_time

Drawn = dict[str, Any]


def offers(session: Session, person: Person, standing: Standing) -> list[Offer]:
    """Return the forms of the signed-in person's organisation that fit one of its people."""
    return offers_for(
        session,
        person,
        organization_type=current_user.organization.type,
        administrators=standing.administrators,
        day=office_date(now()),
    )


def asked_in_a_word(offer: Offer) -> str:
    """Return what the form asks for; its name where nobody said it shorter."""
    return _(offer.asks) if offer.asks else pick(offer.entry, "name")


def form_url(offer: Offer, person: Person) -> str:
    """Return the address of the form with this person on it: the one begun, else a new one."""
    if offer.begun is not None:
        return url_for("FormView.edit", application_id=offer.begun.id)
    return url_for("FormView.new", kind=offer.entry.kind.value, account=person.id)


def button(offer: Offer, person: Person) -> Drawn:
    """Return the button that opens the form."""
    return {
        "label": asked_in_a_word(offer),
        "url": form_url(offer, person),
        "primary": offer.remedies,
    }


def remedy(found: list[Offer]) -> Offer | None:
    """Return the form that mends what keeps the person from working, if it can be asked for."""
    return next((it for it in found if it.remedies and it.possible), None)


def after_loss(session: Session, key: Key, actor: Actor) -> str:
    """Return where a new key is asked for in place of a lost one, else the person's page (M8)."""
    assert actor.organization_id is not None
    assert key.last_holder_id is not None
    known = people.people(session, actor.organization_id, [key.last_holder_id])
    person = known.get(key.last_holder_id)
    if person is None:
        return row_url("keys", key.id)
    standing = people.standing(session, actor.organization_id)
    found = remedy(offers(session, person, standing))
    return form_url(found, person) if found else f"{row_url('accounts', person.id)}#apply"


def section(session: Session, person: Person, found: list[Offer], actor: Actor) -> Drawn:
    """Return every form that fits the person: its button, or why not and what to do first."""
    return {
        "lines": [_line(session, it, person, actor) for it in found],
        "note": where_keys_are(session) if _needs_a_counter(found, person) else "",
    }


def _needs_a_counter(found: list[Offer], person: Person) -> bool:
    return person.works_without_key and not any(it.replaces_key for it in found)


def where_keys_are(session: Session) -> str:
    """Say who hands out keys where the organisation has no form to ask for another."""
    management = current_user.organization.type.is_management
    duty = Duty.ISSUE_MANAGEMENT_KEYS if management else Duty.ISSUE_ENTERPRISE_KEYS
    return _(
        "There is no form by which your organization asks for another key: turn to %(office)s, "
        "which hands out its keys.",
        office=office_of(session, duty),
    )


def _line(session: Session, offer: Offer, person: Person, actor: Actor) -> Drawn:
    road = regulations.road_for(session, offer.entry.kind, office_date(now()))
    begun = offer.begun
    return {
        "label": asked_in_a_word(offer),
        "plain": pick(offer.entry, "description"),
        "about": usual_time(road),
        "action": button(offer, person) if offer.possible else None,
        "reasons": [_reason(it, actor) for it in offer.obstacles],
        "begun": _("Goes on with %(number)s.", number=begun.number) if begun else "",
    }


def _reason(obstacle: Obstacle, actor: Actor) -> Drawn:
    return {"text": obstacle.detail.message, "url": _way_out(obstacle, actor)}


def _way_out(obstacle: Obstacle, actor: Actor) -> str | None:
    """Return where what stands in the way can be seen to."""
    if obstacle.id is None or not may_open(actor, obstacle.resource):
        return None
    if obstacle.resource == "cases":
        return business_url(obstacle.id, actor)
    return row_url(obstacle.resource, obstacle.id)
