"""What happened to a record, told from the audit trail: who, when, what, old and new values."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from app.catalog.enums import AccountState, ApplicationState, AuditOutcome, Duty, KeyState
from app.catalog.lifecycles import all_lifecycles
from app.i18n import N_, _
from app.models.audit import AuditEvent
from app.views.wording import cited, label, when

TOLD: dict[str, str] = {
    **{t.tag: t.label for lifecycle in all_lifecycles() for t in lifecycle.transitions},
    "application:drafted": N_("Drafted"),
    "application:edited": N_("Edited"),
    "application:submitted": N_("Handed in"),
    "application:withdrawn": N_("Withdrawn"),
    "application:claimed": N_("Taken on"),
    "application:handed_back": N_("Handed back to the office"),
    "application:approved": N_("Passed"),
    "application:returned": N_("Returned for correction"),
    "application:rejected": N_("Rejected"),
    "application:configured": N_("Configured"),
    "application:key_issued": N_("Key issued"),
    "application:completed": N_("Completed"),
    "application:papers_checked": N_("Papers recorded"),
    "material:added": N_("Paper attached"),
    "material:removed": N_("Paper removed"),
    "account:opened": N_("Account opened"),
    "account:granted": N_("Permissions granted"),
    "account:amended": N_("Account corrected"),
    "account:password_changed": N_("Password changed"),
    "account:password_reset": N_("New initial password"),
    "account:revealed": N_("Personal number shown"),
    "account:roles_assigned": N_("Roles assigned"),
    "session:signed_in": N_("Signed in"),
    "session:signed_out": N_("Signed out"),
    "session:refused": N_("Sign-in refused"),
    "key:received": N_("Key received"),
    "organization:registered": N_("Organization registered"),
    "organization:amended": N_("Organization corrected"),
    "office:seated": N_("Office attached to an organization"),
}
"""What each tag of the trail means to a reader."""

TONES = {
    "application:approved": "good",
    "application:completed": "good",
    "application:key_issued": "good",
    "application:returned": "warn",
    "application:rejected": "bad",
}

FIELDS: dict[str, str] = {
    "state": N_("State"),
    "round": N_("Round"),
    "lines": N_("Persons"),
    "duty": N_("Duty"),
    "refused": N_("Refused"),
    "remarks": N_("Remarks"),
    "keys": N_("Keys"),
    "kind": N_("Kind"),
    "items": N_("Permission items"),
    "application": N_("Application"),
    "holder": N_("Holder"),
    "code": N_("Code"),
}

STATES: dict[str, type[StrEnum]] = {
    "application": ApplicationState,
    "account": AccountState,
    "key": KeyState,
}
"""Whose words a state is said in, by the kind of subject."""


def told(tag: str) -> str:
    """Return what a tag means."""
    return _(TOLD[tag]) if tag in TOLD else tag


def _value(value: Any, members: type[StrEnum] | None = None) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "；".join(f"{key}: {_value(it)}" for key, it in value.items())
    if isinstance(value, list):
        return "、".join(str(it) for it in value)
    if members is not None and value in members._value2member_map_:
        return label(members(value))
    return str(value)


def _label(name: str) -> str:
    return _(FIELDS[name]) if name in FIELDS else name


def _changes(event: AuditEvent) -> list[dict[str, str]]:
    old, new = event.old or {}, event.new or {}
    members = {"state": STATES.get(event.subject_type), "duty": Duty}
    names = [*old, *(name for name in new if name not in old)]
    return [
        {
            "label": _label(name),
            "old": _value(old.get(name), members.get(name)),
            "new": _value(new.get(name), members.get(name)),
        }
        for name in names
    ]


def drawn(event: AuditEvent) -> dict[str, Any]:
    """Return one event as the timeline draws it."""
    refused = event.outcome == AuditOutcome.REFUSED
    what = told(event.tag)
    return {
        "when": when(event.at),
        "actor": event.actor_label,
        "office": "",
        "text": _("Refused: %(what)s", what=what) if refused else what,
        "comment": event.comment,
        "article": {"label": cited(event.article)} if event.article else None,
        "changes": [] if refused else _changes(event),
        "tone": "bad" if refused else TONES.get(event.tag, ""),
    }


def timeline(events: Iterable[AuditEvent]) -> list[dict[str, Any]]:
    """Return events as the timeline draws them, in the order given."""
    return [drawn(event) for event in events]
