"""Every page that a menu leads to, as each role: accessible, tidy, in one language, any width."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.barriers import barriers
from tests.browser.conftest import BOTH
from tests.browser.words import codes_of, data_of, left_in_chinese, left_in_english

PEOPLE = (
    "chaoyang.he",
    "heyue.tao",
    "reg.zhou",
    "info.luo",
    "research.gu",
    "service.ye",
    "shenji",
    "xitong",
    "anquan",
    "xujianing",
)
"""One of each role, and of the offices and kinds of organisations that see other pages."""

RECORD = re.compile(r"^/(?!language|materials)\w+/(\d+|new/\w+)(/\w+)?$")


def kind_of(path: str) -> str:
    return re.sub(r"\d+", "1", path)


def links(page: Page, selector: str) -> list[str]:
    found: list[str] = page.locator(selector).evaluate_all(
        "all => all.map(it => it.getAttribute('href'))"
    )
    return list(dict.fromkeys(found))


def pages_of(page: Page) -> Iterator[str]:
    """Walk over the menu and, from its pages, to one record of each kind."""
    seen: set[str] = set()
    page.goto("/")
    menu = links(page, "nav.menu a")
    for path in [*menu, "/inbox/", "/password/"]:
        page.goto(path)
        yield path
        for target in links(page, "main a[href]"):
            bare = target.partition("?")[0]
            if RECORD.match(bare) and bare == target and kind_of(bare) not in seen:
                seen.add(kind_of(bare))
                page.goto(bare)
                yield bare


def faults_of(page: Page, language: str, database: Path) -> list[str]:
    found = []
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if over > 0:
        found.append(f"{over} px too wide")
    codes, data = codes_of(database), data_of(database)
    left = left_in_english(page, codes) if language == "zh" else left_in_chinese(page, data)
    found += [f"in the other language: {text}" for text in left]
    return found


@pytest.fixture(scope="module")
def judged() -> set[tuple[str, str]]:
    """The kinds of records that axe has looked at, in each language: for one role is enough."""
    return set()


@pytest.mark.rule("X7")
@BOTH
@pytest.mark.parametrize("login", PEOPLE)
def test_every_page_of_the_menu_is_in_order(
    *,
    sign_in: Callable[..., Page],
    demo_server: Any,
    judged: set[tuple[str, str]],
    login: str,
    language: str,
    viewport: dict[str, int],
) -> None:
    page = sign_in(login, language=language, viewport=viewport)
    statuses: dict[str, int] = {}
    page.on("response", lambda got: statuses.setdefault(got.url, got.status))
    found: dict[str, list[str]] = {}

    for path in pages_of(page):
        found[path] = faults_of(page, language, demo_server.database)
        kind = (kind_of(path), language)
        if kind not in judged:
            found[path] += barriers(page, in_the_dark=True)
        if RECORD.match(path):
            judged.add(kind)

    assert {path: faults for path, faults in found.items() if faults} == {}
    assert {url: status for url, status in statuses.items() if status >= 400} == {}
