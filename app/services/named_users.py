"""The people of an organisation whom a form can name: found as one types, as they are now."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models.accounts import Account
from app.models.applications import ApplicationLine
from app.models.organizations import Organization
from app.workflow.record import WITHIN, Present, presents

LAST_CHARACTER = "\U0010ffff"


def candidates(
    session: Session,
    organization: Organization,
    line_class: type[ApplicationLine],
    typed: str,
    *,
    limit: int,
) -> list[Present]:
    """Return people whose name has `typed` in it, or whose login name begins so, by login name.

    Only those in a state that fits this kind of line.
    """
    start = typed.strip().lower()
    rows = session.scalars(
        select(Account.login_key)
        .where(
            Account.organization_id == organization.id,
            Account.state.in_(sorted(line_class.account_states)),
            or_(
                Account.name.contains(typed.strip(), autoescape=True),
                Account.login_key.between(start, start + LAST_CHARACTER),
            ),
        )
        .order_by(Account.login_key)
        .limit(limit)
        .execution_options(**WITHIN)
    )
    logins = list(rows)
    found = presents(session, organization.id, logins, line_class)
    return [found[login] for login in logins]


def present_of(
    session: Session,
    organization: Organization,
    line_class: type[ApplicationLine],
    account_id: int,
) -> Present:
    """Return one person of the organisation as the record has them; NotFound for anybody else."""
    login = session.scalar(
        select(Account.login_key)
        .where(Account.id == account_id, Account.organization_id == organization.id)
        .execution_options(**WITHIN)
    )
    if login is None:
        raise NotFound
    return presents(session, organization.id, [login], line_class)[login]
