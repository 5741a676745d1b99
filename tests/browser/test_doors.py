"""Every role of the demo gets in and lands on its own page; axe finds nothing to blame."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, submit_login

ROLES = (
    ("organization_administrator", {}),
    ("reviewer", {"office": "REG"}),
    ("reviewer", {"office": "MKT"}),
    ("configurator", {"office": "INFO"}),
    ("key_officer", {"office": "RESEARCH"}),
    ("key_officer", {"office": "SERVICE"}),
    ("auditor", {}),
    ("system_administrator", {}),
    ("security_administrator", {}),
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_door_is_accessible_in_both_languages(new_page, accessible, language: str):
    page = new_page(language=language)
    page.goto("/login/")
    assert page.locator("html").get_attribute("lang").startswith(language)
    accessible(page)


@pytest.mark.parametrize(("role", "wanted"), ROLES, ids=str)
def test_every_role_gets_in_and_finds_its_work(sign_in, accessible, role: str, wanted: dict):
    page = sign_in(role, **wanted)
    expect(page.locator("main h1")).to_be_visible()
    accessible(page)


def test_a_wrong_password_is_refused_in_words(demo, page):
    page.goto("/login/")
    submit_login(page, demo.account("auditor")["login"], "not the password")
    expect(page).to_have_url(re.compile("/login/"))
    expect(page.get_by_role("alert").first).to_be_visible()


def test_the_console_fits_a_phone(sign_in, accessible):
    page = sign_in("organization_administrator", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    accessible(page)
