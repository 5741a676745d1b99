"""Searching everything that has a number or a name; the answer stands in the result itself."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app.extensions import db
from app.i18n import _
from app.services.coded import business_type
from app.services.finding import MOST, Found, find_everywhere
from app.services.listing import Row
from app.views.access import current_actor, signed_in
from app.views.cells import row_url, word
from app.views.wording import on_day, state

MOST_ON_PAGE = 20


class SearchView(BaseView):
    """The box on every page, and the page behind it."""

    route_base = "/search"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> str:
        """Answer a search: the drop-down's few lines, or a page of them."""
        term = request.args.get("q", "")
        partial = bool(request.args.get("partial"))
        most = MOST if partial else MOST_ON_PAGE
        found = find_everywhere(db.session(), term, actor=current_actor(), most=most)
        groups = [_group(it, term) for it in found]
        if partial:
            return render_template("search_results.html", q=term, groups=groups)
        head = {"title": _("Search"), "number": term, "crumbs": [{"label": _("Search")}]}
        return render_template("search.html", head=head, q=term, groups=groups)


def _group(found: Found, term: str) -> dict[str, Any]:
    name = found.resource.name
    tell = TELLERS[name]
    return {
        "label": _(found.resource.plural),
        "results": [{"url": row_url(name, row.id), **tell(row)} for row in found.rows],
        "more_url": _more(name, term) if found.more else None,
    }


def _more(name: str, term: str) -> str:
    return f"{row_url(name, '')}?{urlencode({'q': term})}"


def _name(row: Row, column: str) -> str:
    reference = row.references.get(column)
    return (reference.label or "") if reference else ""


def _account(row: Row) -> dict[str, Any]:
    return {
        "title": row.values["name"],
        "meta": row.values["login_name"],
        "sub": _name(row, "organization_id"),
        "state": state(row.values["state"]),
    }


def _key(row: Row) -> dict[str, Any]:
    """Say who holds the key, since when, by which form."""
    told = {"title": row.values["serial"], "state": state(row.values["state"]), "sub": ""}
    holder = row.references.get("holder_id")
    if holder is None or holder.label is None:
        return told
    name = f"{holder.label} ({holder.sub})"
    since = on_day(row.values["issued_at"])
    form = _name(row, "application_id")
    if form:
        words = _("%(name)s since %(day)s by form %(number)s", name=name, day=since, number=form)
    else:
        words = _("%(name)s since %(day)s", name=name, day=since)
    return told | {"sub": words}


def _application(row: Row) -> dict[str, Any]:
    return {
        "title": row.values["number"],
        "meta": on_day(row.values["submitted_at"]),
        "sub": f"{word(row.values['kind'])} · {_name(row, 'organization_id')}",
        "state": state(row.values["state"]),
    }


def _organization(row: Row) -> dict[str, Any]:
    return {
        "title": row.values["name"],
        "meta": row.values["code"],
        "sub": " · ".join(filter(None, (word(row.values["type"]), _name(row, "district_code")))),
    }


def _case(row: Row) -> dict[str, Any]:
    return {
        "title": row.values["number"],
        "sub": f"{business_type(row.values['business_type'])} · {_name(row, 'owner_id')}",
        "state": state(row.values["state"]),
    }


def _archive(row: Row) -> dict[str, Any]:
    """Say where the file stands."""
    place = (_name(row, "organization_id"), row.values["box"], row.values["place"])
    return {
        "title": row.values["number"],
        "sub": " · ".join(filter(None, place)),
        "state": state(row.values["state"]),
    }


TELLERS: dict[str, Callable[[Row], dict[str, Any]]] = {
    "accounts": _account,
    "keys": _key,
    "applications": _application,
    "cases": _case,
    "archives": _archive,
    "organizations": _organization,
}
