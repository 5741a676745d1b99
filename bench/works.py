"""Files of a million rows, paper, spreadsheets coming in: floor and console in turns.

Each is a process of its own, so that its memory is its own.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from bench.databases import Filled, environment, say
from bench.measure import Pair
from bench.report import Row
from bench.works_alone import Spent
from config import ROOT

TURNS = 3
AT_MOST_RATIO = 2.0
AT_MOST_FIRST = 0.1
AT_MOST_MEMORY = 100.0
AT_MOST_ONE = 1.0
AT_MOST_LINES = 10.0
AT_MOST_GROWTH = 1.1

FILES = {
    "csv": "CSV of 1 million accounts",
    "csv_masked": "CSV of them with masked personal numbers",
    "xlsx": "XLSX of 1 million accounts",
    "xlsx_masked": "XLSX of them with masked personal numbers",
}


def rows(full: Filled) -> Iterator[Row]:
    """Yield what files, imports and paper take."""
    for name, words in FILES.items():
        floor, console = _in_turns(full, f"floor_{name}", f"console_{name}")
        seconds = _pair(floor, console, "seconds")
        yield Row.of_ratio(f"{words}, s", seconds, AT_MOST_RATIO)
        if name == "csv":
            first = _pair(floor, console, "first")
            yield Row.of_value("first byte of it, s", first, AT_MOST_FIRST)
        yield Row.of_value(
            "memory of the process for it at most, MB",
            _pair(floor, console, "peak"),
            AT_MOST_MEMORY,
        )
    floor, console = _in_turns(full, "floor_lines", "console_lines")
    words = "10,000 imported rows looked over (floor: only read), s"
    yield Row.of_value(words, _pair(floor, console, "seconds"), AT_MOST_LINES)
    one = _alone(full, "console_print_one")
    words = "one form printed, s: first in a process (left), warm (right)"
    yield Row.of_value(words, Pair(floor=[one.first], console=[one.seconds]), AT_MOST_ONE)
    many = _alone(full, "console_prints")
    say(f"1,000 forms printed in {many.seconds:.0f} s, {many.before:.0f} MB before the first")
    words = "memory of printing 1,000 forms, MB: after 100 (left), at most (right)"
    yield Row.of_ratio(words, Pair(floor=[many.early], console=[many.peak]), AT_MOST_GROWTH)


def _in_turns(full: Filled, floor: str, console: str) -> tuple[list[Spent], list[Spent]]:
    pairs = [(_alone(full, floor), _alone(full, console)) for _turn in range(TURNS)]
    return [f for f, _c in pairs], [c for _f, c in pairs]


def _pair(floor: list[Spent], console: list[Spent], what: str) -> Pair:
    return Pair(
        floor=[getattr(spent, what) for spent in floor],
        console=[getattr(spent, what) for spent in console],
    )


def _alone(full: Filled, name: str) -> Spent:
    done = subprocess.run(  # noqa: S603 - this project's own code
        [sys.executable, "-m", "bench.works_alone", name],
        cwd=ROOT,
        env=environment(full.url),
        stdout=subprocess.PIPE,
        check=True,
    )
    spent = Spent(**json.loads(done.stdout))
    say(f"{name}: {spent.seconds:.2f} s, {spent.before:.0f} to {spent.peak:.0f} MB")
    return spent
