"""The one reader of spreadsheets: .xlsx and .csv in, rows by heading out (X6).

`open_table` looks a file over before it opens it, finds the row of headings by their words in
either language, and gives rows with their numbers as a spreadsheet program shows them. A file that
cannot be read whole is refused with words that say how to mend it; a cell that cannot be trusted is
reported with its row, and the rest of the row is read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import SEEK_END
from itertools import chain, islice
from math import isfinite
from pathlib import PurePath
from typing import Any, BinaryIO

from app.errors import Detail, InvalidInput
from app.services.workbooks.formulas import rearmed
from app.services.workbooks.headings import Heading, find_columns
from app.services.workbooks.limits import MIB, OFFICE, UPLOAD, Limits
from app.services.workbooks.packages import column_letters, inspect_package
from app.services.workbooks.problems import CellProblem, SheetProblem
from app.services.workbooks.text import csv_rows

__all__ = [
    "OFFICE",
    "UPLOAD",
    "CellProblem",
    "Heading",
    "Limits",
    "SheetProblem",
    "SheetRow",
    "Table",
    "column_letters",
    "open_table",
]

HEAD_ROWS = 12
"""The headings stand within so many rows from the top."""
EXACT = 10**15
"""A spreadsheet's number is exact below this: 15 digits."""
MAX_CELL = 2000

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACRO_ENDINGS = {".xlsm", ".xltm", ".xlam", ".xlsb"}
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#GETTING_DATA")
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+E\+[0-9]{2}")
"""How a spreadsheet program writes a long number into CSV: its last digits are gone."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number in the file from 1, its cells by heading, what is wrong with a cell.

    Cells are text without spaces around it, "" where empty; a heading that the file does not have
    is not in `values`.
    """

    number: int
    values: dict[str, str]
    problems: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: where each heading stands (from 0), which columns nobody asked for."""

    columns: dict[str, int]
    ignored: tuple[str, ...]
    headings_row: int
    _rows: Iterator[Sequence[Any]] = field(repr=False)

    def cell(self, column: str, row: int) -> str:
        """Return the address of a cell, such as C5; only the row where there is no such column."""
        place = self.columns.get(column)
        return str(row) if place is None else f"{column_letters(place + 1)}{row}"

    def rows(self) -> Iterator[SheetRow]:
        """Yield every row that is not empty; once."""
        for number, cells in enumerate(self._rows, start=self.headings_row + 1):
            row = self._read(number, cells)
            if row is not None:
                yield row

    def _read(self, number: int, cells: Sequence[Any]) -> SheetRow | None:
        values: dict[str, str] = {}
        problems: list[Detail] = []
        for name, place in self.columns.items():
            raw = cells[place] if place < len(cells) else ""
            text, problem = _read_cell(raw)
            values[name] = text
            if problem is not None:
                shown = {"shown": text[:20]} if problem is CellProblem.ERROR else {}
                limit = {"limit": MAX_CELL} if problem is CellProblem.TOO_LONG else {}
                problems.append(problem.detail(name, **shown, **limit))
                values[name] = text if problem is CellProblem.ROUNDED else ""
        if not problems and not any(values.values()):
            return None
        return SheetRow(number, values, tuple(problems))


def open_table(
    file: BinaryIO, filename: str | None, headings: Sequence[Heading], *, limits: Limits = UPLOAD
) -> Table:
    """Return the first visible sheet of `file`, which can be wound back, as rows by heading.

    InvalidInput says what is wrong with the file; nothing of it has been taken then.
    """
    name = PurePath((filename or "").replace("\\", "/")).name[:100]
    _check_size(file, limits)
    rows = _rows_of(file, name, limits)
    head = list(islice(rows, HEAD_ROWS))
    titles = [[_read_cell(cell)[0] for cell in row] for row in head]
    place, columns, ignored = find_columns(titles, headings)
    return Table(columns, ignored, place + 1, chain(head[place + 1 :], rows))


def _check_size(file: BinaryIO, limits: Limits) -> None:
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if size == 0:
        raise SheetProblem.EMPTY.refusal()
    if size > limits.bytes:
        raise SheetProblem.TOO_LARGE.refusal(limit=limits.bytes // MIB)


def _rows_of(file: BinaryIO, name: str, limits: Limits) -> Iterator[Sequence[Any]]:
    """Return the raw rows; what the file is, its first bytes say, and its name has to agree."""
    ending = PurePath(name).suffix.lower()
    start = file.read(len(_OLE))
    file.seek(0)
    if ending in _MACRO_ENDINGS:
        raise SheetProblem.MACROS.refusal()
    if start == _OLE:
        raise _refuse_compound(file)
    if ending not in {".xlsx", ".csv"}:
        raise SheetProblem.NAME.refusal(name=name or "?")
    packed = start.startswith(_ZIP)
    if packed != (ending == ".xlsx"):
        raise SheetProblem.WRONG_ENDING.refusal(name=name)
    if packed:
        inspect_package(file, limits)
        return _workbook_rows(file)
    return csv_rows(file, limits)


def _refuse_compound(file: BinaryIO) -> InvalidInput:
    """An .xlsx under a password and the old .xls look alike from outside."""
    head = file.read(MIB)
    encrypted = "EncryptedPackage".encode("utf-16-le") in head
    return (SheetProblem.ENCRYPTED if encrypted else SheetProblem.OLD_FORMAT).refusal()


def _workbook_rows(file: BinaryIO) -> Iterator[Sequence[Any]]:
    """Yield the rows of the first visible sheet from its top left corner."""
    from python_calamine import (  # loaded for the first workbook, not at the start of the server
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    try:
        with CalamineWorkbook.from_filelike(file) as workbook:
            shown = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
                and sheet.visible == SheetVisibleEnum.Visible
            ]
            if not shown:
                raise SheetProblem.DAMAGED.refusal()
            sheet = workbook.get_sheet_by_name(shown[0])
            before = [""] * (sheet.start or (0, 0))[1]
            for row in sheet.iter_rows():
                yield [*before, *row] if before else row
    except PasswordError:
        raise SheetProblem.ENCRYPTED.refusal() from None
    except (CalamineError, OSError, ValueError):
        raise SheetProblem.DAMAGED.refusal() from None


def _read_cell(raw: Any) -> tuple[str, CellProblem | None]:
    """Return what a cell says as text, and why that cannot be trusted."""
    if isinstance(raw, str):
        return _read_text(raw)
    if isinstance(raw, bool):
        return ("TRUE" if raw else "FALSE"), None
    if isinstance(raw, int | float):
        return _read_number(raw)
    if isinstance(raw, datetime):
        return raw.isoformat(sep=" ", timespec="seconds"), None
    if isinstance(raw, date | time):
        return raw.isoformat(), None
    return str(raw).strip(), None


def _read_text(raw: str) -> tuple[str, CellProblem | None]:
    text = rearmed(raw.strip())
    if len(text) > MAX_CELL:
        return text[:MAX_CELL], CellProblem.TOO_LONG
    if text.startswith("#") and text in _ERRORS:
        return text, CellProblem.ERROR
    if _SCIENTIFIC.fullmatch(text):
        return text, CellProblem.ROUNDED
    return text, None


def _read_number(raw: float) -> tuple[str, CellProblem | None]:
    if abs(raw) >= EXACT:
        return str(int(raw)) if isfinite(raw) else str(raw), CellProblem.ROUNDED
    return str(int(raw)) if raw == int(raw) else repr(raw), None
