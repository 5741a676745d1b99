"""Business: put on record, corrected, counted; finishing and deleting are acts (第六条, 第七条)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.business import OWN_STAGES, business_types, stages_of, types_for
from app.catalog.enums import AccountState, CaseState
from app.catalog.permissions import Permission
from app.catalog.types import Act as Stage
from app.clock import OFFICE_ZONE, office_date
from app.errors import Conflict, Forbidden
from app.i18n import N_
from app.models.accounts import Account
from app.models.cases import Case
from app.models.offices import District
from app.security.actor import Actor
from app.security.audit import record, record_change
from app.security.authorise import require, require_reach
from app.services.entries import Entries
from app.services.organizations import MAX_ID_DIGITS
from app.workflow.cases import answers_for, content_of, unfinished
from app.workflow.numbers import next_number

__all__ = ["amend_case", "read_case", "record_case", "unfinished"]

RULE, ARTICLE = "M6", "第六条"
PREFIX = "YW"
OWN_SERIES = re.compile(rf"{PREFIX}[0-9]{{13}}")
FIELDS = (
    "number",
    "business_type",
    "owner",
    "owner_id",
    "district_code",
    "stage",
    "opened_at",
    "accepted_at",
)
AMENDABLE = ("district_code", "stage", "accepted_at")
IN_PART = 500


@dataclass(slots=True)
class Known:
    """What the rows to be recorded refer to, read at once for however many rows."""

    owners: dict[str, Account] = field(default_factory=dict)
    """By login name in small letters, and by `#id`."""
    districts: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    """Numbers on record, of any organisation."""


def look_up(session: Session, rows: Iterable[Mapping[str, Any]]) -> Known:
    """Read the accounts within reach that the rows name, the districts, the numbers taken."""
    raws = list(rows)
    known = Known(districts=set(session.scalars(select(District.code))))
    logins = {_folded(raw.get("owner")) for raw in raws} - {""}
    ids = {int(text) for raw in raws if (text := _identity(raw.get("owner_id")))}
    numbers = {_folded(raw.get("number")).upper() for raw in raws} - {""}
    for part in _parts(logins):
        for account in session.scalars(select(Account).where(Account.login_key.in_(part))):
            known.owners[account.login_key] = account
    for part in _parts(ids):
        for account in session.scalars(select(Account).where(Account.id.in_(part))):
            known.owners[f"#{account.id}"] = account
    everywhere = {"unscoped": "case numbers are unique over all"}
    for part in _parts(numbers):
        taken = select(Case.number).where(Case.number.in_(part)).execution_options(**everywhere)
        known.numbers.update(session.scalars(taken))
    return known


def record_case(session: Session, *, raw: Mapping[str, Any], actor: Actor, now: datetime) -> Case:
    """Put the business that `raw` describes on record and return it.

    `raw` has business_type (code), the owner as `owner` (login name) or `owner_id` (the actor
    unless named), district_code (the organisation's own unless named), number (given unless named)
    and stage; who takes business over from the running system says opened_at and accepted_at too.
    Raises InvalidInput by field.
    """
    require(actor, Permission.CASES_ADD)
    case = read_case(look_up(session, [raw]), raw, actor=actor, now=now)
    return enter_case(session, case, actor=actor, now=now)


def enter_case(session: Session, case: Case, *, actor: Actor, now: datetime) -> Case:
    """Add what `read_case` made, with a number if it has none, and the event of it."""
    if not case.number:
        case.number = next_number(session, PREFIX, office_date(now))
    enter_cases(session, [case], actor=actor, now=now)
    return case


def enter_cases(session: Session, cases: Sequence[Case], *, actor: Actor, now: datetime) -> None:
    """Add cases that have their numbers, with an event each."""
    for start in range(0, len(cases), IN_PART):
        part = cases[start : start + IN_PART]
        session.add_all(part)
        session.flush()
        for case in part:
            content = content_of(case)
            record(
                session,
                tag="cases:recorded",
                subject=case,
                person_id=case.owner_id,
                actor=actor,
                now=now,
                new={name: value for name, value in content.items() if value is not None},
                rule=RULE,
                article=ARTICLE,
            )


def read_case(known: Known, raw: Mapping[str, Any], *, actor: Actor, now: datetime) -> Case:
    """Return the case that `raw` describes, in no session yet; raise InvalidInput by field."""
    entries = Entries(Case, raw, known=FIELDS, today=office_date(now))
    owner = _read_owner(entries, known, actor)
    _read_number(entries, known)
    _read_type(entries, owner)
    _read_district(entries, known, owner)
    opened_at = _read_moment(entries, "opened_at", actor, now) or now
    accepted_at = _read_moment(entries, "accepted_at", actor, now)
    business_type = entries.values.get("business_type")
    stage = _read_stage(entries, business_type, actor, accepted_at)
    _check_stage_and_moment(entries, stage, opened_at, accepted_at)
    entries.check()
    assert owner is not None
    return Case(
        number=entries.values.get("number"),
        business_type=business_type,
        owner_id=owner.id,
        owner=owner,
        organization_id=owner.organization_id,
        organization=owner.organization,
        district_code=entries.values["district_code"],
        stage=stage,
        opened_at=opened_at,
        accepted_at=accepted_at,
    )


def amend_case(
    session: Session,
    case: Case,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Case:
    """Correct stage, district or acceptance of unfinished business; what is not named stays."""
    require(actor, Permission.CASES_EDIT)
    require_reach(session, actor, case)
    if not answers_for(actor, case):
        raise Forbidden(
            N_("Only its owner or the owner's organization can do this."),
            code="not_your_business",
            rule=RULE,
            article=ARTICLE,
        )
    if expected_version not in {None, case.version}:
        raise Conflict
    if case.state != CaseState.OPEN:
        raise Conflict(
            N_("This business is over and can no longer be changed."), code="case_is_over"
        )
    before = _audited(case)
    entries = Entries(Case, raw, known=AMENDABLE, today=office_date(now))
    if entries.given("district_code"):
        _read_district(entries, look_up(session, []), case.owner)
    accepted_at = case.accepted_at
    if entries.given("accepted_at"):
        accepted_at = _read_moment(entries, "accepted_at", actor, now)
    if entries.given("stage"):
        stage = _read_stage(entries, case.business_type, actor, accepted_at)
    else:
        stage = case.stage
    _check_stage_and_moment(entries, stage, case.opened_at, accepted_at)
    entries.check()
    case.stage, case.accepted_at = str(stage), accepted_at
    case.district_code = entries.values.get("district_code", case.district_code)
    session.flush()
    record_change(
        session,
        before=before,
        after=_audited(case),
        tag="cases:amended",
        subject=case,
        person_id=case.owner_id,
        actor=actor,
        now=now,
        comment=comment,
        rule=RULE,
        article=ARTICLE,
    )
    return case


def _audited(case: Case) -> dict[str, Any]:
    told = {name: getattr(case, name) for name in AMENDABLE}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in told.items()
    }


def _folded(raw: Any) -> str:
    return raw.strip().lower() if isinstance(raw, str) and "\x00" not in raw else ""


def _identity(raw: Any) -> str:
    text = str(raw).strip() if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else ""


def _parts(values: set[Any]) -> Iterable[list[Any]]:
    ordered = sorted(values)
    return (ordered[n : n + IN_PART] for n in range(0, len(ordered), IN_PART))


def _read_owner(entries: Entries, known: Known, actor: Actor) -> Account | None:
    name = "owner" if entries.given("owner") else "owner_id"
    wanted = entries.text(name)
    if wanted is None:
        if not entries.has_problem(name):
            entries.refuse(name, "required", N_("Say whose business it is."), RULE)
        return None
    key = wanted.lower() if name == "owner" else f"#{int(_identity(wanted) or 0)}"
    owner = known.owners.get(key)
    if owner is None:
        entries.refuse(
            name,
            "unknown_account",
            N_("There is no account %(login)s, or it is not yours to see."),
            RULE,
            {"login": wanted},
        )
        return None
    takes_over = actor.may(Permission.CASES_IMPORT)
    manages = actor.may(Permission.APPLICATIONS_ADD)
    own_unit = manages and owner.organization_id == actor.organization_id
    if not (takes_over or own_unit or owner.id == actor.account_id):
        entries.refuse(
            name, "not_your_business", N_("You can record business of your own only."), RULE
        )
    if owner.state == AccountState.CANCELLED and not takes_over:
        entries.refuse(
            name,
            "account_cancelled",
            N_("Account %(login)s is cancelled and takes on no business."),
            "M6.1",
            {"login": owner.login_name},
        )
    return owner


def _read_number(entries: Entries, known: Known) -> None:
    entries.read("number")
    number = entries.values["number"] = (entries.values.get("number") or "").upper()
    if number in known.numbers:
        entries.refuse(
            "number", "number_taken", N_("Business with this number is on record already."), "B1"
        )
    elif number and OWN_SERIES.fullmatch(number):
        entries.refuse(
            "number",
            "own_series",
            N_("Numbers of this kind are given here: leave it empty."),
            "B1",
        )


def _read_type(entries: Entries, owner: Account | None) -> None:
    entries.read("business_type")
    code = entries.values.get("business_type")
    if not code:
        return
    if code not in business_types():
        entries.refuse(
            "business_type",
            "unknown_business_type",
            N_("There is no business type %(code)s."),
            "B1",
            {"code": code},
        )
    elif owner is not None and code not in types_for(owner.organization.type):
        entries.refuse(
            "business_type",
            "type_of_another_tier",
            N_("No permission item of this kind of organization opens this business type."),
            "M4",
        )


def _read_district(entries: Entries, known: Known, owner: Account | None) -> None:
    code = entries.text("district_code")
    if entries.has_problem("district_code"):
        return
    if code is None and owner is not None:
        code = owner.organization.district_code
    if code is None:
        entries.refuse(
            "district_code", "required", N_("Say in which district it is accepted."), "M7"
        )
    elif code not in known.districts:
        entries.refuse(
            "district_code",
            "unknown_district",
            N_("There is no district %(code)s."),
            "M7",
            {"code": code},
        )
    else:
        entries.values["district_code"] = code


def _read_stage(
    entries: Entries, business_type: str | None, actor: Actor, accepted_at: datetime | None
) -> str:
    entries.read("stage")
    stage: str | None = entries.values.get("stage")
    known = business_type in business_types()
    stages = stages_of(business_type) if known and business_type else tuple(Stage)
    if not stage:
        past = [each for each in stages if each not in OWN_STAGES]
        return (past[0] if accepted_at is not None and past else OWN_STAGES[0]).value
    if stage not in {each.value for each in stages}:
        entries.refuse(
            "stage",
            "unknown_stage",
            N_("This business type has these stages: %(stages)s."),
            "B1",
            {"stages": ", ".join(stages)},
        )
    elif stage not in OWN_STAGES and not actor.may(Permission.CASES_IMPORT):
        entries.refuse(
            "stage",
            "stage_is_an_offices",
            N_("By its owner's hand business comes as far as: %(stages)s."),
            "M7",
            {"stages": ", ".join(OWN_STAGES)},
        )
    return stage


def _read_moment(entries: Entries, name: str, actor: Actor, now: datetime) -> datetime | None:
    written = entries.text(name)
    if written is None or entries.has_problem(name):
        return None
    if not actor.may(Permission.CASES_IMPORT):
        entries.refuse(
            name, "not_yours_to_say", N_("Only the running system's takeover says this."), "M7"
        )
        return None
    try:
        moment = datetime.fromisoformat(written)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=OFFICE_ZONE)
        moment = moment.astimezone(UTC)
        ahead = moment > now
    except (ValueError, OverflowError):
        entries.refuse(
            name, "not_a_moment", N_("A date or a moment is expected, such as 2026-11-21."), "M7"
        )
        return None
    if ahead:
        entries.refuse(name, "in_the_future", N_("This lies in the future."), "M7")
        return None
    return moment


def _check_stage_and_moment(
    entries: Entries, stage: str, opened_at: datetime, accepted_at: datetime | None
) -> None:
    if entries.has_problem("stage") or entries.has_problem("accepted_at"):
        return
    if accepted_at is None and stage not in OWN_STAGES:
        words = N_("Say when it was accepted: it is past applying.")
        entries.refuse("accepted_at", "required", words, "M7")
    elif accepted_at is not None and stage in OWN_STAGES:
        words = N_("What was accepted is past applying.")
        entries.refuse("stage", "stage_before_acceptance", words, "M7")
    elif accepted_at is not None and accepted_at < opened_at:
        words = N_("It cannot have been accepted before it was opened.")
        entries.refuse("accepted_at", "accepted_too_early", words, "M7")
