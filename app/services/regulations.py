"""The rules in force on a day, read once per change and kept in memory (M11, 第十一条).

What pages show comes from here: entries of the catalogue as the rows say them, never a live row.
"""

import threading
from collections.abc import Iterable
from datetime import date
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.catalog.citations import place
from app.catalog.enums import LegalForm, OfficeCode, OrganizationType
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.types import (
    Article,
    Catalog,
    KindEntry,
    OfficeEntry,
    PaperRequirement,
    PermissionItem,
    Pledge,
    Post,
    RoadStep,
)
from app.services.catalog.stored import HELD, revision, stored_catalog

APPLICATION_FORM = "application_form"

Dated = TypeVar(
    "Dated", Article, PermissionItem, PaperRequirement, Pledge, KindEntry, RoadStep, Post
)

_read: WeakKeyDictionary[Engine, tuple[str, Catalog]] = WeakKeyDictionary()
_lock = threading.Lock()


def rules(session: Session) -> Catalog:
    """Return the catalogue as the rows say it, every version of it.

    One small query a transaction asks whether the kept copy still stands.
    """
    transaction = session.get_transaction()
    held = session.info.get(HELD)
    if held is not None and transaction is not None and held[0] is transaction:
        known: Catalog = held[1]
        return known
    catalog = _current(session)
    session.info[HELD] = (session.get_transaction(), catalog)
    return catalog


def _current(session: Session) -> Catalog:
    token = revision(session)
    engine = session.get_bind().engine
    with _lock:
        kept = _read.get(engine)
    if kept is not None and kept[0] == token:
        return kept[1]
    catalog = stored_catalog(session, load_catalog())
    if token is not None:
        with _lock:
            _read[engine] = (token, catalog)
    return catalog


def _on(entries: Iterable[Dated], day: date) -> list[Dated]:
    return [
        entry
        for entry in entries
        if entry.valid_from <= day and (entry.valid_until is None or day < entry.valid_until)
    ]


def _first(entries: Iterable[Dated]) -> Dated | None:
    return next(iter(entries), None)


def article_on(session: Session, number: int, on_date: date, *, clause: str = "") -> Article | None:
    """Return the clause as it read on that day."""
    return _first(
        entry
        for entry in _on(rules(session).articles, on_date)
        if (entry.number, entry.clause) == (number, clause)
    )


def clauses_on(session: Session, number: int, on_date: date) -> list[Article]:
    """Return an article whole, clause by clause, as it read on that day."""
    return [entry for entry in _on(rules(session).articles, on_date) if entry.number == number]


def cited(session: Session, reference: str, on_date: date) -> Article | None:
    """Return the clause that a citation such as 第六条（四） names; None for an annex."""
    try:
        number, clause = place(reference)
    except ValueError:
        return None
    return article_on(session, number, on_date, clause=clause)


def items_for(session: Session, tier: OrganizationType, on_date: date) -> list[PermissionItem]:
    """Return a tier's items in the annex's order (M4a, M4b)."""
    return [entry for entry in _on(rules(session).permission_items, on_date) if entry.tier == tier]


def posts_for(session: Session, tier: OrganizationType, on_date: date) -> list[Post]:
    """Return a tier's posts with the items that go with each (第四条)."""
    return [entry for entry in _on(rules(session).posts, on_date) if entry.tier == tier]


def item_on(session: Session, code: str, on_date: date) -> PermissionItem | None:
    """Return the item as it read on that day."""
    return _first(
        entry for entry in _on(rules(session).permission_items, on_date) if entry.code == code
    )


def papers_for(
    session: Session,
    organization_type: OrganizationType,
    legal_form: LegalForm,
    on_date: date,
    *,
    kind: ApplicationKind | None = None,
) -> list[PaperRequirement]:
    """Return the checklist of an organisation, each paper once (M5.2, 第五条（二）).

    For a `kind` that asks for no papers of identity only the stamped form itself is on it.
    """
    groups = {legal_form.value, organization_type.value}
    papers: dict[str, PaperRequirement] = {}
    for paper in sorted(_on(rules(session).papers, on_date), key=lambda each: each.position):
        if paper.applies_to.value in groups:
            papers.setdefault(paper.code, paper)
    form_only = False
    if kind is not None:
        described = kind_on(session, kind, on_date)
        form_only = described is not None and not described.identity_papers
    return [p for p in papers.values() if p.code == APPLICATION_FORM or not form_only]


def road_for(session: Session, kind: ApplicationKind, on_date: date) -> list[RoadStep]:
    """Return the steps of a kind's road in order; those of one position stand side by side."""
    return [entry for entry in _on(rules(session).roads, on_date) if entry.kind == kind]


def pledge_for(session: Session, kind: ApplicationKind, on_date: date) -> Pledge | None:
    """Return the pledge that a form of `kind` carries (M6.2, M8)."""
    return _first(entry for entry in _on(rules(session).pledges, on_date) if entry.kind == kind)


def kind_on(session: Session, kind: ApplicationKind, on_date: date) -> KindEntry | None:
    """Return what the kind is called and means."""
    return _first(entry for entry in _on(rules(session).kinds, on_date) if entry.kind == kind)


def kinds_for(
    session: Session, organization_type: OrganizationType, on_date: date
) -> list[KindEntry]:
    """Return the kinds that an organisation of this type may hand in."""
    return [
        entry
        for entry in _on(rules(session).kinds, on_date)
        if organization_type in entry.applicants
    ]


def offices(session: Session) -> dict[OfficeCode, OfficeEntry]:
    """Return the offices with their duties, by code (M3)."""
    return {office.code: office for office in rules(session).offices}
