"""One application whole, as its page shows it: within the actor's reach, in few statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import AccountState, ApplicationState, LineVerdict
from app.errors import NotFound
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.materials import PaperCheck
from app.models.organizations import Organization
from app.models.work import Remark, WorkItem
from app.security.actor import Actor
from app.security.scopes import applications as within_reach

WITHIN = {"unscoped": "the condition itself is the scope; what belongs to the form comes along"}
OPEN = [s for s in ApplicationState if not s.is_closed and s != ApplicationState.DRAFT]


def load_sheet(session: Session, application_id: int, actor: Actor) -> Application:
    """Return the application with lines, work, remarks, papers and ticks; NotFound beyond reach.

    Who decided and who holds a step are loaded whatever the reader's reach over accounts: their
    names stand on the form.
    """
    statement = (
        select(Application)
        .where(Application.id == application_id, within_reach(Application, actor))
        .options(
            joinedload(Application.organization),
            joinedload(Application.created_by),
            joinedload(Application.submitted_by),
            selectinload(Application.lines).options(
                joinedload(ApplicationLine.account), joinedload(ApplicationLine.key)
            ),
            joinedload(Application.work_items).options(
                joinedload(WorkItem.closed_by), joinedload(WorkItem.claimed_by)
            ),
            joinedload(Application.remarks).joinedload(Remark.by),
            selectinload(Application.materials),
            selectinload(Application.paper_checks).joinedload(PaperCheck.checked_by),
        )
        .execution_options(**WITHIN, populate_existing=True)
    )
    found = session.scalars(statement).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A person of the form who is known elsewhere already."""

    digest: str
    account_id: int | None
    login_name: str
    organization: str
    application_id: int | None
    number: str


@cache
def _elsewhere() -> Any:
    digests: Any = bindparam("digests", expanding=True)
    line = ApplicationLine.__table__.c
    accounts = (
        select(
            Account.citizen_id_digest,
            Account.id,
            Account.login_name,
            Organization.name,
            literal(0),
            literal(""),
        )
        .join(Organization, Organization.id == Account.organization_id)
        .where(
            Account.citizen_id_digest.in_(digests),
            Account.organization_id != bindparam("organization"),
            Account.state != AccountState.CANCELLED,
        )
    )
    forms = (
        select(
            line.person_digest,
            literal(0),
            literal(""),
            Organization.name,
            Application.id,
            Application.number,
        )
        .select_from(ApplicationLine.__table__)
        .join(Application, Application.id == line.application_id)
        .join(Organization, Organization.id == Application.organization_id)
        .where(
            line.person_digest.in_(digests),
            line.verdict != LineVerdict.REFUSED,
            Application.id != bindparam("application"),
            Application.state.in_(OPEN),
        )
    )
    return union_all(accounts, forms).execution_options(
        unscoped="the same person elsewhere, shown to the offices"
    )


def known_elsewhere(
    session: Session, application: Application, lines: Iterable[ApplicationLine]
) -> list[Elsewhere]:
    """Return other accounts and other open forms of the persons on `lines`, in one statement.

    For the offices only, which see every account: who works for two organisations, who is asked
    for twice.
    """
    digests: list[str] = sorted({line.person_digest for line in lines if line.person_digest})
    if not digests:
        return []
    given = {
        "digests": digests,
        "organization": application.organization_id,
        "application": application.id,
    }
    return [
        Elsewhere(
            digest=digest,
            account_id=account_id or None,
            login_name=login_name,
            organization=organization,
            application_id=application_id or None,
            number=number,
        )
        for digest, account_id, login_name, organization, application_id, number in (
            session.execute(_elsewhere(), given)
        )
    ]


def line_of(application: Application, line_id: int) -> ApplicationLine:
    """Return a line of a loaded form; NotFound for another form's."""
    for line in application.lines:
        if line.id == line_id:
            return line
    raise NotFound


def last_word(application: Application) -> WorkItem | None:
    """Return the step that a person closed last, None while nobody has decided anything."""
    closed: Sequence[WorkItem] = [
        w for w in application.work_items if w.closed_at is not None and w.closed_by_id is not None
    ]
    return max(closed, key=lambda w: (w.closed_at, w.id), default=None)
