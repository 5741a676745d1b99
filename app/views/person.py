"""One person's page in parts: permissions and why, keys and why they went, forms, business (X1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, CaseState
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.i18n import _, pick
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.security.actor import Actor
from app.services.biography import Held, held_by, reason_of_suspension
from app.services.conditions import Filter
from app.services.listing import ListQuery, list_page
from app.services.possessions import HadKey, NamedOn, forms_naming, keys_had
from app.services.resources import RESOURCES
from app.views.cells import may_open, row_url
from app.views.home_office import kind_name
from app.views.people import business_url
from app.views.road import office_of
from app.views.tables import small_table
from app.views.wording import article, cited, label, on_day, state, when

SUSPENSION = "第六条（四）"
FORMS = 10
BUSINESS = 10

Drawn = dict[str, Any]


def grants(session: Session, account: Account, actor: Actor) -> Drawn:
    """Return what the person may do now and what was held before, each with its reason (X1)."""
    known = held_by(session, account)
    return {
        "grants": [_grant(session, it, actor) for it in known if it.grant.valid_until is None],
        "ended": [_grant(session, it, actor) for it in known if it.grant.valid_until is not None],
    }


def _grant(session: Session, held: Held, actor: Actor) -> Drawn:
    decision = held.decision
    office = office_of(session, decision.duty) if decision else ""
    url = None
    if held.application_id is not None and may_open(actor, "applications"):
        url = row_url("applications", held.application_id)
    return {
        "label": pick(held.item, "title"),
        "code": held.item.code,
        "category": label(held.item.category),
        "from": on_day(held.grant.valid_from),
        "until": on_day(held.grant.valid_until),
        "why": {
            "sentence": _since(held),
            "ended_by": held.ended_by,
            "application": {"number": held.number, "url": url} if held.number else None,
            "decided_by": f"{office} · {decision.by}" if decision else "",
            "decided_at": when(decision.at) if decision else "",
            "article": article(session, "第四条", office_date(held.grant.valid_from)),
        },
    }


def _since(held: Held) -> str:
    source, since = cited(held.item.source), on_day(held.grant.valid_from)
    if held.grant.valid_until is None:
        return _("%(source)s, held since %(day)s.", source=source, day=since)
    until = on_day(held.grant.valid_until)
    return _("%(source)s, held from %(day)s until %(end)s.", source=source, day=since, end=until)


def suspension(session: Session, account: Account, events: Sequence[AuditEvent]) -> Drawn | None:
    """Say who suspended the sign-in, why, and who restores it (M6.4)."""
    if account.state != AccountState.SUSPENDED:
        return None
    event = reason_of_suspension(events)
    text = _("Sign-in is suspended. The Urban Construction Research Centre restores it.")
    if event is not None:
        text = f"{text} {when(event.at)} · {event.actor_label}: {event.comment}"
    return {"text": text, "article": article(session, SUSPENSION, office_date(now()))}


def tables(session: Session, account: Account, actor: Actor, moment: datetime) -> list[Drawn]:
    """Return keys, forms and unfinished business, as far as the actor may read such things."""
    parts = []
    if actor.may(Permission.KEYS_LIST):
        parts.append({"title": _("Keys"), "page": _keys(session, account, actor)})
    if actor.may(Permission.APPLICATIONS_LIST):
        parts.append({"title": _("Applications"), "page": _forms(session, account, actor, moment)})
    if actor.may(Permission.CASES_LIST):
        parts.append(_business(session, account, actor))
    return parts


def _keys(session: Session, account: Account, actor: Actor) -> Drawn:
    opens = may_open(actor, "keys")
    return {
        "name": "keys-had",
        "caption": _("Keys"),
        "columns": [
            {"name": "serial", "label": _("Serial number"), "primary": True},
            {"name": "state", "label": _("State"), "kind": "state"},
            {"name": "since", "label": _("Held from"), "kind": "time"},
            {"name": "until", "label": _("Until"), "kind": "time"},
            {"name": "reason", "label": _("Reason")},
            {"name": "form", "label": _("By application")},
        ],
        "rows": [_key_row(it, opens=opens) for it in keys_had(session, account)],
        "empty": {"title": _("No key so far"), "icon": "usb-drive"},
    }


def _key_row(had: HadKey, *, opens: bool) -> Drawn:
    forms = dict.fromkeys(number for number in (had.issued_by, had.ended_by) if number)
    return {
        "id": had.key_id,
        "url": row_url("keys", had.key_id) if opens and had.within_reach else None,
        "label": had.serial,
        "cells": [
            had.serial,
            {"state": state(had.state)},
            when(had.since),
            when(had.until),
            had.reason,
            {"tags": list(forms)} if forms else "",
        ],
    }


def _forms(session: Session, account: Account, actor: Actor, moment: datetime) -> Drawn:
    opens = may_open(actor, "applications")
    return {
        "name": "forms-naming",
        "caption": _("Applications"),
        "columns": [
            {"name": "number", "label": _("Form"), "primary": True},
            {"name": "state", "label": _("State"), "kind": "state"},
            {"name": "sent", "label": _("Handed in"), "kind": "time"},
        ],
        "rows": [
            _form_row(it, moment, opens=opens) for it in forms_naming(session, account, limit=FORMS)
        ],
        "empty": {"title": _("No form names this person"), "icon": "file-earmark-text"},
    }


def _form_row(form: NamedOn, moment: datetime, *, opens: bool) -> Drawn:
    return {
        "id": form.id,
        "url": row_url("applications", form.id) if opens else None,
        "label": form.number,
        "cells": [
            {"text": form.number, "sub": kind_name(form, moment)},
            {"state": state(form.state)},
            when(form.submitted_at),
        ],
    }


def _business(session: Session, account: Account, actor: Actor) -> Drawn:
    resource = RESOURCES["cases"]
    query = ListQuery(
        filters=(
            Filter(column="owner_id", value=account.id),
            Filter(column="state", value=CaseState.OPEN.value),
        ),
        size=BUSINESS,
        counted=False,
    )
    page = list_page(session, resource, query)
    drawn = small_table(resource, page, actor, without=("owner_id", "organization_id", "state"))
    drawn["empty"] = {"title": _("No unfinished business"), "icon": "briefcase"}
    more = business_url(account.id, actor) if page.older else None
    return {"title": _("Unfinished business"), "page": drawn, "more_url": more}
