"""One piece of long work in a process of its own: `python -m bench.works_alone NAME`.

Says as JSON what it took. So that its memory is its own, the floor's too, which loads nothing of
the console's but how a personal number is opened.
"""

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg.rows import dict_row

from config import ROOT

MEBI = 1024
LINES = 10_000
FORMS = 1_000
EARLY = 100
WARM = 20
AHEAD_OF_ALL = 3_000_000
"""Numbers from here on are nobody's."""
SHEET = "names"
FLOOR_COLUMNS = """
a.name, a.login_name, {number}o.name AS organization, a.state, a.last_login_at::text AS seen
FROM account a JOIN organization o ON o.id = a.organization_id ORDER BY a.id DESC
"""
PLAIN, MASKED = FLOOR_COLUMNS.format(number=""), FLOOR_COLUMNS.format(number="a.citizen_id, ")
PLAIN_COLUMNS = ("name", "login_name", "organization_id", "state", "last_login_at")
MASKED_COLUMNS = ("name", "login_name", "citizen_id", "organization_id", "state", "last_login_at")


@dataclass(slots=True, kw_only=True)
class Spent:
    """Seconds, seconds to the first byte, megabytes before, early on, and at most."""

    seconds: float = 0.0
    first: float = 0.0
    before: float = 0.0
    early: float = 0.0
    peak: float = 0.0


def resident(name: str = "VmRSS") -> float:
    """Return this process's memory in MB: `VmRSS` as it is, `VmHWM` at most since `forget_peak`."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / MEBI
    return 0.0


def forget_peak() -> None:
    """Let `VmHWM` begin anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


# --- The floor


def floor_csv() -> Spent:
    """COPY to a file."""
    return _sent(_copied_by_hand())


def _copied_by_hand() -> Iterator[Any]:
    with psycopg.connect(_address()) as connection, connection.cursor() as cursor:
        statement = f"COPY (SELECT {PLAIN}) TO STDOUT (FORMAT csv)"
        with cursor.copy(statement) as lines:
            yield from lines


def floor_csv_masked() -> Spent:
    """Rows from a cursor of the server's, their numbers opened and masked."""
    return _sent(_written_by_hand())


def _written_by_hand() -> Iterator[bytes]:
    lines = _Line()
    table = csv.writer(lines)
    for row in _rows_by_hand(MASKED):
        table.writerow(row.values())
        yield lines.text.encode()


class _Line:
    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _rows_by_hand(columns: str) -> Iterator[dict[str, Any]]:
    shown = _masker() if columns == MASKED else str
    with (
        psycopg.connect(_address(), row_factory=dict_row) as connection,
        connection.cursor("rows") as rows,
    ):
        rows.itersize = 2000
        for row in rows.execute(f"SELECT {columns}"):
            if "citizen_id" in row:
                row["citizen_id"] = shown(row["citizen_id"])
            yield row


def _masker() -> Callable[[bytes], str]:
    from app.catalog.identity import mask_citizen_id
    from app.models.encryption import configure, decrypt

    configure(os.environ["FIELD_KEY"])
    return lambda sealed: mask_citizen_id(decrypt(sealed, "account.citizen_id"))


def floor_xlsx() -> Spent:
    """Rows from a cursor of the server's, by the library."""
    return _by_library(PLAIN)


def floor_xlsx_masked() -> Spent:
    """As above, with numbers opened and masked."""
    return _by_library(MASKED)


def _by_library(columns: str) -> Spent:
    from rustpy_xlsxwriter import FastExcel

    spent, begun = _begin()
    book = FastExcel(str(_target())).format(bold_headers=True).freeze(row=1)
    book.sheet(SHEET, _rows_by_hand(columns)).save()
    return _end(spent, begun)


def floor_lines() -> Spent:
    """The library reads the sheet."""
    from python_calamine import CalamineWorkbook

    _write_lines()
    spent, begun = _begin()
    sheet = CalamineWorkbook.from_path(_target()).get_sheet_by_index(0)
    if sum(1 for _row in sheet.iter_rows()) != LINES + 1:
        raise RuntimeError(SHEET)
    return _end(spent, begun)


# --- The console


def console_csv() -> Spent:
    """The list of accounts without personal numbers."""
    with _console("AUDITOR") as actor:
        return _sent(_export(actor, "csv", PLAIN_COLUMNS).csv())


def console_csv_masked() -> Spent:
    """The list of accounts as it stands."""
    with _console("AUDITOR") as actor:
        return _sent(_export(actor, "csv", MASKED_COLUMNS).csv())


def console_xlsx() -> Spent:
    """The list of accounts without personal numbers."""
    return _exported(PLAIN_COLUMNS)


def console_xlsx_masked() -> Spent:
    """The list of accounts as it stands."""
    return _exported(MASKED_COLUMNS)


def _exported(columns: tuple[str, ...]) -> Spent:
    with _console("AUDITOR") as actor, _target().open("wb") as target:
        export = _export(actor, "xlsx", columns)
        spent, begun = _begin()
        export.xlsx(target)
        return _end(spent, begun)


def _export(actor: Any, form: str, columns: tuple[str, ...]) -> Any:
    from app.extensions import db
    from app.services.exports import Export, Format
    from app.services.listing import ListQuery
    from app.services.resources import RESOURCES

    return Export(
        session=db.session(),
        resource=RESOURCES["accounts"],
        query=ListQuery(columns=columns),
        format=Format(form),
        actor=actor,
        now=datetime.now(UTC),
    )


def console_lines() -> Spent:
    """Every row of the sheet looked over as lines of a form (M5)."""
    from app.catalog.lifecycles import ApplicationKind
    from app.extensions import db
    from app.models.organizations import Organization
    from app.services.line_imports import Verdict, look_over
    from bench.generate import FIRST_DISTRICT

    _write_lines()
    with _console("ADMINISTRATOR") as actor, _target().open("rb") as file:
        session = db.session()
        organization = session.get_one(Organization, FIRST_DISTRICT)
        spent, begun = _begin()
        said = {"kind": ApplicationKind("new_user"), "organization": organization, "actor": actor}
        overview = look_over(session, file, _target().name, now=datetime.now(UTC), **said)
        if overview.count(Verdict.GOOD) != LINES:
            message = f"not all rows are good: {overview.rows[0].problems}"
            raise RuntimeError(message)
        return _end(spent, begun)


def _write_lines() -> None:
    from xlsxwriter import Workbook

    from bench.generate import citizen_id

    with Workbook(_target()) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("姓名", "性别", "身份证号码", "权限"))
        for n in range(LINES):
            number = citizen_id(AHEAD_OF_ALL + n)
            sex = "男" if int(number[16]) % 2 else "女"
            items = "district.registration.1;district.registration.2"
            sheet.write_row(n + 1, 0, ("王伟", sex, number, items))


def console_print_one() -> Spent:
    """Print one form after the other; the first loads the typesetter."""
    from app.extensions import db
    from app.models.applications import Application
    from app.services import printing

    with _console("REVIEWER") as actor:
        session, now = db.session(), datetime.now(UTC)
        spent, begun = _begin()
        took = []
        for identity in _submitted(WARM + 1):
            application = session.get_one(Application, identity)
            at = time.perf_counter()
            copy = printing.make_copy(session, application, actor=actor, now=now)
            printing.print_forms(session, [(application, copy)], at=now)
            took.append(time.perf_counter() - at)
        session.rollback()
        _end(spent, begun)
        spent.first, spent.seconds = took[0], median(took[1:])
        return spent


def console_prints() -> Spent:
    """Print a thousand forms as one job; its copies are taken back off the clock."""
    from app.extensions import db
    from app.jobs.prints import FORMS_AT_ONCE
    from app.jobs.runner import run_asked_for
    from app.services import printing

    ids = _submitted(FORMS)
    with _console("REVIEWER") as actor:
        session, now = db.session(), datetime.now(UTC)
        run = printing.ask_for_many(session, ids, actor=actor, now=now)
        session.commit()
        wanted, files = run.id, _target().parent / "files"
        sizes: list[float] = []

        def tick() -> datetime:
            sizes.append(resident())
            return datetime.now(UTC)

        spent, begun = _begin()
        done = run_asked_for(session, files=files, now=now, run_id=wanted, tick=tick)
        _end(spent, begun)
        if done is None or done.counts != {"forms_printed": FORMS}:
            message = f"not all were printed: {done and (done.counts, done.error)}"
            raise RuntimeError(message)
        session.rollback()
    spent.early = sizes[EARLY // FORMS_AT_ONCE]
    with psycopg.connect(_address()) as connection:
        connection.execute("DELETE FROM print_copy WHERE application_id = ANY(%s)", (ids,))
    return spent


def _submitted(count: int) -> list[int]:
    statement = "SELECT id FROM application WHERE state = 'submitted' ORDER BY id OFFSET 4000 LIMIT"
    with psycopg.connect(_address()) as connection:
        return [row[0] for row in connection.execute(f"{statement} {count:d}")]


# --- What both need


@contextmanager
def _console(role: str) -> Iterator[Any]:
    """Yield who acts, one of the bench's people, in a console without a server."""
    from sqlalchemy import select

    from app import create_app
    from app.catalog.enums import Channel
    from app.extensions import db
    from app.jobs.scheduler import leave_what_stays
    from app.models.accounts import Account
    from app.security.actor import Actor, acting, load_actor
    from bench import cases

    application = create_app()
    leave_what_stays()
    with application.app_context():
        session, login = db.session(), getattr(cases, role)
        with acting(session, Actor.system("bench")):
            account = session.scalars(select(Account).where(Account.login_key == login)).one()
            actor = load_actor(session, account, channel=Channel.PAGE)
        with acting(session, actor):
            yield actor


def _address() -> str:
    return os.environ["DATABASE_URL"].replace("+psycopg", "")


def _target() -> Path:
    """Return a file for whatever is made or read; the next piece of work overwrites it."""
    return ROOT / "build" / "bench" / "work.xlsx"


def _begin() -> tuple[Spent, float]:
    spent = Spent(before=resident())
    forget_peak()
    return spent, time.perf_counter()


def _end(spent: Spent, begun: float) -> Spent:
    spent.seconds = time.perf_counter() - begun
    spent.peak = resident("VmHWM")
    return spent


def _sent(blocks: Iterator[Any]) -> Spent:
    """Take every block as a server would and note when the first one came."""
    spent, begun = _begin()
    with Path(os.devnull).open("wb") as sink:
        for block in blocks:
            spent.first = spent.first or time.perf_counter() - begun
            sink.write(block)
    return _end(spent, begun)


WORKS: dict[str, Callable[[], Spent]] = {
    function.__name__: function
    for function in (
        floor_csv,
        floor_csv_masked,
        floor_xlsx,
        floor_xlsx_masked,
        floor_lines,
        console_csv,
        console_csv_masked,
        console_xlsx,
        console_xlsx_masked,
        console_lines,
        console_print_one,
        console_prints,
    )
}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(WORKS[sys.argv[1]]())))
