"""Every form on people that an organisation has, from an empty page to its end, as its roles."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect

from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.server import DemoServer

AtDesk = Callable[..., Desk]
K = ApplicationKind
COMPLETED = {"zh": "已办结", "en": "Completed"}


@dataclass(frozen=True, kw_only=True)
class Way:
    """Who applies for whom, what is typed besides, who does which act."""

    steps: tuple[tuple[str, str], ...]
    by: str = "chaoyang.he"
    person: str = "许嘉宁"
    login: str = "xujianing"
    finder: str = "login_name"
    typed: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()


WAYS = {
    K.KEY_REPLACEMENT: Way(
        typed={"remark": "密钥接口损坏"},
        steps=(
            ("reg.zhou", "approve"),
            ("research.gu", "take_back_key"),
            ("research.gu", "issue_key"),
        ),
    ),
    K.USER_RENAME: Way(
        finder="old_login_name",
        typed={"new_name": "许佳宁", "sex": "female", "citizen_id": "own"},
        steps=(("reg.zhou", "approve"), ("info.luo", "configure"), ("research.gu", "rebind_key")),
    ),
    K.PERMISSION_CHANGE: Way(
        items=("district.registration.5",),
        steps=(("reg.zhou", "approve"), ("info.luo", "configure")),
    ),
    K.USER_CANCELLATION: Way(steps=(("info.luo", "cancel_user"), ("research.gu", "take_back_key"))),
    K.ENTERPRISE_CANCELLATION: Way(
        by="heyue.tao",
        person="梁启文",
        login="liangqiwen",
        steps=(("service.ye", "cancel_user"), ("service.ye", "take_back_key")),
    ),
    K.BUSINESS_DELETION: Way(
        typed={"case_numbers": "found"}, steps=(("research.gu", "delete_business"),)
    ),
    K.LOGIN_RESTORATION: Way(steps=(("research.gu", "restore_login"),)),
}


def test_every_kind_that_names_people_is_walked():
    assert set(WAYS) == set(APPLICATIONS) - {K.NEW_USER, K.ENTERPRISE_USER}


def get_ready(demo: DemoServer, kind: ApplicationKind, way: Way) -> dict[str, str]:
    """Let what has to be so be so beforehand; what is typed, with what only the office knows."""
    typed = dict(way.typed)
    if kind == K.LOGIN_RESTORATION:
        demo.flask("accounts", "suspend", way.login, "--as", "info.luo", "--comment", "半年未登录")
    if kind == K.ENTERPRISE_CANCELLATION:
        number = one(
            demo, "SELECT number FROM application WHERE kind = ? AND state = ?", kind, "submitted"
        )
        demo.flask("applications", "act", number, "withdraw", "--as", way.by)
    if kind == K.BUSINESS_DELETION:
        serial = one(
            demo,
            "SELECT serial FROM key JOIN account ON holder_id = account.id WHERE login_key = ?",
            way.login,
        )
        demo.flask("keys", "take-back", serial, "--as", "research.gu", "--comment", "离岗")
        table = demo.folder / "business.csv"
        heads = "number,owner,business_type,district_code"
        row = f"OLD-2026-01,{way.login},transfer_registration,110105"
        table.write_text(f"{heads}\n{row}\n", "utf-8")
        demo.flask("cases", "import", str(table), "--as", "info.luo")
        typed["case_numbers"] = "old-2026-01"
    if "citizen_id" in typed:
        told = demo.flask("accounts", "reveal", way.login, "--as", "info.luo")
        (typed["citizen_id"],) = re.findall(r"\d{17}[\dX]", told)
    return typed


def one(demo: DemoServer, query: str, *values: str) -> str:
    """One value of the office's database."""
    return str(demo.rows(query, *values)[0][0])


def fill_in_and_send(
    applicant: Desk, kind: ApplicationKind, way: Way, typed: dict[str, str]
) -> None:
    """Pick the person, see what is on record, fill in the rest, send it."""
    page = applicant.begin(kind.value).fill_head().page
    applicant.cell(1, way.finder).fill(way.person)
    expect(applicant.find(".picker-list:visible [role=option]").first).to_contain_text(way.person)
    page.keyboard.press("Enter")
    expect(applicant.cell(1, way.finder)).to_have_value(f"{way.person} · {way.login}")
    expect(applicant.find("output.line-note").first).not_to_have_text("–")
    for column, text in typed.items():
        cell = applicant.cell(1, column)
        if column == "sex":
            cell.select_option(text)
        else:
            cell.fill(text)
    if way.items:
        page.locator("#lines-0-requested_items").click()
        for code in way.items:
            page.locator(f'dialog.items[open] input[value="{code}"]').check()
        page.locator('dialog.items[open] button[value="done"]').click()
    applicant.pledge().send()
    expect(applicant.find(".receipt")).to_be_visible()


@BOTH
@pytest.mark.rule("M5.1", "M6.1", "M6.2", "M6.3")
@pytest.mark.parametrize("kind", WAYS)
def test_from_an_empty_page_to_its_end(
    demo: DemoServer, at_desk: AtDesk, kind: ApplicationKind, language: str, viewport
):
    way = WAYS[kind]
    typed = get_ready(demo, kind, way)
    applicant = at_desk(way.by, language=language, viewport=viewport)
    fill_in_and_send(applicant, kind, way, typed)
    number = applicant.number
    for login, action in way.steps:
        officer = at_desk(login, language=language, viewport=viewport).decide(number)
        expect(officer.find("[data-line-open]").first).to_be_checked()
        officer.act(action)
        if action in {"cancel_user", "delete_business"}:
            officer.confirm()
        officer.has_done()
    applicant.page.reload()
    expect(applicant.find(".page-title .state")).to_have_text(COMPLETED[language])
