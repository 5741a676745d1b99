"""Lines of a form out of a spreadsheet: looked over row by row, then taken whole or in part (X6).

`look_over` reads a file and says of every row what is wrong with it, by cell; it changes nothing.
`take` puts the rows that are good on drafts, which go through approval like any other (M5). Whoever
stands on an open form of the same kind already is passed over: handing the same file in twice, or
going on with one that was taken in part, doubles nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, ApplicationState
from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Detail, InvalidInput, Refused
from app.i18n import N_, _
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.organizations import Organization
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require
from app.services.applications import class_of, open_draft, save_draft
from app.services.forms import FormReader, TypedLine
from app.services.line_sheets import LineSheet
from app.services.spreadsheets import ResultRow, write_result
from app.services.workbooks import UPLOAD, Limits, SheetProblem, SheetRow, Table, open_table
from app.workflow.columns import finder_of, line_columns, person_column
from app.workflow.form import HEADER, MAX_LINES, check_kind

RULE, ARTICLE = "X6", "第五条"
IN_PART = 1000
OWN = {"unscoped": "people and forms of the actor's own organisation"}
OPEN = [state for state in ApplicationState if not state.is_closed]
MOST_REFUSED = 200
"""So many rows stand in a refusal; the result file has them all."""


class Verdict(StrEnum):
    """What can become of a row."""

    GOOD = "good"
    THERE = "there"
    WRONG = "wrong"


class Part(StrEnum):
    """What is to be taken: all or nothing, or what is good."""

    ALL = "all"
    GOOD = "good"


@dataclass(slots=True)
class Looked:
    """One row, looked over: its cells, what is wrong with them, or where the person stands."""

    number: int
    values: dict[str, str]
    raw: dict[str, Any]
    problems: list[Detail] = field(default_factory=list)
    on_form: str = ""

    @property
    def verdict(self) -> Verdict:
        """Whether the row can be taken."""
        if self.problems:
            return Verdict.WRONG
        return Verdict.THERE if self.on_form else Verdict.GOOD


@dataclass(slots=True)
class Overview:
    """A file, looked over."""

    sheet: LineSheet
    table: Table
    rows: list[Looked]
    filename: str

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def told(self, row: Looked) -> list[tuple[str, str, str]]:
        """Return cell, heading and words of everything that is wrong with a row."""
        names = {column.name: self.sheet.heading(column) for column in self.sheet.columns}
        return [
            (self.table.cell(d.field, row.number), names.get(d.field, ""), self.sheet.said(d))
            for d in row.problems
        ]

    def reason(self, row: Looked) -> str:
        """Return in one text why a row is not taken, nothing for one that is."""
        if row.verdict == Verdict.THERE:
            return _("Stands on form %(number)s already.", number=row.on_form)
        return " ".join(
            _("%(title)s: %(text)s", title=f"{cell} {heading}".strip(), text=words)
            for cell, heading, words in self.told(row)
        )

    def details(self) -> Iterator[Detail]:
        """Yield what is wrong, each with its row and column, as a refusal tells it."""
        for row in self.rows:
            for d in row.problems:
                yield Detail(f"rows.{row.number}.{d.field}", d.code, d.msgid, d.params, d.rule)

    def write_result(self, target: BinaryIO) -> None:
        """Write every row with its verdict and the reason (capability 86)."""
        columns = self.sheet.columns
        places = {column.name: place for place, column in enumerate(columns)}
        words = {
            Verdict.GOOD: _("can be taken"),
            Verdict.THERE: _("there already"),
            Verdict.WRONG: _("needs correcting"),
        }
        rows = (
            ResultRow(
                cells=self.sheet.shown(row.values),
                verdict=words[row.verdict],
                reason=self.reason(row),
                wrong=frozenset(places[d.field] for d in row.problems if d.field in places),
            )
            for row in self.rows
        )
        headings = [self.sheet.heading(column) for column in columns]
        write_result(target, self.sheet.title(), headings, rows)


def look_over(
    session: Session,
    file: BinaryIO,
    filename: str,
    *,
    kind: ApplicationKind,
    organization: Organization,
    actor: Actor,
    now: datetime,
    limits: Limits = UPLOAD,
) -> Overview:
    """Return every row of `file` with its verdict; InvalidInput for a file that is no such table.

    Nothing is written.
    """
    require(actor, Permission.APPLICATIONS_ADD)
    if problems := list(check_kind(kind, organization.type)):
        raise InvalidInput(details=problems, rule="M5")
    today = office_date(now)
    sheet = LineSheet(session, kind, organization, today)
    table = open_table(file, filename, sheet.headings(), limits=limits)
    rows = [_looked(sheet, row) for row in table.rows()]
    if not rows:
        raise SheetProblem.NO_ROWS.refusal()
    reader = FormReader(session, class_of(kind), organization, today)
    typed: list[TypedLine] = []
    for start in range(0, len(rows), MAX_LINES):
        part = rows[start : start + MAX_LINES]
        form = reader.read({"lines": [row.raw for row in part]})
        typed += form.lines
        for detail in form.problems:
            _add(part, detail)
    _twice_in_file(sheet, rows, typed)
    _known_already(session, sheet, rows, typed)
    return Overview(sheet, table, rows, filename)


def _looked(sheet: LineSheet, row: SheetRow) -> Looked:
    return Looked(row.number, row.values, sheet.raw(row.values), list(row.problems))


def _add(rows: list[Looked], detail: Detail) -> None:
    """Put what is wrong with `lines.3.name` to its row; of one cell only the first thing said."""
    head, _dot, rest = detail.field.partition(".")
    place, _dot, column = rest.partition(".")
    if head != "lines" or not place.isdecimal() or detail.code == "same_person_twice":
        return
    row = rows[int(place) - 1]
    if all(known.field != column for known in row.problems):
        row.problems.append(Detail(column, detail.code, detail.msgid, detail.params, detail.rule))


def _person(line: TypedLine) -> Any:
    return line.values.get("account_id") or line.values.get("person_digest")


def _twice_in_file(sheet: LineSheet, rows: list[Looked], typed: list[TypedLine]) -> None:
    """M5: one person stands once in a file."""
    column = person_column(sheet.line_class)
    seen: dict[Any, int] = {}
    for row, line in zip(rows, typed, strict=True):
        person = _person(line)
        if person is None:
            continue
        if person in seen:
            words = N_("The same person stands in row %(row)s already.")
            row.problems.append(
                Detail(column, "same_person_twice", words, {"row": seen[person]}, "M5")
            )
        seen.setdefault(person, row.number)


def _known_already(
    session: Session, sheet: LineSheet, rows: list[Looked], typed: list[TypedLine]
) -> None:
    """Mark who stands on an open form of this kind, and who has an account where one is asked."""
    named = finder_of(sheet.line_class) is not None
    column = ApplicationLine.account_id if named else ApplicationLine.person_digest
    value = "account_id" if named else "person_digest"
    by_person: dict[Any, list[Looked]] = {}
    for row, line in zip(rows, typed, strict=True):
        if (person := line.values.get(value)) is not None:
            by_person.setdefault(person, []).append(row)
    unit = sheet.organization.id
    for part in _parts(list(by_person)):
        forms: Any = (
            select(column, Application.number)
            .join(Application, Application.id == ApplicationLine.application_id)
            .where(
                column.in_(part),
                Application.organization_id == unit,
                Application.kind == sheet.kind,
                Application.state.in_(OPEN),
            )
        )
        for person, number in session.execute(forms.execution_options(**OWN)):
            for row in by_person[person]:
                row.on_form = number
        if named:
            continue
        accounts: Any = select(Account.citizen_id_digest, Account.login_name).where(
            Account.citizen_id_digest.in_(part),
            Account.organization_id == unit,
            Account.state != AccountState.CANCELLED,
        )
        for person, login in session.execute(accounts.execution_options(**OWN)):
            words = N_("This person has the account %(login_name)s in this organization already.")
            where = person_column(sheet.line_class)
            for row in by_person[person]:
                row.problems.append(
                    Detail(where, "already_has_account", words, {"login_name": login}, "M5")
                )


def _parts(whole: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(whole), IN_PART):
        yield whole[start : start + IN_PART]


# --- Taking


def take(
    session: Session,
    overview: Overview,
    *,
    part: Part,
    actor: Actor,
    now: datetime,
    application: Application | None = None,
    header: Mapping[str, Any] | None = None,
) -> list[Application]:
    """Put the good rows on drafts and return these; the caller commits.

    Into `application`, the actor's own draft or returned form, or else into new drafts, of which
    each holds as many lines as a form may. With `Part.ALL` one wrong row keeps everything out.
    """
    if application is not None and application.kind != overview.sheet.kind:
        words = N_("This form is of another kind than the spreadsheet.")
        raise InvalidInput(
            details=[Detail("application_id", "another_kind", words, {}, RULE)], rule=RULE
        )
    if part == Part.ALL and overview.count(Verdict.WRONG):
        details = list(overview.details())[:MOST_REFUSED]
        raise InvalidInput(
            N_("Nothing was taken: %(count)s rows need correcting."),
            code="rows_need_correcting",
            details=details,
            rule=RULE,
            count=overview.count(Verdict.WRONG),
        )
    lines = [row.raw for row in overview.rows if row.verdict == Verdict.GOOD]
    if not lines:
        raise Refused(
            N_("There is nothing to take: no row is good, or all are there already."),
            code="nothing_to_take",
            rule=RULE,
        )
    if application is not None:
        made = [_into(session, application, lines, actor=actor, now=now)]
    else:
        made = [
            _new(
                session,
                overview,
                lines[start : start + MAX_LINES],
                header=header or {},
                actor=actor,
                now=now,
            )
            for start in range(0, len(lines), MAX_LINES)
        ]
    for draft in made:
        record(
            session,
            tag="application:imported",
            subject=draft,
            actor=actor,
            now=now,
            new={
                "file": overview.filename[:100],
                "rows": len(overview.rows),
                "taken": len(lines),
                "there": overview.count(Verdict.THERE),
                "wrong": overview.count(Verdict.WRONG),
            },
            rule=RULE,
            article=ARTICLE,
        )
    session.flush()
    return made


def _new(
    session: Session,
    overview: Overview,
    lines: list[dict[str, Any]],
    *,
    header: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> Application:
    raw = {name: header.get(name, "") for name in HEADER}
    draft, _problems = open_draft(
        session,
        kind=overview.sheet.kind,
        organization=overview.sheet.organization,
        raw={**raw, "lines": lines},
        actor=actor,
        now=now,
        strict=False,
    )
    return draft


def _into(
    session: Session,
    application: Application,
    lines: list[dict[str, Any]],
    *,
    actor: Actor,
    now: datetime,
) -> Application:
    present = [stored_line(line) for line in application.lines]
    if len(present) + len(lines) > MAX_LINES:
        raise Refused(
            N_("At most %(limit)s persons on one form; this has %(count)s."),
            code="too_many_lines",
            rule="M5",
            limit=MAX_LINES,
            count=len(present) + len(lines),
        )
    raw = {name: getattr(application, name) for name in HEADER}
    raw["lines"] = [*present, *lines]
    save_draft(session, application, raw, actor=actor, now=now, strict=False)
    return application


def stored_line(line: ApplicationLine) -> dict[str, Any]:
    """Return a stored line as it would be posted again."""
    found: dict[str, Any] = {"id": line.id, "remark": line.remark}
    for column in line_columns(type(line)):
        value = getattr(line, column.name)
        found[column.name] = [item.code for item in value] if column.holds_items else value
    return found
