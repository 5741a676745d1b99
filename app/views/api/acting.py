"""Acts over REST: every transition of a record, and why one cannot be done (one door: `fire()`)."""

from typing import Any

from flask import Response, jsonify
from flask_appbuilder.api import expose

from app.catalog.labels import label_of
from app.clock import now
from app.errors import BadRequest, Detail, NotFound, Word
from app.i18n import N_, _
from app.services.acts import perform
from app.services.applications import what_can_be_done
from app.views.api.base import LIST, ConsoleApi
from app.views.api.body import (
    idempotency_key_of,
    object_of,
    only,
    read_object,
    text_of,
    version_of,
)
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.openapi import Spec
from app.workflow.act import data_of
from app.workflow.engine import transitions_of

ACTING = Access()
"""Who may do an act is asked by `fire()`, which knows the act and the record."""

BODY = frozenset({"comment", "data", "idempotency_key", "version"})
BODY_SCHEMA: Spec = {
    "comment": {"type": "string", "maxLength": 2000},
    "data": {
        "type": "object",
        "nullable": True,
        "description": "What the act reads, as `GET …/actions` says; `pledge` true on handing "
        "in, where saying nothing accepts it by submitting",
    },
    "idempotency_key": {"type": "string", "maxLength": 80},
    "version": {"type": "integer", "description": "What the caller has seen; else 409"},
}


class ActingApi(ConsoleApi):
    """A resource whose records live by a lifecycle."""

    @expose("/<pk>/actions", methods=("GET",))
    @serves(LIST)
    def actions(self, pk: str) -> Response:
        """List every act: what this actor can do now and, for the rest, why not."""
        subject = self.find(pk)
        found = what_can_be_done(session(), subject, actor=actor(), now=now())
        named = {entry["action"] for entry in found}
        found += [
            _out_of_state(subject, transition)
            for transition in transitions_of(subject)
            if transition.action not in named
        ]
        return jsonify(
            {
                "id": subject.id,
                "state": subject.state.value,
                "version": subject.version,
                "count": len(found),
                "result": found,
            }
        )

    @expose("/<pk>/actions/<action>", methods=("POST",))
    @serves(ACTING)
    def act(self, pk: str, action: str) -> Response:
        """Do an act; what it gives out once, such as a first password, is in this answer alone."""
        identity = self.resource.identity(pk)
        about = asked()
        about.tag, about.subject_id = f"{self.subject_type}:act", identity
        body = read_object(optional=True)
        only(body, BODY)
        comment = text_of(body, "comment")
        about.comment = comment
        if not self.knows(action):
            raise BadRequest(
                N_("There is no act named %(action)s here."),
                code="unknown_action",
                action=action.replace("\x00", "")[:40],
            )
        about.tag = f"{self.subject_type}:{action}"
        outcome = self.perform(
            identity,
            action,
            data=object_of(body, "data"),
            comment=comment,
            idempotency_key=idempotency_key_of(body),
            expected_version=version_of(body),
        )
        return jsonify(
            {
                "id": outcome.subject_id,
                "state": outcome.state,
                "version": outcome.version,
                "result": with_secrets(outcome.result, outcome.secrets),
                "replayed": outcome.replayed,
            }
        )

    def knows(self, action: str) -> bool:
        """Whether any lifecycle of this resource has an act of this name."""
        return action in self.act_names()

    def act_names(self) -> set[str]:
        """Return the names of every act of this resource."""
        raise NotImplementedError

    def perform(self, identity: Any, action: str, **words: Any) -> Any:
        """Fire the act; the service records its refusals, but for a record that does not exist."""
        asked().recorded = True
        try:
            return perform(
                session(),
                self.resource.model,
                identity,
                action,
                actor=actor(),
                now=now(),
                **words,
            )
        except NotFound as error:
            asked().recorded = hasattr(error, "act")
            raise

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe the body of an act."""
        if method == "act":
            return BODY_SCHEMA, []
        return super().posted(method)


def _out_of_state(subject: Any, transition: Any) -> dict[str, Any]:
    reason = Detail(
        "state",
        "state_does_not_fit",
        N_("This cannot be done while the record is: %(state)s."),
        {"state": Word(label_of(subject.state))},
        transition.rule,
    )
    return {
        "action": transition.action,
        "label": _(transition.label),
        "confirm": _(transition.confirm) if transition.confirm else "",
        "tone": transition.tone,
        "comment_required": transition.comment_required,
        "article": transition.article,
        "rule": transition.rule,
        "data": data_of(transition),
        "allowed": False,
        "why_not": [reason.as_dict()],
    }


def with_secrets(result: dict[str, Any], secrets: dict[str, Any]) -> dict[str, Any]:
    """Return the result with what is told once put beside the very line it belongs to."""
    merged = dict(result)
    for name, told in secrets.items():
        known = merged.get(name)
        if not isinstance(told, list) or not isinstance(known, list):
            merged[name] = told
            continue
        by_position = {entry["position"]: entry for entry in told}
        merged[name] = [entry | by_position.get(entry["position"], {}) for entry in known]
    return merged
