"""The row scopes hold under aliases, in subqueries, for what is joined and for what comes later."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select, exists, func, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.security.actor import ACTOR, Actor, acting
from tests.support.factories import Office
from tests.support.statements import statements

Other = aliased(Account)
Unit = aliased(Organization)
Work = aliased(WorkItem)


def part() -> Any:
    return select(Account.organization_id).limit(1000).subquery()


QUERIES: dict[str, Callable[[], Select[Any]]] = {
    "plain": lambda: select(Account.organization_id),
    "alias": lambda: select(Other.organization_id),
    "joined alias": lambda: (
        select(Other.organization_id).select_from(Key).join(Other, Other.id == Key.holder_id)
    ),
    "outer alias": lambda: (
        select(Unit.id).select_from(Account).outerjoin(Unit, Unit.id == Account.organization_id)
    ),
    "subquery": lambda: select(part().c.organization_id),
    "cte": lambda: select(select(Account.organization_id).cte().c.organization_id),
    "in": lambda: select(Organization.id).where(
        Organization.id.in_(select(Account.organization_id))
    ),
    "union": lambda: select(
        union_all(select(Account.organization_id), select(Account.organization_id))
        .subquery()
        .c.organization_id
    ),
    "entity over a subquery": lambda: select(
        aliased(Account, select(Account).subquery()).organization_id
    ),
}


@pytest.mark.rule("M2")
@pytest.mark.parametrize("name", QUERIES)
def test_every_shape_of_query_is_narrowed(office: Office, session: Session, name: str) -> None:
    own = office.organization("west").id
    with office.acting("west.admin"):
        found = set(session.scalars(QUERIES[name]()))
    assert found <= {own, None}
    with acting(session, Actor.system("whole")):
        assert name == "joined alias" or len(set(session.scalars(QUERIES[name]()))) > 1


def test_counts_and_existence_are_narrowed(office: Office, session: Session) -> None:
    foreign = office.account("east.admin").id
    with office.acting("west.admin"):
        assert session.scalar(select(func.count(Account.id))) == 1
        assert session.scalar(select(func.count()).select_from(part())) == 1
        assert session.scalar(select(select(func.count(Account.id)).scalar_subquery())) == 1
        assert session.scalar(select(exists().where(Account.id == foreign))) is False


def test_one_actor_s_rows_are_never_another_s(office: Office, session: Session) -> None:
    """The compiled statement is kept from one to the next: what it asks for is not."""
    for unit in ("west", "east", "bank", "west"):
        own = office.organization(unit).id
        with office.acting(f"{unit}.admin"):
            for query in QUERIES.values():
                assert set(session.scalars(query())) <= {own, None}


def test_what_is_joined_to_be_loaded_along_is_narrowed(office: Office, session: Session) -> None:
    stranger = office.actor("reg1", permissions=frozenset(), office=None, organization_id=-1)
    for option in (joinedload, selectinload):
        session.expunge_all()
        with acting(session, stranger):
            statement = select(Account).options(option(Account.organization))
            account = session.scalars(statement).unique().one()
            assert account.organization is None


def test_what_is_loaded_later_is_narrowed_for_who_acts_by_then(
    office: Office, session: Session
) -> None:
    office.standing_at("completed")
    holder = session.scalars(select(Key.holder_id).where(Key.state == "issued")).one()
    session.expunge_all()
    with office.acting("research1"):
        key = session.scalars(select(Key).where(Key.holder_id == holder)).one()
        account = session.scalars(
            select(Account).where(Account.id == holder).options(selectinload(Account.keys))
        ).one()
        assert account.keys == [key]
    session.expire_all()
    with office.acting("service1"):
        assert account.keys == []
    session.expire_all()
    with acting(session, Actor.system("effects")):
        assert account.keys == [key]


def test_an_office_s_work_is_narrowed_under_an_alias_too(office: Office, session: Session) -> None:
    office.submitted("east")
    office.submitted("developer")
    with office.acting("service1") as actor:
        plain = set(session.scalars(select(WorkItem.duty)))
        assert set(session.scalars(select(Work.duty))) == plain == actor.duties
        joined = select(Application.id, Work.id).outerjoin(
            Work, Work.application_id == Application.id
        )
        assert len(session.execute(joined).all()) == 1


def test_without_an_actor_every_shape_is_empty(office: Office, session: Session) -> None:
    actor = session.info.pop(ACTOR)
    try:
        for query in QUERIES.values():
            assert session.scalars(query()).all() == []
    finally:
        session.info[ACTOR] = actor


def test_who_sees_everything_is_not_narrowed_at_all(office: Office, session: Session) -> None:
    with office.acting("auditor"), statements(session.get_bind().engine) as seen:
        session.scalars(select(Account.id)).all()
    assert "WHERE" not in seen[-1]
