"""Forms on paper: printed and numbered, void once the form says otherwise, filed when back."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from app.services.demo.specimens import specimen
from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.paper import Paper

AtDesk = Callable[..., Desk]
PAPER = "application_form"


def print_anew(desk: Desk) -> Paper:
    """Print one more copy of a form whose printouts are open; the PDF that is shown."""
    desk.find('.page-actions button[formaction$="/copies"]').click()
    desk.has_done()
    address = desk.find("#paper-frame").get_attribute("src")
    got = desk.page.request.get(address or "")
    assert got.headers["content-type"] == "application/pdf"
    return Paper(got.body())


def numbered(paper: Paper) -> list[tuple[str, str]]:
    """Form and copy that the code of each page names."""
    return [(number, copy) for _kd, number, copy, *_ in (it.split(":") for it in paper.marks())]


def copies(desk: Desk) -> Locator:
    """The printouts of a form, the newest first."""
    return desk.find(".copy-list li")


def send_in(desk: Desk, name: str, sheet: Image.Image) -> None:
    """Lay a sheet on the scanner and send in what it makes of it."""
    made = BytesIO()
    sheet.convert("RGB").save(made, "PDF", resolution=150)
    file = {"name": name, "mimeType": "application/pdf", "buffer": made.getvalue()}
    desk.open("/scans/send").find("#file").set_input_files(file)
    desk.find(".action-bar .btn-primary").click()
    expect(desk.find("main h1")).to_contain_text(name)


@BOTH
@pytest.mark.rule("A3")
def test_a_copy_is_void_once_the_form_says_otherwise(
    at_desk: AtDesk, language: str, viewport
) -> None:
    applicant = at_desk("chaoyang.he", language=language, viewport=viewport).open_draft()
    number, edit, show = applicant.number, applicant.page.url, applicant.page.url[: -len("/edit")]
    applicant.open(f"{show}/print")

    first = print_anew(applicant)
    assert numbered(first) == [(number, "1")] * first.pages
    second = print_anew(applicant)
    assert numbered(second) == [(number, "2")] * second.pages
    expect(copies(applicant).locator(".tone-good")).to_have_count(2)

    applicant.open(edit).page.fill("#contact_phone", "010-65000188")
    applicant.save().has_done()
    applicant.open(f"{show}/print")
    expect(copies(applicant).locator(".tone-bad")).to_have_count(2)
    expect(applicant.find("#paper-frame")).to_have_count(0)

    third = print_anew(applicant)
    assert "010-65000188" in third.text(0)
    expect(copies(applicant).locator(".tone-good")).to_have_count(1)
    expect(copies(applicant).first.locator(".tone-good")).to_be_visible()


@pytest.mark.rule("A3", "M9")
def test_a_printed_form_that_is_scanned_files_itself(at_desk: AtDesk) -> None:
    applicant = at_desk("chaoyang.he").open_draft()
    number, edit = applicant.number, applicant.page.url
    assert PAPER in applicant.papers_wanted()
    printed = print_anew(applicant.open(edit.replace("/edit", "/print")))

    send_in(applicant, "scan-0001.pdf", printed.picture(0))

    expect(applicant.find("#settled .tone-good")).to_have_count(1)
    expect(applicant.find("#settled a")).to_have_text(number)
    applicant.open(edit)
    expect(applicant.find(f"#paper-{PAPER} a.file")).to_have_count(1)
    assert PAPER not in applicant.papers_wanted()


@pytest.mark.rule("M9")
def test_a_sheet_that_says_nothing_waits_until_somebody_files_it(at_desk: AtDesk) -> None:
    applicant = at_desk("chaoyang.he").open_draft()
    number, edit = applicant.number, applicant.page.url

    send_in(applicant, "scan-0002.pdf", Image.open(BytesIO(specimen("便条", "", 1)[1])))

    expect(applicant.find("#settled")).to_have_count(0)
    expect(applicant.find("#waiting input[name=page]")).to_be_checked()
    applicant.page.fill("#number", "SQ0000000000000")
    applicant.find('#waiting button[value="file"]').click()
    expect(applicant.said.locator(".tone-bad")).to_be_visible()
    applicant.page.fill("#number", number)
    applicant.find('#waiting button[value="file"]').click()
    applicant.has_done()
    expect(applicant.find("#settled a")).to_have_text(number)
    applicant.open(edit)
    expect(applicant.find(f"#paper-{PAPER} a.file")).to_have_count(1)
