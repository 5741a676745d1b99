"""Forms on paper in the annexes' own layout, as numbered copies (A3–A7, M5.2, 第五条).

What is printed goes by the rules of the form's own day (M11). A copy counts as long as the form
says what it said then: once it is changed the copy is void.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import Pledged
from app.catalog.labels import words_of
from app.catalog.permissions import Permission
from app.catalog.sheet_words import SHEET_WORDS
from app.catalog.types import KindEntry
from app.clock import office_date
from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.i18n import N_, ngettext, speaking
from app.models.applications import Application, ApplicationLine
from app.models.jobs import JobRun
from app.models.prints import PrintCopy, digest_of
from app.security.actor import Actor
from app.security.audit import record
from app.services import background, regulations
from app.services.form_codes import FormCode
from app.services.typesetting import qr_code, typeset
from app.workflow.columns import field_of
from app.workflow.door import lock

RULE = "A3"
ARTICLE = "第五条"
TEMPLATE = "form"
LANGUAGE = "zh"
LINES_A_PAGE = 5
MOST_COPIES = 200
MOST_AT_ONCE = 2000
OF_A_FORM = {"unscoped": "copies of a form that the actor has loaded within reach"}

WEIGHTS = {
    "choice": 1.0,
    "person_name": 2.2,
    "login_name": 3.0,
    "serial": 3.0,
    "citizen_id": 4.0,
    "case_numbers": 8.0,
    "items": 8.0,
}
"""How broad a column is beside the others, by what stands in it; lists of items need the most."""
TEXT_WEIGHT = 3.0


# --- Copies


def make_copy(
    session: Session, application: Application, *, actor: Actor, now: datetime
) -> PrintCopy:
    """Number and record one more copy of the form, loaded within reach; the caller commits.

    Raises Forbidden without the right to print, Conflict beyond `MOST_COPIES`.
    """
    if not actor.may(Permission.PRINT_COPIES_ADD):
        raise Forbidden(N_("You may not print forms."), rule=RULE)
    lock(session, application)
    copies = copies_of(session, application)
    if len(copies) >= MOST_COPIES:
        raise Conflict(
            N_("This form has been printed %(limit)s times: use one of its printouts."),
            code="too_many_copies",
            rule=RULE,
            limit=MOST_COPIES,
        )
    made = PrintCopy(
        application_id=application.id,
        copy_number=len(copies) + 1,
        pages=pages_of(application),
        form_version=application.version,
        content_digest=digest_of(application),
        printed_by_id=actor.account_id,
        printed_at=now,
    )
    session.add(made)
    session.flush()
    record(
        session,
        tag="application:printed",
        subject=application,
        actor=actor,
        now=now,
        new={"copy": made.copy_number, "pages": made.pages, "lines": len(application.lines)},
        rule=RULE,
        article=ARTICLE,
    )
    return made


def copies_of(session: Session, application: Application) -> Sequence[PrintCopy]:
    """Return every copy of a form that the caller has loaded within reach, the newest first."""
    return session.scalars(
        select(PrintCopy)
        .where(PrintCopy.application_id == application.id)
        .options(joinedload(PrintCopy.printed_by))
        .order_by(PrintCopy.copy_number.desc())
        .execution_options(**OF_A_FORM)
    ).all()


def find_copy(session: Session, application: Application, copy_number: int) -> PrintCopy:
    """Return one copy of a form that the caller has loaded within reach; NotFound."""
    for copy in copies_of(session, application):
        if copy.copy_number == copy_number:
            return copy
    raise NotFound


def is_void(copy: PrintCopy, application: Application) -> bool:
    """Whether the form has been changed since this copy was printed."""
    return copy.voided_at is not None or not copy.still_says(application)


def void_changed_copies(
    session: Session, application: Application, *, actor: Actor, now: datetime
) -> None:
    """Make copies void that say something else than the form says now, and put it on record."""
    changed = [
        copy
        for copy in copies_of(session, application)
        if copy.voided_at is None and not copy.still_says(application)
    ]
    for copy in changed:
        copy.voided_at = now
    if changed:
        record(
            session,
            tag="application:copies_voided",
            subject=application,
            actor=actor,
            now=now,
            new={"copies": sorted(copy.copy_number for copy in changed)},
            rule=RULE,
            article=ARTICLE,
        )


def ask_for_many(
    session: Session, applications: Sequence[int], *, actor: Actor, now: datetime
) -> JobRun:
    """Have one more copy of each of these forms printed as long work; the caller commits."""
    if not applications or len(applications) > MOST_AT_ONCE:
        raise InvalidInput(
            N_("Choose 1 to %(limit)s forms to print at once."),
            code="too_many_forms",
            rule=RULE,
            limit=MOST_AT_ONCE,
        )
    return background.start(
        session,
        "print_forms",
        title=ngettext("%(num)s printed form", "%(num)s printed forms", len(applications)),
        params={"applications": list(applications)},
        actor=actor,
        now=now,
        total=len(applications),
    )


# --- What stands on the pages


def print_form(
    session: Session,
    application: Application,
    copy: PrintCopy,
    *,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> bytes:
    """Return the PDF of a copy of the form, the same whenever it is asked for.

    `actor` and `now` are those of whoever opens another person's copy: it shows personal numbers
    whole, so that it is recorded (M5). Raises Conflict for a void copy.
    """
    if is_void(copy, application):
        raise Conflict(
            N_("This printout is void: the form has been changed since. Print it again."),
            code="copy_is_void",
            rule=RULE,
        )
    if actor is not None and now is not None and actor.account_id != copy.printed_by_id:
        record(
            session,
            tag="application:copy_opened",
            subject=application,
            actor=actor,
            now=now,
            new={"copy": copy.copy_number},
            rule=RULE,
            article=ARTICLE,
        )
    return print_forms(session, [(application, copy)], at=copy.printed_at)


def print_forms(
    session: Session, copies: Iterable[tuple[Application, PrintCopy]], *, at: datetime
) -> bytes:
    """Return one PDF of copies of several forms, dated `at`."""
    with speaking(LANGUAGE):
        forms = [_form(session, application, copy) for application, copy in copies]
    name = "、".join(form["label"] for form in forms[:3])
    data = {"name": name, "words": SHEET_WORDS.as_dict(), "forms": forms}
    return typeset(TEMPLATE, data, at=at)


def pages_of(application: Application) -> int:
    """Return how many pages the form has."""
    return max(1, -(-len(application.lines) // LINES_A_PAGE))


def _form(session: Session, application: Application, copy: PrintCopy) -> dict[str, Any]:
    day = application.rules_on or office_date(copy.printed_at)
    kind = _kind(session, application, day)
    pledge = regulations.pledge_for(session, application.kind, day)
    given = application.pledge_id is not None and application.pledged != Pledged.BY_SUBMITTING
    ticked = "ticked" if given else "open"
    return {
        "title": kind.name.zh,
        "annex": f"{SHEET_WORDS.annex}{kind.annex}" if kind.annex else "",
        "label": application.number,
        "organization": application.organization.name,
        "contact_name": application.contact_name,
        "contact_phone": application.contact_phone,
        "columns": _columns(application, kind),
        # The annexes print their pledge bare; the written applications tick theirs (M6.2), by hand
        # where nobody has done so before.
        "box": "none" if kind.annex else ticked,
        "pledge": pledge.text.zh if pledge else "",
        "pages": list(_pages(application, kind, copy)),
    }


def _kind(session: Session, application: Application, day: date) -> KindEntry:
    found = regulations.kind_on(session, application.kind, day)
    if found is None:
        raise NotFound
    return found


def _columns(application: Application, kind: KindEntry) -> list[dict[str, Any]]:
    line = application.line_class
    return [
        {
            "heading": column.heading.zh,
            "weight": WEIGHTS.get(field_of(line, column.field).kind, TEXT_WEIGHT),
        }
        for column in kind.columns
    ]


def _pages(application: Application, kind: KindEntry, copy: PrintCopy) -> Iterator[dict[str, Any]]:
    """Yield the rows of each page, filled up with empty ones as on the annex."""
    names = [column.field for column in kind.columns]
    pages = pages_of(application)
    said = SHEET_WORDS.copy.format(copy=copy.copy_number)
    for page in range(1, pages + 1):
        start = (page - 1) * LINES_A_PAGE
        rows = [
            [str(line.position), *(_cell(line, name) for name in names)]
            for line in application.lines[start : start + LINES_A_PAGE]
        ]
        empty = range(start + len(rows) + 1, start + LINES_A_PAGE + 1)
        rows += [[str(position), *("" for _name in names)] for position in empty]
        code = FormCode(application.number, copy.copy_number, page)
        label = SHEET_WORDS.page.format(page=page, pages=pages)
        yield {"qr": qr_code(code.text), "label": f"{said} {label}", "rows": rows}


def _cell(line: ApplicationLine, name: str) -> str:
    """Return what stands in the column `name` of a printed line."""
    value = getattr(line, name, None)
    if value is None:
        return ""
    if isinstance(value, StrEnum):
        return words_of(value)
    if isinstance(value, list | tuple):
        return "；".join(str(getattr(each, "title_zh", each)) for each in value)
    return str(value)
