"""Why a spreadsheet is refused, and what its owner can do about it (X6)."""

from enum import Enum
from typing import Any

from app.errors import Detail, InvalidInput
from app.i18n import N_

RULE = "X6"


class SheetProblem(Enum):
    """Every reason with its stable code and its words."""

    EMPTY = ("file_empty", N_("The file is empty."))
    TOO_LARGE = (
        "file_too_large",
        N_("The file is larger than %(limit)s MB: split it into several files."),
    )
    NAME = (
        "file_name",
        N_("Only .xlsx and .csv files are read; this one is called %(name)s."),
    )
    WRONG_ENDING = (
        "file_wrong_ending",
        N_(
            "The file is called %(name)s, but what is in it is something else: save it again as "
            ".xlsx or .csv, do not rename it."
        ),
    )
    OLD_FORMAT = (
        "file_old_format",
        N_("This is the old .xls format: open it and save it as .xlsx."),
    )
    ENCRYPTED = (
        "file_encrypted",
        N_("The file is protected by a password: save it without protection."),
    )
    MACROS = (
        "file_macros",
        N_("The file contains macros: save it as an .xlsx workbook without macros."),
    )
    EXTERNAL = (
        "file_external_links",
        N_(
            "The file refers to other files or data sources: paste the values only and save it "
            "again."
        ),
    )
    ACTIVE = (
        "file_active_content",
        N_("The file contains embedded objects or controls: paste the values into a new workbook."),
    )
    DAMAGED = ("file_damaged", N_("The file is damaged or incomplete: save it again."))
    TOO_COMPLEX = (
        "file_too_complex",
        N_("The file unpacks to more than a table needs: paste the values into a new workbook."),
    )
    TOO_MANY_ROWS = (
        "file_too_many_rows",
        N_(
            "The file has more than %(limit)s rows, empty ones included: delete the empty rows "
            "under the table or split the file."
        ),
    )
    TOO_MANY_COLUMNS = (
        "file_too_many_columns",
        N_("The file has more than %(limit)s columns: delete the empty columns beside the table."),
    )
    ENCODING = (
        "file_encoding",
        N_("The text is neither UTF-8 nor GB18030: save the file as CSV UTF-8 or as .xlsx."),
    )
    CSV_SYNTAX = (
        "file_csv_syntax",
        N_("Row %(row)s cannot be read: a quotation mark is missing or stands out of place."),
    )
    NO_HEADINGS = (
        "file_no_headings",
        N_("No row of headings was found. Expected: %(expected)s."),
    )
    HEADING_MISSING = (
        "file_heading_missing",
        N_("Columns are missing: %(missing)s. Use the template."),
    )
    HEADING_TWICE = (
        "file_heading_twice",
        N_("The heading %(heading)s stands over columns %(first)s and %(second)s: keep one."),
    )
    NO_ROWS = ("file_no_rows", N_("There is nothing under the headings."))

    def __init__(self, code: str, msgid: str) -> None:
        self.code = code
        self.msgid = msgid

    def refusal(self, **params: Any) -> InvalidInput:
        """Return the refusal of the whole file."""
        detail = Detail("file", self.code, self.msgid, params, RULE)
        return InvalidInput(self.msgid, code=self.code, rule=RULE, details=[detail], **params)


class CellProblem(Enum):
    """What keeps one cell from being read as it was meant."""

    ROUNDED = (
        "number_rounded",
        N_(
            "This long number is stored as a number, of which a spreadsheet keeps only 15 digits: "
            "format the column as text and enter it again."
        ),
    )
    ERROR = ("cell_error", N_("The cell shows an error (%(shown)s) instead of a value."))
    TOO_LONG = ("cell_too_long", N_("At most %(limit)s characters."))

    def __init__(self, code: str, msgid: str) -> None:
        self.code = code
        self.msgid = msgid

    def detail(self, column: str, **params: Any) -> Detail:
        """Return the refusal of the cell in `column`."""
        return Detail(column, self.code, self.msgid, params, RULE)
