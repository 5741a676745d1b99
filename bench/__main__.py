"""`python -m bench`: measure floor and console side by side and print one table.

The databases are made on the first run, which takes some minutes, and kept under build/bench.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

from bench import cases, databases, former_office, jobs, report, servers, works
from bench.databases import Filled
from bench.measure import Pair, in_turns, throughput, timed
from bench.report import Row
from bench.servers import Served
from bench.visitor import Request, Visitor

STARTS = 3
CLIENTS = 16
WORKERS = 2
BURSTS = 5
BURST_SECONDS = 4.0

AT_MOST_START = 1.5
AT_MOST_MEMORY = 110.0
AT_LEAST_PAGES = 190.0
AT_MOST_GROWTH = 1.2
AT_MOST_PICKER = 3.0
AT_MOST_MANY = 8.0
PASSING_MANY = "approve 1,000 with 5 persons each, as one job"


def main() -> int:
    """Measure, print, and write the page of documentation if that is asked."""
    given = _arguments()
    databases.say(report.machine())
    with databases.server() as address, ExitStack() as stack:
        if given.works or given.office:
            return _told(_works(given, address), given, report.WORKS)
        small = databases.small(address)
        full = small if given.small else databases.full(address)
        file = databases.embedded_file()
        rows = list(_alone(full)) if _wanted(given, "start") else []
        floor = stack.enter_context(servers.floor(full))
        console = stack.enter_context(servers.console(full))
        for case in _cases(console, full):
            if _wanted(given, case.name):
                rows.append(_row(case, in_turns(case, floor.visitor(), given.rounds), rows))
                databases.say(rows[-1].line())
        if _wanted(given, "size"):
            rows += _of_two_sizes(stack, console, small, file, given.rounds)
        stack.close()
        if _wanted(given, "approve 1,000"):
            rows.append(Row.of_ratio(PASSING_MANY, jobs.passing_many(full), AT_MOST_MANY))
            databases.say(rows[-1].line())
        if _wanted(given, "clients"):
            rows.append(_under_load(full))
    return _told(rows, given, report.TABLE)


def _told(rows: list[Row], given: argparse.Namespace, marks: tuple[str, str]) -> int:
    sys.stdout.write(report.table(rows))
    if given.write:
        report.write(rows, marks)
    return 0


def _works(given: argparse.Namespace, address: str) -> list[Row]:
    """Measure files and long work, or what an office's switch-over takes; or both."""
    rows: list[Row] = []
    if given.works:
        for row in works.rows(databases.full(address)):
            rows.append(row)
            databases.say(row.line())
    if given.office:
        rows += former_office.rows(address, people=given.office)
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="how often each pair is asked")
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    parser.add_argument("--small", action="store_true", help="ten thousand accounts, to try it")
    parser.add_argument("--works", action="store_true", help="files, imports, paper instead")
    parser.add_argument(
        "--office", type=int, metavar="PEOPLE", default=0, help="take over an office of so many"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args()


def _wanted(given: argparse.Namespace, name: str) -> bool:
    return given.only in name


def _cases(console: Served, full: Filled) -> Iterator[cases.Case]:
    yield cases.first_page(console)
    yield from cases.reading(console, full.size)
    yield from cases.picking(console)
    yield from cases.working(console, full)


def _row(case: cases.Case, pair: Pair, rows: list[Row]) -> Row:
    if not case.above:
        return Row.of_ratio(case.name, pair, case.at_most)
    base = next((row.console for row in rows if row.name == case.above), 0.0)
    return Row.of_milliseconds(case.name, pair, base + case.at_most, f"{case.above} + 15 ms")


def _of_two_sizes(
    stack: ExitStack, console: Served, small: Filled, file: Filled, rounds: int
) -> Iterator[Row]:
    """Compare the first page of a list at a million with ten thousand, and SQLite with both."""
    at_small = cases.signed_in(stack.enter_context(servers.console(small)), cases.AUDITOR)
    at_file = cases.signed_in(stack.enter_context(servers.console(file)), cases.AUDITOR)
    at_full = cases.signed_in(console, cases.AUDITOR)
    page = Request(path="/accounts/")
    growth = _compared(at_small, at_full, page, rounds)
    yield Row.of_ratio(
        "list, page 1: 1 million (right) against 10 thousand (left)", growth, AT_MOST_GROWTH
    )
    engines = _compared(at_small, at_file, page, rounds)
    yield Row.of_ratio("list, page 1, 10 thousand: SQLite (right), PostgreSQL (left)", engines, 1.0)


def _compared(left: Visitor, right: Visitor, page: Request, rounds: int) -> Pair:
    same: Callable[[int], Request] = lambda _round: page  # noqa: E731 - both are asked the same
    case = cases.Case(name="", at_most=0, visitor=right, floor=same, console=same)
    return in_turns(case, left, rounds)


def _alone(full: Filled) -> Iterator[Row]:
    """Start each server by itself, in turns: seconds to the first page, memory at rest."""
    starts, memory = Pair(), Pair()
    for _ in range(STARTS):
        with servers.floor(full) as served:
            starts.floor.append(served.seconds_to_first_page)
            memory.floor.append(served.memory())
        with servers.console(full) as served:
            starts.console.append(served.seconds_to_first_page)
            visitor = cases.signed_in(served, cases.AUDITOR)
            timed(visitor, Request(path="/accounts/"))
            memory.console.append(served.memory())
    yield Row.of_value("start to the first page, s", starts, AT_MOST_START)
    yield Row.of_value("memory at rest, MB", memory, AT_MOST_MEMORY)


def _under_load(full: Filled) -> Row:
    """Let sixteen clients read the list at once from two workers, in bursts that take turns."""
    found = Pair()
    with (
        servers.floor(full, workers=WORKERS) as below,
        servers.console(full, workers=WORKERS) as above,
    ):
        auditor = cases.signed_in(above, cases.AUDITOR)
        floor = [below.visitor() for _ in range(CLIENTS)]
        console = [Visitor(above.port, dict(auditor.cookies)) for _ in range(CLIENTS)]
        for burst in range(BURSTS + 1):
            pages = throughput(floor, "/list", BURST_SECONDS)
            ours = throughput(console, "/accounts/", BURST_SECONDS)
            if burst:
                found.floor.append(pages)
                found.console.append(ours)
    databases.say(f"{median(found.floor):.0f} and {median(found.console):.0f} pages a second")
    return Row.of_pages("list, 16 clients, 2 workers, pages/s", found, AT_LEAST_PAGES)


if __name__ == "__main__":
    sys.exit(main())
