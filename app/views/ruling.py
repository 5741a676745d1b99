"""What was marked on the decision page, as it was typed, and what the acts make of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import object_session
from werkzeug.datastructures import MultiDict

from app.models.applications import Application, ApplicationLine
from app.services.named_users import keys_in_hand
from app.views.sheet import TICKS
from app.views.wording import sentences
from app.workflow.door import lifecycle_of

MAX_KEY = 60
MOST_WORDS = 1000


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One posted decision, field by field as it was typed."""

    action: str
    version: str = ""
    idempotency_key: str = ""
    comment: str = ""
    fields: MultiDict[str, str] = field(default_factory=MultiDict)

    @classmethod
    def read(cls, posted: MultiDict[str, str]) -> "Ruling":
        """Return the decision that a browser posted."""
        return cls(
            action=posted.get("action", ""),
            version=posted.get("version", ""),
            idempotency_key=posted.get("idempotency_key", "")[:MAX_KEY],
            comment=posted.get("comment", ""),
            fields=posted,
        )

    def of_line(self, line: ApplicationLine, name: str) -> str:
        """Return what was typed for one line."""
        return self.fields.get(f"line-{line.id}-{name}", "").strip()

    def remarks(self) -> dict[str, str]:
        """Return what was written about which place; a line's remark may name its column."""
        found = {}
        for name, text in self.fields.items():
            target = name.removeprefix("remark-")
            if target == name or not text.strip():
                continue
            column = self.fields.get(f"place-{target}", "")
            found[f"{target}.{column}" if column else target] = text.strip()
        return found

    @property
    def opinion(self) -> str:
        """The words that go with the act: the comment, or on a return what the remarks say."""
        if self.comment.strip() or self.action != "return":
            return self.comment
        return sentences(self.remarks().values())[:MOST_WORDS]

    def remark_at(self, target: str) -> str:
        """Return what was written in the remark box of `target`."""
        return self.fields.get(f"remark-{target}", "")

    def ticked(self, code: str, line_id: int | None, tick: str) -> bool:
        """Whether a tick of a paper was set."""
        name = f"{code}-{line_id}" if line_id else code
        return bool(self.fields.get(f"paper-{name}-{tick}"))


def ticks_of(application: Application, ruling: Ruling) -> list[dict[str, Any]]:
    """Return the ticks that differ from what is on record (M5.2)."""
    if not any(name.startswith("papers-shown") for name in ruling.fields):
        return []
    changed = []
    for check in application.paper_checks:
        ticks = {tick: ruling.ticked(check.paper_code, check.line_id, tick) for tick in TICKS}
        if any(getattr(check, tick) != value for tick, value in ticks.items()):
            changed.append({"id": check.id, **ticks})
    return changed


def data_for(application: Application, ruling: Ruling) -> dict[str, Any]:
    """Return the data that the act asks for."""
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "line_rulings": lambda: {"lines": list(_verdicts(application, ruling))},
        "remarks": lambda: {
            "remarks": [{"field": at, "text": text} for at, text in ruling.remarks().items()]
        },
        "refusal": lambda: {"reason_code": ruling.fields.get("reason_code", "")},
        "login_names": lambda: {"lines": list(_chosen(application, ruling, "login_name"))},
        **dict.fromkeys(
            ("key_serials", "returned_keys", "rebound_keys"),
            lambda: {"lines": list(_chosen(application, ruling, "key_serial"))},
        ),
    }
    maker = makers.get(data_of(application, ruling.action))
    return maker() if maker else {}


def data_of(application: Application, action: str) -> str:
    """Return the name of what an act of this kind of form is told, empty where it is nothing."""
    transition = lifecycle_of(application).find(action)
    return (transition.data or "") if transition else ""


def _verdicts(application: Application, ruling: Ruling) -> Iterator[dict[str, Any]]:
    for line in application.passed_lines():
        if ruling.of_line(line, "verdict") != "refused":
            continue
        yield {
            "position": line.position,
            "verdict": "refused",
            "reason_code": ruling.of_line(line, "reason_code"),
            "reason": ruling.of_line(line, "reason"),
        }


def asked_lines(application: Application, action: str) -> list[ApplicationLine]:
    """Return the persons of whom the page asks something for this act.

    Keys come back from who holds one, and go to who does not, or gets it bound to a new name.
    """
    data, lines = data_of(application, action), application.passed_lines()
    session = object_session(application)
    if data not in {"key_serials", "returned_keys"} or session is None:
        return lines
    waiting = [line for line in lines if line.key_id is None]
    held = keys_in_hand(session, [line.account_id for line in waiting if line.account_id])
    return [line for line in waiting if (line.account_id in held) == (data == "returned_keys")]


def _chosen(application: Application, ruling: Ruling, name: str) -> Iterator[dict[str, Any]]:
    for line in asked_lines(application, ruling.action):
        if value := ruling.of_line(line, name):
            yield {"position": line.position, name: value}
