"""Deciding on one page: line by line, with remarks and papers; on to the next; who was quicker."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category, Duty, LineVerdict, OfficeCode
from app.extensions import db
from app.models.keys import Key
from tests.support.factories import Office, staff_of
from tests.support.pages import Browser, place
from tests.support.rest import PASSWORD
from tests.support.statements import statements

Enter = Callable[..., Browser]
MOST_STATEMENTS = 15
PASSWORDS = re.compile(r'<code class="secret">([^<]+)</code>')


def page_of(who: Browser, identity: int) -> str:
    answer = who.get(f"/applications/{identity}/decide")
    assert answer.status_code == 200, answer.location
    return unescape(answer.text)


def decide(who: Browser, identity: int, action: str, **said: Any) -> Any:
    """Press a button of the page as it stands now."""
    page = page_of(who, identity)
    sent = {
        "action": action,
        "version": place(page, "version"),
        "idempotency_key": place(page, "idempotency_key"),
        **said,
    }
    return who.post(f"/applications/{identity}/decide", sent)


def buttons(page: str) -> list[str]:
    return re.findall(r'name="action" value="(\w+)"', page)


def lines_of(office: Office, identity: int) -> list[Any]:
    return list(office.application(identity).lines)


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
    assert line.items[0].name_zh in page
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
    assert page.count("当前位置") == 1
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
    assert "还剩 2 件" in unescape(who.get(answer.location).text)
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


# --- Papers


@pytest.mark.rule("M5.2")
def test_a_form_does_not_pass_while_a_paper_lacks_and_the_page_says_which(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("developer")
    who = browser("service1")
    page = page_of(who, identity)
    assert "营业执照" in page
    assert "data-lacking-note" in page

    answer = decide(who, identity, "approve")

    assert answer.status_code == 422
    assert "营业执照" in unescape(answer.text)
    assert office.application(identity).state == ApplicationState.SUBMITTED


@pytest.mark.rule("M5.2")
def test_ticks_are_saved_with_the_decision(browser: Enter, office: Office) -> None:
    identity = office.submitted("developer")
    who = browser("service1")
    ticks = dict.fromkeys(re.findall(r'name="(paper-[^"]+)"', page_of(who, identity)), "1")

    answer = decide(who, identity, "approve", **{"papers-shown": "1", **ticks})

    assert answer.status_code == 303
    passed = office.application(identity)
    assert passed.state == ApplicationState.CONFIGURED
    assert all(check.copy_kept or check.original_seen for check in passed.paper_checks)
    assert {check.checked_by_id for check in passed.paper_checks} == {office.account("service1").id}
    tags = [event.tag for event in office.events()]
    assert tags.index("application:papers_checked") < tags.index("application:approved")


def test_ticks_stay_when_the_decision_itself_is_refused(browser: Enter, office: Office) -> None:
    identity = office.submitted("developer")
    who = browser("service1")
    tick = "paper-business_licence-original_seen"

    answer = decide(who, identity, "approve", **{"papers-shown": "1", tick: "1"})

    assert answer.status_code == 422
    assert re.search(rf'name="{tick}" value="1" checked', answer.text)
    seen = {it.paper_code: it.original_seen for it in office.application(identity).paper_checks}
    assert seen["business_licence"]
    cleared = decide(who, identity, "approve", **{"papers-shown": "1"})
    assert cleared.status_code == 422
    seen = {it.paper_code: it.original_seen for it in office.application(identity).paper_checks}
    assert not seen["business_licence"]


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


# --- Configuring, and handing keys over


def test_login_names_are_proposed_and_can_be_changed(browser: Enter, office: Office) -> None:
    identity = office.standing_at(ApplicationState.PASSED, "east", people=2)
    who = browser("info1")
    first, second = lines_of(office, identity)
    page = page_of(who, identity)
    assert buttons(page) == ["configure"]
    assert re.search(rf'name="line-{first.id}-login_name" value="[a-z0-9]+"', page)

    taken = decide(who, identity, "configure", **{f"line-{first.id}-login_name": "REG1"})
    assert taken.status_code == 422
    assert f'id="line-{first.id}-login_name-error"' in taken.text
    assert 'value="REG1"' in taken.text

    done = decide(
        who,
        identity,
        "configure",
        **{f"line-{first.id}-login_name": "Chosen.Name", f"line-{second.id}-login_name": ""},
    )

    assert done.status_code == 303
    names = [line.account.login_name for line in lines_of(office, identity)]
    assert names[0] == "Chosen.Name"
    assert names[1]


@pytest.mark.rule("M4", "M9")
def test_keys_are_handed_over_and_first_passwords_told_once(
    browser: Enter, office: Office, session: Session
) -> None:
    identity = office.standing_at(ApplicationState.CONFIGURED, "east", people=2)
    who = browser("research1")
    first, second = lines_of(office, identity)
    serials = office.free_serials(OfficeCode.RESEARCH)
    page = page_of(who, identity)
    assert f'value="{serials[0]}" selected' in page
    assert f'value="{serials[1]}" selected' in page

    answer = decide(
        who,
        identity,
        "issue_key",
        **{
            f"line-{first.id}-key_serial": serials[0],
            f"line-{second.id}-key_serial": serials[1],
        },
    )

    passwords = PASSWORDS.findall(answer.text)
    assert answer.status_code == 200
    assert len(passwords) == len(set(passwords)) == 2
    assert office.application(identity).state == ApplicationState.COMPLETED
    trail = "".join(f"{it.old}{it.new}{it.comment}" for it in office.events())
    assert not [it for it in passwords if it in trail]
    login = lines_of(office, identity)[0].account.login_name
    assert browser().sign_in(login, passwords[0]).status_code == 303
    again = who.get(f"/applications/{identity}").text
    assert not [it for it in passwords if it in again]


def test_who_is_not_served_now_is_served_later(browser: Enter, office: Office) -> None:
    identity = office.standing_at(ApplicationState.CONFIGURED, "east", people=2)
    who = browser("research1")
    first, second = lines_of(office, identity)
    one, other = office.free_serials(OfficeCode.RESEARCH)[:2]

    answer = decide(who, identity, "issue_key", **{f"line-{first.id}-key_serial": one})

    assert len(PASSWORDS.findall(answer.text)) == 1
    assert f"/applications/{identity}/decide" in answer.text
    assert office.application(identity).state == ApplicationState.CONFIGURED
    page = page_of(who, identity)
    assert f"line-{first.id}-key_serial" not in page
    decide(who, identity, "issue_key", **{f"line-{second.id}-key_serial": other})
    assert office.application(identity).state == ApplicationState.COMPLETED


@pytest.mark.rule("M9")
@pytest.mark.parametrize("serial", ["SERVICE-0001", "NO-SUCH-KEY", "x" * 50, "=1+1", ""])
def test_only_a_key_of_the_own_stock_can_be_handed_over(
    browser: Enter, office: Office, serial: str
) -> None:
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    line = lines_of(office, identity)[0]

    answer = decide(
        browser("research1"), identity, "issue_key", **{f"line-{line.id}-key_serial": serial}
    )

    assert answer.status_code == 422
    assert office.application(identity).state == ApplicationState.CONFIGURED
    assert office.count(Key, Key.application_id == identity) == 0


@pytest.mark.rule("X4")
def test_who_passed_an_application_is_not_led_to_issue_its_keys(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("developer")
    office.tick_everything(identity, "service1")
    office.perform("service1", identity, "approve")

    assert 'class="start"' not in browser("service1").get("/").text
    assert f"/applications/{identity}/decide" in browser("service2").get("/").text
    line = lines_of(office, identity)[0]
    serial = office.free_serials(OfficeCode.SERVICE)[0]
    who = browser("service1")
    refused = who.post(
        f"/applications/{identity}/decide",
        {"action": "issue_key", f"line-{line.id}-key_serial": serial},
    )
    assert refused.status_code == 403
    assert office.refusals()[-1].rule == "X4"


def test_the_picker_finds_keys_of_the_own_stock_only(browser: Enter, office: Office) -> None:
    found = browser("research1").get("/applications/keys-in-stock?q=research-").json
    none = browser("research1").get("/applications/keys-in-stock?q=SERVICE-").json

    assert {it["value"] for it in found["results"]} == set(office.free_serials(OfficeCode.RESEARCH))
    assert none == {"results": [], "more": False}
    assert browser("reg1").get("/applications/keys-in-stock?q=R").status_code == 403


# --- The work list that leads here


def test_the_first_page_opens_the_oldest(browser: Enter, office: Office) -> None:
    oldest = office.submitted("east")
    office.submitted("west")

    page = browser("reg1").get("/").text

    start = re.search(r'<a class="start" href="([^"]+)"', page)
    assert start is not None
    assert start[1] == f"/applications/{oldest}/decide"


def test_what_a_colleague_holds_does_not_wait_for_me(browser: Enter, office: Office) -> None:
    held, free = office.submitted("east"), office.submitted("east")
    office.perform("reg2", held, "claim")

    page = browser("reg1").get("/?").text

    assert f"/applications/{free}/decide" in page
    assert f"/applications/{held}/decide" not in page.partition('id="late"')[0]


@pytest.mark.parametrize("view", ["waiting", "late", "returned", "decided"])
def test_each_work_list_opens(browser: Enter, office: Office, view: str) -> None:
    office.submitted("east")
    address = f"/applications/?view={view}&week=2026-03-02"

    assert browser("reg1").get(address).status_code == 200
    assert browser("east.admin").get(address).status_code == 404


def test_a_whole_road_is_walked_on_pages_alone(
    browser: Enter, office: Office, session: Session
) -> None:
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    assert decide(browser("reg1"), identity, "approve").status_code == 303
    assert decide(browser("mkt1"), identity, "approve").status_code == 303
    assert decide(browser("info1"), identity, "configure").status_code == 303
    line = lines_of(office, identity)[0]
    serial = office.free_serials(OfficeCode.RESEARCH)[0]
    handed = decide(
        browser("research1"), identity, "issue_key", **{f"line-{line.id}-key_serial": serial}
    )
    login = lines_of(office, identity)[0].account.login_name
    who = browser()

    assert who.sign_in(login, PASSWORDS.findall(handed.text)[0]).status_code == 303
    changed = {
        "old_password": PASSWORDS.findall(handed.text)[0],
        "new_password": PASSWORD,
        "repeat_password": PASSWORD,
    }
    assert who.post("/password/", changed).status_code == 303
    home = who.get("/").text
    assert serial in home
    assert line.items[0].title_zh in home
    assert who.get("/applications/").status_code == 403
