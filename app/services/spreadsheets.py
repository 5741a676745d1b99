"""The one writer of spreadsheets: templates, result files, formulas that no longer run (X6).

The libraries are imported where they write: a server starts without them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.i18n import _
from app.services.workbooks.formulas import disarmed
from app.services.workbooks.packages import column_letters

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LAST_ROW = 1_048_576
"""A sheet ends here, headings included; what is left goes on to the next."""
SHEET_ROWS = LAST_ROW - 1
LISTED = 200
"""So many choices at most stand in a drop-down list."""
FILLED_ROWS = 10_000
"""Lists, formats and notes reach so many rows down a template."""
SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """One column of a template: its heading, what the note at it says, what may be chosen."""

    title: str
    note: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    width: int = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One row as it was handed in, with what became of it; `wrong` names cells from 0."""

    cells: tuple[str, ...]
    verdict: str
    reason: str = ""
    wrong: frozenset[int] = frozenset()


def write_template(
    target: BinaryIO, title: str, columns: Sequence[TemplateColumn], *, notes: Sequence[str] = ()
) -> None:
    """Write an empty table to be filled in: every cell is text, so that long numbers stay whole.

    A second sheet explains each column; choices stand on a hidden third.
    """
    from xlsxwriter import Workbook

    with Workbook(target, {"in_memory": True, **_OPTIONS}) as book:
        sheet = book.add_worksheet(sheet_name(title))
        explained = book.add_worksheet(sheet_name(_("Notes")))
        lists = book.add_worksheet("lists")
        lists.hide()
        looks = _Looks(book)
        for place, column in enumerate(columns):
            mark = "*" if column.required else ""
            head = looks.required if column.required else looks.heading
            sheet.write_string(0, place, f"{column.title}{mark}", head)
            sheet.set_column(place, place, column.width, looks.text)
            _guide(sheet, lists, place, column)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        _explain(explained, looks, columns, notes)


class _Looks:
    """The formats of a workbook."""

    def __init__(self, book: "Workbook") -> None:
        line = {"border": 1, "border_color": "#BFBFBF"}
        head = {"bold": True, "bg_color": "#E8EEF7", "text_wrap": True, "valign": "vcenter", **line}
        self.heading: Format = book.add_format(head)
        self.required: Format = book.add_format({**head, "font_color": "#A8071A"})
        self.text: Format = book.add_format({"num_format": "@"})
        self.wrapped: Format = book.add_format({"text_wrap": True, "valign": "top", **line})
        self.wrong: Format = book.add_format({"num_format": "@", "bg_color": "#FFF1F0", **line})
        self.reason: Format = book.add_format({"font_color": "#A8071A", "text_wrap": True})


def _guide(sheet: "Worksheet", lists: "Worksheet", place: int, column: TemplateColumn) -> None:
    """Let the cells of a column offer their choices and say what belongs there."""
    message = {"input_title": column.title[:32], "input_message": column.note[:255]}
    rule: dict[str, Any] = {"validate": "any", **(message if column.note else {})}
    if column.choices and len(column.choices) <= LISTED:
        lists.write_column(0, place, column.choices)
        letters = column_letters(place + 1)
        source = f"=lists!${letters}$1:${letters}${len(column.choices)}"
        rule |= {"validate": "list", "source": source, "error_type": "warning"}
    if len(rule) > 1:
        sheet.data_validation(1, place, FILLED_ROWS, place, rule)


def _explain(
    sheet: "Worksheet", looks: _Looks, columns: Sequence[TemplateColumn], notes: Sequence[str]
) -> None:
    heads = (_("Column"), _("Required"), _("What belongs there"), _("Choices"))
    for place, (head, width) in enumerate(zip(heads, (20, 10, 60, 60), strict=True)):
        sheet.write_string(0, place, head, looks.heading)
        sheet.set_column(place, place, width)
    for row, column in enumerate(columns, start=1):
        words = (
            column.title,
            _("yes") if column.required else "",
            column.note,
            "\n".join(column.choices[:LISTED]),
        )
        for place, text in enumerate(words):
            sheet.write_string(row, place, text, looks.wrapped)
    for row, note in enumerate(notes, start=len(columns) + 2):
        sheet.merge_range(row, 0, row, 3, note, looks.wrapped)
    sheet.freeze_panes(1, 0)


def write_result(
    target: BinaryIO, title: str, headings: Sequence[str], rows: Iterable[ResultRow]
) -> None:
    """Write the rows that were handed in with verdict and reason behind each (capability 86).

    The file can be corrected and handed in again as it is: the two columns are passed over.
    """
    from xlsxwriter import Workbook

    with Workbook(target, {"constant_memory": True, **_OPTIONS}) as book:
        sheet = book.add_worksheet(sheet_name(title))
        looks = _Looks(book)
        sheet.set_column(0, len(headings) - 1, 18, looks.text)
        sheet.set_column(len(headings), len(headings), 12)
        sheet.set_column(len(headings) + 1, len(headings) + 1, 60)
        sheet.freeze_panes(1, 0)
        for place, head in enumerate((*headings, _("Result"), _("Reason"))):
            sheet.write_string(0, place, head, looks.heading)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row.cells):
                look = looks.wrong if place in row.wrong else looks.text
                sheet.write_string(number, place, disarmed(cell), look)
            sheet.write_string(number, len(headings), row.verdict)
            sheet.write_string(number, len(headings) + 1, disarmed(row.reason), looks.reason)


def write_rows(
    target: BinaryIO,
    title: str,
    headings: Sequence[str],
    rows: Iterator[Sequence[Any]],
    *,
    count: int,
) -> None:
    """Write `count` rows at constant memory, on as many sheets as they need.

    The texts are disarmed already. `target` stands at its beginning and is left at its end.
    """
    from rustpy_xlsxwriter import FastExcel
    from xlsxwriter import Workbook

    if not count:
        with Workbook(target, {"in_memory": True, **_OPTIONS}) as book:
            book.add_worksheet(sheet_name(title)).write_row(0, 0, headings)
        return
    name = sheet_name(title)
    # given a place instead of a file, the library keeps no copy of what it writes
    place = getattr(target, "name", None)
    goes_to = place if isinstance(place, str) and Path(place).is_file() else target
    book = FastExcel(goes_to).format(bold_headers=True).freeze(row=1)
    for number in range(1, -(-count // SHEET_ROWS) + 1):
        part = (dict(zip(headings, row, strict=True)) for row in islice(rows, SHEET_ROWS))
        book.sheet(name if number == 1 else f"{name[: SHEET_NAME - 5]} {number}", part)
    book.save()


def sheet_name(title: str) -> str:
    """Return `title` as a sheet may be called."""
    return title.translate(_NOT_IN_SHEET_NAMES).strip(" '")[:SHEET_NAME] or "Sheet1"
