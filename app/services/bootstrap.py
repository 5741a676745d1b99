"""The first two people of an installation, of whom all others follow (M2, M4; 三员分立).

Nobody works before account and key exist (第四条), and both are given by people. So the system
itself, once, registers the commission, takes two keys into stock, opens the accounts of a security
administrator and of a key officer of the research centre, and hands them their keys. Every step is
a verb or act like any other and is recorded as done by the bootstrap.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalog.enums import Channel, Duty, OfficeCode, OrganizationType
from app.catalog.permissions import Permission, RoleName
from app.errors import Conflict, Detail, InvalidInput, Refused
from app.i18n import N_
from app.models.accounts import Account
from app.models.audit import NumberSeries
from app.models.offices import OfficeDuty
from app.models.organizations import Organization
from app.models.roles import Role
from app.security.actor import Actor, acting
from app.security.audit import record
from app.services.accounts import open_account
from app.services.keys import issue_key_to, receive_keys
from app.services.organizations import register_organization, seat_offices

RULE, ARTICLE = "M4", "第四条"
ONCE = {"prefix": "BOOT", "day": "once"}
RIGHTS = (
    Permission.ORGANIZATIONS_ADD,
    Permission.CATALOGUE_EDIT,
    Permission.ACCOUNTS_ADD,
    Permission.ROLES_ASSIGN,
    Permission.KEYS_ADD,
    Permission.KEYS_ISSUE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAccount:
    """One of the two; the password is told here and nowhere again."""

    account: Account
    password: str
    key_serial: str


def bootstrap(
    session: Session,
    *,
    organization: Mapping[str, Any],
    administrator: Mapping[str, Any],
    officer: Mapping[str, Any],
    now: datetime,
    channel: Channel = Channel.CLI,
    remote_addr: str = "",
) -> tuple[FirstAccount, FirstAccount]:
    """Make the commission (`organization`: code, name) with its two first people and return them.

    `administrator` and `officer` have name, sex, citizen_id, login_name and `key_serial`. Raises
    Conflict once anybody has an account, Refused before the catalogue is there, InvalidInput naming
    every field by whose it is (`officer.citizen_id`).
    """
    actor = replace(
        Actor.system("bootstrap", *RIGHTS, channel=channel),
        office=OfficeCode.RESEARCH,
        duties=frozenset({Duty.ISSUE_MANAGEMENT_KEYS}),
        remote_addr=remote_addr,
    )
    with acting(session, actor):
        _refuse_second(session)
        _require_catalogue(session)
        commission = _commission(session, organization, actor=actor, now=now)
        people = {"administrator": administrator, "officer": officer}
        _take_keys(session, people, actor=actor, now=now)
        accounts = _open(session, people, commission, actor=actor, now=now)
        made = []
        for who, account in accounts.items():
            outcome = issue_key_to(
                session, account, str(people[who]["key_serial"]), actor=actor, now=now
            )
            made.append(
                FirstAccount(
                    account=account,
                    password=outcome.secrets["initial_password"],
                    key_serial=outcome.result["key_serial"],
                )
            )
        record(
            session,
            tag="account:bootstrapped",
            subject=commission,
            organization_id=commission.id,
            actor=actor,
            now=now,
            new={first.account.login_name: first.key_serial for first in made},
            rule=RULE,
            article=ARTICLE,
        )
        session.flush()
    return made[0], made[1]


def _refuse_second(session: Session) -> None:
    """Once and never again, two at the same moment included: the row can stand only once."""
    already = Conflict(
        N_("There are accounts already: who may open accounts opens the others."),
        code="already_bootstrapped",
        rule=RULE,
        article=ARTICLE,
    )
    if _someone_is_there(session):
        raise already
    try:
        session.add(NumberSeries(**ONCE, last=1))
        session.flush()
    except IntegrityError as error:
        raise already from error


def _someone_is_there(session: Session) -> bool:
    return session.scalar(select(Account.id).limit(1)) is not None


def _require_catalogue(session: Session) -> None:
    duties = session.scalars(select(OfficeDuty.duty)).all()
    roles = session.scalars(select(Role.name)).all()
    if set(duties) != set(Duty) or not set(roles) >= set(RoleName):
        raise Refused(
            N_("Offices, duties or roles are missing: run `catalog sync` first."),
            code="no_catalogue",
            rule="M3",
            article="第三条",
        )


def _commission(
    session: Session, raw: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Organization:
    with _whose("organization"):
        commission = register_organization(
            session,
            raw={**raw, "type": OrganizationType.MUNICIPAL.value},
            actor=actor,
            now=now,
        )
    seat_offices(session, commission, codes=list(OfficeCode), actor=actor, now=now)
    return commission


def _take_keys(
    session: Session, people: Mapping[str, Mapping[str, Any]], *, actor: Actor, now: datetime
) -> None:
    try:
        receive_keys(
            session,
            [person.get("key_serial") for person in people.values()],
            actor=actor,
            now=now,
        )
    except InvalidInput as error:
        whose = {f"serials.{row}": who for row, who in enumerate(people, start=1)}
        error.details = tuple(
            replace(d, field=f"{whose[d.field]}.key_serial" if d.field in whose else d.field)
            for d in error.details
        )
        raise


def _open(
    session: Session,
    people: Mapping[str, Mapping[str, Any]],
    commission: Organization,
    *,
    actor: Actor,
    now: datetime,
) -> dict[str, Account]:
    posts: dict[str, dict[str, Any]] = {
        "administrator": {"roles": [RoleName.SECURITY_ADMINISTRATOR.value]},
        "officer": {
            "roles": [RoleName.KEY_OFFICER.value],
            "office_code": OfficeCode.RESEARCH.value,
        },
    }
    accounts: dict[str, Account] = {}
    problems: list[Detail] = []
    for who, post in posts.items():
        person = {name: value for name, value in people[who].items() if name != "key_serial"}
        try:
            with _whose(who):
                accounts[who] = open_account(
                    session,
                    raw={**person, **post, "organization": commission.code},
                    actor=actor,
                    now=now,
                )
        except InvalidInput as error:
            problems += error.details
    if problems:
        raise InvalidInput(details=problems, rule=problems[0].rule)
    return accounts


@contextmanager
def _whose(who: str) -> Iterator[None]:
    """Say of every refused field whose it is."""
    try:
        yield
    except InvalidInput as error:
        error.details = tuple(replace(d, field=f"{who}.{d.field}") for d in error.details)
        raise
