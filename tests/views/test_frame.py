"""The frame: a menu of what may be opened and no more, headers, languages, errors of our own."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from app.views.menu import MENU
from config import Settings
from tests.support.factories import Office, staff
from tests.support.pages import Browser
from tests.support.statements import statements

Enter = Callable[..., Browser]
PEOPLE = [login for login, _unit, _office, _role in staff() if not login.endswith("2")]
MENU_LINK = re.compile(r'<li><a href="([^"]+)"[^>]* title="')
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def menu_of(page: str) -> list[str]:
    return [unescape(link) for link in MENU_LINK.findall(page)]


# --- The menu


@pytest.mark.parametrize("login", PEOPLE)
def test_everything_in_the_menu_opens(browser: Enter, login: str) -> None:
    who = browser(login)
    links = menu_of(who.get("/").text)

    assert links
    assert {link: who.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize("login", PEOPLE)
def test_what_is_not_in_the_menu_does_not_open(app: Flask, browser: Enter, login: str) -> None:
    who = browser(login)
    shown = set(menu_of(who.get("/").text))
    with app.test_request_context():
        every = {
            app.url_for(entry.endpoint)
            for group in MENU
            for entry in group.entries
            if entry.endpoint in app.view_functions
        }

    assert {link: who.get(link).status_code for link in every - shown} == dict.fromkeys(
        every - shown, 403
    )


def test_every_entry_of_the_menu_has_its_page(app: Flask) -> None:
    missing = {
        entry.endpoint
        for group in MENU
        for entry in group.entries
        if entry.endpoint not in app.view_functions
    }
    assert missing == set()


def test_the_frame_asks_once_for_what_waits(app: Flask, browser: Enter, office: Office) -> None:
    office.submitted("east")
    who = browser("reg1")
    who.get("/inbox/")
    with app.app_context():
        engine = db.engine

    with statements(engine) as seen:
        assert who.get("/inbox/").status_code == 200

    assert len([it for it in seen if "count(*)" in it and "work_item" in it]) == 1
    assert len(seen) <= 5


def test_what_waits_is_counted_in_the_menu(browser: Enter, office: Office) -> None:
    for _ in range(3):
        office.submitted("east")

    assert re.search(r'class="menu-count num">3<', browser("reg1").get("/inbox/").text)
    assert "menu-count" not in browser("mkt1").get("/inbox/").text


# --- Nothing of the framework's


def test_no_page_of_the_framework_is_served(app: Flask, browser: Enter) -> None:
    who = browser("security_administrator")
    for path in ("/users/list/", "/roles/list/", "/lang/en", "/back", "/api/v1/menu/", "/logout/x"):
        assert who.get(path).status_code in {401, 404}, path
    assert not [rule.rule for rule in app.url_map.iter_rules() if "appbuilder" in rule.rule]


# --- Headers


@pytest.mark.parametrize("path", ["/login/", "/", "/nowhere", "/inbox/"])
def test_every_page_says_what_a_browser_may_do_with_it(browser: Enter, path: str) -> None:
    answer = browser("reg1").get(path)

    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Strict-Transport-Security" not in answer.headers


def test_every_answer_has_a_nonce_of_its_own(browser: Enter) -> None:
    who = browser()
    first, second = (who.get("/login/") for _ in range(2))

    nonce = re.search(r"'nonce-([^']+)'", first.headers["Content-Security-Policy"])
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in first.text
    assert nonce[1] not in second.text


def test_no_page_carries_inline_script_or_style(browser: Enter, office: Office) -> None:
    form = office.submitted("east", people=2)
    draft = office.draft("east")
    pages = {
        "reg1": ["/", f"/applications/{form}/decide"],
        "east.admin": ["/", f"/applications/{form}", f"/applications/{draft}/edit"],
    }
    for login, paths in pages.items():
        who = browser(login)
        for path in paths:
            text = who.get(path).text
            assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", text), path
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", text), path


# --- Languages


@pytest.mark.rule("X7")
def test_pages_speak_chinese_to_who_asked_for_nothing(browser: Enter) -> None:
    page = browser("reg1").get("/").text

    assert '<html lang="zh-CN"' in page
    assert "我的工作" in page


@pytest.mark.rule("X7")
def test_the_language_is_switched_on_any_page_and_kept(browser: Enter, session: Session) -> None:
    who = browser("reg1")
    switch = re.search(r'href="(/language/en[^"]*)"', who.get("/applications/?state=draft").text)
    assert switch is not None

    answer = who.get(unescape(switch[1]))

    assert answer.location == "/applications/?state=draft"
    assert '<html lang="en"' in who.get("/").text
    who.sign_out()
    again = browser("reg1")
    assert '<html lang="en"' in again.get("/").text


@pytest.mark.rule("X7")
def test_the_door_can_be_switched_before_anybody_has_signed_in(browser: Enter) -> None:
    who = browser()
    assert '<html lang="zh-CN"' in who.get("/login/", headers={"Accept-Language": "en"}).text

    who.get("/language/en?next=/login/")

    page = who.get("/login/").text
    assert '<html lang="en"' in page
    assert "Sign in" in page


def test_an_unknown_language_changes_nothing(browser: Enter) -> None:
    who = browser("reg1")

    assert who.get("/language/xx").status_code == 404
    assert '<html lang="zh-CN"' in who.get("/").text


# --- Errors of our own


def test_errors_are_pages_to_people_and_json_to_scripts(browser: Enter) -> None:
    who = browser("reg1")
    json = {"Accept": "application/json"}

    page = who.get("/applications/999999")
    assert page.status_code == 404
    assert 'class="problem"' in page.text
    body = who.get("/applications/999999", headers=json)
    assert (body.status_code, body.json["code"]) == (404, "not_found")
    assert set(body.json) == {"code", "message", "rule", "article", "details"}
    assert who.get("/nowhere", headers=json).json["code"] == "not_found"
    assert who.post("/inbox/").status_code == 405


def test_an_error_of_ours_tells_nothing_of_the_inside(
    app: Flask, browser: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services import notices

    def fail(*_args: object, **_kwargs: object) -> None:
        message = "secret detail of the database"
        raise RuntimeError(message)

    who = browser("reg1")
    monkeypatch.setattr(notices, "inbox", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    answer = who.get("/inbox/")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


def test_what_was_typed_on_a_page_too_old_can_be_sent_again(browser: Enter, office: Office) -> None:
    draft = office.draft("east")
    who = browser("east.admin")
    typed = {"contact_name": "写了很久的人", "action": "save", "password": "hidden"}

    answer = who.post(
        f"/applications/{draft}/edit",
        typed,
        token="stale",
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 400
    assert 'name="contact_name" value="写了很久的人"' in answer.text
    assert "hidden" not in re.findall(r'value="([^"]*)"', answer.text)


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_a_form_of_another_site_is_not_offered_for_sending(
    browser: Enter, office: Office, headers: dict[str, str]
) -> None:
    draft = office.draft("east")

    answer = browser("east.admin").post(
        f"/applications/{draft}/edit", {"contact_name": "攻击"}, token="", headers=headers
    )

    assert answer.status_code == 400
    assert "攻击" not in answer.text


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and not rule.rule.startswith("/api/")
        and not hasattr(app.view_functions[rule.endpoint], "access")
    }
    assert silent == set()


@pytest.mark.parametrize("number", ["0", "-1", "3000000000", "99999999999999999999", "1e3", "٣"])
@pytest.mark.parametrize(
    "path",
    [
        "/applications/{}",
        "/applications/{}/decide",
        "/applications/{}/edit",
        "/file/{}",
        "/inbox/{}",
    ],
)
def test_a_number_that_no_row_has_is_not_found(browser: Enter, path: str, number: str) -> None:
    login = "east.admin" if path.endswith("edit") else "reg1"

    assert browser(login).get(path.format(number)).status_code == 404


# --- An installation behind TLS, with a name of its own


@pytest.fixture
def secured(settings: Settings, database: object) -> FlaskClient:
    own = replace(settings, cookie_secure=True, trusted_hosts=("keydesk.example",))
    return create_app(own).test_client()


def test_behind_tls_browsers_are_kept_there(secured: FlaskClient) -> None:
    answer = secured.get("/login/", base_url="https://keydesk.example")

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "; Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/login/", "/", "/nowhere", "/static/mark.svg"])
def test_a_host_that_is_not_ours_is_answered_nothing(secured: FlaskClient, path: str) -> None:
    answer = secured.get(path, base_url="https://evil.example")

    assert answer.status_code == 400
    assert "evil.example" not in answer.text
