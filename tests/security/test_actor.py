"""Who acts: everything that the own roles and office give, and nothing that others hold."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import Channel
from app.catalog.loader import load_catalog
from app.catalog.permissions import BUNDLES, RoleName
from app.models.accounts import Account
from app.models.roles import Role
from app.security.actor import load_actor, read_person
from tests.support.factories import Office, staff
from tests.support.statements import statements

OFFICES = {office.code: office for office in load_catalog().offices}


@pytest.mark.parametrize(
    ("login", "office_code", "role"), [(login, code, role) for login, _unit, code, role in staff()]
)
def test_an_actor_holds_the_own_roles_rights_and_duties(
    office: Office, session: Session, login: str, office_code: str | None, role: RoleName
) -> None:
    account = office.account(login)
    held = {RoleName(name) for name in (each.name for each in account.roles)}

    actor = load_actor(session, account, channel=Channel.PAGE)

    assert role in held
    assert actor.roles == {name.value for name in held}
    assert actor.permissions == frozenset().union(*(BUNDLES[name] for name in held))
    assert actor.office == office_code
    assert actor.duties == frozenset(OFFICES[office_code].duties if office_code else ())
    assert actor.organization_id == account.organization_id


def test_an_account_without_roles_may_nothing(office: Office, session: Session) -> None:
    account = office.account("east.admin")
    account.roles = []
    session.commit()

    actor = load_actor(session, account, channel=Channel.PAGE)

    assert (actor.roles, actor.permissions, actor.duties) == (set(), set(), set())


def test_a_role_that_the_program_does_not_know_opens_nothing(
    office: Office, session: Session
) -> None:
    account = office.account("east.admin")
    account.roles = [Role(name="of another release")]
    session.commit()

    actor = load_actor(session, account, channel=Channel.PAGE)

    assert actor.roles == {"of another release"}
    assert not actor.permissions


def test_nobody_stands_behind_an_unknown_number(office: Office, session: Session) -> None:
    assert read_person(session, 10**9) is None


def test_a_person_is_read_in_one_statement(office: Office, session: Session) -> None:
    identity = session.scalar(select(Account.id).where(Account.login_key == "reg1"))
    assert identity is not None
    session.rollback()
    session.expunge_all()

    with statements(session.get_bind().engine) as seen:
        person = read_person(session, identity)
        assert person is not None
        assert person.acting_through(Channel.PAGE).organization_type is not None

    assert len(seen) == 1
