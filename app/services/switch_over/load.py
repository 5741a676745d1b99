"""One load from beginning to end: tried, reported by row, cut off and gone on with (M2, M4, M5).

People are taken over batch by batch, each batch committed with its place, so that a load killed at
any moment goes on where it stood and doubles nobody. A bad row stays out and is reported; the
others come in.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.cleaning import Unfit
from app.catalog.enums import JobState, LegalForm, OfficeCode, OrganizationType
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Conflict, Detail, DomainError, InvalidInput
from app.i18n import N_
from app.models.jobs import JobRun
from app.models.keys import Key
from app.models.organizations import Organization
from app.security.actor import Actor, acting
from app.security.audit import record
from app.security.authorise import require
from app.services import job_runs
from app.services.keys import enter_key
from app.services.line_sheets import vocabulary
from app.services.organizations import register_organization
from app.services.switch_over import rows
from app.services.switch_over.checks import WHOLE, Checker
from app.services.switch_over.rows import Person
from app.services.switch_over.staging import Staging
from app.services.switch_over.writing import Batch
from app.services.workbooks import OFFICE, Heading, SheetRow, Table, open_table
from app.workflow.engine import fire
from app.workflow.form import problem, read_value

JOB = "imports_load"
BATCH = 2000
STOCK_BATCH = 200
RULE, ARTICLE = "M4", "第四条"
TAKEN, THERE, REFUSED = "taken", "there", "refused"
STOCKED, REGISTERED = "stocked", "registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The files: people always, the others where there are any."""

    users: Path
    keys: Path | None = None
    grants: Path | None = None
    organizations: Path | None = None

    def digest(self) -> str:
        """Return what tells this load from every other: the content of all its files."""
        digest = hashlib.sha256()
        for path in (self.organizations, self.users, self.keys, self.grants):
            digest.update(b"-" if path is None else b"+")
            if path is not None:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the report: file, row, whose, what became of it and why, in which cell."""

    file: str
    row: int
    whose: str
    verdict: str
    cell: str = ""
    problem: Detail | None = None


@dataclass(slots=True)
class Tally:
    """How many rows became what."""

    counts: Counter[str] = field(default_factory=Counter)

    def __getitem__(self, name: str) -> int:
        """Return how many."""
        return self.counts[name]


Report = Callable[[Told], None]
Progress = Callable[[Counter[str]], None]


class StoppedError(Exception):
    """A bad row was met, and the load was to stop at one."""


@dataclass(slots=True)
class Load:
    """One load; `report` is told every row, `progress` the counts after each batch."""

    session: Session
    lists: Lists
    folder: Path
    actor: Actor
    now: datetime
    worker: str
    report: Report = lambda _told: None
    progress: Progress = lambda _counts: None
    tick: Callable[[], datetime] | None = None
    tally: Tally = field(default_factory=Tally)
    tables: dict[str, Table] = field(default_factory=dict)

    def run(self, *, dry_run: bool, resume: bool = False, stop_at_error: bool = False) -> Tally:
        """Take everything over that is good, or only say what would be; return the counts.

        Conflict says that these files are being loaded, or were cut off and wait for `resume`.
        InvalidInput says which file is no such list.
        """
        require(self.actor, Permission.ACCOUNTS_TAKE_OVER)
        with ExitStack() as stack:
            # whoever may take an office over writes what nobody could write piece by piece
            stack.enter_context(acting(self.session, Actor.system(self.actor.name)))
            people = self._open(stack, "users", self.lists.users, rows.users())
            staging = Staging(self.folder / "lists.db")
            stack.callback(staging.close)
            self._stage(stack, staging)
            run = None if dry_run else self._claim(resume=resume)
            try:
                self._units(stack, dry_run=dry_run)
                self._people(people, staging, run, stop_at_error=stop_at_error)
                self._stock(staging, run)
                self._left_over(staging)
            except Exception as error:
                self._failed(run, error)
                raise
            self._done(run)
        if dry_run:
            self.session.rollback()
        return self.tally

    # --- The files

    def _open(self, stack: ExitStack, name: str, path: Path, headings: list[Heading]) -> Table:
        file = stack.enter_context(path.open("rb"))
        try:
            table = open_table(file, path.name, headings, limits=OFFICE)
        except InvalidInput as error:
            details = [Detail(name, d.code, d.msgid, d.params, d.rule) for d in error.details]
            raise InvalidInput(
                error.msgid, code=error.code, rule=error.rule, details=details, **error.params
            ) from None
        self.tables[name] = table
        return table

    def _stage(self, stack: ExitStack, staging: Staging) -> None:
        if self.lists.keys is not None:
            staging.take_keys(self._open(stack, "keys", self.lists.keys, rows.keys()).rows())
        if self.lists.grants is not None:
            table = self._open(stack, "grants", self.lists.grants, rows.grants())
            staging.take_items(table.rows())
        staging.ready()

    # --- Whose turn it is

    def _claim(self, *, resume: bool) -> JobRun:
        period = self.lists.digest()
        known: JobRun | None = self.session.scalar(
            select(JobRun).where(JobRun.job == JOB, JobRun.period == period)
        )
        if known is not None and known.state == JobState.DONE:
            known.state, known.finished_at, known.place = JobState.RUNNING, None, {}
            known.attempt, known.beat_at, known.worker = known.attempt + 1, self.now, self.worker
            self.session.commit()
            return known
        if known is not None and not resume:
            words = N_(
                "These lists were cut off at row %(row)s of the people: go on with --resume."
            )
            raise Conflict(words, code="cut_off", row=known.place.get("row", 0))
        run = job_runs.claim(
            self.session, JOB, period, worker=self.worker, now=self.now, again=True
        )
        self.session.commit()
        if run is None:
            raise Conflict(N_("These lists are being loaded already."), code="under_way")
        return run

    def _beat(self, run: JobRun | None, **place: int) -> None:
        """Commit what is done together with where to go on; a dry run leaves nothing."""
        if run is None:
            self.session.rollback()
        else:
            run.place = {**run.place, **place}
            job_runs.beat(run, self.tally.counts, now=self.tick() if self.tick else self.now)
            self.session.commit()
        self.progress(self.tally.counts)

    def _failed(self, run: JobRun | None, error: Exception) -> None:
        self.session.rollback()
        if run is not None:
            words = str(error) if isinstance(error, DomainError | StoppedError) else JOB
            job_runs.finish(run, now=self.now, error=words or JOB)
            self.session.commit()

    def _done(self, run: JobRun | None) -> None:
        if run is None:
            return
        job_runs.finish(run, now=self.tick() if self.tick else self.now)
        record(
            self.session,
            tag="office:loaded",
            subject=run,
            actor=self.actor,
            now=self.now,
            new=dict(self.tally.counts),
            rule=RULE,
            article=ARTICLE,
        )
        self.session.commit()

    # --- What is in them

    def _units(self, stack: ExitStack, *, dry_run: bool) -> None:
        """Register the organisations that are not there yet, one by one as by hand (M2)."""
        if self.lists.organizations is None:
            return
        table = self._open(stack, "organizations", self.lists.organizations, rows.organizations())
        reader = _UnitReader()
        for row in table.rows():
            code = row.values.get("code", "").upper()
            if reader.is_there(self.session, code):
                self._tell(Told("organizations", row.number, code, THERE))
                continue
            nested = self.session.begin_nested()
            try:
                raw = reader.raw(row)
                register_organization(self.session, raw=raw, actor=self.actor, now=self.now)
                nested.commit()
                self._tell(Told("organizations", row.number, code, REGISTERED))
            except InvalidInput as error:
                nested.rollback()
                for detail in error.details:
                    self._refuse("organizations", row.number, code, detail)
        if not dry_run:
            self.session.commit()

    def _people(
        self, table: Table, staging: Staging, run: JobRun | None, *, stop_at_error: bool
    ) -> None:
        checker = Checker(self.session, staging, now=self.now, today=office_date(self.now))
        batch = Batch(self.session, actor=self.actor, now=self.now)
        begin = run.place.get("row", 0) if run is not None else 0
        if begin and run is not None:
            self.tally.counts = Counter(run.counts)
        waiting = (row for row in table.rows() if row.number > begin)
        while part := list(islice(waiting, BATCH)):
            people = checker.look_over(part)
            good = []
            for person in people:
                person.comment = f"{self.lists.users.name}: {person.row}"
                if self._judge(person):
                    good.append(person)
            if stop_at_error and any(person.problems for person in people):
                raise StoppedError
            if run is not None:
                batch.take_over(good)
            self._beat(run, row=part[-1].number)

    def _judge(self, person: Person) -> bool:
        """Report one person; return whether to take them over."""
        whose = person.login_key
        if person.problems:
            for file, detail in person.problems:
                self._refuse(file, person.row, whose, detail, of_people=True)
            self.tally.counts[REFUSED] += 1
            return False
        if person.there:
            self._tell(Told("users", person.row, whose, THERE))
            return False
        self._tell(Told("users", person.row, whose, TAKEN))
        return True

    def _refuse(
        self, file: str, row: int, whose: str, detail: Detail, *, of_people: bool = False
    ) -> None:
        table = self.tables.get("users" if of_people and file == "users" else file)
        own = not of_people or file == "users"
        cell = table.cell(detail.field, row) if table is not None and own else ""
        self.report(Told(file, row, whose, REFUSED, cell, detail))
        if not of_people:
            self.tally.counts[REFUSED] += 1

    def _tell(self, told: Told) -> None:
        self.tally.counts[told.verdict] += 1
        self.report(told)

    def _stock(self, staging: Staging, run: JobRun | None) -> None:
        """Take the keys that nobody holds into their office's stock, each by its acts (M9)."""
        begin = run.place.get("stock", 0) if run is not None else 0
        waiting = (row for row in staging.stock() if row[4] > begin)
        while part := list(islice(waiting, STOCK_BATCH)):
            for _login, serial, office, _issued, row, why in part:
                self._stock_one(serial, office, row, why, really=run is not None)
            self._beat(run, stock=part[-1][4])

    def _stock_one(self, serial: str, office: str, row: int, why: str, *, really: bool) -> None:
        try:
            known = read_value(Key, "serial", serial, today=office_date(self.now))
        except Unfit as unfit:
            self._refuse("keys", row, "", problem("serial", unfit))
            return
        if why or office.upper() not in OfficeCode.__members__:
            words = N_("Say in whose stock the key lies: %(choices)s.")
            params = {"choices": ", ".join(OfficeCode)}
            self._refuse(
                "keys", row, known, Detail("office", "unknown_office", words, params, "M9")
            )
            return
        taken = select(Key.id).where(Key.serial == known).execution_options(**WHOLE)
        if self.session.scalar(taken) is not None:
            self._tell(Told("keys", row, known, THERE))
            return
        if really:
            rights = self.actor.permissions | {Permission.KEYS_ADD}
            keeper = replace(
                self.actor, office=OfficeCode(office.upper()), permissions=rights, is_system=True
            )
            key = Key(serial=known, office_code=office.upper(), received_at=self.now)
            self.session.add(key)
            self.session.flush()
            comment = f"{self.lists.keys.name if self.lists.keys else ''}: {row}"
            enter_key(self.session, key, actor=keeper, now=self.now, comment=comment)
            fire(self.session, key, "stock", actor=keeper, comment=comment, now=self.now)
        self._tell(Told("keys", row, known, STOCKED))

    def _left_over(self, staging: Staging) -> None:
        """Report keys and items of people who are not in the list of people."""
        words = N_("Nobody in the list of people has this login name.")
        for file, row, login in staging.left_over():
            self._refuse(file, row, login, Detail("login_name", "nobody", words, {}, "M4"))


class _UnitReader:
    """Reads rows of organisations, whose words may be of either language."""

    def __init__(self) -> None:
        self.words = {
            "type": vocabulary(OrganizationType),
            "legal_form": vocabulary(LegalForm),
        }

    def raw(self, row: SheetRow) -> dict[str, str | None]:
        """Return the row as a form would send it."""
        return {
            name: (self.words[name].get(text.casefold(), text) if name in self.words else text)
            or None
            for name, text in row.values.items()
        }

    def is_there(self, session: Session, code: str) -> bool:
        """Whether the organisation is registered."""
        wanted = select(Organization.id).where(Organization.code == code)
        return session.scalar(wanted) is not None
