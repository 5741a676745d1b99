"""Keys: who holds one since when by which form, the stock, the ledger (M9, 第九条)."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose

from app.catalog.enums import KeyState
from app.catalog.lifecycles import KEY
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import DomainError
from app.i18n import _, ngettext
from app.models.keys import Key
from app.security.actor import Actor
from app.security.key_policy import policy
from app.services.commits import committing
from app.services.custody import Movement, movements_of
from app.services.key_bindings import present_binding
from app.services.keys import receive_keys
from app.services.listing import Row, load
from app.services.people import looks_after_people
from app.services.resources import RESOURCES
from app.views.access import current_actor
from app.views.acts import mendable
from app.views.base import Answer, ConsoleView
from app.views.binding import bind_of
from app.views.cells import MOVEMENTS, may_open, row_url, works_inside
from app.views.people import after_loss
from app.views.record_forms import typed_fields
from app.views.sheets import key_buttons
from app.views.story import told
from app.views.wording import article, state, when
from app.workflow.engine import Outcome

ARTICLE = "第九条"
RECEIVING = "key:received"


class KeyView(ConsoleView):
    """Keys within one's reach; each issuing office keeps its own stock."""

    resource = RESOURCES["keys"]
    template_show = "key_show.html"
    lifecycle = KEY

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show the holder and the whole chain of custody."""
        shown = super().record(row, record, actor)
        key: Key = record
        movements = movements_of(self.session, key)
        if actor.may(Permission.KEYS_ISSUE):
            shown["head"]["actions"] += key_buttons(key.id, (it.action for it in movements))
        return shown | {
            "holder": self._holder(row, key, movements, actor),
            "custody": [self._moved(it, actor) for it in _told(movements, actor)],
            "binding": self._binding(key, actor),
            "articles": [it for it in [article(self.session, ARTICLE, office_date(now()))] if it],
        }

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
            "comment": movement.reason,
            "url": form["url"] if form else None,
        }

    def done(self, identity: Any, outcome: Outcome) -> Answer:
        """After a loss, lead whoever answers for the person to what comes next (M8)."""
        if outcome.action != "report_lost" or not looks_after_people(current_actor()):
            return super().done(identity, outcome)
        return after_loss(load(self.session, self.resource, identity))

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> Answer:
        """Take received keys into the stock of one's office, by their serial numbers."""
        if request.method == "GET":
            return self._intake(None)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields((), "serials", "comment")
            with committing(
                self.session,
                tag=RECEIVING,
                actor=actor,
                now=moment,
                subject_type="key",
                subject_label=actor.office or "",
            ):
                serials = str(raw.get("serials", "")).split()
                comment = str(raw.get("comment", ""))
                keys = receive_keys(self.session, serials, actor=actor, now=moment, comment=comment)
                count = len(keys)
        except DomainError as error:
            if not mendable(error):
                raise
            return self._intake(error), int(error.status)
        words = ngettext("%(num)s key is in stock.", "%(num)s keys are in stock.", count)
        flash(words, "success")
        return redirect(row_url("keys", ""), HTTPStatus.SEE_OTHER)

    def _intake(self, error: DomainError | None) -> str:
        problems = [d.message for d in error.details] or [str(error)] if error else []
        fields = [
            {
                "name": "serials",
                "label": _("Serial numbers"),
                "kind": "textarea",
                "rows": 12,
                "required": True,
                "help": _("One on each line, or apart by spaces; a scanner may type them."),
                "value": request.form.get("serials", ""),
                "error": problems[0] if problems else None,
            },
            {
                "name": "comment",
                "label": _("Delivery"),
                "kind": "text",
                "help": _("Supplier, delivery note, box."),
                "value": request.form.get("comment", ""),
                "maxlength": 500,
            },
        ]
        return render_template(
            "form.html",
            head={
                "title": _("Take keys into stock"),
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("keys", "")},
                    {"label": _("Take keys into stock")},
                ],
            },
            errors=[{"field": "serials", "message": text} for text in problems],
            groups=[{"title": _("Take keys into stock"), "fields": fields}],
            form={"url": row_url("keys", "add"), "cancel_url": row_url("keys", "")},
            article_basis=article(self.session, ARTICLE, office_date(now())),
        )


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
