"""A scan read page by page, and its pages filed where their codes say (A3, M9, 第九条)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ScanOutcome, ScanProblem
from app.errors import DomainError
from app.models.applications import Application
from app.models.scans import Scan, ScanPage
from app.security.actor import Actor
from app.security.audit import record
from app.services.file_store import FileStore
from app.services.form_codes import FormCode, read_code
from app.services.materials import keep_stamped_form
from app.services.papers import InspectedFile, inspect_upload
from app.services.printing import copies_of, is_void
from app.services.scan_reading import (
    codes_on,
    drawn_pages,
    extract_pages,
    is_blank,
    small_picture,
)

RULE = "A3"
ARTICLE = "第九条"
ANY_FORM = {"unscoped": "whether a form has this number, whoever's it is"}
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was seen on one page."""

    page: int
    code: FormCode | None = None
    problem: ScanProblem | None = None
    picture: str | None = None


def look_at_pages(content: bytes, scan: Scan, store: FileStore) -> Iterator[Reading]:
    """Yield what each page says; whatever is not blank is kept as a picture too."""
    drawn = drawn_pages(content, scan.content_type, scan.pages)
    for page, picture in enumerate(drawn, start=1):
        if picture is None:
            yield Reading(page=page, problem=ScanProblem.TOO_LARGE)
            continue
        said = codes_on(picture)
        codes = {code for code in map(read_code, said) if code is not None}
        problem = None
        if not said:
            problem = ScanProblem.BLANK if is_blank(picture) else ScanProblem.UNREADABLE
        elif not codes:
            problem = ScanProblem.NOT_OURS
        elif len(codes) > 1:
            problem = ScanProblem.SEVERAL
        blank = problem == ScanProblem.BLANK
        kept = None if blank else store.store(small_picture(picture))
        yield Reading(
            page=page, code=None if problem else codes.pop(), problem=problem, picture=kept
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Puts pages of one scan where they belong; `actor` is who sent it in, or files by hand."""

    session: Session
    scan: Scan
    content: bytes
    store: FileStore
    actor: Actor
    now: datetime

    def sort(self, readings: Sequence[Reading]) -> None:
        """Store what was seen on each page, and file together the pages of each form."""
        belonging: dict[int, list[ScanPage]] = defaultdict(list)
        forms: dict[int, Application] = {}
        for reading in readings:
            page, application = self._page(reading)
            self.scan.found.append(page)
            if application is not None:
                forms[application.id] = application
                belonging[application.id].append(page)
        self.session.flush()
        for identity, pages in belonging.items():
            self._file_or_keep(forms[identity], pages)
        self.scan.waiting = self._count(ScanOutcome.WAITING)
        self.scan.filed = self._count(ScanOutcome.FILED)
        self.session.flush()

    def _count(self, outcome: ScanOutcome) -> int:
        return sum(page.outcome == outcome for page in self.scan.found)

    def _page(self, reading: Reading) -> tuple[ScanPage, Application | None]:
        problem, application = reading.problem, None
        if reading.code is not None:
            problem, application = self._home_of(reading.code)
        outcome = ScanOutcome.WAITING
        if problem == ScanProblem.BLANK:
            outcome = ScanOutcome.DISCARDED
        elif application is not None:
            outcome = ScanOutcome.FILED
        page = ScanPage(
            page=reading.page,
            outcome=outcome,
            problem=problem,
            number=reading.code.number if reading.code else "",
            copy_number=reading.code.copy if reading.code else None,
            form_page=reading.code.page if reading.code else None,
            picture_sha256=reading.picture,
            application_id=application.id if application else None,
        )
        return page, application

    def _home_of(self, code: FormCode) -> tuple[ScanProblem | None, Application | None]:
        """Return the form that a page belongs to, or why it cannot be filed there."""
        wanted = select(Application).where(Application.number == code.number)
        application = self.session.scalar(wanted)
        if application is None:
            known = self.session.scalar(
                select(Application.id)
                .where(Application.number == code.number)
                .execution_options(**ANY_FORM)
            )
            return (ScanProblem.FOREIGN if known else ScanProblem.UNKNOWN), None
        if not self.may_still_file(application):
            return ScanProblem.CLOSED, None
        copies = {copy.copy_number: copy for copy in copies_of(self.session, application)}
        copy = copies.get(code.copy)
        if copy is None or code.page > copy.pages:
            return ScanProblem.UNKNOWN, None
        if is_void(copy, application):
            return ScanProblem.VOID, None
        return None, application

    def may_still_file(self, application: Application) -> bool:
        """An applicant brings paper while the form is open; an office also afterwards."""
        return self.actor.office is not None or not application.state.is_closed

    def _file_or_keep(self, application: Application, pages: list[ScanPage]) -> None:
        """File the pages; if the form can take no more of them, leave them in the tray."""
        try:
            self.file(application, pages)
        except DomainError:
            for page in pages:
                page.outcome, page.problem = ScanOutcome.WAITING, ScanProblem.CLOSED
                page.application_id = None

    def file(self, application: Application, pages: Sequence[ScanPage]) -> None:
        """File pages of this scan, together, as the stamped form of `application`.

        The pages say already that they are filed there; this makes the paper and the record.
        """
        paper = self._paper(application, [page.page - 1 for page in pages])
        material = keep_stamped_form(
            self.session, application, paper, store=self.store, actor=self.actor, now=self.now
        )
        for page in pages:
            page.material_id = material.id
        missing = missing_pages(self.session, application, pages)
        record(
            self.session,
            tag="scan:filed",
            subject=self.scan,
            actor=self.actor,
            now=self.now,
            new={
                "application": application.number,
                "scan_pages": [page.page for page in pages],
                **({"missing": missing} if missing else {}),
            },
            rule=RULE,
            article=ARTICLE,
        )
        self.session.flush()

    def _paper(self, application: Application, pages: list[int]) -> InspectedFile:
        content = self.content
        name = self.scan.filename
        if len(pages) < self.scan.pages:
            content = extract_pages(content, self.scan.content_type, pages)
            name = f"{application.number}.{ENDINGS[self.scan.content_type]}"
        return inspect_upload(BytesIO(content), name, max_bytes=max(len(content), 1), rule=RULE)


def missing_pages(
    session: Session, application: Application, pages: Sequence[ScanPage]
) -> list[int]:
    """Return the pages of the printout that did not come back with these."""
    came = {page.form_page for page in pages if page.form_page is not None}
    numbers = {page.copy_number for page in pages if page.copy_number is not None}
    lengths = [c.pages for c in copies_of(session, application) if c.copy_number in numbers]
    if not came or not lengths:
        return []
    return [page for page in range(1, max(lengths) + 1) if page not in came]


def read_scan(
    session: Session, scan: Scan, *, store: FileStore, actor: Actor, now: datetime
) -> Iterator[int]:
    """Read a received scan, yielding after each page; at the end file what can be filed.

    `actor` is who sent it in: pages find only forms within that person's reach. The caller commits.
    A scan that has been read is left as it is.
    """
    if scan.read_at is not None:
        return
    with store.open(scan.sha256) as kept:
        content = kept.read()
    readings = []
    for reading in look_at_pages(content, scan, store):
        readings.append(reading)
        yield reading.page
    filing = Filing(session=session, scan=scan, content=content, store=store, actor=actor, now=now)
    filing.sort(readings)
    scan.read_at = now
    session.flush()
