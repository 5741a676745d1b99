"""Archive files of the made-up office: opened by closing applications, shelved, lent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, OfficeCode
from app.models.archives import ArchiveFile
from app.security.actor import Actor
from tests.support.factories import ENTERPRISES, Office, staff_of

RESEARCH, SERVICE = staff_of(OfficeCode.RESEARCH), staff_of(OfficeCode.SERVICE)
PLACE = {"box": "A-01", "volume": "7", "place": "一号库房3架2层", "pages": "12"}


def file_of(office: Office, application: int) -> ArchiveFile:
    """The archive file of an application as the database has it now."""
    office.session.expire_all()
    wanted = ArchiveFile.application_id == application
    return office.session.scalars(select(ArchiveFile).where(wanted)).one()


def opened(office: Office, unit: str = "east") -> int:
    """The id of the file of an application that has been rejected."""
    identity = office.submitted(unit)
    reviewer = SERVICE if unit in ENTERPRISES else staff_of(OfficeCode.REG)
    office.perform(reviewer, identity, "reject", comment="因工作需要")
    return file_of(office, identity).id


def completed(office: Office, unit: str = "east") -> int:
    """The id of the file of an application that has gone the whole road."""
    return file_of(office, office.standing_at(ApplicationState.COMPLETED, unit)).id


def shelved(office: Office, unit: str = "east", **place: str) -> int:
    """The id of a file that stands at its place."""
    identity = opened(office, unit)
    keeper = SERVICE if unit in ENTERPRISES else RESEARCH
    office.perform(keeper, identity, "shelve", model=ArchiveFile, data={**PLACE, **place})
    return identity


def borrower(office: Office) -> str:
    """The login of somebody of a management unit who is in service."""
    application = office.standing_at(ApplicationState.COMPLETED, "west")
    account = office.application(application).lines[0].account
    assert account is not None
    return account.login_name


def lent(office: Office, who: str, *, unit: str = "east", days: int = 14) -> int:
    """The id of a file that `who` has out for so many days."""
    identity = shelved(office, unit)
    due = (office.now + timedelta(days=days)).date().isoformat()
    data = {"borrower": who, "purpose": "核对原件", "due_on": due}
    keeper = SERVICE if unit in ENTERPRISES else RESEARCH
    office.perform(keeper, identity, "lend", model=ArchiveFile, data=data)
    return identity


def archives_within_reach(_session: Session, who: Actor) -> Callable[[Any], bool]:
    """Whether this person should see a file or a loan, worked out in plain Python."""
    keeps = {OfficeCode.RESEARCH, OfficeCode.SERVICE}
    return lambda row: who.office in keeps and row.office_code == who.office
