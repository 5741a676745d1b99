"""Between a form as a browser posts it and as services read it; and back, with errors by field."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from app.errors import Detail
from app.i18n import _, ngettext
from app.models.applications import Application, ApplicationLine
from app.views.wording import sentences, titled
from app.workflow.columns import LineColumn, line_columns
from app.workflow.form import HEADER, MAX_LINES

MOST_READ = MAX_LINES + 1000
"""Lines beyond are not even read: whatever is sent, a page is drawn in the end."""
MOST_SAID = 30
LINES = "lines."
COUNT = "lines-count"


def read_form(
    posted: MultiDict[str, str], columns: Sequence[LineColumn], stored: Application | None
) -> dict[str, Any]:
    """Return what was typed, as REST would post it; wholly empty lines are left out.

    What only repeats the record is not read: it comes from there each time. A page that was sent
    before its line editor stood there says nothing of lines: then they are as they are stored.
    """
    raw: dict[str, Any] = {name: posted.get(name, "") for name in HEADER}
    if COUNT not in posted and stored is not None:
        return raw | {"lines": stored_form(stored)["lines"]}
    lines = []
    for n in range(_count(posted)):
        line: dict[str, Any] = {"id": posted.get(f"lines-{n}-id", "")}
        for column in columns:
            name = f"lines-{n}-{column.name}"
            if column.field.repeats_record:
                continue
            if column.holds_items:
                line[column.name] = [code for code in posted.getlist(name) if code]
            else:
                line[column.name] = posted.get(name, "")
        if any(line.values()):
            lines.append(line)
    raw["lines"] = lines
    return raw


def _count(posted: MultiDict[str, str]) -> int:
    given = posted.get(COUNT, "")
    if given.isascii() and given.isdigit():
        return min(int(given[:6]), MOST_READ)
    return 0


def stored_form(application: Application) -> dict[str, Any]:
    """Return a stored form in the same shape as a typed one."""
    return {
        **{name: getattr(application, name) for name in HEADER},
        "lines": [_stored_line(line) for line in application.lines],
    }


def _stored_line(line: ApplicationLine) -> dict[str, Any]:
    return {"id": str(line.id), **cells_of(line)}


def cells_of(line: ApplicationLine) -> dict[str, Any]:
    """Return what stands in the cells of a stored line: texts, and codes of permission items."""
    return {
        column.name: [item.code for item in getattr(line, column.name)]
        if column.holds_items
        else getattr(line, column.name) or ""
        for column in line_columns(type(line))
    }


def place_of(field: str) -> str:
    """Return the id on the page of what a detail's field names.

    `lines.2.citizen_id` stands in the second row: `lines-1-citizen_id`.
    """
    name = field.removeprefix("data.")
    head, _dot, rest = name.partition(".")
    if head != "lines" or not rest:
        return "pledge" if name == "pledge" else name.replace(".", "-")
    number, _dot, column = rest.partition(".")
    if not number.isdigit():
        return "lines"
    return f"lines-{int(number) - 1}-{column or 'name'}"


def errors_by_place(details: Iterable[Detail]) -> dict[str, str]:
    """Return the first message for each place of the page."""
    found: dict[str, str] = {}
    for detail in details:
        found.setdefault(place_of(detail.field), detail.message)
    return found


def cell_errors(details: Iterable[Detail]) -> dict[str, dict[str, str]]:
    """Return messages by row and column of the line editor."""
    rows: dict[str, dict[str, str]] = {}
    for detail in details:
        name = detail.field.removeprefix("data.")
        if not name.startswith(LINES):
            continue
        number, _dot, column = name.removeprefix(LINES).partition(".")
        if number.isdigit():
            rows.setdefault(str(int(number) - 1), {}).setdefault(column, detail.message)
    return rows


def summary(details: Sequence[Detail], labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the list on top of the page: each problem with a way to it, and how many more."""
    said = []
    for detail in sorted(details, key=_place_on_page)[:MOST_SAID]:
        name = detail.field.removeprefix("data.")
        said.append({"field": place_of(name), "message": _said(name, detail.message, labels)})
    rest = len(details) - MOST_SAID
    if rest > 0:
        words = ngettext("and %(num)s more", "and %(num)s more", rest)
        said.append({"field": "lines", "message": words})
    return said


def _place_on_page(detail: Detail) -> tuple[int, int]:
    """Return how far down the page something stands: the head, the lines one by one, papers."""
    head, _dot, rest = detail.field.removeprefix("data.").partition(".")
    number = rest.partition(".")[0]
    if head == "lines":
        return 1, int(number) if number.isdecimal() else 0
    return (2 if rest else 0), 0


def _said(name: str, message: str, labels: Mapping[str, str]) -> str:
    """Return a problem with what it is about: the field, or the line and its column."""
    if not name.startswith(LINES):
        return titled(labels[name], message) if name in labels else message
    number, _dot, column = name.removeprefix(LINES).partition(".")
    words = [_("Line %(line)s", line=number), *([labels[column]] if column in labels else [])]
    return titled(" ".join(words), message)


def cell_remarks(remarks: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, str]]:
    """Return what the office wrote on lines, by row and column of the line editor."""
    rows: dict[str, dict[str, str]] = {}
    for target, found in remarks.items():
        if not target.startswith(LINES):
            continue
        number, _dot, column = target.removeprefix(LINES).partition(".")
        text = sentences(remark.text for remark in found)
        rows.setdefault(str(int(number) - 1), {})[column] = text
    return rows
