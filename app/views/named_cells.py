"""What the line editor shows of a person whom a line names: present values beside the asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.models.applications import ApplicationLine
from app.views.wording import label
from app.workflow.columns import LineColumn, finder_of, items_asked, line_columns
from app.workflow.record import Present, value_on_record


def record_cells(line_class: type[ApplicationLine], present: Present) -> dict[str, Any]:
    """Return the cells that nobody types: texts, and codes of permission items."""
    return {
        column.name: _plain(column, value_on_record(column, present))
        for column in line_columns(line_class)
        if column.field.repeats_record
    }


def first_cells(line_class: type[ApplicationLine], present: Present) -> dict[str, Any]:
    """Return what a line begins with once the person is named: permissions as they are held."""
    asked = items_asked(line_class)
    return {asked.name: [item.code for item in present.items]} if asked else {}


def _plain(column: LineColumn, value: Any) -> Any:
    return [item.code for item in value] if column.holds_items else value


def called(present: Present) -> str:
    """Return how a person is called where one is chosen: the name, and the login name with it."""
    return f"{present.name} · {present.login_name}"


def drawn_row(
    line_class: type[ApplicationLine], line: Mapping[str, Any], found: Mapping[str, Present]
) -> dict[str, Any]:
    """Return a row of the line editor: what was typed, with what the record says of the person."""
    cells = {name: value for name, value in line.items() if name != "id"}
    row: dict[str, Any] = {"id": line["id"], "cells": cells}
    finder = finder_of(line_class)
    if finder is None:
        return row
    present = found.get(str(cells.get(finder.name) or "").strip().lower())
    for column in line_columns(line_class):
        if column.field.repeats_record:
            cells.pop(column.name, None)
    if present is not None:
        cells |= record_cells(line_class, present)
        cells[finder.name] = present.login_name
        row["labels"] = {finder.name: called(present)}
    return row


def picked(line_class: type[ApplicationLine], people: Sequence[Present]) -> list[dict[str, Any]]:
    """Return people as the picker offers them, each with the cells that choosing fills."""
    return [
        {
            "value": present.login_name,
            "label": called(present),
            "sub": " · ".join(filter(None, [label(present.state), present.key_serial])),
            "cells": record_cells(line_class, present),
            "first": first_cells(line_class, present),
        }
        for present in people
    ]
