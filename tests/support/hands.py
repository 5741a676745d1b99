"""Hands that tests of accounts and keys share: opening by hand, handing a key over."""

from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.lifecycles import KEY
from app.errors import DomainError
from app.models.accounts import Account
from app.models.keys import Key
from app.services.accounts import open_account
from app.workflow.act import Act
from app.workflow.effects.keys import put_in_place_of
from tests.support.factories import Office
from tests.support.people import person

SECURITY = "security_administrator"


def entries(office: Office, **changed: Any) -> dict[str, Any]:
    return {
        **person(500),
        "login_name": "Xin.Lai",
        "organization": office.organization("commission").code,
        "office_code": "REG",
        "roles": ["reviewer"],
        **changed,
    }


def open_by(office: Office, login: str = SECURITY, **changed: Any) -> Account:
    with office.acting(login) as actor:
        return open_account(
            office.session, raw=entries(office, **changed), actor=actor, now=office.now
        )


def issue_key(office: Office, login: str, serial: str, by: str) -> Any:
    """Let `by` hand the key to the person of an account opened by hand."""
    return office.perform(
        by,
        office.account(login).id,
        "issue_key",
        model=Account,
        data={"key_serial": serial},
    )


def activate(office: Office, login: str, officer: str = "research1") -> Account:
    issue_key(office, login, office.free_serials(officer[:-1].upper())[0], officer)
    return office.account(login)


def said(error: pytest.ExceptionInfo[DomainError]) -> list[tuple[str, str, str | None]]:
    """What was wrong: field, code, rule."""
    return [(detail.field, detail.code, detail.rule) for detail in error.value.details]


def exchange_key(office: Office, old: int, serial: str, by: str, *, comment: str) -> None:
    """Let the key with `serial` take the place of another, as the effects of forms do."""
    with office.acting(by) as actor:
        first = office.session.get_one(Key, old)
        second = office.session.scalars(select(Key).where(Key.serial == serial)).one()
        form = Act(
            session=office.session,
            subject=first,
            transition=KEY.transitions[0],
            actor=actor,
            now=office.now,
            comment=comment,
            raw={},
        )
        put_in_place_of(form, first, second, reason=comment)
        office.session.commit()


def stand_in(office: Office, unit: str, login: str) -> None:
    """Let `login`, who administers another unit, administer this one: its own can then go."""
    office.account(login).organization_id = office.organization(unit).id
    office.session.commit()
