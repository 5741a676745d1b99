"""Permission items are ticked by post (第四条), and each can be changed by itself afterwards."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH
from tests.browser.desk import Desk

ARCHIVES = [f"district.registration.{number}" for number in (10, 11, 12, 13)]
POST = {"zh": "档案管理岗", "en": "Archives"}


@BOTH
@pytest.mark.rule("M4a")
def test_a_post_ticks_its_items_together(
    at_desk: Callable[..., Desk], language: str, viewport
) -> None:
    applicant = at_desk("tongzhou.ren", language=language, viewport=viewport)
    applicant.begin("new_user")
    applicant.cell(1, "items").click()
    dialog = applicant.find("dialog.items[open]")
    post = dialog.get_by_role("button", name=POST[language], exact=True)
    ticked = dialog.locator("input:checked")

    post.click()
    expect(post).to_have_attribute("aria-pressed", "true")
    assert ticked.evaluate_all("all => all.map(it => it.value)") == ARCHIVES

    dialog.locator(f'input[value="{ARCHIVES[0]}"]').uncheck()
    expect(post).to_have_attribute("aria-pressed", "false")
    dialog.locator('button[value="done"]').click()
    one_a_line = re.compile("^" + r"\n".join([r"[^\n]+"] * (len(ARCHIVES) - 1)) + "$")
    expect(applicant.find(".items-cell").first).to_have_attribute("title", one_a_line)
