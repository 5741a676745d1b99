"""Acts of a lifecycle in the console: a record's buttons, their questions, many rows at once."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.catalog.lifecycles import Lifecycle, Transition
from app.clock import now, office_date
from app.errors import BadRequest, Conflict, DomainError, NotFound
from app.i18n import N_, _
from app.security.actor import Actor
from app.services.acts import perform
from app.services.applications import parse_version, what_can_be_done
from app.services.listing import MAX_SIZE, Row, find_row, load
from app.services.resources import Resource
from app.views.access import current_actor
from app.views.cells import row_url, word
from app.views.lists import ListPage
from app.views.record_forms import errors_of
from app.views.wording import article
from app.workflow.engine import Outcome, lifecycle_of, transitions_of

Answer = str | tuple[str, int] | Response
Drawn = list[dict[str, Any]]

SHOWN_BESIDE_FIELDS = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Refusals that a person can mend on the page that was sent; the others are pages of their own."""


def mendable(error: DomainError) -> bool:
    """Whether the page that was sent should come back with what was typed."""
    return error.status in SHOWN_BESIDE_FIELDS


class Acts:
    """The part of a room whose rows live by a lifecycle."""

    resource: ClassVar[Resource]
    lifecycle: ClassVar[Lifecycle | None] = None
    """The one lifecycle of every row: its acts that ask for nothing run on many rows."""

    questions: ClassVar[Mapping[str, tuple[Mapping[str, Any], ...]]] = {}
    """The fields that an act needs besides a reason, by act; their labels are msgids."""

    session: Session

    def buttons(self, row: Row, record: Any, actor: Actor) -> Drawn:
        """Return the acts that fit the state and are the actor's to do, if possible or why not."""
        possible = what_can_be_done(self.session, record, actor=actor, now=now())
        return [self._button(row, record, act) for act in possible if not _is_anothers(act)]

    def _button(self, row: Row, record: Any, act: Mapping[str, Any]) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "label": act["label"],
            "url": row_url(self.resource.name, f"{row.id}/actions/{act['action']}"),
            "tone": "danger" if act["tone"] == "danger" else "",
            "primary": act["tone"] == "primary",
        }
        if not act["allowed"]:
            return drawn | {"disabled_reason": " ".join(why["message"] for why in act["why_not"])}
        if act["comment_required"] or self.asks(act["action"]):
            return drawn
        confirm = _confirmation(row, record, act)
        data = {"version": row.values["version"]}
        return drawn | {"method": "post", "data": data, "confirm": confirm}

    def asks(self, action: str) -> Drawn:
        """Return the fields that an act needs besides a reason."""
        return [{**it, "label": _(it["label"])} for it in self.questions.get(action, ())]

    @expose("/<pk>/actions/<action>")
    def ask(self, pk: str, action: str) -> Answer:
        """Ask for the reason of an act, and for what else it needs."""
        return self._question(pk, action)

    def _question(self, pk: str, action: str, error: DomainError | None = None) -> str:
        row = find_row(self.session, self.resource, pk)
        record = load(self.session, self.resource, pk)
        if all(transition.action != action for transition in transitions_of(record)):
            raise NotFound
        possible = what_can_be_done(self.session, record, actor=current_actor(), now=now())
        act = next((it for it in possible if it["action"] == action), None)
        if act is None or _is_anothers(act):
            raise error or Conflict
        fields = self.completed(row, action, self._fields(act, error))
        here = row_url(self.resource.name, row.id)
        crumbs = [
            {"label": _(self.resource.plural), "url": row_url(self.resource.name, "")},
            {"label": row.label, "url": here},
            {"label": act["label"]},
        ]
        return render_template(
            "form.html",
            head={"title": act["label"], "number": row.label, "crumbs": crumbs},
            errors=errors_of(error, fields),
            groups=[{"title": act["label"], "help": act["confirm"], "fields": fields}],
            form={
                "url": f"{here}/actions/{action}",
                "version": row.values["version"],
                "submit_label": act["label"],
                "tone": act["tone"],
                "confirm": _confirmation(row, record, act) if _is_final(record, act) else None,
                "cancel_url": here,
            },
            article_basis=article(self.session, act["article"], office_date(now())),
        )

    def completed(self, row: Row, action: str, fields: Drawn) -> Drawn:  # noqa: ARG002 - a room's to use
        """Add to the fields of an act what hangs on the record itself."""
        return fields

    def _fields(self, act: Mapping[str, Any], error: DomainError | None) -> Drawn:
        wrong = {d.field: d.message for d in error.details} if error else {}
        reason = {
            "name": "comment",
            "label": _("Reason"),
            "kind": "textarea",
            "required": act["comment_required"],
            "help": _("It is kept on record."),
        }
        return [
            {
                **field,
                "value": request.form.get(field["name"], field.get("value", "")),
                "error": wrong.get(field["name"]) or wrong.get(f"data.{field['name']}"),
            }
            for field in (*self.asks(act["action"]), reason)
        ]

    @expose("/<pk>/actions/<action>", methods=["POST"])
    def act(self, pk: str, action: str) -> Answer:
        """Fire an act; a refusal that words can mend comes back beside them."""
        identity = self.resource.identity(pk)
        asked = [str(field["name"]) for field in self.asks(action)]
        try:
            outcome = perform(
                self.session,
                self.resource.model,
                identity,
                action,
                actor=current_actor(),
                now=now(),
                data={name: request.form.get(name) for name in asked},
                comment=request.form.get("comment"),
                expected_version=parse_version(request.form.get("version")),
            )
        except DomainError as error:
            if not mendable(error):
                raise
            return self._question(pk, action, error), int(error.status)
        return self.done(identity, outcome)

    def done(self, identity: Any, outcome: Outcome) -> Answer:
        """Say that it was done and go back to the record."""
        members = self.resource.columns["state"].members
        assert members is not None
        flash(_("Done. State now: %(state)s", state=word(members(outcome.state))), "success")
        return redirect(row_url(self.resource.name, identity), HTTPStatus.SEE_OTHER)

    # --- Many rows at once

    def bulk_transitions(self, actor: Actor) -> Sequence[Transition]:
        """Return the acts that ask for nothing and that this actor may do to many rows."""
        if self.lifecycle is None:
            return ()
        return [
            transition
            for transition in self.lifecycle.transitions
            if transition.permission is not None
            and actor.may(transition.permission)
            and not (transition.automatic or transition.comment_required or transition.data)
        ]

    def bulk_bar(self, page: ListPage, query: str) -> dict[str, Any] | None:
        """Return the bar under the table: which acts, and where they are sent."""
        transitions = self.bulk_transitions(page.actor)
        if not transitions:
            return None
        url = row_url(self.resource.name, "bulk")
        return {
            "url": f"{url}?{query}" if query else url,
            "actions": [
                {
                    "name": t.action,
                    "label": _(t.label),
                    "tone": t.tone,
                    "confirm": {"title": _(t.label), "text": _(t.confirm), "button": _(t.label)}
                    if t.confirm
                    else None,
                }
                for t in transitions
            ],
        }

    def carry_out(self) -> Drawn:
        """Fire one act on every ticked row, each by itself; return what became of each."""
        actor = current_actor()
        action = request.form.get("action", "")
        ids = list(dict.fromkeys(request.form.getlist("ids")))
        if action not in {t.action for t in self.bulk_transitions(actor)}:
            raise BadRequest(N_("There is no such act on many rows."), code="unknown_action")
        if not ids or len(ids) > MAX_SIZE:
            raise BadRequest(
                N_("Tick between 1 and %(limit)s rows."), code="bad_selection", limit=MAX_SIZE
            )
        return [self._one_of_many(pk, action, actor) for pk in ids]

    def _one_of_many(self, pk: str, action: str, actor: Actor) -> dict[str, Any]:
        found: dict[str, Any] = {"label": pk[:60], "url": None}
        resource = self.resource
        try:
            with suppress(NotFound):  # beyond reach: the act is refused, and that is recorded
                row = find_row(self.session, resource, pk, columns=resource.title)
                found |= {"label": row.label, "url": row_url(resource.name, row.id)}
            identity = resource.identity(pk)
            perform(self.session, resource.model, identity, action, actor=actor, now=now())
        except DomainError as error:
            words = " ".join(d.message for d in error.details) or str(error)
            return {**found, "ok": False, "message": words}
        return {**found, "ok": True, "message": _("Done, and on record.")}


def _is_final(record: Any, act: Mapping[str, Any]) -> bool:
    """Whether the act harms and cannot be undone: it is done only to what was named in full."""
    lifecycle = lifecycle_of(record)
    transition = lifecycle.find(act["action"])
    return (
        act["tone"] == "danger" and transition is not None and transition.target in lifecycle.finals
    )


def _confirmation(row: Row, record: Any, act: Mapping[str, Any]) -> dict[str, str]:
    asked = {"title": act["label"], "text": act["confirm"], "button": act["label"]}
    return asked | {"typed": row.label} if _is_final(record, act) else asked


def _is_anothers(act: Mapping[str, Any]) -> bool:
    """Whether it is the actor, not the record, that stands in the way."""
    return not act["allowed"] and any(why["field"] == "actor" for why in act["why_not"])
