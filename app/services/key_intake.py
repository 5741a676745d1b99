"""Received keys from a spreadsheet or a scanner: every row judged first, taken in afterwards (M9).

A delivery that is handed in again changes nothing: what is on record already is named and left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.cleaning import Unfit
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Detail, InvalidInput
from app.i18n import LANGUAGES, N_, _, speaking
from app.models.keys import Key
from app.security.actor import Actor
from app.security.authorise import require
from app.services.keys import MAX_BATCH, receive_keys
from app.services.workbooks import Heading, open_table
from app.workflow.form import problem, read_value

RULE, ARTICLE = "M9", "第九条"
SERIAL = "serial"
IN_ONE_LOOK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row of a delivery; `serial` is as it will be stored, `why` what keeps it out.

    `known` says that the key is in this office's books already: handed in again, not wrong.
    """

    row: int
    shown: str
    serial: str | None = None
    why: Detail | None = None
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A delivery as it was judged; `taken` are the keys that were taken in, if any were."""

    lines: tuple[Judged, ...]
    taken: tuple[Key, ...] = ()

    @property
    def good(self) -> list[str]:
        """The serial numbers that can be taken in."""
        return [line.serial for line in self.lines if line.serial and line.why is None]

    @property
    def known(self) -> int:
        """How many are on record in this office already."""
        return sum(line.known for line in self.lines)

    @property
    def faulty(self) -> list[Judged]:
        """The rows that have to be mended."""
        return [line for line in self.lines if line.why is not None and not line.known]


def judge(
    session: Session, rows: Iterable[tuple[int, str]], *, actor: Actor, now: datetime
) -> Intake:
    """Return what became of each row (its number and what stands there), saving nothing."""
    require(actor, Permission.KEYS_ADD)
    lines = list(_read(rows, today=office_date(now)))
    if not lines:
        words = N_("Enter at least one serial number.")
        raise InvalidInput(details=[Detail("serials", "required", words, rule=RULE)])
    known = _on_record(session, [line.serial for line in lines if line.serial])
    return Intake(lines=tuple(_against_record(line, known, actor) for line in lines))


def take_in(
    session: Session,
    rows: Iterable[tuple[int, str]],
    *,
    only_good: bool,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> Intake:
    """Take a delivery into the stock of the actor's office; keys of its own books are left.

    All or none unless `only_good`: InvalidInput then names every faulty row (`serials.3`).
    """
    found = judge(session, rows, actor=actor, now=now)
    if found.faulty and not only_good:
        details = [line.why for line in found.faulty if line.why]
        raise InvalidInput(details=details[:MAX_BATCH], rule=RULE, article=ARTICLE)
    good = found.good
    keys = receive_keys(session, good, actor=actor, now=now, comment=comment) if good else []
    return Intake(lines=found.lines, taken=tuple(keys))


def rows_of_text(text: str) -> Iterator[tuple[int, str]]:
    """Return what a scanner typed, or what was pasted: apart by blanks and line ends."""
    return iter(enumerate(text.split(), start=1))


def rows_of_file(file: IO[bytes], filename: str | None) -> list[tuple[int, str]]:
    """Return the serial numbers of a spreadsheet with the rows in which they stand there."""
    table = open_table(cast(BinaryIO, file), filename, [Heading(name=SERIAL, titles=titles())])
    rows = []
    for row in table.rows():
        if row.problems:
            first = row.problems[0]
            raise InvalidInput(
                details=[
                    Detail(f"serials.{row.number}", first.code, first.msgid, first.params, RULE)
                ]
            )
        rows.append((row.number, row.values[SERIAL]))
    return rows


def titles() -> tuple[str, ...]:
    """Return how the column of serial numbers may be headed, in every language."""
    found: dict[str, None] = {}
    for code in LANGUAGES:
        with speaking(code):
            found |= dict.fromkeys((_("Serial number"), _("Key")))
    return tuple(found)


def _read(rows: Iterable[tuple[int, str]], *, today: date) -> Iterator[Judged]:
    first: dict[str, int] = {}
    for count, (row, raw) in enumerate(rows, start=1):
        where = f"serials.{row}"
        if count > MAX_BATCH:
            words = N_("At most %(limit)s keys at a time; these are more.")
            raise InvalidInput(
                details=[Detail("serials", "too_many_rows", words, {"limit": MAX_BATCH}, RULE)]
            )
        try:
            serial: str = read_value(Key, "serial", raw, today=today)
        except Unfit as unfit:
            yield Judged(row=row, shown=raw[:60], why=problem(where, unfit))
            continue
        if serial in first:
            words = N_("%(serial)s stands in row %(row)s already.")
            params = {"serial": serial, "row": first[serial]}
            yield Judged(row=row, shown=serial, why=Detail(where, "key_twice", words, params, RULE))
            continue
        first[serial] = row
        yield Judged(row=row, shown=serial, serial=serial)


def _on_record(session: Session, serials: list[str]) -> dict[str, str]:
    """Return the office of each serial number that is on record, in whosever books."""
    found: dict[str, str] = {}
    for start in range(0, len(serials), IN_ONE_LOOK):
        wanted = Key.serial.in_(serials[start : start + IN_ONE_LOOK])
        rows = session.execute(
            select(Key.serial, Key.office_code)
            .where(wanted)
            .execution_options(unscoped="serial numbers are unique over all offices")
        )
        found |= {row.serial: row.office_code for row in rows}
    return found


def _against_record(line: Judged, known: dict[str, str], actor: Actor) -> Judged:
    if line.serial is None or line.serial not in known:
        return line
    words = N_("A key with the serial number %(serial)s is on record already.")
    why = Detail(f"serials.{line.row}", "serial_taken", words, {"serial": line.serial}, RULE)
    own = known[line.serial] == actor.office
    return Judged(row=line.row, shown=line.shown, serial=line.serial, why=why, known=own)
