"""Deciding on one page: line by line, with remarks; on to the next; who was quicker."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from app.catalog.enums import ApplicationState, Category, Duty, LineVerdict, OfficeCode
from app.extensions import db
from tests.support.factories import Office, staff_of
from tests.support.pages import Browser, buttons, decide, lines_of, page_of, place
from tests.support.statements import statements

Enter = Callable[..., Browser]
MOST_STATEMENTS = 15
PASSWORDS = re.compile(r'<code class="secret">([^<]+)</code>')


# --- What stands on the page


@pytest.mark.parametrize("duty", Duty)
def test_the_decision_page_asks_few_things_of_the_database(
    app: Flask, browser: Enter, office: Office, duty: Duty
) -> None:
    identity = office.waiting_for(duty)
    office_code = next(code for code in OfficeCode if duty in office.actor(staff_of(code)).duties)
    who = browser(staff_of(office_code, 2))
    page_of(who, identity)
    with app.app_context():
        engine = db.engine

    with statements(engine) as seen:
        page_of(who, identity)

    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def test_the_figure_does_not_grow_with_the_persons_or_the_queue(
    app: Flask, browser: Enter, office: Office
) -> None:
    one = office.submitted("developer")
    many = office.submitted("developer", people=30)
    who = browser("service1")
    page_of(who, many)
    with app.app_context():
        engine = db.engine
    seen = {}
    for identity in (one, many):
        with statements(engine) as asked:
            page_of(who, identity)
        seen[identity] = len(asked)

    assert seen[one] == seen[many] <= MOST_STATEMENTS


def test_the_page_shows_the_account_as_it_would_be(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")
    line = lines_of(office, identity)[0]

    page = page_of(browser("reg1"), identity)

    assert line.items[0].title_zh in page
    assert line.items[0].name_zh.partition("：")[2] in page
    assert re.search(r"登录名称</dt><dd>[a-z0-9]+", page)


@pytest.mark.rule("M4b")
def test_an_enterprises_account_would_get_its_types_set(browser: Enter, office: Office) -> None:
    page = page_of(browser("service1"), office.submitted("bank"))

    assert page.count('class="change-added"') == 4


def test_a_person_known_elsewhere_is_warned_of(browser: Enter, office: Office) -> None:
    first = office.standing_at(ApplicationState.COMPLETED, "west")
    known = lines_of(office, first)[0]
    line = office.lines("east")[0]
    same = {**line, "name": known.name, "citizen_id": known.citizen_id}
    identity = office.submitted("east", lines=[same, office.lines("east")[0]])

    page = page_of(browser("reg1"), identity)

    assert page.count("warn-mark") == 1
    assert known.account.login_name in page
    assert "西城区房屋管理局" in page


@pytest.mark.rule("M5.1")
def test_the_road_says_where_the_form_is_and_whose_turn_comes(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)

    page = page_of(browser("mkt1"), identity)

    assert page.count("step-current") == 2
    assert page.count("当前环节") == 2
    assert "城建研究中心" in page


def test_buttons_are_what_can_be_done(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")

    assert buttons(page_of(browser("reg1"), identity)) == ["return", "reject", "approve"]
    office.perform("reg2", identity, "claim")
    claimed = page_of(browser("reg1"), identity)
    assert buttons(claimed) == []
    assert office.account("reg2").name in claimed


def test_a_form_that_waits_for_another_office_can_be_read_only(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("east", Category.REGISTRATION)
    office.perform("reg1", identity, "approve")

    answer = browser("reg1").get(f"/applications/{identity}/decide")

    assert answer.status_code == 302
    assert answer.location == f"/applications/{identity}"


@pytest.mark.rule("M3")
def test_another_office_does_not_see_the_form_at_all(browser: Enter, office: Office) -> None:
    identity = office.submitted("developer")

    for login in ("reg1", "mkt1", "info1", "research1"):
        assert browser(login).get(f"/applications/{identity}/decide").status_code == 404


@pytest.mark.parametrize("login", ["east.admin", "auditor", "system_administrator"])
def test_who_does_not_review_has_no_such_page(browser: Enter, office: Office, login: str) -> None:
    identity = office.submitted("east")
    who = browser(login)

    assert who.get(f"/applications/{identity}/decide").status_code == 403
    refused = who.post(f"/applications/{identity}/decide", {"action": "approve"})
    assert refused.status_code == 403
    assert office.application(identity).state == ApplicationState.SUBMITTED


# --- Deciding


def test_passing_opens_the_next_waiting_form(browser: Enter, office: Office) -> None:
    first, second, third = (office.submitted("east") for _ in range(3))
    who = browser("reg1")

    answer = decide(who, first, "approve")

    assert (answer.status_code, answer.location) == (303, f"/applications/{second}/decide")
    assert office.application(first).state == ApplicationState.PASSED
    assert "还有 2 件待办" in unescape(who.get(answer.location).text)
    decide(who, second, "approve")
    last = decide(who, third, "approve")
    assert last.location == "/"


@pytest.mark.rule("M5.1")
def test_one_person_is_refused_and_the_others_pass(browser: Enter, office: Office) -> None:
    identity = office.submitted("east", people=5)
    third = lines_of(office, identity)[2]

    answer = decide(
        browser("reg1"),
        identity,
        "approve",
        **{
            f"line-{third.id}-verdict": "refused",
            f"line-{third.id}-reason_code": "not_in_post",
            f"line-{third.id}-reason": "已离岗",
        },
    )

    assert answer.status_code == 303
    lines = lines_of(office, identity)
    assert [line.verdict for line in lines].count(LineVerdict.PASSED) == 4
    assert (lines[2].verdict, lines[2].reason_code, lines[2].reason) == (
        LineVerdict.REFUSED,
        "not_in_post",
        "已离岗",
    )
    assert office.events()[-1].new["refused"] == {"3": "已离岗"}


def test_a_refusal_without_words_is_asked_for_them_and_nothing_is_lost(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("east", people=2)
    _first, second = lines_of(office, identity)

    answer = decide(
        browser("reg1"),
        identity,
        "approve",
        comment="其余同意",
        **{
            f"line-{second.id}-verdict": "refused",
            f"line-{second.id}-reason_code": "duplicate",
            f"line-{second.id}-reason": "",
        },
    )

    page = unescape(answer.text)
    assert answer.status_code == 422
    assert f'href="#line-{second.id}-reason"' in page
    assert f'id="line-{second.id}-error"' in page
    assert "其余同意" in page
    assert re.search(rf'id="line-{second.id}-verdict-refused"[^>]* checked', page)
    assert '<option value="duplicate" selected>' in page
    assert office.application(identity).state == ApplicationState.SUBMITTED


def test_refusing_everybody_is_rejecting(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")
    line = lines_of(office, identity)[0]
    refused = {f"line-{line.id}-verdict": "refused", f"line-{line.id}-reason": "不符"}

    assert decide(browser("reg1"), identity, "approve", **refused).status_code == 422
    assert decide(browser("reg1"), identity, "reject", comment="材料不实").status_code == 303
    assert office.application(identity).state == ApplicationState.REJECTED


@pytest.mark.rule("M5.1")
def test_a_form_goes_back_with_remarks_on_field_column_and_paper(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("developer", people=2)

    answer = decide(
        browser("service1"),
        identity,
        "return",
        **{
            "remark-contact_phone": "电话是空号",
            "remark-lines.2": "与证件不符",
            "place-lines.2": "citizen_id",
            "remark-papers.business_licence": "请重新盖章",
            "remark-lines.1": "  ",
        },
    )

    assert answer.status_code == 303
    returned = office.application(identity)
    assert returned.state == ApplicationState.RETURNED
    assert {it.target: it.text for it in returned.remarks} == {
        "contact_phone": "电话是空号",
        "lines.2.citizen_id": "与证件不符",
        "papers.business_licence": "请重新盖章",
    }
    assert "电话是空号" in office.last_event().comment


def test_a_return_without_a_word_is_asked_for_one(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")

    answer = decide(browser("reg1"), identity, "return")

    assert answer.status_code == 422
    assert 'href="#comment"' in answer.text


# --- Who was quicker


@pytest.mark.rule("X4")
def test_who_comes_second_is_told_who_decided_what_and_keeps_the_words(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("east")
    slow = browser("reg2")
    page = page_of(slow, identity)
    office.perform("reg1", identity, "approve", comment="同意")

    answer = slow.post(
        f"/applications/{identity}/decide",
        {
            "action": "return",
            "version": place(page, "version"),
            "idempotency_key": place(page, "idempotency_key"),
            "comment": "我写了很久的意见",
        },
    )

    said = unescape(answer.text)
    assert answer.status_code == 409
    assert office.account("reg1").name in said
    assert "我写了很久的意见" in said
    assert office.application(identity).state == ApplicationState.PASSED


def test_a_decision_sent_twice_is_made_once(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")
    who = browser("reg1")
    page = page_of(who, identity)
    sent = {
        "action": "approve",
        "version": place(page, "version"),
        "idempotency_key": place(page, "idempotency_key"),
    }
    first = who.post(f"/applications/{identity}/decide", sent)

    second = who.post(f"/applications/{identity}/decide", sent)

    assert first.status_code == second.status_code == 303
    approvals = [event for event in office.events() if event.tag == "application:approved"]
    assert len(approvals) == 1


@pytest.mark.parametrize("action", ["", "nothing", "configure\x00", "submit", "withdraw"])
def test_what_is_no_act_of_this_page_is_not_done(
    browser: Enter, office: Office, action: str
) -> None:
    identity = office.submitted("east")

    assert decide(browser("reg1"), identity, action).status_code == 404


def test_taking_on_and_handing_back(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")
    who = browser("reg1")
    back = f"/applications/{identity}/decide"

    taken = who.post(f"/applications/{identity}/acts/claim?next={back}")

    assert (taken.status_code, taken.location) == (303, back)
    assert f"/applications/{identity}/acts/hand_back" in page_of(who, identity)
    assert who.post(f"/applications/{identity}/acts/hand_back").status_code == 303
    assert office.application(identity).work_items[0].claimed_by_id is None
