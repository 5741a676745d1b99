"""One act on many applications as long work: in small batches, a line of the result for each."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from app.i18n import _
from app.services import bulk
from app.services.background import Ticket

BATCH = bulk.BATCH


def decide_applications(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Do the act to each form and keep what became of it; a form refused stops no other.

    Cut off within a batch it begins that batch again: the run's own name keeps acts from being
    done twice, and lines beyond the batch's beginning are written anew.
    """
    ids, action = ticket.params["ids"], ticket.params["action"]
    at, size = ticket.place.get("at", 0), ticket.place.get("size", 0)
    ticket.expect(len(ids))
    kept = ticket.folder / "outcomes"
    with kept.open("ab") as lines:
        lines.truncate(size)
        while at < len(ids):
            batch = ids[at : at + BATCH]
            outcomes = list(
                bulk.carry_out(
                    ticket.session,
                    batch,
                    action,
                    actor=ticket.actor,
                    now=ticket.now,
                    comment=ticket.params["comment"],
                    key=ticket.run.period,
                )
            )
            for outcome in outcomes:
                lines.write(json.dumps(bulk.told(outcome), ensure_ascii=False).encode() + b"\n")
            lines.flush()
            at += len(batch)
            ticket.go_on_from(at=at, size=lines.tell())
            yield Counter("done" if outcome.done else "refused" for outcome in outcomes)
    with kept.open(encoding="utf-8") as lines, ticket.deliver(_name(), "text/csv") as result:
        _write(map(json.loads, lines), result)


def _name() -> str:
    return f"{_('Row by row')}.csv"


def _write(rows: Iterator[Mapping[str, Any]], result: Any) -> None:
    text = io.TextIOWrapper(result, encoding="utf-8-sig", newline="")
    table = csv.writer(text)
    table.writerow(bulk.HEADS)
    for row in rows:
        table.writerow([row[name] if row[name] is not None else "" for name in bulk.HEADS])
    text.flush()
    text.detach()
