"""What a task costs from the role's first page, in clicks, keys and loads."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.browser.test_new_user import application

AtDesk = Callable[..., Desk]
COUNT = """() => {
  const count = (name) => Number(sessionStorage.getItem(name) ?? 0) + 1;
  addEventListener("click", (event) => {
    if (event.isTrusted && event.detail) sessionStorage.setItem("clicks", count("clicks"));
  }, true);
  addEventListener("keydown", (event) => {
    if (event.isTrusted) sessionStorage.setItem("keys", count("keys"));
  }, true);
}"""


class Meter:
    """Counts what somebody spends: clicks of the mouse, keys pressed, pages loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loads = 0
        page.context.add_init_script(f"({COUNT})()")
        page.reload()

    @contextmanager
    def running(self) -> Any:
        self.page.evaluate("sessionStorage.removeItem('clicks')")
        self.page.evaluate("sessionStorage.removeItem('keys')")
        self.page.on("response", self._count)
        yield self
        self.page.remove_listener("response", self._count)

    def _count(self, got: Response) -> None:
        if got.request.is_navigation_request() and got.frame == self.page.main_frame:
            self.loads += got.status == 200

    @property
    def spent(self) -> tuple[int, int, int]:
        clicks, keys = (
            int(self.page.evaluate(f"sessionStorage.getItem('{name}') ?? 0"))
            for name in ("clicks", "keys")
        )
        return clicks, keys, self.loads


@pytest.fixture
def measured(at_desk: AtDesk) -> Callable[..., tuple[Desk, Meter]]:
    def sit_down(login: str, **options: Any) -> tuple[Desk, Meter]:
        desk = at_desk(login, **options).open("/")
        return desk, Meter(desk.page)

    return sit_down


def test_the_oldest_form_is_opened_read_and_passed(measured) -> None:
    reviewer, meter = measured("reg.zhou")
    with meter.running():
        reviewer.find("a.start").click()
        expect(reviewer.find(".line-table")).to_be_visible()
        before = meter.loads
        reviewer.act("approve").has_done()

    clicks, keys, _loads = meter.spent
    assert (clicks, keys, before) == (2, 0, 1)


def test_one_of_five_is_refused_with_a_reason_and_the_rest_passed(measured, at_desk) -> None:
    number = application(at_desk("chaoyang.he"), "zh")
    reviewer, meter = measured("reg.zhou")
    reviewer.decide(number)
    with meter.running():
        reviewer.refuse("古丽娜尔", "调离")
        reviewer.act("approve").has_done()

    clicks, keys, _loads = meter.spent
    assert clicks <= 3
    assert keys <= len("调离")
    reviewer.open("/applications/")
    reviewer.find("main table a", has_text=number).first.click()
    expect(reviewer.line("古丽娜尔")).to_contain_text("调离")


def test_the_next_form_is_one_key_away_and_after_deciding_none(measured) -> None:
    clerk, meter = measured("service.ye")
    clerk.start()
    first = clerk.number
    with meter.running():
        clerk.page.keyboard.press("n")
        expect(clerk.find(".page-number")).not_to_have_text(first)
        clerk.before_a_form()
    assert meter.spent == (0, 1, 1)

    second = clerk.number
    clerk.page.fill("#comment", "材料不清。")
    clerk.act("return").has_done()
    expect(clerk.find(".page-number")).not_to_have_text(second)


def test_a_person_is_found_by_two_characters(measured) -> None:
    officer, meter = measured("research.gu")
    with meter.running():
        officer.page.keyboard.press("/")
        officer.page.keyboard.type("嘉宁")
        found = officer.find("#search-results [role=option]").first
        expect(found).to_contain_text("许嘉宁")
        assert meter.loads == 0
        officer.page.keyboard.press("Enter")
        expect(officer.find("main h1")).to_contain_text("许嘉宁")

    clicks, keys, loads = meter.spent
    assert (clicks, loads) == (0, 1)
    assert keys <= 4


def test_who_holds_a_key_is_answered_in_the_search_list(measured) -> None:
    officer, meter = measured("research.gu")
    with meter.running():
        officer.page.keyboard.press("/")
        officer.page.keyboard.type("KD-1000-0016")
        found = officer.find("#search-results [role=option]").first
        expect(found).to_contain_text("许嘉宁")
        expect(found).to_contain_text("2026-")
        expect(found).to_contain_text("SQ2026")
    assert meter.loads == 0


def test_everything_that_happened_to_one_person_is_on_one_page(measured) -> None:
    auditor, meter = measured("shenji")
    with meter.running():
        auditor.find("#search").click()
        auditor.page.keyboard.type("任可欣")
        auditor.find("#search-results [role=option]", has_text="任可欣").first.click()
        expect(auditor.find("main h1")).to_contain_text("任可欣")
        story = auditor.find(".timeline")
        expect(story).to_contain_text("SQ2026")
        expect(story.locator("li").nth(2)).to_be_visible()

    clicks, _keys, loads = meter.spent
    assert clicks <= 2
    assert loads <= 2


@pytest.mark.rule("M8")
@BOTH
def test_a_lost_key_is_frozen_at_once_and_its_replacement_is_filled_in(
    measured, accessible, language, viewport
) -> None:
    administrator, meter = measured("chaoyang.he", language=language, viewport=viewport)
    with meter.running():
        person = administrator.find("#people tr", has_text="xujianing")
        person.locator(".btn-danger-quiet").click()
        administrator.confirm()
        expect(administrator.said.locator(".tone-good")).to_contain_text("KD-1000-0016")
        expect(administrator.find("[data-lines]")).to_contain_text("许嘉宁")

    clicks, keys, loads = meter.spent
    assert clicks <= 4
    assert (keys, loads) == (0, 1)
    expect(administrator.cell(1, "login_name")).to_have_value(re.compile("xujianing"))
    accessible(administrator.page)
    administrator.open("/")
    expect(administrator.find("#in-need")).to_contain_text("KD-1000-0016")
    expect(person.locator(".btn-danger-quiet")).to_have_count(0)
    accessible(administrator.page)


@pytest.mark.rule("M4")
def test_the_next_person_at_the_counter_has_a_key_after_one_page(measured) -> None:
    officer, meter = measured("research.gu")
    officer.find("main table a").first.wait_for()
    with meter.running():
        officer.find("main table tr", has_text="发放密钥").locator("a").first.click()
        officer.before_a_form()
        before = meter.loads
        officer.act("issue_key")
        told = officer.handed_over()

    clicks, keys, _loads = meter.spent
    assert told
    assert clicks <= 3
    assert (keys, before) == (0, 1)


@pytest.mark.rule("X1")
def test_why_somebody_may_do_something_is_answered_in_place(measured) -> None:
    auditor, meter = measured("shenji")
    with meter.running():
        auditor.find("#search").click()
        auditor.page.keyboard.type("许嘉宁")
        auditor.find("#search-results [role=option]", has_text="许嘉宁").first.wait_for()
        auditor.page.keyboard.press("Enter")
        expect(auditor.find("main h1")).to_contain_text("许嘉宁")
        why = auditor.find("#grants details.why").first
        why.locator("summary").first.click()
        expect(why).to_contain_text("SQ2026")
        expect(why).to_contain_text("2026-")

    clicks, keys, loads = meter.spent
    assert (clicks, loads) == (2, 1)
    assert keys <= len("许嘉宁") + 1


@pytest.mark.rule("X6")
def test_what_is_filtered_leaves_in_one_click(measured) -> None:
    reviewer, meter = measured("reg.zhou")
    reviewer.open("/applications/?state=completed")
    with meter.running(), reviewer.page.expect_download() as download:
        reviewer.find(".tools-end a[download]").first.click()

    assert download.value.suggested_filename.endswith(".xlsx")
    assert meter.spent == (1, 0, 0)
