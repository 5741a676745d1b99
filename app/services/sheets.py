"""One application whole, as its page shows it: within the actor's reach, in few statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalog.enums import AccountState, ApplicationState, LineVerdict
from app.errors import NotFound
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.materials import Material, PaperCheck
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
    found: Application | None = session.scalar(
        select(Application)
        .where(Application.id == application_id, within_reach(Application, actor))
        .options(
            joinedload(Application.organization),
            joinedload(Application.created_by),
            joinedload(Application.submitted_by),
            selectinload(Application.lines).options(
                joinedload(ApplicationLine.account), joinedload(ApplicationLine.key)
            ),
            selectinload(Application.work_items).options(
                joinedload(WorkItem.closed_by), joinedload(WorkItem.claimed_by)
            ),
            selectinload(Application.remarks).joinedload(Remark.by),
            selectinload(Application.materials).joinedload(Material.line),
            selectinload(Application.paper_checks).options(
                joinedload(PaperCheck.line), joinedload(PaperCheck.checked_by)
            ),
        )
        .execution_options(**WITHIN, populate_existing=True)
    )
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


def known_elsewhere(
    session: Session, application: Application, lines: Iterable[ApplicationLine]
) -> list[Elsewhere]:
    """Return other accounts and other open forms of the persons on `lines`.

    For the offices only, which see every account: who works for two organisations, who is asked
    for twice.
    """
    digests = sorted({line.person_digest for line in lines if line.person_digest})
    if not digests:
        return []
    accounts = session.execute(
        select(
            Account.citizen_id_digest,
            Account.id,
            Account.login_name,
            Organization.name,
        )
        .join(Organization, Organization.id == Account.organization_id)
        .where(
            Account.citizen_id_digest.in_(digests),
            Account.organization_id != application.organization_id,
            Account.state != AccountState.CANCELLED,
        )
        .execution_options(unscoped="the same person elsewhere, shown to the offices")
    )
    forms = session.execute(
        select(ApplicationLine.person_digest, Application.id, Application.number, Organization.name)
        .join(Application, Application.id == ApplicationLine.application_id)
        .join(Organization, Organization.id == Application.organization_id)
        .where(
            ApplicationLine.person_digest.in_(digests),
            ApplicationLine.verdict != LineVerdict.REFUSED,
            Application.id != application.id,
            Application.state.in_(OPEN),
        )
        .execution_options(unscoped="the same person elsewhere, shown to the offices")
    )
    return [
        *(
            Elsewhere(
                digest=digest,
                account_id=account_id,
                login_name=login_name,
                organization=name,
                application_id=None,
                number="",
            )
            for digest, account_id, login_name, name in accounts
        ),
        *(
            Elsewhere(
                digest=str(digest),
                account_id=None,
                login_name="",
                organization=name,
                application_id=application_id,
                number=number,
            )
            for digest, application_id, number, name in forms
        ),
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
