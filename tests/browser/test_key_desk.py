"""The key office's desk: keys come in, go on, come back, are counted, get lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.catalog.enums import KeyState
from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.server import DemoServer
from tests.support.sheets import xlsx

pytestmark = pytest.mark.rule("M9")

AtDesk = Callable[..., Desk]
GOOD, KNOWN = ("GM-2026-0001", "GM-2026-0002"), "KD-1000-0016"
HELD_BY = "xujianing"
WORDS = {
    "zh": {"in stock": "库存中", "sent": "调拨在途", "heading": "密钥编号"},
    "en": {"in stock": "In stock", "sent": "On the way", "heading": "Serial number"},
}


def scan(desk: Desk, *serials: str) -> None:
    """A hand scanner types what it reads, and Enter."""
    desk.find("#serials").focus()
    for serial in serials:
        desk.page.keyboard.insert_text(serial)
        desk.page.keyboard.press("Enter")


def row(desk: Desk, serial: str) -> Locator:
    """A key in the list of keys."""
    desk.open(f"/keys/?q={serial}")
    return desk.find("main tbody tr", has_text=serial)


def in_the_safe(demo: DemoServer, office: str) -> list[str]:
    """The keys that lie at an office by the ledger."""
    query = "SELECT serial, state FROM key WHERE office_code = ? ORDER BY serial"
    rows = demo.rows(query, office)
    return [serial for serial, state in rows if KeyState(state).is_held_by_office]


@BOTH
def test_a_delivery_is_scanned_and_goes_on_to_the_other_office(
    at_desk: AtDesk, language: str, viewport
) -> None:
    words = WORDS[language]
    officer = at_desk("research.gu", language=language, viewport=viewport).open("/keys/add")

    scan(officer, KNOWN, *GOOD)
    told = officer.find("[data-scan-log] li")
    expect(told).to_have_count(3)
    expect(told.last).to_have_class(re.compile("tone-warn"))
    expect(officer.find("[data-scan-log] .tone-good")).to_have_count(2)
    officer.find(".scan-foot button").click()
    officer.find('button[name="take"][value="all"]').click()
    officer.has_done()
    expect(row(officer, GOOD[0])).to_contain_text(words["in stock"])

    officer.open("/key_desk/transfer").find("#serials").fill("\n".join(GOOD))
    officer.find("#comment").fill("窗口备用")
    officer.find(".action-bar .btn-primary").click()
    officer.has_done()
    expect(row(officer, GOOD[0])).to_contain_text(words["sent"])

    other = at_desk("service.ye", language=language, viewport=viewport)
    other.open("/key_desk/transfer").find(".on-the-way button").click()
    other.confirm().has_done()
    for serial in GOOD:
        expect(row(other, serial)).to_contain_text(words["in stock"])
    expect(row(officer, GOOD[0])).to_have_count(0)


@BOTH
def test_of_a_file_with_faults_the_good_part_is_taken_in(
    at_desk: AtDesk, language: str, viewport
) -> None:
    officer = at_desk("research.gu", language=language, viewport=viewport).open("/keys/add")
    rows = [[WORDS[language]["heading"]], *([it] for it in (*GOOD, GOOD[0], KNOWN, "?"))]
    sheet = {"name": "delivery.xlsx", "mimeType": "", "buffer": xlsx(*rows).getvalue()}

    officer.find("#file").set_input_files(sheet)
    officer.find(".scan-foot button").click()

    expect(officer.find("#verdicts .state.tone-bad")).to_have_count(2)
    expect(officer.find("#verdicts .state.tone-warn")).to_have_count(1)
    expect(officer.find('button[value="all"]')).to_have_count(0)
    officer.find('button[name="take"][value="good"]').click()
    officer.has_done()
    for serial in GOOD:
        expect(row(officer, serial)).to_contain_text(WORDS[language]["in stock"])


def test_a_key_that_is_handed_in_is_nobodys(at_desk: AtDesk) -> None:
    officer = at_desk("research.gu")
    row(officer, KNOWN).locator("a").first.click()
    expect(officer.find("#holder")).to_contain_text("许嘉宁")

    officer.find('a[href$="/actions/take_back"]').click()
    officer.find("#comment").fill("休假期间交回保管")
    officer.find(".action-bar .btn-primary").click()

    officer.has_done()
    expect(officer.find(".page-title .state")).to_have_text("已交回")
    expect(officer.find("#holder a")).to_have_count(0)
    expect(officer.find("#custody li").first).to_contain_text("休假期间交回保管")


def test_what_a_count_finds_otherwise_is_settled_one_by_one(
    at_desk: AtDesk, demo: DemoServer
) -> None:
    missing, scanned, *others = in_the_safe(demo, "SERVICE")
    clerk = at_desk("service.ye").open("/stock_takes/add")
    clerk.find("#note").fill("月末盘点")
    clerk.find(".action-bar .btn-primary").click()

    clerk.find("#serials").fill("\n".join(others))
    clerk.find(".scan-foot button").click()
    clerk.has_done()
    scan(clerk, scanned, "GM-STRAY")
    expect(clerk.find("[data-scan-log] li")).to_have_count(2)
    expect(clerk.find("[data-scan-log] .tone-bad")).to_contain_text("GM-STRAY")
    clerk.find('.page-actions form[action$="/compare"] button').click()
    clerk.confirm()

    differing = clerk.find(".count-lines > li")
    expect(differing).to_have_count(2)
    for serial in (missing, "GM-STRAY"):
        line = differing.filter(has_text=serial)
        line.locator("input[name=comment]").fill("已查明")
        line.locator("button").click()
        expect(differing.filter(has_text=serial)).to_have_class("is-settled")
    clerk.find('.page-actions form[action$="/finish"] button').click()
    clerk.confirm()

    expect(clerk.find(".page-title .state")).to_have_text("已关闭")
    assert in_the_safe(demo, "SERVICE") == [scanned, *others]


@BOTH
@pytest.mark.rule("M8")
def test_who_has_lost_a_key_freezes_it_without_signing_in(
    at_desk: AtDesk, new_page: Callable[..., Page], demo: DemoServer, language: str, viewport
) -> None:
    still_in = at_desk(HELD_BY, language=language, viewport=viewport)
    page = new_page(language=language, viewport=viewport)
    page.goto("/login/")

    page.click('main a[href*="/lost-key/"]')
    page.fill("#login", HELD_BY)
    page.fill("#password", demo.password(HELD_BY))
    page.fill("#comment", "昨晚在地铁上遗失")
    page.click("main .btn-primary")

    expect(page.locator(".note.tone-good")).to_contain_text(KNOWN)
    expect(still_in.open("/").find("#login")).to_be_visible()
    officer = at_desk("research.gu")
    expect(row(officer, KNOWN)).to_contain_text("已挂失")
