"""Headings: found by their words in either language or by the name that REST uses."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.workbooks.packages import column_letters
from app.services.workbooks.problems import SheetProblem


@dataclass(frozen=True, slots=True)
class Heading:
    """One column that is looked for: its name in the code and every title it may bear.

    A file without an `essential` column is refused as a whole.
    """

    name: str
    titles: tuple[str, ...]
    essential: bool = True

    def shown(self) -> str:
        """Return the title by which a person finds it."""
        return self.titles[0] if self.titles else self.name


def fold(title: str) -> str:
    """Return a heading as it is compared: width, spaces, case and the mark * do not count."""
    return "".join(unicodedata.normalize("NFKC", title).split()).strip("*").casefold()


def find_columns(
    head: Sequence[Sequence[str]], headings: Sequence[Heading]
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """Return which row of `head` bears the headings, where each stands, and what else stands there.

    The row with most known headings it is. A missing essential one is refused by name, one that
    stands twice as well.
    """
    known = {fold(title): h.name for h in headings for title in (*h.titles, h.name)}
    best, most = 0, 0
    for number, row in enumerate(head):
        found = len({known[fold(cell)] for cell in row if fold(cell) in known})
        if found > most:
            best, most = number, found
    if not most:
        expected = ", ".join(h.shown() for h in headings if h.essential)
        raise SheetProblem.NO_HEADINGS.refusal(expected=expected)
    columns: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(head[best]):
        name = known.get(fold(cell))
        if name is None:
            if cell:
                ignored.append(cell[:60])
            continue
        if name in columns:
            raise SheetProblem.HEADING_TWICE.refusal(
                heading=cell,
                first=column_letters(columns[name] + 1),
                second=column_letters(place + 1),
            )
        columns[name] = place
    missing = [h.shown() for h in headings if h.essential and h.name not in columns]
    if missing:
        raise SheetProblem.HEADING_MISSING.refusal(missing=", ".join(missing))
    return best, columns, tuple(ignored)
