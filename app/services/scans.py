"""Paper that comes back: a scanned form finds its application by its code, or waits in a tray.

Stamped forms are filed as the paper `application_form` of their application (M9, 第九条; A3). What
cannot be filed at once is kept, told why, and filed or discarded by hand; each step is on record.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import ScanOutcome
from app.catalog.permissions import Permission
from app.errors import Conflict, Detail, Forbidden, InvalidInput, NotFound
from app.i18n import N_, _
from app.models.applications import Application
from app.models.jobs import JobRun
from app.models.scans import Scan, ScanPage
from app.security.actor import Actor
from app.security.audit import record
from app.services import background
from app.services.file_store import FileStore
from app.services.papers import MAX_BYTES, InspectedFile, Readable, inspect_upload
from app.services.scan_filing import ARTICLE, RULE, Filing, read_scan

OF_A_SCAN = {"unscoped": "pages of a scan that the actor has loaded within reach"}
READ_AT_ONCE = 10
"""More pages than these are read by the scheduler, while the person does something else."""
MAX_REASON = 200
MAX_NUMBER = 20


# --- Taking in


def receive_scan(
    session: Session,
    *,
    stream: Readable,
    filename: str | None,
    store: FileStore,
    actor: Actor,
    now: datetime,
    max_bytes: int = MAX_BYTES,
) -> Scan:
    """Keep a scanned file in the tray of the actor's office or unit, unread; the caller commits.

    Raises InvalidInput for a file that is no paper, Conflict for one that is in this tray already.
    """
    if not actor.may(Permission.SCANS_ADD):
        raise Forbidden(N_("You may not send in scanned forms."), rule=RULE)
    inspected = inspect_upload(stream, filename, max_bytes=max_bytes, rule=RULE)
    _refuse_again(session, inspected)
    store.store(inspected.content)
    scan = Scan(
        filename=inspected.filename,
        content_type=inspected.content_type,
        size=inspected.size,
        sha256=inspected.sha256,
        pages=inspected.pages or 1,
        organization_id=actor.organization_id,
        office_code=actor.office,
        uploaded_by_id=actor.account_id,
        uploaded_at=now,
    )
    session.add(scan)
    session.flush()
    said = {"sha256": scan.sha256, "pages": scan.pages}
    _record(session, "scan:received", scan, actor=actor, now=now, new=said)
    return scan


def _refuse_again(session: Session, inspected: InspectedFile) -> None:
    known = session.scalars(
        select(Scan).where(Scan.sha256 == inspected.sha256).order_by(Scan.id).limit(1)
    ).first()
    if known is not None:
        words = N_("This very file has been sent in already, as %(name)s.")
        detail = Detail("file", "scan_known", words, {"name": known.filename}, RULE)
        raise Conflict(words, code="scan_known", rule=RULE, details=[detail], name=known.filename)


def read_or_ask(
    session: Session, received: Sequence[Scan], *, store: FileStore, actor: Actor, now: datetime
) -> JobRun | None:
    """Read received scans of a few pages; have more of them read as long work and return its run.

    The caller commits.
    """
    pages = sum(scan.pages for scan in received)
    if pages <= READ_AT_ONCE:
        for scan in received:
            for _page in read_scan(session, scan, store=store, actor=actor, now=now):
                pass
        return None
    return background.start(
        session,
        "read_scans",
        title=_("Read scanned forms: %(name)s", name=received[0].filename),
        params={"scans": [scan.id for scan in received]},
        actor=actor,
        now=now,
        total=pages,
    )


# --- By hand


def load_scan(session: Session, scan_id: int) -> Scan:
    """Return a scan within the actor's reach with its pages; NotFound."""
    found = session.scalars(
        select(Scan)
        .where(Scan.id == scan_id)
        .options(
            joinedload(Scan.uploaded_by),
            selectinload(Scan.found).options(
                joinedload(ScanPage.application), joinedload(ScanPage.decided_by)
            ),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def page_of(scan: Scan, page: int) -> ScanPage:
    """Return one page of a loaded scan; NotFound."""
    for found in scan.found:
        if found.page == page:
            return found
    raise NotFound


def file_by_hand(
    session: Session,
    scan: Scan,
    pages: Sequence[int],
    number: str,
    *,
    store: FileStore,
    actor: Actor,
    now: datetime,
) -> Application:
    """File waiting pages, together, as the stamped form of the application `number`.

    Raises InvalidInput for a number beyond the actor's reach, Conflict for pages that somebody has
    dealt with. The caller commits.
    """
    taken = _waiting(scan, pages, actor)
    application = _application(session, number)
    with store.open(scan.sha256) as kept:
        content = kept.read()
    filing = Filing(session=session, scan=scan, content=content, store=store, actor=actor, now=now)
    if not filing.may_still_file(application):
        words = N_("Form %(number)s is closed: only the office files its papers.")
        raise InvalidInput(
            rule=RULE,
            details=[Detail("number", "form_closed", words, {"number": application.number}, RULE)],
        )
    _decide(session, taken, ScanOutcome.FILED, actor=actor, now=now, application=application)
    filing.file(application, taken)
    return application


def discard(
    session: Session,
    scan: Scan,
    pages: Sequence[int],
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Take waiting pages out of the tray for a reason; the file stays. The caller commits."""
    taken = _waiting(scan, pages, actor)
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        words = N_("Say why, in at most %(limit)s characters.")
        detail = Detail("reason", "required", words, {"limit": MAX_REASON}, RULE)
        raise InvalidInput(rule=RULE, details=[detail])
    _decide(session, taken, ScanOutcome.DISCARDED, actor=actor, now=now, reason=reason)
    record(
        session,
        tag="scan:discarded",
        subject=scan,
        actor=actor,
        now=now,
        comment=reason,
        new={"scan_pages": [page.page for page in taken]},
        rule=RULE,
        article=ARTICLE,
    )


def _waiting(scan: Scan, pages: Sequence[int], actor: Actor) -> list[ScanPage]:
    if not actor.may(Permission.SCANS_ADD):
        raise Forbidden(N_("You may not file scanned forms."), rule=RULE)
    wanted = set(pages)
    found = [page for page in scan.found if page.page in wanted]
    if not wanted or len(found) != len(wanted):
        words = N_("Tick the pages that are meant.")
        raise InvalidInput(rule=RULE, details=[Detail("pages", "required", words, {}, RULE)])
    return found


def _decide(
    session: Session,
    taken: Sequence[ScanPage],
    outcome: ScanOutcome,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    application: Application | None = None,
) -> None:
    """Take the pages out of the tray, unless somebody else was faster."""
    changed = session.execute(
        update(ScanPage)
        .where(
            ScanPage.id.in_([page.id for page in taken]),
            ScanPage.outcome == ScanOutcome.WAITING,
        )
        .values(
            outcome=outcome,
            application_id=application.id if application else None,
            decided_by_id=actor.account_id,
            decided_at=now,
            reason=reason,
        )
        .execution_options(synchronize_session=False, **OF_A_SCAN)
    )
    if changed.rowcount != len(taken):  # type: ignore[attr-defined]
        raise Conflict(
            N_("Somebody else has dealt with these pages meanwhile."),
            code="page_not_waiting",
            rule=RULE,
        )
    scan = taken[0].scan
    for page in taken:
        session.refresh(page)
    scan.waiting = sum(page.outcome == ScanOutcome.WAITING for page in scan.found)
    scan.filed = sum(page.outcome == ScanOutcome.FILED for page in scan.found)
    session.flush()


def _application(session: Session, number: str) -> Application:
    number = number.strip().upper()
    found: Application | None = None
    if number and "\x00" not in number and len(number) <= MAX_NUMBER:
        found = session.scalar(select(Application).where(Application.number == number))
    if found is None:
        words = N_("There is no form with this number within your reach.")
        detail = Detail("number", "unknown_number", words, {}, RULE)
        raise InvalidInput(rule=RULE, details=[detail])
    return found


def _record(
    session: Session,
    tag: str,
    scan: Scan,
    *,
    actor: Actor,
    now: datetime,
    new: dict[str, object],
) -> None:
    record(
        session,
        tag=tag,
        subject=scan,
        actor=actor,
        now=now,
        new=new,
        rule=RULE,
        article=ARTICLE,
    )
