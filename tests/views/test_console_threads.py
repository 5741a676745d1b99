"""Seven people at once: nobody's page ever carries another's filter, search or rows."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from app.models.accounts import Account
from tests.support.factories import UNITS, Office
from tests.support.pages import Browser

CLIENTS = 7
ROUNDS = 12
ROW = re.compile(r'<tr data-href="([^"]+)"')
CHIP = re.compile(r"<strong>([^<]*)</strong></span><a href", re.DOTALL)

Enter = Callable[..., Browser]


def test_parallel_searches_never_see_each_other(browser: Enter, office: Office) -> None:
    """The framework keeps its filters on the view, where threads share them: ours does not."""
    logins = [f"{unit}.admin" for unit in UNITS][:CLIENTS]
    expected = {login: f"/accounts/{office.account(login).id}" for login in logins}
    people = {login: browser("auditor") for login in logins}
    together = Barrier(len(people))
    for there in people.values():
        there.client.watched = None
    office.session.rollback()

    def walk(login: str) -> list[str]:
        wrong = []
        together.wait()
        for _ in range(ROUNDS):
            page = people[login].get("/accounts/", query_string={"q": login}).text
            seen = (ROW.findall(page), set(CHIP.findall(page)))
            if seen != ([expected[login]], {login}):
                wrong.append(f"{login}: {seen}")
        return wrong

    with ThreadPoolExecutor(len(people)) as pool:
        assert [it for found in pool.map(walk, people) for it in found] == []


def test_parallel_administrators_see_their_own_people_only(browser: Enter, office: Office) -> None:
    logins = [f"{unit}.admin" for unit in UNITS][:CLIENTS]
    units = {login: office.account(login).organization_id for login in logins}
    own = {
        login: {
            f"/accounts/{account.id}"
            for account in office.session.scalars(
                select(Account).where(Account.organization_id == units[login])
            )
        }
        for login in logins
    }
    people = {login: browser(login) for login in logins}
    together = Barrier(len(people))
    for there in people.values():
        there.client.watched = None
    office.session.rollback()

    def walk(login: str) -> list[str]:
        wrong = []
        together.wait()
        for _ in range(ROUNDS):
            found = set(ROW.findall(people[login].get("/accounts/?size=200").text))
            if not found or not found <= own[login]:
                wrong.append(f"{login}: {found - own[login]}")
        return wrong

    with ThreadPoolExecutor(len(people)) as pool:
        assert [it for found in pool.map(walk, people) for it in found] == []
