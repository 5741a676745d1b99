"""Lists at the pages: the whole view stands in the address, within reach, in few statements."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.catalog.permissions import Permission
from app.extensions import db
from app.services.resources import RESOURCES
from tests.support.factories import Office
from tests.support.pages import Browser
from tests.support.statements import statements

MOST_STATEMENTS = 8
LISTS = [name for name in RESOURCES if name not in {"materials", "roles", "kinds", "districts"}]
Enter = Callable[..., Browser]


def rows(page: str) -> list[str]:
    """The address of every row of a page."""
    return re.findall(r'<tr data-href="([^"]+)"', page)


def links(page: str, rel: str) -> list[str]:
    return [html.unescape(it) for it in re.findall(rf'rel="{rel}" href="([^"]+)"', page)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_for_who_may_see_it_and_for_nobody_else(
    browser: Enter, office: Office, name: str
) -> None:
    for login in ("auditor", "east.admin", "reg1", "research1", "system_administrator"):
        allowed = office.actor(login).may(RESOURCES[name].permission)
        answer = browser(login).get(f"/{name}/")
        assert answer.status_code == (200 if allowed else 403), login
    assert browser().get(f"/{name}/").status_code == 302


@pytest.mark.parametrize("name", LISTS)
def test_a_list_page_needs_few_statements(
    app: Flask, browser: Enter, office: Office, name: str
) -> None:
    office.standing_at("completed")
    office.submitted("developer")
    for login in ("auditor", "research1", "east.admin"):
        if not office.actor(login).may(RESOURCES[name].permission):
            continue
        there = browser(login)
        there.get(f"/{name}/")
        with app.app_context(), statements(db.engine) as seen:
            answer = there.get(f"/{name}/?q=111")
        assert answer.status_code == 200
        assert len(seen) <= MOST_STATEMENTS, (login, seen)


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "organization=1",
        "organization.name=x",
        "password_hash__starts=s",
        "state=asleep",
        "state__contains=a",
        "name__like=x",
        "name__=x",
        "__class__=1",
        "organization_id=99999999999999999999999",
        "organization_id=2147483648",
        "organization_id=x",
        "created_at=2026-02-31",
        "created_at__between=1..2",
        "name=%00",
        "q=%00",
        "q=" + "x" * 61,
        "order=password_hash",
        "order=organization",
        "order=--id",
        "size=x",
        "size=1e3",
        "size=%D9%A1",
        "after=x",
        "before=W10",
        "after=" + "A" * 5000,
        "&".join(f"name__contains={n}&login_name__not={n}" for n in range(3)) + "&x__y=1",
        "%00=1",
        "state=%FF%FE",
    ],
)
def test_an_address_that_asks_for_the_impossible_is_refused_in_words(
    browser: Enter, query: str
) -> None:
    answer = browser("auditor").get(f"/accounts/?{query}")
    assert answer.status_code in {400, 422}, answer.status_code
    assert "SELECT" not in answer.text


@pytest.mark.parametrize("size", ["-5", "0", "1", "100000000000000000000"])
def test_a_size_out_of_bounds_is_brought_within_them(browser: Enter, size: str) -> None:
    answer = browser("auditor").get(f"/accounts/?size={size}")
    assert answer.status_code == 200
    assert rows(answer.text)


def test_pages_lead_on_and_back_and_keep_the_rest_of_the_view(browser: Enter) -> None:
    there = browser("auditor")
    first = there.get("/accounts/?size=5&order=name&state=active").text
    (older,) = links(first, "next")
    second = there.get(older).text
    assert "order=name" in older
    assert "state=active" in older
    assert not set(rows(first)) & set(rows(second))
    (newer,) = links(second, "prev")
    assert rows(there.get(newer).text) == rows(first)
    assert links(first, "prev") == []


def test_filters_in_force_are_chips_that_can_be_taken_away(browser: Enter, office: Office) -> None:
    unit = office.organization("west")
    page = browser("auditor").get(f"/accounts/?organization_id={unit.id}&q=west&state=active").text
    assert rows(page) == [f"/accounts/{office.account('west.admin').id}"]
    (chips,) = re.findall(r'<ul class="chips".*?</ul>', page, re.DOTALL)
    assert unit.name in chips
    removals = [html.unescape(it) for it in re.findall(r'<a href="([^"]+)" aria-label', chips)]
    assert [("q=" in it, "organization_id=" in it) for it in removals] == [
        (False, True),
        (True, False),
    ]
    assert all("state=active" in it for it in removals)


def test_an_empty_list_says_why_and_what_to_do(browser: Enter) -> None:
    page = browser("auditor").get("/accounts/?q=没有这样的人").text
    assert 'class="empty"' in page
    assert 'href="/accounts/"' in page


def test_personal_numbers_are_masked_in_lists(browser: Enter, office: Office) -> None:
    account = office.account("west.admin")
    page = browser("auditor").get("/accounts/?size=200").text
    assert account.citizen_id not in page
    assert f"{account.citizen_id[:6]}********{account.citizen_id[-4:]}" in page


def test_a_unit_s_administrator_sees_the_own_people_whatever_is_asked(
    browser: Enter, office: Office
) -> None:
    own = f"/accounts/{office.account('west.admin').id}"
    foreign = office.organization("east").id
    there = browser("west.admin")
    assert rows(there.get("/accounts/").text) == [own]
    for query in (f"organization_id={foreign}", "q=east", "state=active&q=east", "order=name&q=e"):
        assert rows(there.get(f"/accounts/?{query}").text) in ([], [own])


def test_columns_are_chosen_and_remembered(browser: Enter) -> None:
    there = browser("auditor")
    chosen = [("columns", "name"), ("columns", "sex"), ("columns", "password_hash")]
    assert there.post("/accounts/columns", chosen).status_code == 303
    heads = re.findall(r'<th scope="col"', there.get("/accounts/").text)
    assert len(heads) == 2
    assert there.post("/accounts/columns").status_code == 303
    assert len(re.findall(r'<th scope="col"', there.get("/accounts/").text)) > 2


def test_lists_speak_the_reader_s_language(browser: Enter) -> None:
    there = browser("auditor")
    assert "东城区" in there.get("/organizations/?_l_=zh").text
    assert "Dongcheng" in there.get("/organizations/?_l_=en").text


@pytest.mark.parametrize("term", ["we", "west", "某银行", "RESEARCH-0001", "SQ2026"])
def test_the_search_box_of_every_page_answers_in_place(
    browser: Enter, office: Office, term: str
) -> None:
    office.standing_at("completed")
    answer = browser("auditor").get("/search/", query_string={"q": term, "partial": "1"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'role="option"' in answer.text
    whole = browser("auditor").get("/search/", query_string={"q": term})
    assert "<html" in whole.text


def test_search_says_who_holds_a_key_since_when_by_which_form(
    browser: Enter, office: Office
) -> None:
    identity = office.standing_at("completed")
    (line,) = office.application(identity).lines
    assert line.key is not None
    assert line.account is not None
    page = browser("research1").get("/search/", query_string={"q": line.key.serial, "partial": "1"})
    for said in (line.account.name, "2026-03-02", office.application(identity).number):
        assert said in page.text


@pytest.mark.parametrize("term", ["", "x", " ", "%00", "x" * 61])
def test_a_search_for_nothing_finds_nothing(browser: Enter, term: str) -> None:
    for partial in ("", "&partial=1"):
        answer = browser("auditor").get(f"/search/?q={term}{partial}")
        assert answer.status_code in {200, 422}
        assert 'class="found"' not in answer.text


def test_search_ends_at_the_own_reach(browser: Enter, office: Office) -> None:
    office.submitted("east")
    for term in ("east", "SQ2026", "东城", "RESEARCH"):
        page = browser("west.admin").get("/search/", query_string={"q": term, "partial": "1"})
        assert 'class="found"' not in page.text


@pytest.mark.parametrize("name", ["accounts", "organizations", "keys", "applications"])
def test_pickers_offer_what_the_actor_may_see(browser: Enter, office: Office, name: str) -> None:
    office.submitted("east")
    term = {"accounts": "ad", "organizations": "区房", "keys": "RE", "applications": "SQ"}[name]
    for login in ("auditor", "west.admin", "service1"):
        there = browser(login)
        answer = there.get(f"/pick/{name}", query_string={"q": term})
        if not office.actor(login).may(RESOURCES[name].permission):
            assert answer.status_code == 403
            continue
        found: list[dict[str, Any]] = answer.json["results"]
        assert len(found) <= 20
        for it in found:
            one = there.get(f"/pick/{name}", query_string={"id": it["value"]}).json["results"]
            assert one == [it]
    offered = browser("west.admin").get(f"/pick/{name}", query_string={"q": term}).json["results"]
    assert all("东城" not in it["label"] for it in offered)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pick/audit_events?q=x", 404),
        ("/pick/nothing?q=x", 404),
        ("/pick/roles?q=x", 404),
        ("/pick/accounts?q=%00", 422),
        ("/pick/accounts?id=%00", 404),
        ("/pick/accounts?id=99999999999999", 404),
        ("/pick/accounts?id=x", 404),
        ("/pick/accounts?q=", 200),
        ("/pick/offices?q=REG", 200),
        ("/pick/districts?q=东城", 200),
    ],
)
def test_a_picker_asked_for_the_impossible_says_so(browser: Enter, path: str, status: int) -> None:
    answer = browser("auditor").get(path, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.is_json


def test_nobody_picks_without_signing_in(browser: Enter) -> None:
    answer = browser().get("/pick/accounts?q=we", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_every_permission_has_words() -> None:
    from app.catalog.permission_words import PERMISSION_LABELS

    assert set(PERMISSION_LABELS) == set(Permission)
