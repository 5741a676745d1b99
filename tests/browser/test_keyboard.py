"""Work with the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

RING = """() => {
  const it = document.activeElement;
  const ringed = (shown) => {
    const look = getComputedStyle(shown);
    return look.outlineStyle !== "none" || look.boxShadow !== "none";
  };
  const shown = [it, ...(it.labels ?? []), it.closest(".search")].filter(Boolean);
  return it === document.body || shown.some(ringed);
}"""


@pytest.fixture
def reviewer(at_desk: Callable[..., Desk]) -> Desk:
    """A reviewer before the oldest form, with the hands on the keyboard."""
    return at_desk("reg.zhou").start()


def press(desk: Desk, *keys: str) -> None:
    for key in keys:
        desk.page.keyboard.press(key)


def test_j_and_k_walk_over_the_persons(reviewer: Desk) -> None:
    lines = reviewer.find("[data-line]")
    in_hand = re.compile(r"\bis-here\b")

    for key, place in (("j", 0), ("j", 1), ("k", 0)):
        press(reviewer, key)
        expect(lines.nth(place)).to_have_class(in_hand)
        expect(reviewer.find("[data-line].is-here")).to_have_count(1)


def test_a_passes_after_one_question(reviewer: Desk) -> None:
    press(reviewer, "a")
    expect(reviewer.find("#ask")).to_be_visible()
    expect(reviewer.find("#ask-yes")).to_be_focused()

    press(reviewer, "Enter")

    reviewer.has_done()


def test_a_can_be_called_off(reviewer: Desk) -> None:
    number = reviewer.number
    press(reviewer, "a")
    expect(reviewer.find("#ask-yes")).to_be_focused()
    press(reviewer, "Escape")

    expect(reviewer.find("#ask")).to_be_hidden()
    expect(reviewer.open("/").find("main table a", has_text=number)).to_have_count(1)


def test_r_asks_for_words_and_returns_with_them(reviewer: Desk) -> None:
    press(reviewer, "r")
    expect(reviewer.find("#comment")).to_be_focused()
    expect(reviewer.find("#comment-needed")).to_be_visible()

    reviewer.page.keyboard.type("请补充岗位说明。")
    press(reviewer, "Tab", "r")
    expect(reviewer.find("#ask-yes")).to_be_focused()
    press(reviewer, "Enter")

    reviewer.has_done()


def test_the_question_mark_shows_the_keys_and_the_slash_searches(reviewer: Desk) -> None:
    press(reviewer, "?")
    expect(reviewer.find("#keyboard-help")).to_be_visible()
    press(reviewer, "Escape")
    expect(reviewer.find("#keyboard-help")).to_be_hidden()
    press(reviewer, "/")
    expect(reviewer.find("#search")).to_be_focused()


def test_letters_are_letters_while_somebody_types(reviewer: Desk) -> None:
    number = reviewer.number
    reviewer.find("#comment").focus()
    reviewer.page.keyboard.type("a r n j k ? /")

    expect(reviewer.find("#comment")).to_have_value("a r n j k ? /")
    expect(reviewer.find("dialog[open]")).to_have_count(0)
    assert reviewer.number == number


def test_the_first_tab_leads_past_the_menu(reviewer: Desk) -> None:
    press(reviewer, "Tab")
    expect(reviewer.find(".skip-link")).to_be_focused()
    press(reviewer, "Enter")
    expect(reviewer.find("main")).to_be_focused()
    press(reviewer, "Tab")

    expect(reviewer.find("main :focus")).to_have_count(1)


def test_the_focus_can_be_seen_wherever_it_goes(reviewer: Desk) -> None:
    unseen = []
    for _step in range(45):
        press(reviewer, "Tab")
        if reviewer.page.evaluate("document.activeElement.tagName") == "IFRAME":
            break
        if not reviewer.page.evaluate(RING):
            unseen.append(reviewer.page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
    assert unseen == []


def test_a_person_is_refused_without_a_mouse(reviewer: Desk) -> None:
    line = reviewer.find("[data-line]").first
    line.locator('[data-verdict="refused"]').focus()
    press(reviewer, "Space")
    expect(line.locator("[data-reason]")).to_be_focused()
    reviewer.page.keyboard.type("岗位不符。")
    expect(reviewer.find("[data-sum-refuse]")).to_have_text("1")
    press(reviewer, "Tab", "a")
    expect(reviewer.find("#ask-yes")).to_be_focused()
    press(reviewer, "Enter")

    reviewer.has_done()
