"""Papers ticked, login names chosen, keys handed over, on the page where forms are decided."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category, OfficeCode
from app.models.keys import Key
from tests.support.factories import Office
from tests.support.pages import Browser, buttons, decide, lines_of, page_of
from tests.support.rest import PASSWORD

Enter = Callable[..., Browser]
MOST_STATEMENTS = 15
PASSWORDS = re.compile(r'<code class="secret">([^<]+)</code>')


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
