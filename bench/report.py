"""The table that is printed, and the page of documentation made of it."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan, nan
from pathlib import Path
from statistics import median

from bench.measure import Pair
from config import ROOT

PAGE = ROOT / "docs" / "performance.md"
TABLE = ("<!-- table -->", "<!-- end of the table -->")
WORKS = ("<!-- works -->", "<!-- end of the works -->")
"""Between which marks a table stands on the page."""
HEADS = ("operation", "floor", "console", "ratio", "at most", "reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    floor: float
    console: float
    ratio: float
    spread: tuple[float, float]
    at_most: str
    reached: bool

    @classmethod
    def of_ratio(cls, name: str, pair: Pair, at_most: float) -> "Row":
        """Return a row that is held against a ratio."""
        return cls._of(name, pair, f"× {at_most:g}", reached=pair.ratio <= at_most)

    @classmethod
    def of_milliseconds(cls, name: str, pair: Pair, at_most: float, words: str) -> "Row":
        """Return a row that is held against milliseconds."""
        return cls._of(name, pair, words, reached=median(pair.console) <= at_most)

    @classmethod
    def of_value(cls, name: str, pair: Pair, at_most: float) -> "Row":
        """Return a row whose own figure must stay below a bound."""
        return cls._of(name, pair, f"{at_most:g}", reached=median(pair.console) <= at_most)

    @classmethod
    def of_pages(cls, name: str, pair: Pair, at_least: float) -> "Row":
        """Return a row whose own figure must reach a bound."""
        reached = median(pair.console) >= at_least
        return cls._of(name, pair, f"at least {at_least:g}", reached=reached)

    @classmethod
    def alone(cls, name: str, value: float, at_most: float) -> "Row":
        """Return a row that has no floor, whose figure must stay below a bound."""
        return cls._of(
            name, Pair(floor=[nan], console=[value]), f"{at_most:g}", reached=value <= at_most
        )

    @classmethod
    def _of(cls, name: str, pair: Pair, at_most: str, *, reached: bool) -> "Row":
        return cls(
            name=name,
            floor=median(pair.floor),
            console=median(pair.console),
            ratio=pair.ratio,
            spread=pair.spread,
            at_most=at_most,
            reached=reached,
        )

    def cells(self) -> tuple[str, ...]:
        """Return what stands under each head."""
        low, high = self.spread
        ratio = f"× {self.ratio:.2f} ({low:.2f} to {high:.2f})"
        return (
            self.name,
            _figure(self.floor),
            _figure(self.console),
            "–" if isnan(self.ratio) else ratio,
            self.at_most,
            "yes" if self.reached else "**no**",
        )

    def line(self) -> str:
        """Return the row as it is told while measuring goes on."""
        return "  ".join(self.cells())


def _figure(value: float) -> str:
    if isnan(value):
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table that reads well in a terminal and on a page."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADS))]
    drawn = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(drawn) + "\n"


def machine() -> str:
    """Return what it was measured on."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"load {load:.1f} at the start, {datetime.now(UTC):%Y-%m-%d}"
    )


def write(rows: Sequence[Row], marks: tuple[str, str] = TABLE, page: Path = PAGE) -> None:
    """Put a table into the page of documentation, between its two marks."""
    begin, finish = marks
    text = page.read_text(encoding="utf-8")
    head, mark, rest = text.partition(begin)
    _old, end, tail = rest.partition(finish)
    if not (mark and end):
        sys.exit(f"{page} has no place for the table")
    made = f"{head}{begin}\n\nMeasured on {machine()}.\n\n{table(rows)}\n{finish}{tail}"
    page.write_text(made, encoding="utf-8")
