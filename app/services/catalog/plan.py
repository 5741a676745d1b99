"""What a sync would change: the catalogue's entries held against the rows. Nothing is written here.

A wording that was ever in force is never rewritten (M11, 第十一条): a new one is a new row, and the
old row ends on the day the new one begins. What the office wrote in the console stays the office's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from app.catalog.types import RuleOrigin
from app.services.catalog.tables import DATES, Columns, Table

DAY = timedelta(days=1)


class ChangeKind(StrEnum):
    """What a sync does to one entry."""

    ADDED = "added"
    REWORDED = "reworded"
    AMENDED = "amended"
    ENDED = "ended"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry that is not in the database as the catalogue says.

    `old` and `new` hold the columns that differ, `effective` the day from which it counts. A `kept`
    entry is only named: it is the office's own, or not the catalogue's to remove.
    """

    table: str
    entry: str
    kind: ChangeKind
    effective: date | None = None
    old: Columns = field(default_factory=dict)
    new: Columns = field(default_factory=dict)
    columns: Columns = field(default_factory=dict, repr=False)
    row: Any = field(default=None, repr=False, compare=False)


def plan_table(
    table: Table, wanted: list[Columns], rows: list[Any], *, today: date, overrule: bool
) -> Iterator[Change]:
    """Yield what differs between the wanted entries and the rows of one table."""
    versions = _grouped(table, wanted)
    standing: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        standing.setdefault(tuple(getattr(row, name) for name in table.key), []).append(row)
    for key, entries in versions.items():
        found = standing.pop(key, [])
        if not found:
            yield from (_added(table, entry) for entry in entries)
        elif not table.dated:
            yield from _in_place(table, entries[-1], found[-1], overrule=overrule)
        else:
            yield from _Versions(table, found[-1], today=today, overrule=overrule).follow(entries)
    for found in standing.values():
        yield from _left_over(table, found[-1], today=today, overrule=overrule)


def _grouped(table: Table, wanted: list[Columns]) -> dict[tuple[Any, ...], list[Columns]]:
    """Return the versions of each entry, oldest first, each ending where the next begins."""
    versions: dict[tuple[Any, ...], list[Columns]] = {}
    for columns in wanted:
        versions.setdefault(table.identity(columns), []).append(columns)
    return versions


def name_of(table: Table, columns: Columns) -> str:
    """Return how reports call an entry: its key."""
    return " ".join(str(part) for part in table.identity(columns) if part not in {"", None})


def _keyed(table: Table, row: Any) -> Columns:
    return {name: getattr(row, name) for name in table.key}


def _differing(columns: Columns, row: Any) -> tuple[Columns, Columns]:
    old, new = {}, {}
    for name, value in columns.items():
        if name not in DATES and getattr(row, name) != value:
            old[name], new[name] = getattr(row, name), value
    return old, new


def _is_own(row: Any, *, overrule: bool) -> bool:
    """Whether the office wrote the row, so that a sync leaves it alone."""
    return row.origin == RuleOrigin.OFFICE and not overrule


def _added(table: Table, columns: Columns) -> Change:
    return Change(
        table=table.name,
        entry=name_of(table, columns),
        kind=ChangeKind.ADDED,
        effective=columns.get("valid_from"),
        new=columns,
        columns=columns,
    )


def _in_place(table: Table, columns: Columns, row: Any, *, overrule: bool) -> Iterator[Change]:
    old, new = _differing(columns, row)
    if new:
        own = _is_own(row, overrule=overrule)
        yield Change(
            table=table.name,
            entry=name_of(table, columns),
            kind=ChangeKind.KEPT if own else ChangeKind.AMENDED,
            old=old,
            new=new,
            row=row,
        )


def _left_over(table: Table, row: Any, *, today: date, overrule: bool) -> Iterator[Change]:
    """A row that the catalogue does not know: its wording ends; an undated one stays."""
    named = {"table": table.name, "entry": name_of(table, _keyed(table, row)), "row": row}
    if not table.dated:
        yield Change(kind=ChangeKind.KEPT, **named)
    elif row.valid_until is None:
        if _is_own(row, overrule=overrule):
            yield Change(kind=ChangeKind.KEPT, **named)
        else:
            end = max(today, row.valid_from + DAY)
            yield Change(
                kind=ChangeKind.ENDED,
                effective=end,
                old={"valid_until": None},
                new={"valid_until": end},
                **named,
            )


class _Versions:
    """The versions of one entry, followed from the newest row on."""

    def __init__(self, table: Table, row: Any, *, today: date, overrule: bool) -> None:
        self.table = table
        self.row = row
        self.today = today
        self.overrule = overrule
        self.begins: date = row.valid_from
        self.ends: date | None = row.valid_until
        self.current: Any = row

    def follow(self, entries: list[Columns]) -> Iterator[Change]:
        """Yield what leads from the newest row to the newest of `entries`."""
        newest = entries[-1]
        if _is_own(self.row, overrule=self.overrule):
            old, new = _differing(newest, self.row)
            if new:
                yield self._change(ChangeKind.KEPT, newest, old=old, new=new)
            return
        for columns in entries[:-1]:
            if columns["valid_from"] > self.begins and self._differs(columns):
                yield self._reworded(columns, columns["valid_from"])
        if self._differs(newest):
            yield from self._to_newest(newest)
        else:
            yield from self._end(newest)

    def _differs(self, columns: Columns) -> bool:
        return bool(_differing(columns, self.current)[1])

    def _to_newest(self, columns: Columns) -> Iterator[Change]:
        begins, ends = columns["valid_from"], columns["valid_until"]
        if begins <= self.begins:
            if self.begins > self.today:
                old, new = _differing(columns, self.current)
                yield self._change(
                    ChangeKind.AMENDED, columns, effective=self.begins, old=old, new=new
                )
                return
            # changed without a date of its own: it counts from today, not for a day that has been
            begins = max(self.today, self.begins + DAY)
        if ends is not None and ends <= begins:
            yield from self._end(columns)
        else:
            yield self._reworded(columns, begins)

    def _reworded(self, columns: Columns, effective: date) -> Change:
        old, new = _differing(columns, self.current)
        change = self._change(ChangeKind.REWORDED, columns, effective=effective, old=old, new=new)
        self.begins, self.ends = effective, columns.get("valid_until")
        self.current = _Snapshot(columns)
        return change

    def _end(self, columns: Columns) -> Iterator[Change]:
        """The words stand; only their end may have moved, and never into the past."""
        asked = columns["valid_until"]
        if asked == self.ends or isinstance(self.current, _Snapshot):
            return
        if self.ends is not None and self.ends <= self.today:
            if asked is None:
                # ended, and wanted again: a new row from today
                yield self._change(ChangeKind.REWORDED, columns, effective=self.today)
            return
        end = asked if asked is None else max(asked, self.today, self.begins + DAY)
        if end != self.ends:
            yield self._change(
                ChangeKind.AMENDED if asked is None else ChangeKind.ENDED,
                columns,
                effective=end,
                old={"valid_until": self.ends},
                new={"valid_until": end},
            )

    def _change(
        self,
        kind: ChangeKind,
        columns: Columns,
        *,
        effective: date | None = None,
        old: Columns | None = None,
        new: Columns | None = None,
    ) -> Change:
        whole = {**columns, "valid_from": effective} if kind is ChangeKind.REWORDED else columns
        return Change(
            table=self.table.name,
            entry=name_of(self.table, columns),
            kind=kind,
            effective=effective,
            old=old or {},
            new=new or {},
            columns=whole,
            row=self.row,
        )


class _Snapshot:
    """Columns that can be read like a row: a version that the plan itself adds."""

    def __init__(self, columns: Columns) -> None:
        self.__dict__.update(columns)
