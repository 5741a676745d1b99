"""Lists are walked by key, forward and back, and counted no further than a bound."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState
from app.errors import DomainError, InvalidInput
from app.services import listing
from app.services.listing import BOUND, MAX_SIZE
from app.services.resources import RESOURCES
from tests.support.lists import Ask, everybody, ids, where
from tests.support.statements import statements


@pytest.mark.parametrize("order", ["-id", "id", "name", "-name", "login_key", "-login_key"])
def test_pages_forward_and_back_are_the_whole_list_in_order(
    ask: Ask, session: Session, order: str
) -> None:
    attribute = order.removeprefix("-")
    whole = sorted(
        everybody(session),
        key=lambda a: (getattr(a, attribute).encode() if attribute != "id" else 0, a.id),
        reverse=order.startswith("-"),
    )
    expected = [account.id for account in whole]

    forward, cursors, after = [], [], ""
    while True:
        page = ask(order=order, size=7, after=after)
        forward += ids(page)
        cursors.append(page.newer)
        if page.older is None:
            break
        after = page.older
    back, before = [], cursors[-1]
    while before is not None:
        page = ask(order=order, size=7, before=before)
        back = ids(page) + back
        before = page.newer

    assert forward == expected
    assert cursors[0] is None
    assert back == expected[: len(back)]
    assert len(back) == len(expected) - (len(expected) % 7 or 7)


@pytest.mark.parametrize("bound", [5, 10_000])
@pytest.mark.parametrize("wishes", [{"search": "建国"}, {"search": "person0"}, {"search": "王"}])
def test_what_is_common_and_what_is_rare_is_paged_alike(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, bound: int, wishes: dict[str, Any]
) -> None:
    expected = ids(ask(size=MAX_SIZE, **wishes))
    monkeypatch.setattr(listing, "BOUND", bound)

    found, after = [], ""
    while True:
        page = ask(size=4, after=after, tabs=True, **wishes)
        found += ids(page)
        if page.older is None:
            break
        after = page.older

    assert found == expected
    assert (page.count, page.more) == (min(len(expected), bound), len(expected) > bound)
    assert all((tab.count is None) == page.more for tab in page.tabs)


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (3, 3), (10**9, MAX_SIZE)])
def test_a_page_is_never_empty_nor_endless(ask: Ask, asked: int, given: int) -> None:
    page = ask(size=asked)
    assert len(page.rows) == min(given, page.count or 0)


def test_an_offset_goes_no_further_than_the_bound(ask: Ask) -> None:
    assert ids(ask(size=3, offset=2)) == ids(ask(size=5))[2:]
    assert ids(ask(size=3, offset=10**12)) == []
    assert ids(ask(size=3, offset=-4)) == ids(ask(size=3))


def cursor_of_another_order(ask: Ask) -> str:
    return str(ask(order="name", size=3).older)


@pytest.mark.parametrize(
    "word",
    [
        "x",
        "!!!",
        "W10",  # []
        "WyItaWQiXQ",  # ["-id"]
        "WyItaWQiLCJ4Il0",  # ["-id","x"]
        "WyItaWQiLDFlNDAwXQ",  # ["-id",1e400]
        "WyItaWQiLDk5OTk5OTk5OTk5OTk5OTk5OTldXQ",
        "WyItaWQiLDEsMl0",  # ["-id",1,2]
        "eyJhIjoxfQ",  # {"a":1}
        "A" * 100_000,
        "é",
        cursor_of_another_order,
    ],
)
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_no_page_gave_out_is_refused(ask: Ask, side: str, word: Any) -> None:
    given = word if isinstance(word, str) else word(ask)
    with pytest.raises(InvalidInput) as refused:
        ask(**{side: given})
    assert refused.value.code == "bad_cursor"
    assert [d.field for d in refused.value.details] == [side]


@pytest.mark.parametrize(
    "order", ["password_hash", "organization", "organization.name", "last_login_at", "--id", "\x00"]
)
def test_only_indexed_columns_give_an_order(ask: Ask, order: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(order=order)
    assert refused.value.code == "unknown_order"


# --- Tabs and counts


def test_tabs_count_what_each_would_show(ask: Ask, session: Session) -> None:
    whole = everybody(session)
    page = ask(tabs=True)
    assert (page.count, page.more) == (len(whole), False)
    for tab in page.tabs:
        inside = ask(filters=where("state", "eq", tab.value.value), tabs=True, size=MAX_SIZE)
        assert tab.count == inside.count == len(inside.rows)
        assert [t.count for t in inside.tabs] == [t.count for t in page.tabs]


def test_tabs_count_within_the_other_filters(ask: Ask, session: Session) -> None:
    found = [a for a in everybody(session) if a.name == "王芳"]
    page = ask(filters=(*where("name", "eq", "王芳"), *where("state", "eq", "active")), tabs=True)
    assert page.count == len([a for a in found if a.state == "active"])
    assert {t.value: t.count for t in page.tabs} == {
        state: len([a for a in found if a.state == state]) for state in AccountState
    }


def test_counting_stops_at_the_bound(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "BOUND", 10)
    monkeypatch.setattr(listing, "TAB_BOUND", 3)
    page = ask(tabs=True)
    assert (page.count, page.more) == (10, True)
    assert {(tab.count, tab.more) for tab in page.tabs} == {(3, True)}


# --- Cost


@pytest.mark.parametrize("name", RESOURCES)
def test_a_page_is_read_in_one_statement_and_counted_in_another(
    ask: Ask, session: Session, name: str
) -> None:
    ask(name)
    with statements(session.get_bind().engine) as seen:
        page = ask(name, tabs=True)
    assert len(seen) <= 2, seen
    assert page.count is not None
    assert page.count <= BOUND


def test_a_search_is_read_and_counted_in_one_statement(ask: Ask, session: Session) -> None:
    with statements(session.get_bind().engine) as seen:
        page = ask(search="建国", tabs=True)
    assert len(seen) == 1, seen
    assert page.count


def test_every_refusal_has_words_and_a_status(ask: Ask) -> None:
    for wishes in ({"order": "x"}, {"after": "x"}, {"search": "\x00"}, {"columns": ("x",)}):
        with pytest.raises(DomainError) as refused:
            ask(**wishes)
        assert int(refused.value.status) == 422
        assert str(refused.value)
