"""Accounts opened by hand, corrected, given roles and passwords (M2, M4, M5, 第五条).

By hand open only the commission's own people and the first administrator of an organisation; all
others come by an application. Suspending, restoring, cancelling are acts: `perform()`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState
from app.catalog.identity import mask_citizen_id
from app.catalog.permissions import Permission, RoleName
from app.clock import office_date
from app.errors import Conflict, Forbidden, Refused
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import ApplicationLine
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require, require_reach
from app.services.account_checks import (
    check_commission_roles,
    check_first_administrator,
    check_last_security_administrator,
    check_login_is_free,
    check_person_is_free,
    check_sex_agrees,
    read_office,
    read_organization,
    read_roles,
    role_rows,
)
from app.services.entries import Entries
from app.workflow.effects.keys import new_password, set_password
from app.workflow.form import person_digest
from app.workflow.review import is_same_person

RULE, ARTICLE = "M5", "第五条"
PERSON = ("name", "sex", "citizen_id", "login_name")
FIELDS = (*PERSON, "organization", "organization_id", "office_code", "roles")
AMENDABLE = (*PERSON, "office_code")


def open_account(
    session: Session, *, raw: Mapping[str, Any], actor: Actor, now: datetime
) -> Account:
    """Open a pending account by hand and return it; the key makes it active (M4).

    `raw` has name, sex, citizen_id, login_name, roles (names), the organisation as `organization`
    (its code) or `organization_id`, office_code for people of an office. Raises InvalidInput naming
    every field that is wrong.
    """
    require(actor, Permission.ACCOUNTS_ADD)
    require(actor, Permission.ROLES_ASSIGN)
    entries = Entries(Account, raw, known=FIELDS, today=office_date(now))
    entries.read(*PERSON)
    organization = read_organization(session, entries)
    office = read_office(session, entries, organization)
    roles = read_roles(entries, entries.raw.get("roles"), office)
    check_sex_agrees(entries, today=office_date(now))
    check_login_is_free(session, entries)
    if organization is not None:
        check_person_is_free(session, entries, organization.id)
        check_commission_roles(session, entries, organization, roles)
        check_first_administrator(session, entries, organization, roles)
    entries.check()
    assert organization is not None
    values = entries.values
    account = Account(
        **{name: values[name] for name in PERSON},
        login_key=values["login_name"].lower(),
        citizen_id_digest=person_digest(values["citizen_id"]),
        organization=organization,
        organization_id=organization.id,
        office_code=office.code if office is not None else None,
        created_at=now,
        opened_by_id=actor.account_id,
        roles=role_rows(session, roles),
    )
    session.add(account)
    session.flush()
    record(
        session,
        tag="account:opened",
        subject=account,
        actor=actor,
        now=now,
        new={
            "state": AccountState.PENDING.value,
            "office": account.office_code,
            "roles": sorted(role.value for role in roles),
        },
        rule="M4",
        article="第四条",
    )
    return account


def amend_account(
    session: Session,
    account: Account,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Account:
    """Correct the fields that `raw` names; what it does not name stays. Nobody corrects the own."""
    _may_change(session, account, actor, Permission.ACCOUNTS_EDIT, expected_version)
    entries = Entries(Account, raw, known=AMENDABLE, today=office_date(now))
    entries.read(*(name for name in PERSON if entries.given(name)))
    if entries.given("office_code"):
        office = read_office(session, entries, account.organization)
        entries.values["office_code"] = office.code if office is not None else None
        read_roles(entries, [role.name for role in account.roles], office)
    check_sex_agrees(entries, today=office_date(now), present=account)
    check_login_is_free(session, entries, of=account)
    check_person_is_free(session, entries, account.organization_id, of=account)
    entries.check()
    old, new = {}, {}
    for name, value in entries.values.items():
        before = getattr(account, name)
        if before == value:
            continue
        hidden = name == "citizen_id"
        old[name] = mask_citizen_id(before) if hidden else before
        new[name] = mask_citizen_id(value) if hidden else value
        setattr(account, name, value)
    account.login_key = account.login_name.lower()
    account.citizen_id_digest = person_digest(account.citizen_id)
    session.flush()
    if new:
        record(
            session,
            tag="account:amended",
            subject=account,
            actor=actor,
            now=now,
            old=old,
            new=new,
            comment=comment,
            rule=RULE,
            article=ARTICLE,
        )
    return account


def assign_roles(
    session: Session,
    account: Account,
    roles: Iterable[str],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Account:
    """Let `account` hold exactly `roles` (names).

    三员分立: never two of the three administrators in one account; nobody changes the own roles;
    somebody always remains who can give roles. The person's sessions end: what a page offered
    before is not offered any more.
    """
    _may_change(session, account, actor, Permission.ROLES_ASSIGN, expected_version)
    entries = Entries(Account, {}, known=FIELDS, today=office_date(now))
    wanted = read_roles(entries, list(roles), account.office)
    check_commission_roles(session, entries, account.organization, wanted)
    before = {RoleName(role.name) for role in account.roles}
    check_last_security_administrator(session, entries, account, taken=before - wanted)
    entries.check()
    if before != wanted:
        account.roles = role_rows(session, wanted)
        account.epoch += 1
        session.flush()
        record(
            session,
            tag="account:roles_assigned",
            subject=account,
            actor=actor,
            now=now,
            old={"roles": sorted(before)},
            new={"roles": sorted(wanted)},
            comment=comment,
            rule="M3",
            article="第三条",
        )
    return account


def reset_password(session: Session, account: Account, *, actor: Actor, now: datetime) -> str:
    """Give `account` a first password anew, return it for the telling, end every session (M8)."""
    _may_change(session, account, actor, Permission.ACCOUNTS_PASSWORD, None)
    if account.state not in {AccountState.ACTIVE, AccountState.SUSPENDED}:
        raise Refused(
            N_("The account has no password before its key and none after its end."),
            code="no_password_now",
            rule="M4",
            article="第四条",
        )
    password = new_password()
    set_password(account, password, must_change=True)
    session.flush()
    record(
        session,
        tag="account:password_reset",
        subject=account,
        actor=actor,
        now=now,
        rule="M8",
        article="第八条",
    )
    return password


def reveal_citizen_id(
    session: Session, row: Account | ApplicationLine, *, actor: Actor, now: datetime
) -> str:
    """Return the whole number of a person within the actor's reach; the revealing is recorded."""
    require(actor, Permission.ACCOUNTS_REVEAL)
    require_reach(session, actor, row)
    on_form = isinstance(row, ApplicationLine)
    record(
        session,
        tag="account:revealed" if not on_form else "application:person_revealed",
        subject=row.application if on_form else row,
        actor=actor,
        now=now,
        new={"line": row.position} if on_form else None,
        rule=RULE,
        article=ARTICLE,
    )
    session.flush()
    return getattr(row, "citizen_id", None) or ""


def find_account(session: Session, login_name: str) -> Account | None:
    """Return the account with this login name among those within the actor's reach."""
    key = login_name.strip().lower().replace("\x00", "")
    return session.scalars(select(Account).where(Account.login_key == key)).one_or_none()


def _may_change(
    session: Session,
    account: Account,
    actor: Actor,
    permission: Permission,
    expected_version: int | None,
) -> None:
    require(actor, permission)
    require_reach(session, actor, account)
    if is_same_person(actor, account):
        raise Forbidden(N_("Nobody can do this to the own account."), code="own_account", rule="X4")
    if expected_version not in {None, account.version}:
        raise Conflict
    if account.state == AccountState.CANCELLED:
        raise Refused(
            N_("The account was cancelled: its record stays as it is."),
            code="account_cancelled",
            rule="M6.1",
            article="第六条（一）",
        )
