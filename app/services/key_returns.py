"""Keys that people kept who were cancelled: the open list, by age, with whom to ask (M6.1)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key
from app.models.organizations import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreturned:
    """A key of somebody cancelled; the contact is the one on the unit's latest form."""

    key_id: int
    serial: str
    since: datetime
    holder: str
    organization: str
    contact_name: str
    contact_phone: str


def unreturned(session: Session, *, limit: int) -> list[Unreturned]:
    """Return keys within the actor's reach that cancelled people have not given back, oldest first.

    Whom to ask is told even where the form itself is beyond the reach.
    """
    rows = session.execute(
        select(
            Key.id,
            Key.serial,
            Key.unreturned_since,
            Account.name,
            Organization.name,
            Account.organization_id,
        )
        .join(Account, Account.id == Key.holder_id)
        .join(Organization, Organization.id == Account.organization_id)
        .where(Key.unreturned_since.is_not(None))
        .order_by(Key.unreturned_since, Key.id)
        .limit(limit)
    ).all()
    units = {row[-1] for row in rows}
    latest = (
        select(func.max(Application.id))
        .where(Application.organization_id.in_(units), Application.contact_phone != "")
        .group_by(Application.organization_id)
    )
    told = session.execute(
        select(Application.organization_id, Application.contact_name, Application.contact_phone)
        .where(Application.id.in_(latest))
        .execution_options(unscoped="whom to ask at a unit, nothing of the form")
    )
    contacts = {unit: (name or "", phone or "") for unit, name, phone in told}
    return [
        Unreturned(
            key_id=identity,
            serial=serial,
            since=since,
            holder=holder,
            organization=organization,
            contact_name=contacts.get(unit, ("", ""))[0],
            contact_phone=contacts.get(unit, ("", ""))[1],
        )
        for identity, serial, since, holder, organization, unit in rows
        if since is not None
    ]
