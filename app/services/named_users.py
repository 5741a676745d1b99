"""The people of an organisation whom a form can name: found as one types, as they are now."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalog.enums import KeyState
from app.errors import NotFound
from app.models.accounts import Account
from app.models.applications import ApplicationLine
from app.models.cases import Case
from app.models.keys import Key
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


def cases_by_number(session: Session, numbers: Collection[str]) -> dict[str, Case]:
    """Return the business with these numbers, whoever's it is, for the office that decides."""
    if not numbers:
        return {}
    found = session.scalars(
        select(Case).where(Case.number.in_(sorted(numbers))).execution_options(**WITHIN)
    )
    return {case.number: case for case in found}


def keys_in_hand(session: Session, account_ids: Collection[int]) -> dict[int, str]:
    """Return the serial number of the key that each of these accounts holds now."""
    found = session.execute(
        select(Key.holder_id, Key.serial)
        .where(Key.holder_id.in_(sorted(account_ids)), Key.state == KeyState.ISSUED)
        .execution_options(**WITHIN)
    )
    return {row.holder_id: row.serial for row in found if row.holder_id is not None}
