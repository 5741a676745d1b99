"""What happened to a record, told from the audit trail: who, when, what, old and new values."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Column

from app.catalog.business import business_types
from app.catalog.enums import (
    AccountState,
    ApplicationState,
    ArchiveState,
    AuditOutcome,
    CaseState,
    Duty,
    KeyState,
    StockTakeState,
)
from app.catalog.lifecycles import all_lifecycles
from app.catalog.permissions import ROLE_LABELS
from app.catalog.types import Act as Stage
from app.extensions import db
from app.i18n import N_, _, pick
from app.models.audit import AuditEvent
from app.models.base import metadata
from app.services import regulations
from app.views.wording import cited, joined, label, sentences, titled, when

TOLD: dict[str, str] = {
    **{t.tag: t.label for lifecycle in all_lifecycles() for t in lifecycle.transitions},
    "done": N_("Done"),
    "refused": N_("Not done"),
    "application:many": N_("Many forms decided at once"),
    "application:drafted": N_("Drafted"),
    "application:edited": N_("Edited"),
    "application:imported": N_("Taken over from a spreadsheet"),
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
    "application:printed": N_("Form printed"),
    "application:copy_opened": N_("Printout opened"),
    "pages_read": N_("Pages read"),
    "forms_printed": N_("Forms printed"),
    "forms_left_out": N_("Forms out of reach"),
    "archive:cover_printed": N_("Archive cover printed"),
    "key:sheet_printed": N_("Sheet of keys printed"),
    "scan:received": N_("Scanned form sent in"),
    "scan:read": N_("Scanned form read"),
    "scan:filed": N_("Scanned pages filed"),
    "scan:discarded": N_("Scanned pages discarded"),
    "application:copies_voided": N_("Printouts made void"),
    "application:person_revealed": N_("Personal number shown"),
    "material:added": N_("Paper attached"),
    "material:removed": N_("Paper removed"),
    "account:opened": N_("Account opened"),
    "account:granted": N_("Permissions granted"),
    "account:ungranted": N_("Permissions ended"),
    "account:renamed": N_("Name changed"),
    "key:rebound": N_("Key bound to the new name"),
    "account:amended": N_("Account corrected"),
    "account:password_changed": N_("Password changed"),
    "account:password_reset": N_("New initial password"),
    "account:revealed": N_("Personal number shown"),
    "account:roles_assigned": N_("Roles assigned"),
    "session:signed_in": N_("Signed in"),
    "session:signed_out": N_("Signed out"),
    "session:refused": N_("Sign-in refused"),
    "page:refused": N_("Refused at a page"),
    "session:key_asked": N_("Password right, key asked for"),
    "key:received": N_("Key received"),
    "archive_file:opened": N_("Archive file opened"),
    "archive_file:shelved": N_("Put on the shelf"),
    "archive_file:moved": N_("Moved to another place"),
    "archive_file:lent": N_("Lent"),
    "archive_file:consulted": N_("Consulted on the spot"),
    "archive_file:given_back": N_("Came back"),
    "archive_file:appraised": N_("Retention period changed"),
    "archive_file:destroyed": N_("Papers destroyed"),
    "cases:recorded": N_("Business recorded"),
    "cases:amended": N_("Business corrected"),
    "cases:closed": N_("Business finished"),
    "cases:deleted": N_("Business deleted"),
    "key:bound": N_("Key bound to its holder"),
    "key:unbound": N_("Binding given up"),
    "key:enrolment_opened": N_("Link made to bind the key"),
    "stock_take:begun": N_("Count begun"),
    "key:custody_exported": N_("Chain of custody exported"),
    "stock_account:exported": N_("Stock balance exported"),
    "stock_level:set": N_("Low-stock warning set"),
    "organization:registered": N_("Organization registered"),
    "organization:amended": N_("Organization corrected"),
    "job:done": N_("Job done"),
    "list:export_begun": N_("Taking a list out begun"),
    "list:exported": N_("List taken out"),
    "job:asked_for": N_("Long work asked for"),
    "job:stop_wanted": N_("Long work stopped"),
    "job:goes_on": N_("Long work goes on"),
    "job:failed": N_("Long work failed"),
    "job:result_fetched": N_("Result fetched"),
    "office:loaded": N_("Switched over from the former lists"),
    "office:seated": N_("Office attached to an organization"),
    "account:bootstrapped": N_("First account opened"),
    "audit:exported": N_("Audit trail exported"),
    "catalogue:added": N_("Rule added"),
    "catalogue:reworded": N_("Rule changed"),
    "catalogue:ended": N_("Rule ended"),
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
    "pledged": N_("Pledge"),
    "copy": N_("Printout"),
    "copies": N_("Printouts"),
    "pages": N_("Number of pages"),
    "scan_pages": N_("Scanned pages"),
    "missing": N_("Pages missing"),
    "sheet": N_("Sheet"),
    "lines": N_("Persons"),
    "duty": N_("Duty"),
    "refused": N_("Not done"),
    "remarks": N_("Remarks"),
    "keys": N_("Keys"),
    "kind": N_("Kind"),
    "items": N_("Permission items"),
    "cases": N_("Business"),
    "application": N_("Application"),
    "holder": N_("Holder"),
    "owner": N_("Owner"),
    "borrower": N_("Borrower"),
    "purpose": N_("Purpose"),
    "condition": N_("Condition"),
    "due_on": N_("Due on"),
    "organization": N_("Organization"),
    "code": N_("Code"),
    "office": N_("Office"),
    "roles": N_("Roles"),
    "key": N_("Key"),
    "effective": N_("In force from"),
    "destination": N_("On the way to"),
    "replaced_by": N_("Replaced by"),
    "stock_low": N_("Left in stock"),
    "unreturned": N_("Not returned"),
    "counted": N_("Counted"),
    "expected": N_("By the ledger"),
    "differing": N_("Differences"),
    "serial": N_("Serial number"),
    "settled_by": N_("Settled by"),
    "low_at": N_("Low below"),
    "is_low": N_("Low now"),
}

STATES: dict[str, type[StrEnum]] = {
    "application": ApplicationState,
    "account": AccountState,
    "key": KeyState,
    "cases": CaseState,
    "stock_take": StockTakeState,
    "archive_file": ArchiveState,
}
"""Whose words a state is said in, by the kind of subject."""


UNSAID = frozenset({"sha256", "round", "id", "owner_id", "organization_id", "ended_at"})
"""Kept on record, of no use to a reader of the page."""

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+-][0-9]{2}:[0-9]{2}$")
IN_ONE_GO = timedelta(minutes=30)

TICKED: dict[str, str] = {
    "original_seen": N_("original seen"),
    "copy_kept": N_("copy kept"),
    "copy_stamped": N_("copy stamped"),
}

ALIKE = ("tag", "actor_id", "outcome", "subject_type", "subject_id")
TOGETHER = frozenset({"material:added", "material:removed"})
"""Acts that come in rows: one entry tells of all that one person did in one go."""


@cache
def declared(subject_type: str) -> dict[str, Column[Any]]:
    """Return the columns of a kind of subject that say what they are called."""
    table = metadata.tables.get(subject_type)
    return {it.name: it for it in table.columns if "field" in it.info} if table is not None else {}


def _members(column: Column[Any]) -> type[StrEnum] | None:
    return getattr(column.type, "enum_class", None)


def told(tag: str) -> str:
    """Return what a tag means."""
    return _(TOLD[tag]) if tag in TOLD else tag


class Teller:
    """Tells events in the reader's words; made once for a page."""

    def __init__(self) -> None:
        """Look up what papers and kinds of forms are called."""
        rules = regulations.rules(db.session())
        self.papers = {paper.code: pick(paper, "name") for paper in rules.papers}
        self.offices = {
            str(code): pick(office, "short_name")
            for code, office in regulations.offices(db.session()).items()
        }
        self.roles = {role.value: _(name) for role, name in ROLE_LABELS.items()}
        self.items = {item.code: pick(item, "name") for item in rules.permission_items}
        self.districts = {district.code: pick(district, "name") for district in rules.districts}
        self.stages = {stage.value: label(stage) for stage in Stage}
        self.business = {code: pick(it, "name") for code, it in business_types().items()}
        self.kinds = {entry.kind.value: pick(entry, "name") for entry in rules.kinds}

    def _value(self, name: str, value: Any, members: type[StrEnum] | None) -> str:
        match value:
            case None | "":
                return ""
            case bool():
                return _("yes") if value else _("no")
            case Mapping() if value.keys() <= TICKED.keys():
                return joined(_(TICKED[tick]) for tick, held in value.items() if held)
            case Mapping():
                return sentences(
                    titled(self._named(key), self._value(key, it, None))
                    for key, it in value.items()
                )
            case list():
                return joined(self._word(name, it, members) for it in value)
        return self._word(name, value, members)

    def _word(self, name: str, value: Any, members: type[StrEnum] | None) -> str:
        if not isinstance(value, str):
            return str(value)
        if members is not None and value in members._value2member_map_:
            return label(members(value))
        if MOMENT.match(value):
            return when(datetime.fromisoformat(value))
        known = {
            "paper": self.papers,
            "kind": self.kinds,
            "roles": self.roles,
            "office": self.offices,
            "items": self.items,
            "business_type": self.business,
            "district_code": self.districts,
            "stage": self.stages,
        }.get(name, {})
        return str(known.get(value, value))

    def _named(self, name: str, subject_type: str = "") -> str:
        if name in FIELDS:
            return _(FIELDS[name])
        column = declared(subject_type).get(name)
        if column is not None:
            return _(column.info["field"].label)
        return self.papers.get(name.partition(".")[0], name)

    def _changes(self, event: AuditEvent) -> list[dict[str, str]]:
        old, new = event.old or {}, event.new or {}
        members = {
            **{name: _members(column) for name, column in declared(event.subject_type).items()},
            "duty": Duty,
        }
        if event.subject_type in STATES:
            members["state"] = STATES[event.subject_type]
        names = [*old, *(name for name in new if name not in old)]
        return [
            {
                "label": self._named(name, event.subject_type),
                "old": self._value(name, old.get(name), members.get(name)),
                "new": self._value(name, new.get(name), members.get(name)),
            }
            for name in names
            if name not in UNSAID and (old.get(name) or new.get(name))
        ]

    def _about_papers(self, event: AuditEvent) -> list[dict[str, str]]:
        """Return a paper that came or went in one line: which, and under which file name."""
        sides = [event.old or {}, event.new or {}]
        name = next((side["paper"] for side in sides if "paper" in side), "")
        old, new = (str(side.get("file", "")) for side in sides)
        return [{"label": self.papers.get(str(name), str(name)), "old": old, "new": new}]

    def tell(self, event: AuditEvent) -> dict[str, Any]:
        """Return one event as the timeline draws it."""
        refused = event.outcome == AuditOutcome.REFUSED
        what = told(event.tag)
        changes = self._about_papers(event) if event.tag in TOGETHER else self._changes(event)
        return {
            "when": when(event.at),
            "actor": event.actor_label,
            "office": "",
            "text": _("Refused: %(what)s", what=what) if refused else what,
            "comment": event.comment,
            "article": {"label": cited(event.article)} if event.article else None,
            "changes": [] if refused else changes,
            "tone": "bad" if refused else TONES.get(event.tag, ""),
        }


def drawn(event: AuditEvent) -> dict[str, Any]:
    """Return one event as the timeline draws it."""
    return Teller().tell(event)


def timeline(events: Iterable[AuditEvent], *, subjects: bool = False) -> list[dict[str, Any]]:
    """Return events as the timeline draws them, in the order given; papers in a row as one.

    `subjects` says of each what it was about, where they are not all about one record.
    """
    teller = Teller()
    entries: list[dict[str, Any]] = []
    last: AuditEvent | None = None
    for event in events:
        entry = teller.tell(event)
        if subjects:
            entry["subject"] = event.subject_label
        if last is not None and _go_together(last, event):
            entries[-1]["changes"] = [*entry["changes"], *entries[-1]["changes"]]
        else:
            entries.append(entry)
        last = event
    return entries


def _go_together(newer: AuditEvent, older: AuditEvent) -> bool:
    return (
        newer.tag in TOGETHER
        and all(getattr(newer, name) == getattr(older, name) for name in ALIKE)
        and newer.at - older.at < IN_ONE_GO
    )
