"""Printouts of every form and something in every tray, and who should see what is in the trays."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.enums import ScanOutcome, ScanProblem
from app.catalog.permissions import RoleName
from app.models.applications import Application
from app.models.scans import Scan, ScanPage
from app.security.actor import Actor
from app.services.printing import make_copy
from tests.support.factories import Office

SENDERS = ("reg1", "east.admin", "bank.admin")


def something_in_every_tray(office: Office) -> None:
    """Print each form once; let an office and two units send in a page that nobody can read."""
    for form in office.session.query(Application).all():
        make_copy(office.session, form, actor=office.actor("info1"), now=office.now)
    for login in SENDERS:
        sender = office.account(login)
        scan = Scan(
            filename="form.pdf",
            content_type="application/pdf",
            size=1,
            sha256="0" * 64,
            pages=1,
            waiting=1,
            organization_id=sender.organization_id,
            office_code=sender.office_code,
            uploaded_by_id=sender.id,
            uploaded_at=office.now,
        )
        page = ScanPage(page=1, outcome=ScanOutcome.WAITING, problem=ScanProblem.UNREADABLE)
        scan.found.append(page)
        office.session.add(scan)


def trays_within_reach(_session: Session, who: Actor) -> Callable[[Any], bool]:
    """An office's tray is its people's, a unit's its administrator's."""
    if who.office:
        return lambda row: row.office_code == who.office
    manages = RoleName.ORGANIZATION_ADMINISTRATOR.value in who.roles
    own = who.organization_id
    return lambda row: manages and row.organization_id == own and row.office_code is None
