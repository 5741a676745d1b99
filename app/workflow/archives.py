"""Archive files in acts: opened as an application closes, shelved, lent, appraised (第九条)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.archives import BY_OUTCOME, LONGEST_LOAN_DAYS, retained_until
from app.catalog.cleaning import Unfit
from app.catalog.enums import AccountState, Duty, RetentionPeriod
from app.clock import office_date
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.offices import OfficeDuty
from app.security.audit import record
from app.workflow.act import EFFECTS, GUARDS, VALIDATORS, WHO, Act
from app.workflow.form import problem, read_value
from app.workflow.numbers import next_number

RULE, ARTICLE = "M9", "第九条"
PREFIX = "DA"
MAX_PAGES = 100_000
MAX_ID_DIGITS = 9
BETWEEN_NAMES = " "


# --- Opening


@EFFECTS.register
def open_archive_file(act: Act) -> None:
    """第九条: what was handed in and is closed is archived, whatever its kind and its outcome."""
    application: Application = act.subject
    if application.submitted_at is not None:
        open_file(act.session, application, act=act)


def open_file(session: Session, application: Application, *, act: Act) -> ArchiveFile:
    """Open the archive file of a closed application with the office that issues its keys."""
    closed_on = office_date(application.closed_at or act.now)
    retention = BY_OUTCOME[application.state]
    file = ArchiveFile(
        number=next_number(session, PREFIX, office_date(act.now)),
        application_id=application.id,
        application_number=application.number,
        kind=application.kind,
        organization_id=application.organization_id,
        people=BETWEEN_NAMES.join(line.name for line in application.lines if line.name),
        office_code=keeper_of(session, application),
        retention=retention,
        closed_on=closed_on,
        retained_until=retained_until(retention, closed_on),
    )
    session.add(file)
    session.flush()
    record(
        session,
        tag="archive_file:opened",
        subject=file,
        actor=act.actor,
        now=act.now,
        new={
            "application": application.number,
            "office": file.office_code,
            "retention": retention.value,
            "retained_until": _told(file.retained_until),
        },
        rule=RULE,
        article=ARTICLE,
    )
    return file


def keeper_of(session: Session, application: Application) -> str:
    """Return the office that keeps the papers: the one that issues this applicant's keys."""
    management = application.organization.type.is_management
    duty = Duty.ISSUE_MANAGEMENT_KEYS if management else Duty.ISSUE_ENTERPRISE_KEYS
    return session.scalars(select(OfficeDuty.office_code).where(OfficeDuty.duty == duty)).one()


# --- Who


@WHO.register
def actor_keeps_this_archive(act: Act) -> Detail | None:
    """第九条: each issuing office keeps the papers of its own applicants."""
    file: ArchiveFile = act.subject
    if act.actor.office is not None and act.actor.office == file.office_code:
        return None
    return Detail("office", "not_your_archive", N_("Another office keeps this file."), rule=RULE)


# --- What is said


@VALIDATORS.reading("box", "volume", "place", "pages", "retention")
def archive_place(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return box, volume, place, pages and, where it is said, the retention period."""
    values, problems = _texts(act, "box", "volume", "place")
    pages = act.raw.get("pages")
    if pages not in {None, ""}:
        values["pages"] = _count(pages)
        if values["pages"] is None:
            words = N_("A whole number from 1 to %(limit)s is expected here.")
            problems.append(Detail("data.pages", "not_a_count", words, {"limit": MAX_PAGES}, RULE))
    if act.raw.get("retention") not in {None, ""}:
        kept, more = _texts(act, "retention")
        values |= kept
        problems += more
    return values, problems


@VALIDATORS.reading("retention")
def archive_retention(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return the retention period: permanent, years_30 or years_10."""
    return _texts(act, "retention")


@VALIDATORS.reading("borrower", "borrower_id", "purpose")
def archive_consultation(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return who looks into the file and why: `borrower` (login) or `borrower_id`, `purpose`."""
    values, problems = _texts(act, "purpose", model=ArchiveLoan)
    name = "borrower" if act.raw.get("borrower") else "borrower_id"
    wanted = str(act.raw.get(name) or "").strip().replace("\x00", "")
    if not wanted:
        words = N_("Say who asks for the file.")
        return values, [*problems, Detail(f"data.{name}", "required", words, rule=RULE)]
    known = wanted.isascii() and wanted.isdecimal() and len(wanted) <= MAX_ID_DIGITS
    identity = Account.id == (int(wanted) if known else 0)
    found = Account.login_key == wanted.lower() if name == "borrower" else identity
    borrower = act.session.scalars(select(Account).where(found)).one_or_none()
    if borrower is None:
        words = N_("There is no account %(login)s.")
        params = {"login": wanted[:64]}
        problems.append(Detail(f"data.{name}", "unknown_account", words, params, RULE))
    return values | {"borrower": borrower}, problems


@VALIDATORS.reading("borrower", "borrower_id", "purpose", "due_on")
def archive_loan(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return who has the file out, why, and until which day: beside the above `due_on`."""
    values, problems = archive_consultation(act)
    today = office_date(act.now)
    latest = today + timedelta(days=LONGEST_LOAN_DAYS)
    try:
        due = date.fromisoformat(str(act.raw.get("due_on") or "").strip())
    except ValueError:
        words = N_("A date is expected, such as 2026-11-21.")
        return values, [*problems, Detail("data.due_on", "not_a_date", words, rule=RULE)]
    if not today <= due <= latest:
        words = N_("Due between %(first)s and %(last)s.")
        params = {"first": today.isoformat(), "last": latest.isoformat()}
        problems.append(Detail("data.due_on", "due_out_of_range", words, params, RULE))
    return values | {"due_on": due}, problems


@VALIDATORS.reading("condition")
def archive_condition(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return in which condition the file came back."""
    return _texts(act, "condition", model=ArchiveLoan)


def _texts(
    act: Act, *columns: str, model: Any = ArchiveFile
) -> tuple[dict[str, Any], list[Detail]]:
    values: dict[str, Any] = {}
    problems: list[Detail] = []
    today = office_date(act.now)
    for column in columns:
        try:
            read = read_value(model, column, act.raw.get(column), today=today)
        except Unfit as unfit:
            problems.append(problem(f"data.{column}", unfit))
        else:
            values[column] = "" if read is None else read
    return values, problems


def _count(raw: Any) -> int | None:
    text = str(raw).strip() if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    known = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PAGES))
    number = int(text) if known else 0
    return number if 1 <= number <= MAX_PAGES else None


# --- When


@GUARDS.register
def borrower_may_borrow(act: Act) -> Iterator[Detail]:
    """Files go to active accounts of management units: enterprises ask for copies instead."""
    borrower: Account = act.data["borrower"]
    if borrower.state != AccountState.ACTIVE or not borrower.organization.type.is_management:
        yield Detail(
            "data.borrower_id",
            "may_not_borrow",
            N_("Files are lent only to people in service at a management unit."),
            rule=RULE,
        )


@GUARDS.register
def retention_has_ended(act: Act) -> Iterator[Detail]:
    """Nothing is destroyed before its time, and what is kept for good never."""
    file: ArchiveFile = act.subject
    if file.retained_until is None:
        yield Detail("retention", "kept_for_good", N_("This file is kept permanently."), rule=RULE)
    elif file.retained_until >= office_date(act.now):
        yield Detail(
            "retention",
            "still_retained",
            N_("This file is kept until %(day)s."),
            {"day": file.retained_until.isoformat()},
            RULE,
        )


# --- What happens


@EFFECTS.register
def shelve_file(act: Act) -> None:
    """The file stands at a place; who filed it first is kept."""
    file: ArchiveFile = act.subject
    if file.filed_at is None:
        file.filed_at, file.filed_by_id = act.now, act.actor.account_id
    _change(act, act.data)


@EFFECTS.register
def keep_file_for(act: Act) -> None:
    """The file is kept for another period."""
    _change(act, act.data)


def _change(act: Act, values: dict[str, Any]) -> None:
    file: ArchiveFile = act.subject
    if "retention" in values:
        period: RetentionPeriod = values["retention"]
        values = values | {"retained_until": retained_until(period, file.closed_on)}
    for name, value in values.items():
        before = getattr(file, name)
        if before != value:
            act.old[name], act.new[name] = _told(before), _told(value)
            setattr(file, name, value)


@EFFECTS.register
def lend_file(act: Act) -> None:
    """The retrieval log says who has it, why and until when."""
    _log(act, due_on=act.data["due_on"])
    act.new["due_on"] = act.data["due_on"].isoformat()


@EFFECTS.register
def log_consultation(act: Act) -> None:
    """Somebody looked into the file on the spot: it never left its place."""
    today = office_date(act.now)
    _log(act, due_on=today, returned_at=act.now, returned_to_id=act.actor.account_id)


def _log(act: Act, *, due_on: date, **more: Any) -> None:
    borrower: Account = act.data["borrower"]
    act.session.add(
        ArchiveLoan(
            file_id=act.subject.id,
            office_code=act.subject.office_code,
            borrower_id=borrower.id,
            purpose=act.data["purpose"],
            lent_by_id=act.actor.account_id,
            lent_at=act.now,
            due_on=due_on,
            **more,
        )
    )
    act.new |= {"borrower": borrower.login_name, "purpose": act.data["purpose"]}


@EFFECTS.register
def take_file_back(act: Act) -> None:
    """The loan ends with who took the file back and how it looked."""
    loan = loan_out(act.session, act.subject)
    if loan is None:
        return
    loan.returned_at, loan.returned_to_id = act.now, act.actor.account_id
    loan.condition = act.data["condition"]
    act.new |= {"borrower": loan.borrower.login_name, "condition": loan.condition}


def loan_out(session: Session, file: ArchiveFile) -> ArchiveLoan | None:
    """Return the loan by which the file is out now, None if it is at its place."""
    return session.scalars(
        select(ArchiveLoan).where(ArchiveLoan.file_id == file.id, ArchiveLoan.returned_at.is_(None))
    ).one_or_none()


def _told(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value.value if isinstance(value, RetentionPeriod) else value
