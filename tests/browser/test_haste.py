"""Somebody who is faster than the line loses nothing and does nothing unasked."""

import re
from collections.abc import Callable
from typing import Self

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, expect

from app.services.demo.specimens import specimen
from tests.browser.conftest import PATIENCE
from tests.browser.desk import Desk

AtDesk = Callable[..., Desk]
PERSON = "许嘉宁"


class Slow:
    """A line on which what fits is answered by the server, and arrives only when it is let go."""

    def __init__(self, page: Page, fits: Callable[[Request], bool]) -> None:
        self.page = page
        self.fits = fits
        self.held: list[tuple[Route, APIResponse]] = []

    def __enter__(self) -> Self:
        self.page.route("**/*", self._hold)
        return self

    def _hold(self, route: Route) -> None:
        if self.fits(route.request):
            self.held.append((route, route.fetch()))
        else:
            route.fallback()

    def wait(self) -> None:
        """Wait until something is held."""
        for _look in range(PATIENCE // 50):
            if self.held:
                return
            self.page.wait_for_timeout(50)
        message = "nothing that fits was asked for"
        raise AssertionError(message)

    def __exit__(self, *_error: object) -> None:
        for route, answer in self.held:
            route.fulfill(response=answer)
        self.page.unroute("**/*", self._hold)


def is_save(request: Request) -> bool:
    return request.method == "POST" and request.headers.get("accept") == "application/json"


def script(name: str) -> Callable[[Request], bool]:
    return lambda request: request.url.endswith(f"/js/{name}")


@pytest.fixture
def applicant(at_desk: AtDesk) -> Desk:
    return at_desk("chaoyang.he")


def test_a_form_is_kept_while_a_save_of_it_is_on_its_way(applicant: Desk) -> None:
    edit = applicant.open_draft().page.url
    with Slow(applicant.page, is_save) as line:
        applicant.page.fill("#contact_phone", "010-65000101")
        line.wait()
        applicant.page.fill("#contact_phone", "010-65000102")
        applicant.save()
        expect(applicant.find("#work-line")).to_be_visible()

    applicant.has_done()
    expect(applicant.find("#error-summary")).to_have_count(0)
    expect(applicant.open(edit).find("#contact_phone")).to_have_value("010-65000102")


def test_a_form_waits_for_the_paper_that_is_being_sent(applicant: Desk) -> None:
    edit = applicant.open_draft().page.url
    paper = applicant.find("#paper-application_form")
    picture = specimen("申请表", "", 1)[1]
    file = {"name": "form.png", "mimeType": "image/png", "buffer": picture}
    with Slow(applicant.page, is_save) as line:
        paper.locator("input[type=file]").set_input_files(file)
        line.wait()
        applicant.save()
        expect(applicant.find("#work-line")).to_be_visible()
        expect(applicant.page).to_have_url(edit)

    applicant.has_done()
    expect(paper.locator("a.file")).to_contain_text("form.png")


def test_lines_stay_when_a_form_is_kept_before_its_editor_is_there(applicant: Desk) -> None:
    edit = applicant.open_draft().page.url
    first = applicant.cell(1, "name").input_value()
    with Slow(applicant.page, script("lines.js")) as line:
        applicant.page.goto(edit, wait_until="commit")
        applicant.find("#contact_phone").fill("010-65000103")
        line.wait()
        expect(applicant.cell(1, "name")).to_have_count(0)
        applicant.save()
        applicant.page.wait_for_url(edit, wait_until="commit")

    expect(applicant.find("#contact_phone")).to_have_value("010-65000103")
    expect(applicant.cell(1, "name")).to_have_value(first)


def test_nothing_is_withdrawn_unasked_before_the_scripts_are_there(applicant: Desk) -> None:
    edit = applicant.open_draft().page.url
    with Slow(applicant.page, script("frame.js")) as line:
        applicant.page.goto(edit, wait_until="commit")
        line.wait()
        applicant.find('button[formaction$="/acts/withdraw"]').click()

    expect(applicant.find("#ask-yes")).to_be_visible()
    applicant.page.keyboard.press("Escape")
    expect(applicant.open(edit).find("#contact_phone")).to_be_visible()


def test_enter_before_the_answer_takes_who_is_found(applicant: Desk) -> None:
    applicant.begin("key_replacement")
    cell = applicant.cell(1, "login_name")
    with Slow(applicant.page, lambda request: "/people/" in request.url) as line:
        cell.fill(PERSON)
        cell.press("Enter")
        line.wait()

    expect(cell).to_have_value(f"{PERSON} · xujianing")
    expect(applicant.cell(2, "login_name")).to_have_count(0)


def test_enter_never_means_what_was_found_for_fewer_letters(at_desk: AtDesk) -> None:
    officer = at_desk("research.gu").open("/")
    officer.find("#search").fill("KD-1000-00")
    expect(officer.find("#search-results [role=option]").first).to_be_visible()

    with Slow(officer.page, lambda request: "partial=1" in request.url):
        officer.find("#search").fill("KD-1000-0016")
        officer.find("#search").press("Enter")
        expect(officer.page).to_have_url(re.compile("q=KD-1000-0016"))
