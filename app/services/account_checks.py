"""What an account's data must keep to: uniqueness, office, roles, 三员分立 (M2, M3, M5)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, Duty, OrganizationState, Sex
from app.catalog.identity import IdentityError, check_sex, parse_citizen_id
from app.catalog.permissions import SEPARATED, RoleName
from app.i18n import N_
from app.models.accounts import Account
from app.models.offices import Office
from app.models.organizations import Organization
from app.models.roles import Role
from app.services.entries import Entries
from app.services.organizations import MAX_ID_DIGITS
from app.services.turns import Turn, take_turn
from app.workflow.form import person_digest

WHOLE = {"unscoped": "what must be unique is looked for everywhere"}

ROLE_DUTIES: dict[RoleName, frozenset[Duty]] = {
    RoleName.REVIEWER: frozenset(Duty),
    RoleName.CONFIGURATOR: frozenset({Duty.CONFIGURE_PERMISSIONS}),
    RoleName.KEY_OFFICER: frozenset({Duty.ISSUE_MANAGEMENT_KEYS, Duty.ISSUE_ENTERPRISE_KEYS}),
}
"""Roles that only people of an office hold, and one of which duties that office must have (M3)."""

COMMISSION_ROLES = SEPARATED | set(ROLE_DUTIES)
"""Roles that nobody outside the commission holds."""


def read_organization(session: Session, entries: Entries) -> Organization | None:
    """Return the organisation that is named by code or id; there is no account without (M2)."""
    name = "organization" if entries.given("organization") else "organization_id"
    wanted = entries.text(name)
    if wanted is None:
        if not entries.has_problem(name):
            entries.refuse(
                "organization", "required", N_("An account belongs to an organization."), "M2"
            )
        return None
    query = select(Organization)
    if name == "organization":
        query = query.where(Organization.code == wanted.upper())
    else:
        known = wanted.isdecimal() and len(wanted) <= MAX_ID_DIGITS
        query = query.where(Organization.id == (int(wanted) if known else 0))
    found = session.scalars(query).one_or_none()
    if found is None:
        entries.refuse(
            name,
            "unknown_organization",
            N_("There is no organization %(code)s, or it is not yours to see."),
            "M2",
            {"code": wanted},
        )
    elif found.state != OrganizationState.ACTIVE:
        entries.refuse(name, "organization_closed", N_("This organization is closed."), "M2")
    return found


def read_office(
    session: Session, entries: Entries, organization: Organization | None
) -> Office | None:
    """Return the office that is named, which must be of the account's organisation (M3)."""
    code = entries.text("office_code")
    if code is None:
        return None
    office = session.get(Office, code)
    if office is None:
        entries.refuse(
            "office_code",
            "unknown_office",
            N_("There is no office %(code)s."),
            "M3",
            {"code": code},
        )
    elif organization is not None and office.organization_id != organization.id:
        entries.refuse(
            "office_code",
            "office_of_another_organization",
            N_("Office %(code)s is not of this organization."),
            "M3",
            {"code": code},
        )
    return office


def read_roles(entries: Entries, raw: Any, office: Office | None) -> set[RoleName]:
    """Return the roles that are named: known ones that go together and with the office."""
    names = raw if isinstance(raw, list | tuple | set | frozenset) else []
    roles: set[RoleName] = set()
    for name in names:
        if isinstance(name, str) and name in RoleName._value2member_map_:
            roles.add(RoleName(name))
        else:
            entries.refuse(
                "roles",
                "unknown_choice",
                N_("Choose one of: %(choices)s."),
                None,
                {"choices": ", ".join(RoleName)},
            )
    if not names:
        entries.refuse("roles", "required", N_("Choose at least one role."), "M4")
    if len(roles & SEPARATED) > 1:
        entries.refuse(
            "roles",
            "roles_separated",
            N_(
                "System, security and audit administration are kept apart: no account holds two "
                "of them."
            ),
            "X4",
        )
    elif roles & SEPARATED and roles - SEPARATED - _beside(roles):
        entries.refuse(
            "roles",
            "roles_separated",
            N_(
                "Whoever administers the system, its security or its audit holds no working role "
                "besides; an auditor holds no other role at all."
            ),
            "X4",
        )
    for role in sorted(roles & set(ROLE_DUTIES)):
        if entries.has_problem("office_code"):
            break
        if office is None:
            entries.refuse(
                "roles",
                "role_needs_office",
                N_("The role %(role)s is for people of an office."),
                "M3",
                {"role": role.value},
            )
        elif not office.duties & ROLE_DUTIES[role]:
            entries.refuse(
                "roles",
                "role_not_of_office",
                N_("Office %(office)s has no duty for the role %(role)s."),
                "M3",
                {"role": role.value, "office": office.code},
            )
    return roles


def _beside(roles: set[RoleName]) -> frozenset[RoleName]:
    """Return what one of the three administrators may hold besides; an auditor changes nothing."""
    return frozenset() if RoleName.AUDITOR in roles else frozenset({RoleName.HOLDER})


def role_rows(session: Session, roles: Iterable[RoleName]) -> list[Role]:
    """Return the framework's rows of `roles`."""
    wanted = [role.value for role in roles]
    return list(session.scalars(select(Role).where(Role.name.in_(wanted)).order_by(Role.id)))


def check_sex_agrees(entries: Entries, *, today: date, present: Account | None = None) -> None:
    """Refuse a sex that the citizen ID number contradicts (M5)."""
    number = entries.values.get("citizen_id", present.citizen_id if present else None)
    sex = entries.values.get("sex", present.sex if present else None)
    if number is None or sex is None or not {"citizen_id", "sex"} & entries.values.keys():
        return
    try:
        check_sex(parse_citizen_id(number, today=today), Sex(sex))
    except IdentityError as error:
        entries.problems.append(error.detail("sex"))


def check_login_is_free(session: Session, entries: Entries, of: Account | None = None) -> None:
    """Login names are unique whatever the case of their letters."""
    name = entries.values.get("login_name")
    if name is None:
        return
    other = session.scalar(
        select(Account.id).where(Account.login_key == name.lower()).execution_options(**WHOLE)
    )
    if other is not None and (of is None or of.id != other):
        entries.refuse(
            "login_name",
            "login_name_taken",
            N_("This login name is taken, whatever the case of its letters."),
            "M5",
        )


def check_person_is_free(
    session: Session, entries: Entries, organization_id: int, of: Account | None = None
) -> None:
    """One person, one account per organisation (M5)."""
    number = entries.values.get("citizen_id")
    if number is None:
        return
    other = session.scalar(
        select(Account.id)
        .where(
            Account.organization_id == organization_id,
            Account.citizen_id_digest == person_digest(number),
            Account.state != AccountState.CANCELLED,
        )
        .execution_options(**WHOLE)
    )
    if other is not None and (of is None or of.id != other):
        entries.refuse(
            "citizen_id",
            "already_has_account",
            N_("This person has an account in this organization already."),
            "M5",
        )


def check_commission_roles(
    session: Session, entries: Entries, organization: Organization, roles: set[RoleName]
) -> None:
    """Nobody outside the commission decides, issues or administers the whole (M3)."""
    if roles & COMMISSION_ROLES and not _houses_offices(session, organization):
        entries.refuse(
            "roles",
            "role_of_commission",
            N_("This role is for people of the commission."),
            "M3",
        )


def check_first_administrator(
    session: Session, entries: Entries, organization: Organization, roles: set[RoleName]
) -> None:
    """Outside the commission only the first administrator is opened by hand (M4, 第四条)."""
    if _houses_offices(session, organization):
        return
    if roles != {RoleName.ORGANIZATION_ADMINISTRATOR} or _has_administrator(session, organization):
        entries.refuse(
            "roles",
            "needs_application",
            N_(
                "Only the first administrator of an organization is opened by hand; everybody "
                "else is applied for."
            ),
            "M4",
        )


def _houses_offices(session: Session, organization: Organization) -> bool:
    return (
        session.scalar(
            select(Office.code).where(Office.organization_id == organization.id).limit(1)
        )
        is not None
    )


def _has_administrator(session: Session, organization: Organization) -> bool:
    return (
        session.scalar(
            select(Account.id)
            .where(
                Account.organization_id == organization.id,
                Account.state != AccountState.CANCELLED,
                Account.roles.any(Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value),
            )
            .limit(1)
            .execution_options(**WHOLE)
        )
        is not None
    )


def check_last_security_administrator(
    session: Session, entries: Entries, account: Account, *, taken: set[RoleName]
) -> None:
    """Somebody must remain who can give roles."""
    if RoleName.SECURITY_ADMINISTRATOR not in taken:
        return
    take_turn(session, Turn.ROLES)
    others = session.scalar(
        select(func.count())
        .select_from(Account)
        .where(
            Account.id != account.id,
            Account.state == AccountState.ACTIVE,
            Account.roles.any(Role.name == RoleName.SECURITY_ADMINISTRATOR.value),
        )
        .execution_options(**WHOLE)
    )
    if not others:
        entries.refuse(
            "roles",
            "last_security_administrator",
            N_("Nobody else could give roles any more."),
            "M3",
        )
