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
from app.catalog.event_words import told
from app.catalog.lifecycles import KEY
from app.catalog.permissions import ROLE_LABELS
from app.catalog.types import Act as Stage
from app.extensions import db
from app.i18n import N_, _, pick
from app.models.audit import AuditEvent
from app.models.base import metadata
from app.services import regulations
from app.services.key_sheets import HAND_OVER, RETURN
from app.views.wording import cited, joined, label, sentences, titled, when
from app.workflow.stock_takes import EXPLAIN

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
    "refused": N_("Refused"),
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
    "handed_back": N_("Back at the office"),
    "counted": N_("Counted"),
    "expected": N_("By the ledger"),
    "differing": N_("Differences"),
    "serial": N_("Serial number"),
    "settled_by": N_("Settled by"),
    "low_at": N_("Low below"),
    "is_low": N_("Low now"),
}

SHEETS = {HAND_OVER: N_("Hand-over sheet"), RETURN: N_("Return sheet")}
"""What each sheet of keys is called."""

STATES: dict[str, type[StrEnum]] = {
    "application": ApplicationState,
    "account": AccountState,
    "key": KeyState,
    "cases": CaseState,
    "stock_take": StockTakeState,
    "archive_file": ArchiveState,
}
"""Whose words a state is said in, by the kind of subject."""


Changes = list[dict[str, str]]

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
TYPED = "application:edited"
"""Acts that come in rows: one entry tells of all that one person did in one go."""


@cache
def declared(subject_type: str) -> dict[str, Column[Any]]:
    """Return the columns of a kind of subject that say what they are called."""
    table = metadata.tables.get(subject_type)
    return {it.name: it for it in table.columns if "field" in it.info} if table is not None else {}


def _members(column: Column[Any]) -> type[StrEnum] | None:
    return getattr(column.type, "enum_class", None)


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
        self.ways = {EXPLAIN: _("Explain in words")} | {
            it.action: _(it.label) for it in KEY.transitions
        }
        self.kinds = {entry.kind.value: pick(entry, "name") for entry in rules.kinds}

    def _value(
        self, name: str, value: Any, members: type[StrEnum] | None, subject_type: str = ""
    ) -> str:
        match value:
            case None | "":
                return ""
            case bool():
                return _("yes") if value else _("no")
            case Mapping() if value.keys() <= TICKED.keys():
                return joined(_(TICKED[tick]) for tick, held in value.items() if held)
            case Mapping():
                return sentences(
                    titled(self._named(key, subject_type), self._value(key, it, None))
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
            "settled_by": self.ways,
            "sheet": {key: _(words) for key, words in SHEETS.items()},
        }.get(name, {})
        return str(known.get(value, value))

    def _named(self, name: str, subject_type: str = "") -> str:
        if name.isdecimal():
            return _("Line %(line)s", line=name)
        if name.startswith("lines."):
            return _("Line %(line)s", line=name.split(".")[1])
        name = name.removeprefix("papers.")
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
        subject = event.subject_type
        changes = [
            {
                "label": self._named(name, subject),
                "old": self._value(name, old.get(name), members.get(name), subject),
                "new": self._value(name, new.get(name), members.get(name), subject),
            }
            for name in names
            if name not in UNSAID and (old.get(name) or new.get(name))
        ]
        return [it for it in changes if it["old"] != it["new"]]

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
            earlier, later = entry["changes"], entries[-1]["changes"]
            as_one = _since if event.tag == TYPED else _both
            entries[-1]["changes"] = as_one(earlier, later)
        else:
            entries.append(entry)
        last = event
    return entries


def _both(earlier: Changes, later: Changes) -> Changes:
    return [*earlier, *later]


def _since(earlier: Changes, later: Changes) -> Changes:
    """Return what a form that was saved again and again was before, and what it is now."""
    before = {it["label"]: it["old"] for it in reversed(earlier)}
    now = {it["label"]: it["new"] for it in [*earlier, *later]}
    before = {**{it["label"]: it["old"] for it in reversed(later)}, **before}
    return [
        {"label": label, "old": before[label], "new": new}
        for label, new in now.items()
        if before[label] != new
    ]


def _go_together(newer: AuditEvent, older: AuditEvent) -> bool:
    return (
        newer.tag in TOGETHER
        and all(getattr(newer, name) == getattr(older, name) for name in ALIKE)
        and newer.at - older.at < IN_ONE_GO
    )
