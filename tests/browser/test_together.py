"""Two people at once, and what is left on a screen whose person has gone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

AtDesk = Callable[..., Desk]


@pytest.fixture
def two_clerks(at_desk: AtDesk) -> tuple[Desk, Desk]:
    """Two of one office before the same form."""
    first, second = at_desk("service.ye"), at_desk("service.jin")
    number = waiting_number(first)
    return first.decide(number), second.decide(number)


def waiting_number(clerk: Desk) -> str:
    """The form of the bank: nobody of the office has touched it yet."""
    clerk.open("/")
    row = clerk.find("main tr[data-href]").filter(has_text="通惠河银行")
    return row.locator("a").first.inner_text()


@pytest.mark.rule("M3")
def test_the_second_is_told_who_decided_and_keeps_what_was_written(
    two_clerks: tuple[Desk, Desk],
) -> None:
    first, second = two_clerks
    second.remark_on("contact_phone", "电话无人接听。")
    second.page.fill("#comment", "第二位写下的意见。")

    first.page.fill("#comment", "营业执照影像不清。")
    first.act("return").has_done()
    second.act("return")

    told = second.find("main .note").first
    expect(told).to_contain_text("叶秀兰")
    expect(second.find("main")).to_contain_text("第二位写下的意见。")
    expect(second.find("main")).to_contain_text("电话无人接听。")


def test_after_signing_out_the_back_button_shows_nothing(at_desk: AtDesk) -> None:
    clerk = at_desk("service.ye").start()
    number = clerk.number
    clerk.sign_out()

    clerk.page.go_back()

    expect(clerk.find("#login")).to_be_visible()
    assert number not in clerk.page.content()


def test_a_session_that_ended_elsewhere_asks_to_sign_in_and_comes_back(
    at_desk: AtDesk, demo
) -> None:
    here, there = at_desk("reg.zhou"), at_desk("reg.zhou")
    here.open("/applications/?state=completed")
    there.sign_out()

    here.page.reload()

    expect(here.find("#login")).to_be_visible()
    here.page.fill("#login", "reg.zhou")
    here.page.fill("#password", demo.password("reg.zhou"))
    here.find("main .btn-primary").click()
    expect(here.page).to_have_url(f"{demo.url}/applications/?state=completed")


def test_a_form_sent_in_a_session_that_ended_is_not_decided(at_desk: AtDesk) -> None:
    here, there = at_desk("service.ye"), at_desk("service.ye")
    number = waiting_number(here)
    here.decide(number).page.fill("#comment", "材料不清。")
    there.sign_out()

    here.act("return")

    expect(here.find(".problem, #login")).to_be_visible()
    other = at_desk("service.jin").open("/")
    expect(other.find("main table a", has_text=number)).to_have_count(1)
