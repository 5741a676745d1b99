"""Two characters of a name, a surname, the beginning of a number: the search box finds them."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, ApplicationState
from app.errors import InvalidInput
from app.models.keys import Key
from app.services.conditions import search_condition, spelling_of
from app.services.listing import MAX_SIZE
from app.services.resources import RESOURCES
from tests.support.factories import Office
from tests.support.lists import Ask, Fits, everybody, ids, nobody


@pytest.mark.parametrize(
    ("term", "fits"),
    [
        ("建国", lambda a: "建国" in a.name),
        ("芳菲", lambda a: "芳菲" in a.name),
        ("王芳", lambda a: "王芳" in a.name),
        ("王", lambda a: a.name.startswith("王")),
        ("müller", lambda a: "Müller" in a.name),
        ("PERSON01", lambda a: a.login_key.startswith("person01")),
        ("ｐｅｒｓｏｎ０１", lambda a: a.login_key.startswith("person01")),
        ("  person01 ", lambda a: a.login_key.startswith("person01")),
        ("%", nobody),
        ("分%", lambda a: "分%" in a.name),
        ("_划", lambda a: "_划" in a.name),
        ("son01", nobody),
        ("没有这样的人", nobody),
    ],
)
def test_the_search_box_finds_names_and_beginnings(
    ask: Ask, session: Session, term: str, fits: Fits
) -> None:
    page = ask(search=term, size=MAX_SIZE, order="id", tabs=True)
    expected = [account for account in everybody(session) if fits(account)]

    assert ids(page) == [account.id for account in expected]
    assert {tab.value: tab.count for tab in page.tabs} == {
        state: len([a for a in expected if a.state == state]) for state in AccountState
    }


@pytest.mark.parametrize("term", ["\x00", "a\x00b", "x" * 61])
def test_what_cannot_be_searched_is_refused(ask: Ask, term: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(search=term)
    assert refused.value.code == "unfit_term"


def test_a_key_is_found_by_its_number_and_by_its_holder(
    ask: Ask, office: Office, session: Session
) -> None:
    office.standing_at(ApplicationState.COMPLETED)
    key = session.scalars(select(Key).where(Key.state == "issued")).one()
    assert key.holder is not None

    for term in (key.serial.lower(), key.holder.login_name[:4], key.holder.name):
        rows = [row for row in ask("keys", search=term).rows if row.id == key.id]
        assert [row.references["holder_id"].label for row in rows] == [key.holder.name]
        assert [row.references["holder_id"].sub for row in rows] == [key.holder.login_name]


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("resource", "term", "index"),
    [
        ("accounts", "建国", "ix_account_name_bigrams"),
        ("accounts", "王", "ix_account_name"),
        ("accounts", "person01", "uq_account_login_key"),
        ("keys", "RESEARCH-0001", "uq_key_serial"),
        ("applications", "SQ2026", "uq_application_number"),
        ("organizations", "1111", "uq_organization_code"),
        ("audit_events", "person01", "ix_audit_event_subject_label_id"),
    ],
)
def test_searches_can_go_along_their_indexes(
    session: Session, office: Office, resource: str, term: str, index: str
) -> None:
    """Whatever the planner chooses for a small table: the index can serve the search."""
    target = RESOURCES[resource]
    condition = search_condition(target, term, spelling_of(session))
    wanted = (
        select(target.key)
        .where(condition)
        .compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    )
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(session.scalars(text(f"EXPLAIN {str(wanted).replace(':', chr(92) + ':')}")))
    assert index in plan, plan
