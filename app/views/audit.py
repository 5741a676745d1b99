"""The audit trail to search and to read: who did what to which record, before and after (X2)."""

from collections.abc import Sequence
from typing import Any

from app.catalog.event_words import told
from app.i18n import _
from app.models.audit import AuditEvent
from app.security.actor import Actor
from app.services.columns import Column
from app.services.listing import Row, load
from app.services.resources import RESOURCES
from app.views.base import ConsoleView
from app.views.cells import page_of, row_url
from app.views.story import drawn


class AuditEventView(ConsoleView):
    """Every event; nobody changes one, and there is no page to try."""

    resource = RESOURCES["audit_events"]

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show the event with old and new values, and the way to what it was about."""
        event: AuditEvent = load(self.session, self.resource, row.id)
        shown = super().record(row, record, actor)
        shown["head"]["crumbs"][-1]["label"] = told(event.tag)
        shown["head"] |= {
            "title": told(event.tag),
            "number": event.subject_label,
            "actions": self._about(event, actor),
        }
        shown["events"] = [drawn(event)]
        return shown

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Leave out what the page says in words: old and new values, the record, who acted."""
        unsaid = {"old", "new", "tag", "subject_id"}
        unsaid.add("actor_label" if row.references.get("actor_id") else "actor_id")
        return [c for c in super().fact_columns(row, actor) if c.name not in unsaid]

    def _about(self, event: AuditEvent, actor: Actor) -> list[dict[str, Any]]:
        here = row_url(self.resource.name, "")
        actions: list[dict[str, Any]] = []
        page = page_of(actor, event.subject_type, event.subject_id)
        if page:
            actions.append({"label": _("Open the record"), "url": page})
        if event.subject_id is not None:
            url = f"{here}?subject_type={event.subject_type}&subject_id={event.subject_id}"
            actions.append({"label": _("Everything that happened to it"), "url": url})
        if event.actor_id is not None:
            url = f"{here}?actor_id={event.actor_id}"
            actions.append({"label": _("Everything by this person"), "url": url})
        return actions
