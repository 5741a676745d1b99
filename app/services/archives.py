"""Archives of application papers: shelved many at once, counted by box, reminded of (第九条)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.catalog.archives import REMINDED_EVERY_DAYS
from app.catalog.enums import AccountState, ArchiveState
from app.catalog.labels import words_of
from app.catalog.permissions import Permission, RoleName
from app.clock import office_date
from app.errors import Detail, DomainError, InvalidInput
from app.i18n import N_, speaking
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.materials import Material
from app.models.notices import Notice
from app.models.roles import Role
from app.security.actor import Actor
from app.security.authorise import require
from app.services.acts import perform

RULE, ARTICLE = "M9", "第九条"
MAX_AT_ONCE = 200
BATCH = 200
MAX_VOLUME = 99_999
OVERDUE = "archive_overdue"
GONE = frozenset({AccountState.SUSPENDED, AccountState.CANCELLED})
KEPT_HERE = {"unscoped": "what lies in an archive file that the actor keeps"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What became of one file of many: `problem` says why it could not be done."""

    number: str
    file_id: int | None
    problem: str = ""


def shelve_many(
    session: Session,
    numbers: Sequence[Any],
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> list[Shelved]:
    """Put the files with these numbers into one box, each by itself; return what became of each.

    `raw` has box, place, retention and the volume of the first; the others follow it in order.
    A file that stands somewhere already is moved. Raises InvalidInput before anything is done.
    """
    require(actor, Permission.ARCHIVES_FILE)
    wanted = _read_numbers(numbers)
    first = _read_volume(raw.get("volume"))
    files = {
        file.number: file
        for file in session.scalars(select(ArchiveFile).where(ArchiveFile.number.in_(wanted)))
    }
    done = []
    for place, number in enumerate(wanted):
        file = files.get(number)
        if file is None:
            words = Detail("numbers", "unknown_file", N_("There is no such file here."))
            done.append(Shelved(number=number, file_id=None, problem=words.message))
            continue
        data = {name: raw.get(name) for name in ("box", "place", "retention")}
        data["volume"] = "" if first is None else str(first + place)
        data["pages"] = file.pages
        action = "shelve" if file.state == ArchiveState.UNFILED else "move"
        identity = file.id
        try:
            perform(session, ArchiveFile, identity, action, actor=actor, now=now, data=data)
        except DomainError as error:
            if isinstance(error, InvalidInput) and place == 0:
                raise
            told = " ".join(d.message for d in error.details) or str(error)
            done.append(Shelved(number=number, file_id=identity, problem=told))
        else:
            done.append(Shelved(number=number, file_id=identity))
    return done


def _read_numbers(numbers: Sequence[Any]) -> list[str]:
    known = [n.strip().upper() for n in numbers if isinstance(n, str) and n.strip()]
    wanted = list(dict.fromkeys(known))
    if not wanted or len(known) != len(numbers) or len(wanted) > MAX_AT_ONCE:
        words = N_("Name between 1 and %(limit)s file numbers.")
        raise InvalidInput(
            details=[Detail("numbers", "bad_selection", words, {"limit": MAX_AT_ONCE}, RULE)]
        )
    return wanted


def _read_volume(raw: Any) -> int | None:
    text = "" if raw is None else str(raw).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= MAX_VOLUME):
        words = N_("A whole number from 1 to %(limit)s is expected here.")
        raise InvalidInput(
            details=[Detail("volume", "not_a_count", words, {"limit": MAX_VOLUME}, RULE)]
        )
    return int(text)


# --- Boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box as its label says: where it stands, what is in it, until when it is kept."""

    office_code: str
    box: str
    place: str
    files: int
    pages: int
    first: str
    last: str
    kept_until: date | None
    """The latest end; None where a file in it is kept for good."""


def boxes(session: Session, *, after: str = "", limit: int = 60) -> list[Box]:
    """Return the boxes within the actor's reach in their order, beyond the box `after`."""
    file = ArchiveFile
    for_good = func.count().filter(file.retained_until.is_(None))
    rows = session.execute(
        select(
            file.office_code,
            file.box,
            func.min(file.place),
            func.count(),
            func.coalesce(func.sum(file.pages), 0),
            func.min(file.number),
            func.max(file.number),
            for_good,
            func.max(file.retained_until),
        )
        .where(file.state.in_([ArchiveState.FILED, ArchiveState.LENT]), file.box > after)
        .group_by(file.office_code, file.box)
        .order_by(file.box, file.office_code)
        .limit(limit)
    )
    return [
        Box(
            office_code=office,
            box=box,
            place=place,
            files=count,
            pages=pages or 0,
            first=first,
            last=last,
            kept_until=None if good else until,
        )
        for office, box, place, count, pages, first, last, good, until in rows
    ]


# --- The cover


def cover_data(session: Session, file: ArchiveFile, *, language: str = "zh") -> dict[str, Any]:
    """Return what the cover of an archive file says, in `language`, dates as `2026-11-21`.

    Keys: number, organization, organization_code, application_number, kind, people (names in the
    order of the form), outcome, submitted_on, closed_on, office, box, volume, place, pages (an
    integer or None), retention, retained_until (None: for good), filed_by, filed_on, and papers, a
    list of `{"name", "pages"}`. Raises nothing; what is unknown is an empty text.
    """
    with speaking(language):
        form = session.scalars(
            select(Application)
            .where(Application.id == file.application_id)
            .options(selectinload(Application.lines))
            .execution_options(**KEPT_HERE)
        ).one()
        papers = session.scalars(
            select(Material)
            .where(Material.application_id == form.id)
            .order_by(Material.id)
            .execution_options(**KEPT_HERE)
        )
        office = file.office
        return {
            "number": file.number,
            "organization": file.organization.name,
            "organization_code": file.organization.code,
            "application_number": file.application_number,
            "kind": words_of(file.kind),
            "people": [line.name for line in form.lines if line.name],
            "outcome": words_of(form.state),
            "submitted_on": _on(form.submitted_at),
            "closed_on": file.closed_on.isoformat(),
            "office": office.name_en if language == "en" else office.name_zh,
            "box": file.box,
            "volume": file.volume,
            "place": file.place,
            "pages": file.pages,
            "retention": words_of(file.retention),
            "retained_until": file.retained_until.isoformat() if file.retained_until else None,
            "filed_by": file.filed_by.name if file.filed_by else "",
            "filed_on": _on(file.filed_at),
            "papers": [{"name": paper.filename, "pages": paper.pages} for paper in papers],
        }


def _on(instant: datetime | None) -> str:
    return office_date(instant).isoformat() if instant else ""


# --- What is out, what is over


def loans_of(session: Session, file: ArchiveFile) -> list[ArchiveLoan]:
    """Return the retrieval log of a file, the newest first."""
    found = select(ArchiveLoan).where(ArchiveLoan.file_id == file.id)
    return list(session.scalars(found.order_by(ArchiveLoan.id.desc())))


def remind_overdue(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
    """Tell borrowers and keepers of files that are out beyond their day, once in seven days."""
    today = office_date(now)
    before = today - timedelta(days=REMINDED_EVERY_DAYS)
    while True:
        late = list(
            session.scalars(
                select(ArchiveLoan)
                .where(
                    ArchiveLoan.returned_at.is_(None),
                    ArchiveLoan.due_on < today,
                    or_(ArchiveLoan.reminded_on.is_(None), ArchiveLoan.reminded_on <= before),
                )
                .order_by(ArchiveLoan.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
        )
        if not late:
            return
        told = 0
        for loan in late:
            loan.reminded_on = today
            for account_id in sorted({loan.borrower_id, *_keepers(session, loan)}):
                told += 1
                session.add(
                    Notice(
                        account_id=account_id,
                        code=OVERDUE,
                        params={
                            "number": loan.file.number,
                            "name": loan.borrower.name,
                            "due_on": loan.due_on.isoformat(),
                        },
                        subject_type="archive_file",
                        subject_id=loan.file_id,
                        created_at=now,
                    )
                )
        session.flush()
        yield {"overdue": len(late), "notices": told}


def _keepers(session: Session, loan: ArchiveLoan) -> set[int]:
    """Return who handed the file out, or the office's key officers where that person has gone."""
    keeper = loan.lent_by
    if keeper.state not in GONE and keeper.office_code == loan.office_code:
        return {keeper.id}
    return set(
        session.scalars(
            select(Account.id).where(
                Account.office_code == loan.office_code,
                Account.state == AccountState.ACTIVE,
                Account.roles.any(Role.name == RoleName.KEY_OFFICER.value),
            )
        )
    )
