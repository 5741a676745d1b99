"""Keys: who holds one since when by which form, the stock, the ledger (M9, 第九条)."""

import csv
import io
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, flash, redirect, url_for
from flask_appbuilder import expose

from app.catalog.enums import AuditOutcome, KeyState, OfficeCode
from app.catalog.event_words import MOVEMENTS, told
from app.catalog.lifecycles import KEY
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.i18n import N_, _, pick
from app.models.keys import Key
from app.security.actor import Actor
from app.security.audit import record
from app.security.key_policy import policy
from app.services import regulations
from app.services.audit import history_of
from app.services.columns import Column
from app.services.custody import Movement, movements_of
from app.services.key_bindings import present_binding
from app.services.listing import Row, load
from app.services.people import looks_after_people
from app.services.resources import RESOURCES
from app.services.workbooks.formulas import disarmed
from app.views.access import current_actor, requires
from app.views.base import Answer, ConsoleView
from app.views.binding import bind_of
from app.views.cells import may_open, row_url, works_inside
from app.views.key_desk import ISSUING, intake
from app.views.offers import after_loss
from app.views.sheets import key_buttons
from app.views.story import timeline
from app.views.wording import article, label, state, when
from app.workflow.engine import Outcome

ARTICLE = "第九条"
SELDOM = frozenset({"last_holder_id", "destination_code", "replaced_by_id", "unreturned_since"})


class KeyView(ConsoleView):
    """Keys within one's reach; each issuing office keeps its own stock."""

    resource = RESOURCES["keys"]
    template_show = "key_show.html"
    lifecycle = KEY
    questions: ClassVar[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
        "transfer": (
            {
                "name": "office_code",
                "label": N_("To"),
                "kind": "select",
                "required": True,
            },
        )
    }

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show the holder and the whole chain of custody."""
        shown = super().record(row, record, actor)
        key: Key = record
        movements = movements_of(self.session, key)
        if actor.may(Permission.KEYS_ISSUE):
            shown["head"]["actions"] += key_buttons(key.id, (it.action for it in movements))
        if actor.may(Permission.KEY_MOVEMENTS_LIST):
            url = row_url("keys", f"{key.id}/custody.csv")
            words = _("Chain of custody, as a file")
            more = {"label": words, "url": url, "icon": "download", "download": True}
            shown["head"]["actions"].append(more)
        return shown | {
            "holder": self._holder(row, key, movements, actor),
            "custody": [self._moved(it, actor) for it in _told(movements, actor)],
            "binding": self._binding(key, actor),
            "articles": [it for it in [article(self.session, ARTICLE, office_date(now()))] if it],
        }

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Leave out the holder, told apart, and what most keys have not."""
        told = super().fact_columns(row, actor)
        return [column for column in told if not _says_nothing(row, column.name)]

    def events(self, row: Row) -> list[dict[str, Any]]:
        """Return what happened besides the movements, which the chain of custody tells."""
        happened = history_of(self.session, "key", int(row.id))
        moved = {*MOVEMENTS.values()}
        return timeline(
            it for it in happened if it.tag not in moved or it.outcome != AuditOutcome.DONE
        )

    def asks(self, action: str) -> list[dict[str, Any]]:
        """Offer the other issuing offices by their names."""
        asked = super().asks(action)
        if action != "transfer":
            return asked
        here, known = current_actor().office, regulations.offices(self.session)
        choices = [
            {"value": code, "label": pick(known[code], "short_name")}
            for code in map(OfficeCode, ISSUING)
            if code in known and code != here
        ]
        return [{**it, "choices": choices} for it in asked]

    def _holder(
        self, row: Row, key: Key, movements: list[Movement], actor: Actor
    ) -> dict[str, Any] | None:
        reference = row.references.get("holder_id")
        if reference is None or reference.label is None or key.holder is None:
            return None
        issued = next((m for m in movements if m.holder_id == key.holder_id and m.number), None)
        return {
            "name": reference.label,
            "login": reference.sub,
            "organization": key.holder.organization.name,
            "url": row_url("accounts", reference.id) if may_open(actor, "accounts") else None,
            "since": when(key.issued_at),
            "application": _form(issued, actor) if issued else None,
        }

    def _binding(self, key: Key, actor: Actor) -> dict[str, Any] | None:
        """Return since when the key itself is known, or how to bind one that is in use."""
        found = present_binding(self.session, key)
        if found is not None:
            return {
                "since": when(found.bound_at),
                "by": found.bound_by.name if found.bound_by else "",
                "used": when(found.last_used_at),
            }
        in_use = key.state == KeyState.ISSUED and actor.may(Permission.KEYS_ISSUE)
        if not in_use or key.holder_id == actor.account_id:
            return {"widget": None} if policy().offered and key.holder_id else None
        return {"widget": bind_of(key.holder_id, serial=key.serial, reload=True)}

    def _moved(self, movement: Movement, actor: Actor) -> dict[str, Any]:
        what = told(MOVEMENTS.get(movement.action, movement.action))
        text = f"{what} · {movement.holder}" if movement.holder else what
        form = _form(movement, actor) if movement.number else None
        return {
            "when": when(movement.at),
            "actor": movement.by,
            "text": f"{text} · {movement.number}" if movement.number else text,
            "state": state(movement.state),
            "comment": movement.reason if movement.reason != movement.number else "",
            "url": form["url"] if form else None,
        }

    def done(self, identity: Any, outcome: Outcome) -> Answer:
        """After a loss, lead whoever answers for the person to what comes next (M8)."""
        if outcome.action != "report_lost" or not looks_after_people(current_actor()):
            return super().done(identity, outcome)
        key = load(self.session, self.resource, identity)
        flash(
            _("Key %(serial)s is frozen: it opens nothing any more.", serial=key.serial), "success"
        )
        return redirect(after_loss(self.session, key, current_actor()), HTTPStatus.SEE_OTHER)

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> Answer:
        """Judge a delivery row by row; take it in when all is good, or the good part."""
        return intake()

    @expose("/<pk>/custody.csv")
    @requires(Permission.KEY_MOVEMENTS_LIST)
    def custody(self, pk: str) -> Response:
        """Give a key's whole chain of custody as a file, from intake to the last movement."""
        actor, moment = current_actor(), now()
        key: Key = load(self.session, self.resource, pk)
        headings = (_("When"), _("Movement"), _("State after"), _("By whom"), _("Holder"))
        rows = [
            (
                when(it.at),
                told(MOVEMENTS.get(it.action, it.action)),
                label(it.state),
                it.by,
                it.holder or "",
                it.number or "",
                it.reason,
            )
            for it in reversed(movements_of(self.session, key))
        ]
        target = io.StringIO()
        csv.writer(target).writerows(
            [map(disarmed, row) for row in ((*headings, _("By application"), _("Reason")), *rows)]
        )
        record(
            self.session,
            tag="key:custody_exported",
            subject=key,
            actor=actor,
            now=moment,
            new={"rows": len(rows)},
            rule="M9",
            article=ARTICLE,
        )
        self.session.commit()
        headers = {"Content-Disposition": f'attachment; filename="custody-{key.serial}.csv"'}
        body = ("\ufeff" + target.getvalue()).encode()
        return Response(body, mimetype="text/csv", headers=headers)

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to the desk: take a delivery in, send keys to the other office."""
        found: list[Mapping[str, Any]] = []
        if actor.may(Permission.KEYS_TRANSFER):
            url = url_for("KeyDeskView.transfer")
            found.append({"label": _("Send or accept"), "url": url, "icon": "box-arrow-right"})
        if actor.may(Permission.KEYS_ADD):
            url = row_url("keys", "add")
            words = _("Take keys into stock")
            found.append({"label": words, "url": url, "icon": "box-arrow-in-down", "primary": True})
        return found


def _says_nothing(row: Row, name: str) -> bool:
    if name == "holder_id":
        return True
    if name == "last_holder_id" and row.values[name] == row.values["holder_id"]:
        return True
    return name in SELDOM and row.values[name] is None


def _told(movements: list[Movement], actor: Actor) -> list[Movement]:
    """Return the chain of custody; to the holder's side only since the key was handed out."""
    if works_inside(actor):
        return movements
    issued = next((n for n, it in enumerate(movements) if it.action == "issue"), len(movements))
    return movements[: issued + 1]


def _form(movement: Movement, actor: Actor) -> dict[str, Any]:
    opens = movement.application_id is not None and may_open(actor, "applications")
    url = row_url("applications", movement.application_id) if opens else None
    return {"number": movement.number, "url": url}


class KeyMovementView(ConsoleView):
    """The ledger: nothing in it is ever changed."""

    resource = RESOURCES["key_movements"]
    has_records = False
