"""Forms on paper: the annex's layout read back out of the PDF, numbered copies, who may print."""

from collections.abc import Callable

import pytest

from app.catalog.enums import Category
from app.catalog.loader import load_catalog
from app.models.audit import AuditEvent
from app.models.prints import PrintCopy
from tests.support.factories import Office, administrator_of, kind_of
from tests.support.pages import Browser
from tests.support.paper import A4_ACROSS, Paper

UNITS = ("east", "developer")


def printed(browser: Browser, identity: int, copy: int = 1) -> Paper:
    """Press the button, follow it, read the PDF that comes."""
    answer = browser.post(f"/applications/{identity}/copies", token=browser.token("/applications/"))
    assert answer.status_code == 303, answer.text
    document = browser.get(f"/applications/{identity}/copies/{copy}")
    assert (document.status_code, document.mimetype) == (200, "application/pdf")
    assert document.headers["Content-Disposition"].startswith("inline")
    return Paper(document.data)


@pytest.mark.rule("A3", "M5.2", "M8")
@pytest.mark.parametrize("unit", UNITS)
def test_a_page_has_the_annexs_words_and_columns_in_its_order(
    office: Office, browser: Callable[..., Browser], unit: str
) -> None:
    identity = office.draft(unit, Category.REGISTRATION)
    paper = printed(browser(administrator_of(unit)), identity)
    catalog = load_catalog()
    kind = next(entry for entry in catalog.kinds if entry.kind == kind_of(unit))
    pledge = next(entry for entry in catalog.pledges if entry.kind == kind.kind)
    words = [kind.name.zh, "单位盖章", "联系人：", "联系电话：", "负责人签字：", "序号"]
    words += [column.heading.zh for column in kind.columns]
    words += ["审核意见", "日期：", pledge.text.zh]
    assert paper.in_order(0, words)
    assert office.application(identity).number in paper.text(0)


@pytest.mark.rule("A3")
def test_it_is_a4_across_with_every_character_embedded(
    office: Office, browser: Callable[..., Browser]
) -> None:
    line = office.lines("east")[0] | {"name": "吉𠮷"}
    identity = office.draft("east", lines=[line])
    paper = printed(browser(administrator_of("east")), identity)
    assert paper.sizes() == [A4_ACROSS]
    assert paper.fonts()
    assert all(paper.fonts().values())
    assert "吉𠮷" in paper.text(0)


@pytest.mark.rule("A3")
def test_six_persons_take_two_pages_of_five_numbered_lines(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", Category.REGISTRATION, people=6)
    paper = printed(browser(administrator_of("east")), identity)
    assert paper.pages == 2
    for page in (0, 1):
        assert paper.in_order(page, ["用户及密钥申请表", "单位盖章", "序号", "审核意见"])
        assert f"第{page + 1}页 共2页" in paper.text(page)
    assert paper.numbered(0) == [1, 2, 3, 4, 5]
    assert paper.numbered(1) == [6, 7, 8, 9, 10]
    for line in office.application(identity).lines:
        page = (line.position - 1) // 5
        assert line.name in paper.text(page)
        assert line.citizen_id in paper.text(page)


@pytest.mark.rule("A3")
def test_lines_keep_to_their_page_however_much_is_asked_for(
    office: Office, browser: Callable[..., Browser]
) -> None:
    codes = [i.code for i in load_catalog().permission_items if i.tier == "district"]
    people = [office.person(items=codes, remark="备" * 200) for _ in range(5)]
    identity = office.draft("east", lines=people)
    paper = printed(browser(administrator_of("east")), identity)
    assert paper.pages == 1
    assert paper.text(0).count("登记受理") == 5
    assert paper.in_order(0, ["登记受理", "审核意见", "我单位郑重承诺"])


@pytest.mark.rule("A3")
def test_the_qr_code_of_every_page_names_form_copy_and_page(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", people=6)
    who = browser(administrator_of("east"))
    printed(who, identity)
    paper = printed(who, identity, copy=2)
    number = office.application(identity).number
    assert [(code.number, code.copy, code.page) for code in paper.codes()] == [
        (number, 2, 1),
        (number, 2, 2),
    ]


@pytest.mark.rule("A3")
def test_every_copy_is_numbered_and_on_record_with_who_printed_it(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east")
    who = browser(administrator_of("east"))
    printed(who, identity)
    event = office.last_event()
    assert (event.tag, event.subject_id, event.rule) == ("application:printed", identity, "A3")
    assert event.new == {"copy": 1, "pages": 1, "lines": 1}
    printed(who, identity, copy=2)
    copies = office.session.query(PrintCopy).order_by(PrintCopy.copy_number).all()
    assert [copy.copy_number for copy in copies] == [1, 2]
    assert {copy.printed_by_id for copy in copies} == {office.account("east.admin").id}
    page = who.get(f"/applications/{identity}/print").text
    assert office.account("east.admin").name in page
    assert "/copies/2" in page


@pytest.mark.rule("A3")
def test_a_copy_is_the_same_whenever_it_is_asked_for(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east")
    who = browser(administrator_of("east"))
    first = printed(who, identity)
    assert who.get(f"/applications/{identity}/copies/1").data == first.content


@pytest.mark.rule("A3")
def test_a_changed_form_makes_its_copies_void(
    office: Office, browser: Callable[..., Browser]
) -> None:
    from app.services.applications import save_draft

    identity = office.draft("east")
    who = browser(administrator_of("east"))
    printed(who, identity)
    office.perform("east.admin", identity, "submit")
    remarks = {"remarks": [{"field": "lines.1.name", "text": "?"}]}
    office.perform("reg1", identity, "return", comment="?", data=remarks)
    assert who.get(f"/applications/{identity}/copies/1").status_code == 200
    with office.acting("east.admin") as actor:
        application = office.application(identity)
        raw = {
            "contact_name": "换人",
            "contact_phone": "13800138000",
            "lines": office.lines("east"),
        }
        save_draft(office.session, application, raw, actor=actor, now=office.now, strict=False)
        office.session.commit()
    assert office.events(AuditEvent.tag == "application:copies_voided")[0].new == {"copies": [1]}
    refused = who.get(f"/applications/{identity}/copies/1")
    assert refused.status_code == 409
    assert printed(who, identity, copy=2).in_order(0, ["换人"])


def test_saving_without_a_change_leaves_the_copies_valid(
    office: Office, browser: Callable[..., Browser]
) -> None:
    from app.services.applications import save_draft

    lines = office.lines("east")
    identity = office.draft("east", lines=lines)
    printed(browser(administrator_of("east")), identity)
    with office.acting("east.admin") as actor:
        application = office.application(identity)
        raw = {"contact_name": "吴联系", "contact_phone": "13800138000", "lines": lines}
        save_draft(office.session, application, raw, actor=actor, now=office.now, strict=False)
        office.session.commit()
    assert office.session.query(PrintCopy).one().voided_at is None


def test_whoever_opens_another_persons_copy_is_on_record(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.submitted("east", Category.REGISTRATION)
    printed(browser(administrator_of("east")), identity)
    assert browser("reg1").get(f"/applications/{identity}/copies/1").status_code == 200
    assert office.last_event().tag == "application:copy_opened"


def test_an_auditor_reads_the_log_and_takes_no_copy(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.submitted("east", Category.REGISTRATION)
    printed(browser(administrator_of("east")), identity)
    auditor = browser("auditor")
    page = auditor.get(f"/applications/{identity}/print")
    assert page.status_code == 200
    assert "/copies" not in page.text
    assert auditor.get(f"/applications/{identity}/copies/1").status_code == 403
    assert auditor.get("/print_copies/").status_code == 200


def test_another_organizations_form_is_not_printed(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", Category.REGISTRATION)
    stranger = browser(administrator_of("developer"))
    assert stranger.post(f"/applications/{identity}/copies").status_code == 404
    assert stranger.get(f"/applications/{identity}/copies/1").status_code == 404
    assert stranger.get(f"/applications/{identity}/print").status_code == 404
    assert office.count(PrintCopy) == 0
