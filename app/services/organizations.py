"""Organisations: registered, corrected, standing in a tree; who houses an office (M2, 第二条)."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import LegalForm, OfficeCode, OrganizationType
from app.catalog.identity import parse_organization_identifier
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Conflict, Detail, InvalidInput
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.offices import District, Office
from app.models.organizations import Organization
from app.security.actor import Actor
from app.security.audit import record, record_change
from app.security.authorise import require, require_reach
from app.services.entries import Entries
from app.services.turns import Turn, take_turn

RULE, ARTICLE = "M2", "第二条"
FIELDS = ("code", "name", "type", "legal_form", "district_code", "parent", "parent_id")
AUDITED = ("code", "name", "type", "legal_form", "district_code", "parent_id")

LEGAL_FORMS: dict[OrganizationType, tuple[LegalForm, ...]] = {
    OrganizationType.MUNICIPAL: (LegalForm.GOVERNMENT,),
    OrganizationType.DISTRICT: (LegalForm.GOVERNMENT,),
    OrganizationType.DEVELOPER: (LegalForm.ENTERPRISE,),
    OrganizationType.FINANCIAL: (LegalForm.FINANCIAL,),
    OrganizationType.OTHER: (LegalForm.ENTERPRISE, LegalForm.INSTITUTION),
}
"""Which legal forms a type can have; where there is one, nobody need say it (M5.2)."""

MAX_ID_DIGITS = 9


def register_organization(
    session: Session, *, raw: Mapping[str, Any], actor: Actor, now: datetime
) -> Organization:
    """Add the organisation that `raw` describes and return it.

    `raw` has code, name, type, legal_form (where the type leaves a choice), district_code, and the
    organisation above as `parent` (its code) or `parent_id`. Raises InvalidInput by field.
    """
    require(actor, Permission.ORGANIZATIONS_ADD)
    entries = Entries(Organization, raw, known=FIELDS, today=office_date(now))
    entries.read("code", "name", "type")
    _read_legal_form(entries, entries.values.get("type"))
    _read_district(session, entries, entries.values.get("type"))
    _read_parent(session, entries, entries.values.get("type"), of=None)
    _check_code_is_free(session, entries, of=None)
    entries.check()
    organization = Organization(
        **entries.values,
        code_kind=parse_organization_identifier(entries.values["code"]).kind,
        created_at=now,
    )
    session.add(organization)
    session.flush()
    record(
        session,
        tag="organization:registered",
        subject=organization,
        organization_id=organization.id,
        actor=actor,
        now=now,
        new=_audited(organization),
        rule=RULE,
        article=ARTICLE,
    )
    return organization


def amend_organization(
    session: Session,
    organization: Organization,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Organization:
    """Correct the fields that `raw` names; what it does not name stays.

    The type stays once anybody has an account or an application there: items hang on it (M4a).
    """
    require(actor, Permission.ORGANIZATIONS_EDIT)
    require_reach(session, actor, organization)
    if expected_version not in {None, organization.version}:
        raise Conflict
    today = office_date(now)
    before = _audited(organization)
    entries = _read_changes(session, organization, raw, today)
    entries.check()
    for name, value in entries.values.items():
        setattr(organization, name, value)
    if "code" in entries.values:
        organization.code_kind = parse_organization_identifier(organization.code).kind
    session.flush()
    record_change(
        session,
        before=before,
        after=_audited(organization),
        tag="organization:amended",
        subject=organization,
        organization_id=organization.id,
        actor=actor,
        now=now,
        comment=comment,
        rule=RULE,
        article=ARTICLE,
    )
    return organization


def seat_offices(
    session: Session,
    organization: Organization,
    *,
    codes: Collection[OfficeCode],
    actor: Actor,
    now: datetime,
) -> None:
    """Say that these offices (第三条) are of `organization`: whose people can work in them."""
    require(actor, Permission.CATALOGUE_EDIT)
    if organization.type != OrganizationType.MUNICIPAL:
        raise InvalidInput(
            details=[
                Detail(
                    "organization",
                    "not_municipal",
                    N_("The offices belong to a municipal management unit."),
                    {},
                    "M3",
                )
            ],
            rule="M3",
        )
    wanted = sorted(codes)
    for office in session.scalars(select(Office).where(Office.code.in_(wanted))):
        before, office.organization_id = office.organization_id, organization.id
        if before == organization.id:
            continue
        session.flush()
        record(
            session,
            tag="office:seated",
            subject_type="office",
            subject_label=office.code,
            organization_id=organization.id,
            actor=actor,
            now=now,
            old={"organization": before} if before else None,
            new={"organization": organization.id},
            rule="M3",
            article="第三条",
        )


def find_organization(session: Session, code: str) -> Organization | None:
    """Return the organisation with this code among those within the actor's reach."""
    return session.scalars(select(Organization).where(Organization.code == code)).one_or_none()


def _audited(organization: Organization) -> dict[str, Any]:
    return {
        name: str(value) if value is not None and not isinstance(value, int) else value
        for name in AUDITED
        for value in [getattr(organization, name)]
    }


def _read_changes(
    session: Session, organization: Organization, raw: Mapping[str, Any], today: date
) -> Entries:
    entries = Entries(Organization, raw, known=FIELDS, today=today)
    entries.read(*(name for name in ("code", "name", "type") if entries.given(name)))
    unit = entries.values.get("type", organization.type)
    if unit != organization.type and _is_in_use(session, organization):
        entries.refuse(
            "type",
            "type_in_use",
            N_("The type cannot change any more: accounts or applications rest on it."),
            "M4a",
        )
    if entries.given("legal_form") or unit != organization.type:
        _read_legal_form(entries, unit)
    if entries.given("district_code") or unit != organization.type:
        _read_district(session, entries, unit, present=organization.district_code)
    if entries.given("parent") or entries.given("parent_id"):
        _read_parent(session, entries, unit, of=organization)
    if "code" in entries.values:
        _check_code_is_free(session, entries, of=organization)
    return entries


def _read_legal_form(entries: Entries, unit: OrganizationType | None) -> None:
    possible = LEGAL_FORMS[unit] if unit is not None else ()
    if not entries.raw.get("legal_form") and len(possible) <= 1:
        entries.values["legal_form"] = possible[0] if possible else None
        return
    entries.read("legal_form")
    chosen = entries.values.get("legal_form")
    if chosen is not None and possible and chosen not in possible:
        entries.refuse(
            "legal_form",
            "form_does_not_fit",
            N_("An organization of this type has one of these legal forms: %(choices)s."),
            "M5.2",
            {"choices": ", ".join(possible)},
        )


def _read_district(
    session: Session,
    entries: Entries,
    unit: OrganizationType | None,
    present: str | None = None,
) -> None:
    code = entries.text("district_code") if entries.given("district_code") else present
    if entries.has_problem("district_code"):
        return
    if code is None:
        entries.values["district_code"] = None
        if unit == OrganizationType.DISTRICT:
            entries.refuse(
                "district_code", "required", N_("A district unit belongs to a district."), RULE
            )
        return
    if session.get(District, code) is None:
        entries.refuse(
            "district_code",
            "unknown_district",
            N_("There is no district %(code)s."),
            RULE,
            {"code": code},
        )
        return
    entries.values["district_code"] = code


def _read_parent(
    session: Session, entries: Entries, unit: OrganizationType | None, *, of: Organization | None
) -> None:
    name = "parent" if entries.given("parent") else "parent_id"
    wanted = entries.text(name)
    if wanted is None:
        entries.values["parent_id"] = None
        return
    column = Organization.code if name == "parent" else Organization.id
    number = (
        wanted
        if name == "parent"
        else int(wanted)
        if wanted.isdecimal() and len(wanted) <= MAX_ID_DIGITS
        else 0
    )
    parent = session.scalars(select(Organization).where(column == number)).one_or_none()
    if parent is None:
        entries.refuse(
            name,
            "unknown_organization",
            N_("There is no organization %(code)s, or it is not yours to see."),
            RULE,
            {"code": wanted},
        )
        return
    if unit is not None and unit.is_management != parent.type.is_management:
        entries.refuse(
            name,
            "parent_of_other_kind",
            N_("Management units stand under management units, enterprises under enterprises."),
            RULE,
        )
    if of is not None and _leads_back(session, parent, of):
        entries.refuse(
            name,
            "circular",
            N_("%(above)s belongs to this organization already; they cannot change places."),
            RULE,
            {"above": parent.name},
        )
    entries.values["parent_id"] = parent.id


def _leads_back(session: Session, parent: Organization, child: Organization) -> bool:
    """Whether `child` would stand above itself; nobody else moves a branch meanwhile."""
    take_turn(session, Turn.TREE)
    seen: set[int] = set()
    above: int | None = parent.id
    while above is not None and above not in seen:
        if above == child.id:
            return True
        seen.add(above)
        above = session.scalar(
            select(Organization.parent_id)
            .where(Organization.id == above)
            .execution_options(unscoped="the tree has no circle anywhere")
        )
    return False


def _check_code_is_free(session: Session, entries: Entries, *, of: Organization | None) -> None:
    code = entries.values.get("code")
    if code is None:
        return
    other = session.scalar(
        select(Organization.id)
        .where(Organization.code == code)
        .execution_options(unscoped="codes are unique over all")
    )
    if other is not None and (of is None or other != of.id):
        entries.refuse(
            "code", "code_taken", N_("An organization with this code is registered already."), RULE
        )


def _is_in_use(session: Session, organization: Organization) -> bool:
    reason = {"unscoped": "whoever belongs to the organisation counts"}
    return any(
        session.scalar(
            select(model.id)
            .where(model.organization_id == organization.id)
            .limit(1)
            .execution_options(**reason)
        )
        is not None
        for model in (Account, Application)
    )
