"""Business in the made-up office: taken over by INFO, deleted as only the engine can."""

from collections.abc import Callable
from typing import Any

from app.catalog.enums import Category, OfficeCode
from app.catalog.lifecycles import CASE
from app.catalog.loader import load_catalog
from app.catalog.permissions import Permission, RoleName
from app.models.cases import Case
from app.models.organizations import Organization
from app.security.actor import Actor, acting
from app.services.cases import record_case
from app.workflow.act import Act
from app.workflow.engine import fire
from tests.support.factories import SETUP, Office, staff_of

INFO = staff_of(OfficeCode.INFO)


def case(
    office: Office, login: str, business_type: str = "transfer_registration", **said: Any
) -> int:
    """Take over a piece of business of this account from the running system; return its id."""
    raw = {"owner": login, "business_type": business_type, "district_code": "110101", **said}
    with office.acting(INFO) as actor:
        made = record_case(office.session, raw=raw, actor=actor, now=office.now)
        office.session.commit()
        return made.id


def case_of(office: Office, identity: int) -> Case:
    """The case as the database has it now."""
    office.session.expire_all()
    return office.session.get_one(Case, identity)


def delete_case(office: Office, identity: int) -> None:
    """Let a job delete the business: by hand nobody can."""
    subject = case_of(office, identity)
    job = Act(
        session=office.session,
        subject=subject,
        transition=CASE.transitions[-1],
        actor=SETUP,
        now=office.now,
        comment="",
        raw={},
    )
    with acting(office.session, SETUP):
        fire(office.session, subject, "delete", actor=SETUP, now=office.now, cause=job)
        office.session.commit()


def some_of_everybodys(office: Office, holder: str) -> None:
    """Business of every category, of several units, in several districts."""
    for owner, district in ((holder, "110101"), ("bank.admin", "110102"), ("west.admin", "110102")):
        case(office, owner, district_code=district)
    case(office, "developer.admin", "presale_permit", district_code="110101")
    case(office, "agency.admin", "existing_sale", district_code="110102")
    case(office, "commission.admin", "building_table")
    case(office, "east.admin", "certificate_change")


def within_reach(units: dict[int, Organization], who: Actor) -> Callable[[Case], bool]:
    """Whether this person should see a case, worked out in plain Python."""
    category = {business.code: business.category for business in load_catalog().business_types}
    of_office: dict[OfficeCode, Callable[[Case], bool]] = {
        OfficeCode.REG: lambda row: category[row.business_type] == Category.REGISTRATION,
        OfficeCode.MKT: lambda row: category[row.business_type] == Category.TRANSACTION,
        OfficeCode.INFO: lambda _row: True,
        OfficeCode.RESEARCH: lambda _row: True,
        OfficeCode.SERVICE: lambda row: not units[row.organization_id].type.is_management,
    }
    manages = who.has_role(RoleName.ORGANIZATION_ADMINISTRATOR)
    own = units.get(who.organization_id or 0)
    of_district = own is not None and own.type == "district" and who.may(Permission.CASES_LIST)
    return lambda row: (
        row.owner_id == who.account_id
        or (manages and row.organization_id == who.organization_id)
        or (of_district and row.district_code == own.district_code)
        or (who.office is not None and of_office[who.office](row))
    )
