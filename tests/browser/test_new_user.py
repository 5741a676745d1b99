"""`new_user` through the pages, from draft to sign-in, in both languages and widths."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.catalog.enums import Sex
from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.people import citizen_id, wrong_citizen_id

AtDesk = Callable[..., Desk]

SEXES = {"zh": {"male": "男", "female": "女"}, "en": {"male": "Male", "female": "Female"}}
NAMES = ("钟书远", "于佩兰", "蓝天佑", "古丽娜尔", "申屠静")
MISTYPED = 3
REGISTERS = ("district.registration.1", "district.registration.3")
TRADES = ("district.transaction.2",)
REMARK = "请改为可接通的电话。"
NEW_PASSWORD = "Own-words-2026"


def people(language: str) -> list[list[str]]:
    """Four rows as they stand in Excel; the personal number of the third has a wrong digit."""
    sexes = SEXES[language]
    rows = []
    for place, name in enumerate(NAMES[:4], start=1):
        sex = "female" if place in {2, 4} else "male"
        number = citizen_id(8000 + place, Sex(sex))
        if place == MISTYPED:
            number = wrong_citizen_id(8000 + place)
        rows.append([name, sexes[sex], number, ", ".join(REGISTERS)])
    return rows


def headings(applicant: Desk) -> list[str]:
    return applicant.find(".lines-grid td[data-label]").evaluate_all(
        "cells => cells.slice(0, 4).map(it => it.dataset.label)"
    )


def fill_in(applicant: Desk, language: str) -> None:
    """Four people from Excel, the fifth by hand, items by the dialog, the paper dropped."""
    applicant.begin("new_user").fill_head(phone="no telephone here")
    applicant.paste_rows(1, [headings(applicant), *people(language)])
    applicant.type_person(
        5, {"name": NAMES[4], "sex": "female", "citizen_id": citizen_id(8006, Sex.FEMALE)}
    ).choose_items(5, *REGISTERS, *TRADES)
    applicant.drop_paper("application_form")


def typed(applicant: Desk) -> list[str]:
    """Everything that stands in the fields and cells of the form."""
    fields = applicant.find("#apply input.form-control, #apply select.form-select")
    chosen = applicant.find(".items-cell").evaluate_all("all => all.map(it => it.title)")
    return [*fields.evaluate_all("all => all.map(it => it.value)"), *chosen]


def application(applicant: Desk, language: str) -> str:
    """Write the form, be told of the wrong number, mend it and send it; its number."""
    fill_in(applicant, language)
    expect(applicant.cell_error(MISTYPED, "citizen_id")).to_be_visible()
    before = typed(applicant)

    applicant.pledge().send()

    expect(applicant.find("#error-summary")).to_be_visible()
    expect(applicant.cell_error(MISTYPED, "citizen_id")).to_be_visible()
    expect(applicant.cell(MISTYPED, "citizen_id")).to_have_value(wrong_citizen_id(8003))
    assert typed(applicant) == before
    expect(applicant.find("#paper-application_form a.file")).to_have_count(1)

    applicant.page.fill("#contact_phone", "010-65000105")
    applicant.cell(MISTYPED, "citizen_id").fill(citizen_id(8003))
    applicant.pledge().send()
    expect(applicant.find(".receipt")).to_be_visible()
    return applicant.number


def mended(applicant: Desk, number: str, remark: str) -> None:
    """Find the returned form, with the remark beside its field, mend it and send it again."""
    applicant.open("/")
    applicant.find("#in-need li", has_text=number).locator("a").first.click()
    field = applicant.find(".field", has=applicant.find("#contact_phone"))
    expect(field.locator(".field-remark")).to_contain_text(remark)
    applicant.page.fill("#contact_phone", "010-65000199")
    applicant.pledge().send()
    expect(applicant.find(".receipt")).to_be_visible()
    assert applicant.number == number


@BOTH
@pytest.mark.rule("M4", "M5", "M5.1", "X4", "X7")
def test_new_people_get_their_accounts_and_keys(at_desk: AtDesk, language: str, viewport) -> None:
    def desk(login: str, password: str = "") -> Desk:
        return at_desk(login, password, language=language, viewport=viewport)

    applicant, register, market = desk("chaoyang.he"), desk("reg.zhou"), desk("mkt.qian")
    number = application(applicant, language)

    market.decide(number).remark_on("contact_phone", REMARK).act("return").has_done()
    register.open("/")
    expect(register.find("main table a", has_text=number)).to_have_count(0)
    mended(applicant, number, REMARK)

    register.decide(number).refuse(NAMES[1], "该人员已调离。").act("approve").has_done()
    market.decide(number).act("approve").has_done()
    desk("info.luo").decide(number).act("configure").has_done()
    officer = desk("research.gu").decide(number)
    expect(officer.line(NAMES[1]).locator("input[role=combobox]")).to_have_count(0)
    keys = take_other_key(officer, NAMES[0])
    told = officer.act("issue_key").handed_over()

    assert set(told) == set(NAMES) - {NAMES[1]}
    assert told[NAMES[0]]["key"] == keys
    officer.page.reload()
    expect(officer.find("code.secret")).to_have_count(0)
    assert told[NAMES[0]]["password"] not in officer.page.content()

    applicant.open("/inbox/")
    applicant.find("main a", has_text=number).first.click()
    expect(applicant.find(".page-title .tone-good")).to_be_visible()
    expect(applicant.line(NAMES[1])).to_contain_text("该人员已调离。")

    sees_own_account_and_nothing_else(desk, told[NAMES[4]])


def take_other_key(officer: Desk, name: str) -> str:
    """Give one person another key of the stock than the one that is proposed; its serial."""
    field = officer.line(name).locator("input[role=combobox]")
    expect(field).not_to_have_value("")
    proposed = field.input_value()
    field.fill(proposed[:-2])
    options = officer.line(name).locator("[role=option]")
    expect(options.nth(10)).to_be_visible()
    chosen = options.nth(10)
    serial = chosen.inner_text()
    chosen.click()
    expect(field).to_have_value(serial)
    assert serial != proposed
    return serial


def sees_own_account_and_nothing_else(desk: Callable[..., Desk], told: dict[str, str]) -> None:
    person = desk(told["login"], told["password"])
    person.open("/applications/")
    person.replace_first_password(told["password"], NEW_PASSWORD)

    person.open("/")
    expect(person.find("#account")).to_contain_text(NAMES[4])
    expect(person.find("#key")).to_contain_text(told["key"])
    expect(person.granted).to_have_count(len(REGISTERS) + len(TRADES))
    assert set(person.menu()) == {"/", "/accounts/", "/cases/", "/keys/", "/permission_items/"}
    for path, own in (("/accounts/", NAMES[4]), ("/keys/", told["key"])):
        person.open(path)
        expect(person.find("main tbody tr")).to_have_count(1)
        expect(person.find("main tbody tr")).to_contain_text(own)
    for path in (
        "/applications/",
        "/organizations/1",
        "/key_movements/",
        "/audit_events/",
        "/roles/",
    ):
        answer = person.page.goto(path)
        assert answer is not None
        assert answer.status in {403, 404}, path
    person.open("/").sign_out()
