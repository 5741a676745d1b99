"""Lists as files: every row that the list's filters leave, of any length, on record (X6).

One statement, the list's own, within the reach of who asks. CSV leaves as it is read; an XLSX is
made whole first, at constant memory, and a long one in the background; a PDF is short. What is
taken, by which filter, stands in the trail before the first byte; how much it was, after the last.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.permissions import Permission
from app.clock import OFFICE_ZONE
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_, _
from app.models.jobs import JobRun
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require
from app.services import background
from app.services.background import Ticket
from app.services.columns import Column, Operator
from app.services.conditions import Filter
from app.services.copying import copied, copies
from app.services.export_pdf import MOST_ROWS, write_pdf
from app.services.export_texts import Cell, cells_of
from app.services.listing import ListQuery, every_row
from app.services.plans import Plan
from app.services.resources import RESOURCES, Resource
from app.services.spreadsheets import write_rows

RULE = "X6"
BATCH = 2000
AT_ONCE = 20_000
"""An XLSX of more rows is made in the background."""
BOM = b"\xef\xbb\xbf"
LONG_EXPORT = "export"
_UNFIT = re.compile(r"[^\w\-]+")


class Format(StrEnum):
    """The files that a list can be taken out as."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}


def parse_format(raw: str) -> Format:
    """Return the format called `raw`; InvalidInput for any other word."""
    try:
        return Format(raw)
    except ValueError:
        words = N_("Choose one of: %(choices)s.")
        params = {"choices": ", ".join(Format)}
        detail = Detail("format", "unknown_choice", words, params, RULE)
        raise InvalidInput(words, code="unknown_choice", details=[detail], **params) from None


@dataclass(slots=True)
class Export:
    """One list on its way out; `count` grows as rows leave."""

    session: Session
    resource: Resource
    query: ListQuery
    format: Format
    actor: Actor
    now: datetime
    count: int = 0
    cut_off: bool = False

    def filename(self) -> str:
        """Return what the file is called: the list, and the day."""
        name = _UNFIT.sub("-", _(self.resource.plural)).strip("-")
        return f"{name}-{self.now.astimezone(OFFICE_ZONE):%Y%m%d}.{self.format}"

    def columns(self) -> tuple[Column, ...]:
        """Return what the file holds: the columns in sight, and those that stand under them.

        InvalidInput for a column that there is not.
        """
        names = self.query.columns or tuple(
            c.name for c in self.resource.list_columns if c.field.exported
        )
        shown: dict[str, Column] = {}
        for name in names:
            for each in (name, self.resource.under.get(name)):
                column = self.resource.column(each) if each else None
                if column is not None and column.field.exported:
                    shown[column.name] = column
        return tuple(shown.values())

    def cells(self) -> list[Cell]:
        """Return the columns as they are written."""
        return cells_of(self.resource, self.columns())

    def headings(self) -> list[str]:
        """Return what stands above the columns."""
        return [cell.heading for cell in self.cells()]

    def _select(self) -> tuple[Plan, Any]:
        names = tuple(column.name for column in self.columns())
        wanted = ListQuery(
            filters=self.query.filters,
            search=self.query.search,
            order=self.query.order,
            columns=names,
        )
        return every_row(self.session, self.resource, wanted)

    def csv(self) -> Iterator[bytes]:
        """Yield the file, its first bytes at once."""
        yield BOM + _line(self.headings())
        if copies(self.session) and not self._unfinished():
            for block in copied(self.session, self._texts()):
                self.count += _rows_in(block)
                yield block
            return
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        for rows in self._parts():
            writer.writerows(rows)
            self.count += len(rows)
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()

    def xlsx(self, target: BinaryIO) -> None:
        """Write the file whole."""
        write_rows(
            target, _(self.resource.plural), self.headings(), self.rows(), count=self.total()
        )

    def pdf(self, target: BinaryIO) -> None:
        """Write the file whole, to be printed and signed."""
        rows = [[str(value) for value in row] for row in self.rows()]
        about = _("%(count)s in this view", count=self.count)
        target.write(write_pdf(_(self.resource.plural), about, self.headings(), rows, at=self.now))

    def write(self, target: BinaryIO) -> None:
        """Write the file of whatever format."""
        if self.format == Format.XLSX:
            self.xlsx(target)
        elif self.format == Format.PDF:
            self.pdf(target)
        else:
            target.writelines(self.csv())

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield every row as texts and numbers."""
        numbers = [place for place, cell in enumerate(self.cells()) if cell.is_number]
        for part in self._parts():
            self.count += len(part)
            for place in numbers:
                for row in part:
                    row[place] = int(row[place]) if row[place] != "" else ""
            yield from part

    def total(self) -> int:
        """Return how many rows there are now."""
        _plan, statement = self._select()
        keys = statement.with_only_columns(self.resource.key, maintain_column_froms=True)
        inner = keys.order_by(None).subquery()
        return self.session.scalar(select(func.count()).select_from(inner)) or 0

    def _parts(self) -> Iterator[list[list[Any]]]:
        """Yield every row as the file has it, some at a time; numbers may still be text."""
        if not copies(self.session):
            yield from self._by_hand()
            return
        unfinished = self._unfinished()
        for block in copied(self.session, self._texts()):
            part = list(_read(block))
            for place, finish in unfinished.items():
                for row in part:
                    row[place] = finish(row[place])
            yield part

    def _unfinished(self) -> dict[int, Callable[[str], str]]:
        """Return what is left to do with the database's texts, by place."""
        return {
            place: cell.finish for place, cell in enumerate(self.cells()) if cell.finish is not None
        }

    def _texts(self) -> Any:
        plan, statement = self._select()
        texts = [cell.sql(plan) for cell in self.cells()]
        return statement.with_only_columns(*texts, maintain_column_froms=True)

    def _by_hand(self) -> Iterator[list[list[Any]]]:
        plan, statement = self._select()
        readers = [cell.read for cell in self.cells()]
        found = self.session.execute(statement.execution_options(yield_per=BATCH))
        for part in found.partitions(BATCH):
            yield [[read(row) for read in readers] for row in plan.read(part)]

    # --- On record

    def check(self) -> None:
        """Refuse who may not take this list out, and a list that cannot be asked for so."""
        require(self.actor, Permission.LISTS_EXPORT)
        require(self.actor, self.resource.permission)
        if not self.columns():
            raise NotFound
        self._select()
        if self.format == Format.PDF and self.total() > MOST_ROWS:
            words = N_("At most %(limit)s rows fit a PDF: narrow the list, or take a spreadsheet.")
            detail = Detail("format", "too_many_rows", words, {"limit": MOST_ROWS}, RULE)
            raise InvalidInput(words, code="too_many_rows", details=[detail], limit=MOST_ROWS)

    def begin(self) -> None:
        """Put on record who takes what by which filter; the caller commits, then the rows leave."""
        self.check()
        self._record("list:export_begun", self.said())

    def end(self) -> None:
        """Put on record how many rows have left; the caller commits."""
        cut_off = {"cut_off": True} if self.cut_off else {}
        self._record("list:exported", self.said() | {"count": self.count} | cut_off)

    def said(self) -> dict[str, Any]:
        """Return what was asked for, as the trail says it."""
        return {
            "format": self.format.value,
            "columns": [column.name for column in self.columns()],
            **query_as_plain(self.query),
        }

    def _record(self, tag: str, new: Mapping[str, Any]) -> None:
        record(
            self.session,
            tag=tag,
            subject_type=self.resource.model.__tablename__,
            subject_label=self.resource.name,
            actor=self.actor,
            now=self.now,
            new=new,
            rule=RULE,
        )
        self.session.flush()


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _read(block: bytes) -> Iterator[list[Any]]:
    """Yield the rows of a block, which are whole."""
    yield from csv.reader(io.StringIO(block.decode(), newline="\n"))


def _rows_in(block: bytes) -> int:
    """Return how many rows a block of whole rows holds; a line break in a text ends none."""
    if b'"' not in block:
        return block.count(b"\n")
    return sum(1 for _row in _read(block))


# --- In the background


def query_as_plain(query: ListQuery) -> dict[str, Any]:
    """Return what narrows and orders a list as plain JSON; `plain_as_query` takes it back."""
    return {
        "filter": [
            {"column": w.column, "operator": w.operator.value, "value": _jsonable(w.value)}
            for w in query.filters
        ],
        "search": query.search,
        "order": query.order,
    }


def _jsonable(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def plain_as_query(said: Mapping[str, Any], columns: Sequence[str]) -> ListQuery:
    """Return the list that `query_as_plain` described."""
    return ListQuery(
        filters=tuple(
            Filter(column=w["column"], operator=Operator(w["operator"]), value=w["value"])
            for w in said["filter"]
        ),
        search=said["search"],
        order=said["order"],
        columns=tuple(columns),
    )


def in_background(export: Export) -> JobRun:
    """Ask for the file as long work and return its run; the caller commits."""
    return background.start(
        export.session,
        LONG_EXPORT,
        title=export.filename(),
        params={
            "resource": export.resource.name,
            "format": export.format.value,
            "columns": [column.name for column in export.columns()],
            "query": query_as_plain(export.query),
        },
        actor=export.actor,
        now=export.now,
    )


def export_work(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Make the file that was asked for; cut off, it begins anew."""
    params = ticket.params
    export = Export(
        session=ticket.session,
        resource=RESOURCES[params["resource"]],
        query=plain_as_query(params["query"], params["columns"]),
        format=Format(params["format"]),
        actor=ticket.actor,
        now=ticket.now,
    )
    ticket.run.done, ticket.run.counts = 0, {}
    ticket.expect(export.total())
    export.begin()
    yield {}
    with ticket.deliver(export.filename(), CONTENT_TYPES[export.format]) as target:
        export.write(target)
    export.end()
    yield {"exported": export.count}
