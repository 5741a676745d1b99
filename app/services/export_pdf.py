"""A list as a PDF, to be printed, signed and filed: A4 across, the headings on every page (X6)."""

from collections.abc import Sequence
from datetime import datetime

from app.clock import OFFICE_ZONE
from app.services.typesetting import typeset

TEMPLATE = "list"
MOST_ROWS = 2000
"""Longer lists are for spreadsheets; so many are set in a few seconds."""
LONGEST = 400
NARROWEST, BROADEST = 4, 40
MEASURED = 200


def write_pdf(
    title: str, about: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, at: datetime
) -> bytes:
    """Return the list as a PDF, dated `at`; a text that is far too long for a cell is cut."""
    sample = rows[:MEASURED]
    data = {
        "name": title,
        "about": f"{about} · {at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}",
        "columns": [
            {"heading": heading, "weight": _weight(heading, [row[place] for row in sample])}
            for place, heading in enumerate(headings)
        ],
        "rows": [[_cut(text) for text in row] for row in rows],
    }
    return typeset(TEMPLATE, data, at=at)


def _weight(heading: str, texts: Sequence[str]) -> int:
    """Return how broad a column is beside the others: as its texts are, Chinese counted as two."""
    longest = max((_width(text) for text in (heading, *texts)), default=0)
    return max(NARROWEST, min(longest, BROADEST))


def _width(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
