"""What a reviewer has typed is there again after the page was loaded anew, and in sight."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.desk import Desk


def test_remarks_and_reasons_come_back_in_sight(at_desk: Callable[..., Desk]) -> None:
    reviewer = at_desk("reg.zhou").start()
    name = reviewer.find("[data-line] .is-primary").first.inner_text()
    reviewer.line(name).locator('label[for^="say-"]').click()
    reviewer.line(name).locator("textarea").fill("请补充证明。")
    reviewer.remark_on("contact_phone", "请改为可接通的电话。")
    reviewer.refuse(name, "调离")

    reviewer.page.reload()

    reviewer.before_a_form()
    remark = reviewer.line(name).locator("textarea")
    expect(remark).to_be_visible()
    expect(remark).to_have_value("请补充证明。")
    expect(reviewer.find('[name="remark-contact_phone"]')).to_be_visible()
    expect(reviewer.line(name).locator("[data-reason]")).to_have_value("调离")
