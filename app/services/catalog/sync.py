"""Bringing the rows to what the catalogue's files say, and the files to what the rows say."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.check import check
from app.catalog.loader import DATA, FILES, CatalogFile, dump
from app.catalog.types import Catalog, RuleOrigin
from app.clock import office_date
from app.errors import Detail, DomainError
from app.i18n import N_
from app.models.regulations import Pledge
from app.security.actor import Actor
from app.services.audit import record
from app.services.catalog.plan import Change, ChangeKind, plan_table
from app.services.catalog.stored import hold, mark_changed, stored_catalog
from app.services.catalog.tables import PUBLIC, TABLES, Table

RULE, ARTICLE = "M11", "第十一条"


class CatalogUnfit(DomainError):
    """The catalogue contradicts itself; nothing was changed."""

    code = "catalogue_unfit"
    msgid = N_("The catalogue does not hold together: %(count)s problems.")
    rule = RULE
    article = ARTICLE


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed, or would change, and what it left to the office."""

    changes: tuple[Change, ...]
    kept: tuple[Change, ...]

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.changes)

    def count(self, kind: ChangeKind) -> int:
        """Return how many changes are of `kind`."""
        return sum(change.kind is kind for change in self.changes)


def plan_sync(
    session: Session, catalog: Catalog, *, now: datetime, overrule: bool = False
) -> SyncReport:
    """Return what `sync` would change now, without changing it.

    With `overrule` the catalogue's wording replaces what the office wrote in the console too.
    """
    changes: list[Change] = []
    for table in TABLES:
        changes += _plan(session, table, catalog, now=now, overrule=overrule)
    return SyncReport(
        tuple(change for change in changes if change.kind is not ChangeKind.KEPT),
        tuple(change for change in changes if change.kind is ChangeKind.KEPT),
    )


def _plan(
    session: Session, table: Table, catalog: Catalog, *, now: datetime, overrule: bool
) -> Iterable[Change]:
    return plan_table(
        table,
        table.wanted(catalog),
        table.rows(session),
        today=office_date(now),
        overrule=overrule,
    )


def sync(
    session: Session,
    catalog: Catalog,
    *,
    actor: Actor,
    now: datetime,
    dry_run: bool = False,
    overrule: bool = False,
) -> SyncReport:
    """Bring the rows to what `catalog` says and report it; a second call reports nothing (M11).

    Nothing is deleted: a wording that is replaced or gone gets its last day. Every change is one
    audit event. CatalogUnfit is raised before anything is touched.
    """
    problems = check(catalog)
    if problems:
        raise CatalogUnfit(
            count=len(problems),
            details=[
                Detail(": ".join(filter(None, (p.file, p.entry))), "catalogue", p.msgid, p.params)
                for p in problems
            ],
        )
    if not dry_run:
        hold(session)
    report = plan_sync(session, catalog, now=now, overrule=overrule)
    if dry_run or not report:
        return report
    for table in TABLES:
        _apply(session, table, [c for c in report.changes if c.table == table.name], actor, now)
    mark_changed(session, now=now)
    session.flush()
    return report


def _apply(
    session: Session, table: Table, changes: list[Change], actor: Actor, now: datetime
) -> None:
    """Close first, then open: at no moment are two wordings of one entry open."""
    for change in changes:
        if change.kind is ChangeKind.REWORDED:
            _close(change.row, change.effective)
        elif change.kind is not ChangeKind.ADDED:
            for name, value in change.new.items():
                setattr(change.row, name, value)
            change.row.origin = RuleOrigin.CATALOGUE
    session.flush()
    rows = [
        _open(session, table, change)
        if change.kind in {ChangeKind.ADDED, ChangeKind.REWORDED}
        else change.row
        for change in changes
    ]
    session.flush()
    for change, row in zip(changes, rows, strict=True):
        _audit(session, change, row, actor, now)


def _close(row: Any, effective: date | None) -> None:
    assert effective is not None
    if row.valid_until is None or row.valid_until > effective:
        row.valid_until = effective


def _open(session: Session, table: Table, change: Change) -> Any:
    row = table.model(**change.columns, origin=RuleOrigin.CATALOGUE)
    if table.numbered:
        row.version = _next_version(session, row)
    session.add(row)
    if table.numbered:
        session.flush()
    return row


def _next_version(session: Session, row: Pledge) -> int:
    last = session.scalar(
        select(func.max(Pledge.version)).where(Pledge.kind == row.kind).execution_options(**PUBLIC)
    )
    return (last or 0) + 1


def _audit(session: Session, change: Change, row: Any, actor: Actor, now: datetime) -> None:
    """Write the one event of a change."""
    record(
        session,
        tag=f"catalogue:{change.kind}",
        subject=row,
        actor=actor,
        now=now,
        old=_ready(change.old),
        new=_ready(change.new) | ({"effective": str(change.effective)} if change.effective else {}),
        rule=RULE,
        article=ARTICLE,
    )


def _ready(columns: dict[str, Any]) -> dict[str, Any]:
    """Return `columns` as JSON can hold them."""
    ready: dict[str, Any] = {}
    for name, value in columns.items():
        if isinstance(value, StrEnum):
            ready[name] = value.value
        elif isinstance(value, date):
            ready[name] = value.isoformat()
        else:
            ready[name] = value
    return ready


def export(session: Session, catalog: Catalog, *, folder: Path = DATA) -> dict[str, str]:
    """Return the text of every file as the rows say it, under the head that `folder`'s file has.

    Written to a folder and loaded again they are the same catalogue.
    """
    stored = stored_catalog(session, catalog)
    return {
        file.filename: head_of(file, folder) + dump(file, getattr(stored, file.name))
        for file in FILES
    }


def head_of(file: CatalogFile, folder: Path) -> str:
    """Return the comment that stands before the entries of a file."""
    path = folder / file.filename
    if not path.exists():
        return ""
    head = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        head.append(line)
    return "".join(head)


def diff(session: Session, catalog: Catalog, *, folder: Path = DATA) -> str:
    """Return, as a unified diff, what leads from the rows to the catalogue's files."""
    lines: list[str] = []
    exported = export(session, catalog, folder=folder)
    for file in FILES:
        written = head_of(file, folder) + dump(file, getattr(catalog, file.name))
        lines += difflib.unified_diff(
            exported[file.filename].splitlines(keepends=True),
            written.splitlines(keepends=True),
            fromfile=f"database/{file.filename}",
            tofile=f"catalogue/{file.filename}",
        )
    return "".join(lines)
