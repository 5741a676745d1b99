"""Archives: a file is lent, its borrower is reminded, the file comes back (M9)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.server import DemoServer

pytestmark = pytest.mark.rule("M9")

BORROWER = {"login": "mkt.qian", "name": "钱维新"}
LATE = "reg.zhou"
"""Has had the first file of the demo's archive for too long."""


@BOTH
def test_a_file_is_lent_to_somebody_and_comes_back(
    at_desk: Callable[..., Desk], language: str, viewport
) -> None:
    keeper = at_desk("research.gu", language=language, viewport=viewport)
    keeper.open("/archives/?state=filed").find('main tbody a[href^="/archives/"]').first.click()
    number = keeper.find("main h1").inner_text()

    keeper.find('a[href$="/actions/lend"]').click()
    keeper.find("#borrower_id").fill(BORROWER["login"])
    expect(keeper.find(".picker-list:visible [role=option]").first).to_contain_text(
        BORROWER["name"]
    )
    keeper.page.keyboard.press("Enter")
    keeper.find("#purpose").fill("核对原件")
    due = keeper.find("#due_on")
    due.fill("2099-12-31")
    keeper.find(".action-bar .btn-primary").click()
    expect(keeper.find("#error-summary")).to_contain_text(due.get_attribute("max") or "")
    expect(keeper.find("#borrower_id")).to_have_value(re.compile(BORROWER["name"]))
    due.fill(due.get_attribute("max") or "")
    keeper.find(".action-bar .btn-primary").click()
    keeper.has_done()

    keeper.open("/archives/?state=lent").find("main tbody a", has_text=number).click()
    expect(keeper.find("main table")).to_contain_text(BORROWER["name"])
    keeper.find('a[href$="/actions/give_back"]').click()
    keeper.find("#condition").fill("完好")
    keeper.find(".action-bar .btn-primary").click()
    keeper.has_done()
    expect(keeper.open("/archives/?state=filed").find("main tbody")).to_contain_text(number)


def test_who_is_late_is_reminded_and_the_file_is_missed_until_it_is_back(
    demo: DemoServer, at_desk: Callable[..., Desk]
) -> None:
    keeper = at_desk("research.gu").open("/archive_loans/")
    overdue = keeper.find('.page-head a[href*="due_on__until"], main a[href*="due_on__until"]')
    overdue.first.click()
    (file,) = keeper.find('main tbody a[href^="/archives/"]').all()
    number = file.inner_text()

    demo.flask("jobs", "run", "remind_overdue_archives")

    late = at_desk(LATE).open("/inbox/")
    expect(late.find("main")).to_contain_text(number)
    file.click()
    keeper.find('a[href$="/actions/give_back"]').click()
    keeper.find("#condition").fill("完好")
    keeper.find(".action-bar .btn-primary").click()
    keeper.has_done()
    keeper.open("/archive_loans/")
    overdue.first.click()
    expect(keeper.find("main")).to_be_visible()
    expect(keeper.find("main tbody a", has_text=number)).to_have_count(0)
