"""Business taken over from the running system by spreadsheet: looked over first, then saved (X6).

Every row gets a verdict: new, on record already, or wrong with the cells that are. Nothing is saved
until every row is good, or the good part has been chosen; the same file twice does not double.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.business import business_types
from app.catalog.labels import label_of
from app.catalog.permissions import Permission
from app.catalog.types import Act as Stage
from app.errors import BadRequest, Detail, InvalidInput
from app.i18n import LANGUAGES, N_, _, speaking
from app.models.cases import Case
from app.models.offices import District
from app.security.actor import Actor
from app.security.authorise import require
from app.services.cases import enter_cases, look_up, read_case
from app.services.workbooks import Heading, Limits, SheetRow, Table, open_table
from app.services.workbooks.limits import MIB

RULE = "X6"
TITLES: dict[str, str] = {
    "number": N_("Case number"),
    "business_type": N_("Business type"),
    "owner": N_("Login name"),
    "district_code": N_("District"),
    "stage": N_("Stage"),
    "opened_at": N_("Opened at"),
    "accepted_at": N_("Accepted at"),
}
ESSENTIAL = frozenset({"number", "business_type", "owner"})
ON_PAGE = Limits(bytes=2 * MIB, unpacked=40 * MIB, rows=1_000)
"""What is looked over on a page; an operator takes more at the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would become of one row; `case` is there if it is new, `problems` name their cells."""

    row: int
    values: dict[str, str]
    case: Case | None = None
    known: bool = False
    problems: tuple[tuple[str, Detail], ...] = ()


def headings() -> list[Heading]:
    """Return the columns of the file, by their titles in every language."""
    return [Heading(name, _said(words), name in ESSENTIAL) for name, words in TITLES.items()]


def _said(msgid: str) -> tuple[str, ...]:
    found = []
    for language in LANGUAGES:
        with speaking(language):
            found.append(_(msgid))
    return tuple(dict.fromkeys(found))


def look_over(
    session: Session,
    file: BinaryIO,
    filename: str | None,
    *,
    actor: Actor,
    now: datetime,
    limits: Limits = ON_PAGE,
) -> list[Verdict]:
    """Return a verdict for every row of the file; nothing is saved.

    InvalidInput for a file that cannot be read as a whole.
    """
    require(actor, Permission.CASES_IMPORT)
    table = open_table(file, filename, headings(), limits=limits)
    rows = list(table.rows())
    if not rows:
        words = N_("There is no row under the headings.")
        raise InvalidInput(details=[Detail("file", "no_rows", words, rule=RULE)])
    return judge(session, rows, actor=actor, now=now, table=table)


def judge(
    session: Session,
    rows: Iterable[SheetRow],
    *,
    actor: Actor,
    now: datetime,
    table: Table | None = None,
) -> list[Verdict]:
    """Return a verdict for each of the rows, wherever they come from."""
    require(actor, Permission.CASES_IMPORT)
    kept = list(rows)
    codes = _codes(session)
    coded = [_coded(row.values, codes) for row in kept]
    known = look_up(session, coded)
    taken, known.numbers = known.numbers, set()
    on_record = _on_record(session, taken)
    first: dict[str, int] = {}
    verdicts = []
    for row, raw in zip(kept, coded, strict=True):
        problems = list(row.problems)
        number = raw.get("number", "").upper()
        if not number:
            problems.append(Detail("number", "required", N_("This must be filled in."), {}, RULE))
        elif number in first:
            words = N_("%(number)s stands in row %(row)s already.")
            params = {"number": number, "row": first[number]}
            problems.append(Detail("number", "number_twice", words, params, RULE))
        first.setdefault(number, row.number)
        case = None
        try:
            case = read_case(known, raw, actor=actor, now=now)
        except InvalidInput as error:
            problems += [d for d in error.details if d.field not in {p.field for p in problems}]
        stands = on_record.get(number)
        if stands and case and not problems and stands != (case.business_type, case.owner_id):
            words = N_("This number is on record for other business.")
            problems.append(Detail("number", "number_taken", words, {}, "B1"))
        verdicts.append(
            Verdict(
                row=row.number,
                values=row.values,
                case=None if problems or stands else case,
                known=bool(stands) and not problems,
                problems=tuple((_cell(table, row.number, p.field), p) for p in problems),
            )
        )
    return verdicts


def rows_again(kept: Any) -> list[SheetRow]:
    """Return rows that a preview has handed out: `[[row number, {column: text}], …]`.

    BadRequest for anything else: it did not come from a preview.
    """
    if not isinstance(kept, list) or len(kept) > ON_PAGE.rows:
        raise _not_a_preview()
    rows = []
    for entry in kept:
        match entry:
            case [int(number), dict(values)] if all(
                name in TITLES and isinstance(text, str) for name, text in values.items()
            ):
                rows.append(SheetRow(number, values))
            case _:
                raise _not_a_preview()
    return rows


def _not_a_preview() -> BadRequest:
    return BadRequest(N_("Look the file over again before saving."), code="not_a_preview")


def take_over(
    session: Session,
    verdicts: Iterable[Verdict],
    *,
    actor: Actor,
    now: datetime,
    good_part: bool = False,
) -> int:
    """Save the new rows and return how many; what is on record stays as it is.

    Unless the `good_part` was chosen, one wrong row refuses the whole: InvalidInput names each.
    """
    require(actor, Permission.CASES_IMPORT)
    judged = list(verdicts)
    wrong = [
        Detail(f"rows.{cell}", d.code, d.msgid, d.params, d.rule)
        for verdict in judged
        for cell, d in verdict.problems
    ]
    if wrong and not good_part:
        raise InvalidInput(details=wrong, rule=RULE)
    cases = [verdict.case for verdict in judged if verdict.case is not None]
    enter_cases(session, cases, actor=actor, now=now)
    return len(cases)


def _cell(table: Table | None, row: int, column: str) -> str:
    return table.cell(column, row) if table is not None else str(row)


def _on_record(session: Session, numbers: set[str]) -> dict[str, tuple[str, int]]:
    reason = {"unscoped": "case numbers are unique over all"}
    ordered = sorted(numbers)
    found: dict[str, tuple[str, int]] = {}
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        query = select(Case.number, Case.business_type, Case.owner_id).where(Case.number.in_(part))
        for number, business_type, owner_id in session.execute(query.execution_options(**reason)):
            found[number] = (business_type, owner_id)
    return found


def _codes(session: Session) -> dict[str, dict[str, str]]:
    """Return what people write for a code, by column: the words of either language."""
    stages: dict[str, str] = {}
    for language in LANGUAGES:
        with speaking(language):
            stages |= {_(label_of(stage)): stage.value for stage in Stage}
    types = {
        name: code
        for code, each in business_types().items()
        for name in (each.name.zh, each.name.en)
    }
    districts = {
        name: district.code
        for district in session.scalars(select(District))
        for name in (district.name_zh, district.name_en)
    }
    return {"business_type": types, "stage": stages, "district_code": districts}


def _coded(values: Mapping[str, str], codes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        name: codes.get(name, {}).get(value, value)
        for name, value in values.items()
        if value or name in ESSENTIAL
    }
