"""Lists, counts, tabs, searches and single rows end where the actor's reach ends."""

import pytest
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.services.listing import MAX_SIZE, find_row, load
from app.services.resources import RESOURCES
from tests.support.factories import Office
from tests.support.lists import Ask, everybody, ids, where

ACCOUNTS = RESOURCES["accounts"]


def test_a_unit_s_administrator_lists_counts_and_finds_the_own_people_only(
    ask: Ask, office: Office, session: Session
) -> None:
    own = [a for a in everybody(session) if a.organization_id == office.organization("west").id]
    east = office.organization("east").id
    with office.acting("west.admin"):
        page = ask(size=MAX_SIZE, order="id", tabs=True)
        assert ids(page) == [account.id for account in own]
        assert page.count == sum(tab.count or 0 for tab in page.tabs) == len(own)
        found = ask(search="建国", size=MAX_SIZE)
        assert {row.id for row in found.rows} == {a.id for a in own if "建国" in a.name}
        other = ask(filters=where("organization_id", "eq", east))
        assert (other.rows, other.count) == ([], 0)


def test_what_a_row_refers_to_is_told_only_within_reach(
    ask: Ask, office: Office, session: Session
) -> None:
    with office.acting("west.admin"):
        row = ask(size=1).rows[0]
        assert row.references["organization_id"].label == office.organization("west").name
    account = office.account("reg1")
    with office.acting(office.actor("reg1", permissions=frozenset(), office=None, roles=())):
        (row,) = ask().rows
        assert row.id == account.id
        assert row.references["organization_id"].label is not None
    with office.acting(
        office.actor("reg1", organization_id=-1, permissions=frozenset(), office=None)
    ):
        (row,) = ask().rows
        assert row.references["organization_id"].label is None


def test_nobody_sees_nothing(session: Session, ask: Ask) -> None:
    actor = session.info.pop("actor")
    try:
        page = ask(tabs=True)
        assert (page.rows, page.count) == ([], 0)
        assert {tab.count for tab in page.tabs} == {0}
    finally:
        session.info["actor"] = actor


# --- One row


def test_one_row_holds_every_declared_column(ask: Ask, session: Session) -> None:
    account = everybody(session)[-1]
    row = find_row(session, ACCOUNTS, str(account.id))
    assert {name: row[name] for name in ACCOUNTS.columns} == {
        name: getattr(account, name) for name in ACCOUNTS.columns
    }
    assert row.label == account.name


@pytest.mark.parametrize("identity", ["0", "-1", "x", "", "1e3", "9" * 30, "1\x00", "2147483648"])
def test_what_is_no_row_is_not_found(session: Session, office: Office, identity: str) -> None:
    for find in (find_row, load):
        with pytest.raises(NotFound):
            find(session, ACCOUNTS, identity)


def test_a_row_of_another_unit_is_not_found(session: Session, office: Office) -> None:
    foreign = office.account("east.admin").id
    with office.acting("west.admin"):
        for find in (find_row, load):
            with pytest.raises(NotFound):
                find(session, ACCOUNTS, foreign)
