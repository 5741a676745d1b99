"""Work lists whole: what waits for me, what is late, what I returned, what I decided in a week."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask import render_template, request, url_for

from app.catalog.permissions import Permission
from app.clock import OFFICE_ZONE
from app.errors import NotFound
from app.extensions import db
from app.i18n import _
from app.security.actor import Actor
from app.services import worklists
from app.services.worklists import BOUND, WEEK, Waiting
from app.views import bulk
from app.views.home_office import queue_table


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One list: its title, its rows, what an empty one says."""

    title: Callable[[], str]
    rows: Callable[[Actor, datetime], list[Waiting]]
    empty: Callable[[], str]


def _week() -> tuple[datetime, datetime]:
    """Return the week that the address names; NotFound for what is no day."""
    try:
        day = date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        raise NotFound from None
    begun = datetime.combine(day, time.min, OFFICE_ZONE)
    return begun, begun + WEEK


def _decided(actor: Actor, _now: datetime) -> list[Waiting]:
    since, until = _week()
    return worklists.decided_by(db.session(), actor, since=since, until=until, limit=BOUND)


LISTS: dict[str, WorkList] = {
    "waiting": WorkList(
        title=lambda: _("Waiting for me"),
        rows=lambda actor, _now: worklists.waiting(db.session(), actor, limit=BOUND),
        empty=lambda: _("Nothing is waiting for you"),
    ),
    "late": WorkList(
        title=lambda: _("Overdue in my office"),
        rows=lambda actor, now: worklists.late(db.session(), actor, now=now, limit=BOUND),
        empty=lambda: _("Nothing is late"),
    ),
    "returned": WorkList(
        title=lambda: _("Returned by me, still out"),
        rows=lambda actor, _now: worklists.returned_by(db.session(), actor, limit=BOUND),
        empty=lambda: _("Nothing that you returned is still away"),
    ),
    "decided": WorkList(
        title=lambda: _("Decided by me in the week of %(monday)s", monday=request.args["week"]),
        rows=_decided,
        empty=lambda: _("You decided nothing in that week"),
    ),
}


def work_list(name: str, actor: Actor, now: datetime) -> str:
    """Return the page of one work list; NotFound for another name or for who has no such work."""
    chosen = LISTS.get(name)
    if chosen is None or not actor.may(Permission.APPLICATIONS_REVIEW):
        raise NotFound
    rows = chosen.rows(actor, now)
    page: dict[str, Any] = queue_table(rows, now, name=chosen.title(), empty=chosen.empty())
    if name == "waiting" and (
        under := bulk.bar(actor, f"{bulk.VIEW}={name}", len(rows), more=len(rows) >= BOUND)
    ):
        page["bulk"] = under
        for drawn, row in zip(page["rows"], rows, strict=True):
            drawn["acts"] = bulk.acts_for(row, actor)
    page["tabs"] = [
        {
            "label": it.title(),
            "url": url_for("ApplicationView.list", view=key),
            "active": key == name,
        }
        for key, it in LISTS.items()
        if key != "decided" or name == "decided"
    ]
    return render_template(
        "list.html",
        head={
            "title": chosen.title(),
            "count": len(rows),
            "more": len(rows) >= BOUND,
            "crumbs": [
                {"label": _("My work"), "url": url_for("HomeView.index")},
                {"label": chosen.title()},
            ],
        },
        page=page,
    )
