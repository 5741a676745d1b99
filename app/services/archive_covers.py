"""The cover of an archive file, for its box (M9, 第九条)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.sheet_forms import SHEET_FORMS
from app.models.archives import ArchiveFile
from app.security.actor import Actor
from app.security.audit import record
from app.services.archives import cover_data
from app.services.typesetting import typeset

TEMPLATE = "sheet"
COVER = "archive_cover"
PEOPLE_NAMED = 12


def print_cover(session: Session, file: ArchiveFile, *, actor: Actor, now: datetime) -> bytes:
    """Return the cover of a file that the caller has loaded within reach; the caller commits."""
    form = SHEET_FORMS[COVER]
    said = cover_data(session, file)
    said["people"] = _people(said["people"])
    record(
        session,
        tag="archive:cover_printed",
        subject=file,
        actor=actor,
        now=now,
        rule=form.rule,
        article=form.article,
    )
    papers = enumerate(said["papers"], start=1)
    data = {
        "name": f"{form.title} {file.number}",
        "title": form.title,
        "label": file.number,
        "facts": [[label, _text(said[name])] for name, label in form.facts.items()],
        "columns": [{"heading": words, "weight": width} for _name, words, width in form.columns],
        "rows": [[str(place), it["name"], _text(it["pages"]), ""] for place, it in papers],
        "clause": None,
        "signatures": form.signatures,
        "seals": form.seals,
        "date": form.date,
    }
    return typeset(TEMPLATE, data, at=now)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _people(names: list[str]) -> str:
    named = "、".join(names[:PEOPLE_NAMED])
    return f"{named}（{len(names)}）" if len(names) > PEOPLE_NAMED else named
