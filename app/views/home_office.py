"""First pages of the offices: reviewers, the information centre, the key offices."""

from datetime import datetime
from typing import Any

from flask import g, url_for

from app.catalog.enums import KeyState
from app.catalog.types import RoadAction
from app.clock import OFFICE_ZONE
from app.extensions import db
from app.i18n import _, language, ngettext
from app.security.actor import Actor
from app.services import key_returns, regulations, unit_work, worklists
from app.services.key_returns import Unreturned
from app.services.worklists import BOUND, Tally, Waiting
from app.views.wording import age, label, link, on_day

ROWS = 10
SIDE_ROWS = 5
Page = tuple[str, dict[str, Any]]


def step_name(action: str) -> str:
    """Return what a step of a road is called."""
    return label(RoadAction(action))


def _head(actor: Actor) -> dict[str, Any]:
    office = regulations.offices(db.session()).get(actor.office) if actor.office else None
    if office is None:
        return {"title": _("My work")}
    english = language() == "en"
    return {"title": office.short_name_en if english else office.short_name_zh}


def decide_url(row: Waiting) -> str:
    """Return the page on which a waiting form is decided."""
    return url_for("DecisionView.decide", application_id=row.application_id)


def persons(row: Waiting) -> str:
    """Return who stands on the form: the first person, and how many there are."""
    if row.persons <= 1:
        return row.first_person
    return ngettext(
        "%(name)s, %(num)s person", "%(name)s, %(num)s persons", row.persons, name=row.first_person
    )


def kind_name(row: Any, now: datetime) -> str:
    """Return what the form is called."""
    entry = regulations.kind_on(db.session(), row.kind, now.astimezone(OFFICE_ZONE).date())
    if entry is None:
        return str(row.kind)
    return entry.name_en if language() == "en" else entry.name_zh


def queue_table(rows: list[Waiting], now: datetime, *, name: str, empty: str) -> dict[str, Any]:
    """Return waiting forms as a table, each row a link to its decision."""
    return {
        "name": name,
        "caption": name,
        "columns": [
            {"name": "number", "label": _("Form"), "primary": True},
            {"name": "organization", "label": _("Organization")},
            {"name": "step", "label": _("Step")},
            {"name": "age", "label": _("Waiting"), "kind": "number"},
        ],
        "rows": [
            {
                "id": row.application_id,
                "url": decide_url(row),
                "label": row.number,
                "cells": [
                    {"text": row.number, "sub": kind_name(row, now)},
                    {"text": row.organization, "sub": persons(row)},
                    {
                        "text": step_name(row.action),
                        "sub": _("taken on by %(name)s", name=row.claimed_by)
                        if row.claimed_by
                        else "",
                    },
                    {"age": age(row.since, now, row.action)},
                ],
            }
            for row in rows
        ],
        "empty": {"title": empty, "icon": "check2-all"},
    }


def side_table(
    rows: list[Waiting], now: datetime, *, name: str, to_form: bool
) -> dict[str, Any] | None:
    """Return a short table for the side of the page, None when there is nothing to show."""
    if not rows:
        return None
    return {
        "name": name,
        "caption": name,
        "columns": [
            {"name": "number", "label": _("Form"), "primary": True},
            {"name": "age", "label": _("Waiting"), "kind": "number"},
        ],
        "rows": [
            {
                "id": row.application_id,
                "url": url_for("ApplicationView.show", pk=row.application_id)
                if to_form
                else decide_url(row),
                "label": row.number,
                "cells": [
                    {"text": row.number, "sub": row.organization},
                    {"age": age(row.since, now, None if to_form else row.action)},
                ],
            }
            for row in rows
        ],
    }


def start(rows: list[Waiting], tally: Tally, now: datetime) -> dict[str, Any] | None:
    """Return the big button that opens the oldest, None when nothing waits."""
    if not rows:
        return None
    oldest = rows[0]
    waited = age(oldest.since, now, oldest.action)["text"]
    return {
        "url": decide_url(oldest),
        "left": f"{BOUND - 1}+" if tally.waiting >= BOUND else tally.waiting,
        "oldest": _(
            "Oldest: %(number)s, %(organization)s, %(age)s",
            number=oldest.number,
            organization=oldest.organization,
            age=waited,
        ),
    }


def _tile(label: str, value: int, **more: Any) -> dict[str, Any]:
    bounded = value >= BOUND
    return {"label": label, "value": BOUND - 1 if bounded else value, "more": bounded, **more}


def tiles(tally: Tally) -> list[dict[str, Any]]:
    """Return the four figures of an office's day."""
    return [
        _tile(_("Waiting for me"), tally.waiting, url=link("ApplicationView.list", view="waiting")),
        _tile(
            _("Overdue in my office"),
            tally.late,
            tone="warn" if tally.late else "",
            url=link("ApplicationView.list", view="late"),
        ),
        _tile(
            _("Returned by me, still out"),
            tally.returned,
            url=link("ApplicationView.list", view="returned"),
        ),
        {"label": _("Decided today"), "value": tally.decided_today, "tone": "good"},
    ]


def chart(tally: Tally) -> dict[str, Any]:
    """Return what this person decided week by week, each bar a link to its forms."""
    bars = []
    for begun, count in tally.weeks:
        monday = f"{begun:%Y-%m-%d}"
        bars.append(
            {
                "label": f"{begun:%m-%d}",
                "value": count,
                "title": _("Week of %(monday)s", monday=monday),
                "url": url_for("ApplicationView.list", view="decided", week=monday),
            }
        )
    return {"title": _("My decisions by week"), "unit": _("decided"), "bars": bars}


def _common(actor: Actor, now: datetime) -> dict[str, Any]:
    session = db.session()
    tally = worklists.tally(session, actor, now=now)
    g.waiting = tally.waiting  # the frame need not count again
    rows = worklists.waiting(session, actor, limit=ROWS)
    name = _("Waiting for me, oldest first")
    return {
        "head": _head(actor),
        "start": start(rows, tally, now),
        "tiles": tiles(tally),
        "queue": queue_table(rows, now, name=name, empty=_("Nothing is waiting for you")),
        "queue_url": url_for("ApplicationView.list", view="waiting")
        if tally.waiting > ROWS
        else None,
        "chart": chart(tally),
        "late": side_table(
            worklists.late(session, actor, now=now, limit=SIDE_ROWS) if tally.late else [],
            now,
            name=_("Overdue in my office"),
            to_form=False,
        ),
        "returned": side_table(
            worklists.returned_by(session, actor, limit=SIDE_ROWS) if tally.returned else [],
            now,
            name=_("Returned by me, still out"),
            to_form=True,
        ),
    }


def reviewer(actor: Actor, now: datetime) -> Page:
    """Return the first page of somebody who reviews."""
    return "home_reviewer.html", _common(actor, now)


def information_centre(actor: Actor, now: datetime) -> Page:
    """Return the first page of somebody who configures permissions."""
    return "home_information_centre.html", _common(actor, now)


def key_office(actor: Actor, now: datetime) -> Page:
    """Return the first page of an office that issues keys."""
    context = _common(actor, now)
    figures = (
        unit_work.stock_figures(db.session(), actor.office) if actor.office is not None else {}
    )
    low_at = unit_work.low_at(db.session(), actor.office) if actor.office else 0
    stock = [
        {
            "label": label(key_state),
            "count": count,
            "low": key_state == KeyState.IN_STOCK and count < low_at,
            "note": _("low below %(count)s", count=low_at)
            if key_state == KeyState.IN_STOCK
            else "",
            "url": link("KeyView.list", state=key_state.value) or "#stock",
        }
        for key_state, count in figures.items()
    ]
    shown = {row["id"] for row in context["queue"]["rows"]}
    if context["late"] and shown.issuperset(row["id"] for row in context["late"]["rows"]):
        context["late"] = None
    open_returns = key_returns.unreturned(db.session(), limit=SIDE_ROWS)
    return "home_key_office.html", {
        **context,
        "stock": stock,
        "to_take_back": returns_table(open_returns, now) if open_returns else None,
        "to_take_back_url": link("KeyReturnsView.list"),
    }


def returns_table(rows: list[Unreturned], now: datetime) -> dict[str, Any]:
    """Return keys that cancelled people have kept, each with its age and whom to ask."""
    name = _("Not returned after cancellation, longest open first")
    return {
        "name": name,
        "caption": name,
        "columns": [
            {"name": "serial", "label": _("Key"), "primary": True},
            {"name": "holder", "label": _("Holder")},
            {"name": "contact", "label": _("Contact")},
            {"name": "age", "label": _("Open for"), "kind": "number"},
        ],
        "rows": [
            {
                "id": row.key_id,
                "url": url_for("KeyView.show", pk=row.key_id),
                "label": row.serial,
                "cells": [
                    {"text": row.serial, "sub": _("due since %(date)s", date=on_day(row.since))},
                    {"text": row.holder, "sub": row.organization},
                    {"text": row.contact_name, "sub": row.contact_phone},
                    {"age": age(row.since, now)},
                ],
            }
            for row in rows
        ],
        "empty": {"title": _("Every key of a cancelled user is back"), "icon": "check2-all"},
    }
