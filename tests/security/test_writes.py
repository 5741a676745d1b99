"""What leaves a session lies within the reach of who acts, before the change and after it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState
from app.errors import Forbidden
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.notices import Notice
from app.models.organizations import Organization
from app.security.actor import ACTOR, Actor
from app.security.audit import record
from tests.support.factories import NOON, Office

PAST = {"unscoped": "an attack reaches past the scope"}


def reach(session: Session, model: type[Any], *conditions: Any) -> Any:
    """Load a row that the actor ought not to have in hand."""
    return session.scalars(select(model).where(*conditions).execution_options(**PAST)).first()


def rename_foreign(session: Session) -> None:
    reach(session, Account, Account.login_key == "east.admin").name = "改名"


def delete_foreign(session: Session) -> None:
    session.delete(reach(session, Account, Account.login_key == "east.admin"))


def give_away_own(session: Session) -> None:
    other = reach(session, Organization, Organization.name.like("东城%"))
    reach(session, Account, Account.login_key == "west.admin").organization_id = other.id


def add_to_other_unit(session: Session) -> None:
    other = reach(session, Account, Account.login_key == "east.admin")
    session.add(
        Account(
            name="新人",
            login_name="planted",
            login_key="planted",
            sex=other.sex,
            citizen_id=other.citizen_id,
            citizen_id_digest="0" * 64,
            organization_id=other.organization_id,
            created_at=NOON,
        )
    )


def add_a_key(session: Session) -> None:
    session.add(Key(serial="PLANTED", office_code="RESEARCH", received_at=NOON))


def tell_somebody_else(session: Session) -> None:
    other = reach(session, Account, Account.login_key == "east.admin")
    session.add(
        Notice(
            account_id=other.id,
            code="application_decided",
            params={},
            subject_type="application",
            subject_id=1,
            created_at=NOON,
        )
    )


def rename_another_organization(session: Session) -> None:
    reach(session, Organization, Organization.name.like("东城%")).name = "西城"


def add_a_line_to_a_foreign_form(session: Session) -> None:
    application = reach(session, Application)
    session.add(
        type(application).line_class(application_id=application.id, position=99, name="新人")
    )


def change_the_trail(session: Session) -> None:
    reach(session, AuditEvent).comment = "nothing happened"


def put_in_bulk(session: Session) -> None:
    session.execute(
        insert(Key), [{"serial": "PLANTED", "office_code": "RESEARCH", "received_at": NOON}]
    )


ATTACKS = [
    rename_foreign,
    delete_foreign,
    give_away_own,
    add_to_other_unit,
    add_a_key,
    tell_somebody_else,
    rename_another_organization,
    add_a_line_to_a_foreign_form,
    change_the_trail,
    put_in_bulk,
]


@pytest.mark.rule("M2")
@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_writes_beyond_the_own_reach(
    office: Office, session: Session, attack: Callable[[Session], None]
) -> None:
    office.draft("east")
    with office.acting("west.admin"):
        with pytest.raises(Forbidden) as refused:  # noqa: PT012 - either step may be the refused one
            attack(session)
            session.flush()
        session.rollback()
    assert (refused.value.code, refused.value.rule) == ("outside_reach", "M2")


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a is not give_away_own])
def test_without_an_actor_nothing_is_written(
    office: Office, session: Session, attack: Callable[[Session], None]
) -> None:
    office.draft("east")
    actor = session.info.pop(ACTOR)
    try:
        with pytest.raises(Forbidden):  # noqa: PT012 - either step may be the refused one
            attack(session)
            session.flush()
    finally:
        session.rollback()
        session.info[ACTOR] = actor


def test_what_lies_within_reach_is_written(office: Office, session: Session) -> None:
    with office.acting("west.admin") as actor:
        account = session.scalars(select(Account).where(Account.id == actor.account_id)).one()
        account.language = "en"
        session.commit()
    assert office.account("west.admin").language == "en"


def test_the_trail_is_written_by_everybody_and_by_nobody(office: Office, session: Session) -> None:
    for actor in (office.actor("west.admin"), None):
        before = session.info.pop(ACTOR)
        if actor is not None:
            session.info[ACTOR] = actor
        record(
            session,
            tag="session:refused",
            subject_type="account",
            actor=Actor.system("door"),
            now=NOON,
        )
        session.commit()
        session.info[ACTOR] = before
    assert len(office.events(AuditEvent.tag == "session:refused")) == 2


def test_not_even_who_sees_every_account_moves_one_to_another_organization(
    office: Office, session: Session
) -> None:
    with office.acting("security_administrator"):
        account = session.scalars(select(Account).where(Account.login_key == "east.admin")).one()
        account.organization_id = office.organization("west").id
        with pytest.raises(Forbidden):
            session.flush()
        session.rollback()


def test_a_bulk_change_reaches_the_own_rows_only(office: Office, session: Session) -> None:
    own = office.organization("west").id
    with office.acting("west.admin"):
        session.execute(
            update(Account).values(language="en"), execution_options={"synchronize_session": False}
        )
        session.commit()
    changed = session.scalars(select(Account.organization_id).where(Account.language == "en"))
    assert set(changed) == {own}


def test_a_bulk_removal_reaches_the_own_rows_only(office: Office, session: Session) -> None:
    office.draft("east")
    with office.acting("west.admin"):
        session.execute(delete(ApplicationLine), execution_options={"synchronize_session": False})
        session.commit()
    assert office.count(ApplicationLine) == 1


def test_acts_write_what_their_actor_could_not(office: Office, session: Session) -> None:
    """`fire()` opens accounts in another organisation: it checks for itself and is let through."""
    identity = office.standing_at("completed", "east")
    (line,) = office.application(identity).lines
    assert line.account is not None
    assert line.account.state == AccountState.ACTIVE
