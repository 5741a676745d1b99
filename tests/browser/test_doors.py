"""The door: in both languages and themes, on both widths, for who may come in and who may not."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BOTH
from tests.browser.words import left_in_chinese, left_in_english


@pytest.mark.rule("X7")
@pytest.mark.parametrize("theme", ["light", "dark"])
@BOTH
def test_the_door_is_accessible_and_speaks_one_language(
    new_page: Callable[..., Page], accessible, language: str, viewport: dict, theme: str
) -> None:
    page = new_page(language=language, viewport=viewport, color_scheme=theme)
    page.goto("/login/")

    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    assert (left_in_english(page, frozenset()) if language == "zh" else []) == []
    assert (left_in_chinese(page, []) if language == "en" else []) == []
    accessible(page)


def test_a_wrong_password_is_refused_in_words(page: Page, accessible) -> None:
    page.goto("/login/")
    page.fill("#login", "reg.zhou")
    page.fill("#password", "not the password")
    page.click("main .btn-primary")

    expect(page).to_have_url(re.compile("/login/"))
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#login")).to_have_value("reg.zhou")
    accessible(page)
