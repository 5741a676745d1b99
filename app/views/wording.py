"""How values read on a page: times in the office's zone, ages, enumerations, citations."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask import current_app, url_for
from sqlalchemy.orm import Session

from app.catalog.citations import in_english
from app.catalog.enums import (
    AccountState,
    ApplicationState,
    ArchiveState,
    CaseState,
    CountVerdict,
    KeyState,
    LineVerdict,
    StockTakeState,
)
from app.catalog.identity.citizens import mask_citizen_id
from app.catalog.labels import words_of
from app.catalog.norms import norm_of
from app.clock import OFFICE_ZONE
from app.i18n import _, language, ngettext, pick
from app.services import regulations
from app.services.working_time import working_days

HOUR = 3600
COLONS = ":\N{FULLWIDTH COLON} "
"""What stands between an item's heading and the rest of its words."""
FAMILIES: Mapping[type[StrEnum], str] = {
    ApplicationState: "application",
    AccountState: "account",
    KeyState: "key",
    CaseState: "case",
    StockTakeState: "stock_take",
    CountVerdict: "count",
    ArchiveState: "archive",
    LineVerdict: "line",
}


def when(instant: datetime | None) -> str:
    """Return `2026-11-21 14:03` in the office's zone, nothing for None."""
    return f"{instant.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}" if instant else ""


def on_day(instant: datetime | date | None) -> str:
    """Return `2026-11-21` in the office's zone, nothing for None."""
    if instant is None:
        return ""
    if isinstance(instant, datetime):
        instant = instant.astimezone(OFFICE_ZONE)
    return f"{instant:%Y-%m-%d}"


def days(count: int) -> str:
    """Return a number of working days in words."""
    return ngettext("%(num)s working day", "%(num)s working days", count)


def age(since: datetime, now: datetime, action: str | None = None) -> dict[str, Any]:
    """Return how long something has waited, against the norm of its step if it has one."""
    passed = working_days(since, now)
    hours = max(0, int((now - since).total_seconds()) // HOUR)
    short = ngettext("%(num)s hour", "%(num)s hours", hours) if hours else _("less than an hour")
    text = days(passed) if passed else short
    if action is None:
        return {"text": text, "late": False, "norm": ""}
    norm = norm_of(action)
    return {"text": text, "late": passed > norm, "norm": days(norm)}


def joined(words: Iterable[str]) -> str:
    """Return words in a row, set apart as the reader's language does."""
    return _(", ").join(words)


def sentences(texts: Iterable[str]) -> str:
    """Return texts one after the other."""
    return _("; ").join(texts)


def titled(title: str, text: str) -> str:
    """Return a text with what it is about before it."""
    return _("%(title)s: %(text)s", title=title, text=text)


def label(member: StrEnum) -> str:
    """Return what a member of a closed vocabulary is called."""
    return words_of(member)


def state(member: StrEnum, tone: str = "") -> dict[str, str]:
    """Return a state as the templates draw it."""
    drawn = {"value": member.value, "label": label(member), "of": FAMILIES.get(type(member), "")}
    return {**drawn, "tone": tone} if tone else drawn


def cited(reference: str) -> str:
    """Return a citation in the reader's language."""
    return in_english(reference) if language() == "en" else reference


def article(session: Session, reference: str, day: date) -> dict[str, str] | None:
    """Return the article that something rests on, whole, as the templates unfold it."""
    if not reference:
        return None
    found = regulations.cited(session, reference, day)
    return {"label": cited(reference), "text": pick(found, "text") if found else ""}


def masked(number: str | None) -> str:
    """Return a personal number with its middle hidden."""
    return mask_citizen_id(number) if number else ""


def size(count: int) -> str:
    """Return a file's size as people say it."""
    kib = 1024
    if count < kib * kib:
        return f"{-(-count // kib)} KB"
    return f"{count / kib / kib:.1f} MB"


def beyond_title(item: Any) -> str:
    """Return what the whole wording of a permission item says beyond its heading."""
    return pick(item, "name").removeprefix(pick(item, "title")).lstrip(COLONS)


def link(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page, None where there is no such page."""
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **values)
