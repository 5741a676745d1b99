"""What a form's field may refer to: searched on the server, within the actor's reach."""

from typing import Any

from flask import jsonify, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app.errors import Forbidden, NotFound
from app.extensions import db
from app.security.actor import Actor
from app.services.listing import ListQuery, Row, find_row, list_page
from app.services.resources import RESOURCES, Resource
from app.views.access import current_actor, signed_in
from app.views.lists import few

MOST = 20
SUBS: dict[str, tuple[str, ...]] = {
    "accounts": ("login_name",),
    "organizations": ("code",),
    "keys": (),
    "applications": (),
}
"""What may be picked, and what is told beside the name."""


class PickerView(BaseView):
    """The rows that a field offers."""

    route_base = "/pick"

    @expose("/<resource>")
    @signed_in
    def pick(self, resource: str) -> Response:
        """Answer `?q=` with up to 20 rows, `?id=` with the one row or none."""
        session, actor = db.session(), current_actor()
        if (choices := few(session, resource)) is not None:
            return jsonify(results=_fitting(choices), more=False)
        target = _pickable(resource, actor)
        columns = (target.title[0], *SUBS[resource])
        if identity := request.args.get("id", ""):
            row = find_row(session, target, identity, columns=columns)
            return jsonify(results=[_drawn(target, row)], more=False)
        query = ListQuery(
            search=request.args.get("q", ""), size=MOST, columns=columns, counted=False
        )
        page = list_page(session, target, query)
        drawn = [_drawn(target, row) for row in page.rows]
        return jsonify(results=drawn, more=page.older is not None)


def _pickable(name: str, actor: Actor) -> Resource:
    if name not in SUBS:
        raise NotFound
    target = RESOURCES[name]
    if not actor.may(target.permission):
        raise Forbidden
    return target


def _drawn(target: Resource, row: Row) -> dict[str, Any]:
    subs = [str(row.values[name]) for name in SUBS[target.name]]
    return {"value": str(row.id), "label": row.label, "sub": " · ".join(subs)}


def _fitting(choices: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the choices whose code or name has the term in it."""
    wanted = request.args.get("id") or request.args.get("q", "")
    folded = wanted.strip().lower()
    return [it for it in choices if folded in it["label"].lower() or folded in it["value"].lower()]
