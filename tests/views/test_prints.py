"""The form on paper: the annex's columns in its order, five lines to a page, on record."""

from collections.abc import Callable

import pytest

from app.catalog.enums import Category
from app.catalog.loader import load_catalog
from tests.support.factories import Office, administrator_of, kind_of
from tests.support.pages import Browser

UNITS = ("east", "developer")


def printed(browser: Callable[..., Browser], unit: str, identity: int) -> str:
    answer = browser(administrator_of(unit)).get(f"/applications/{identity}/print")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.rule("A3", "M5.2", "M8")
@pytest.mark.parametrize("unit", UNITS)
def test_the_sheet_has_the_annexs_columns_in_order_and_its_pledge(
    office: Office, browser: Callable[..., Browser], unit: str
) -> None:
    identity = office.draft(unit, Category.REGISTRATION)
    sheet = printed(browser, unit, identity)
    catalog = load_catalog()
    kind = next(entry for entry in catalog.kinds if entry.kind == kind_of(unit))
    pledge = next(entry for entry in catalog.pledges if entry.kind == kind.kind)
    words = [kind.name.zh, "单位盖章", "联系人", "联系电话", "负责人签字", "序号"]
    words += [column.heading.zh for column in kind.columns]
    words += ["审核意见", "日期", pledge.text.zh]
    places = [sheet.find(word, sheet.find("<h1>")) for word in words]
    assert -1 not in places
    assert places == sorted(places)
    assert office.application(identity).number in sheet


@pytest.mark.rule("A3")
def test_six_persons_take_two_pages_of_five_numbered_lines(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", Category.REGISTRATION, people=6)
    sheet = printed(browser, "east", identity)
    assert sheet.count("<h1>") == 2
    assert [f'<td class="narrow">{n}</td>' in sheet for n in range(1, 11)] == [True] * 10
    assert '<td class="narrow">11</td>' not in sheet
    for line in office.application(identity).lines:
        assert line.name in sheet
        assert line.citizen_id in sheet


def test_printing_shows_whole_numbers_and_is_on_record(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", Category.REGISTRATION)
    printed(browser, "east", identity)
    event = office.last_event()
    assert (event.tag, event.subject_id, event.rule) == ("application:printed", identity, "A3")


def test_another_organizations_form_is_not_printed(
    office: Office, browser: Callable[..., Browser]
) -> None:
    identity = office.draft("east", Category.REGISTRATION)
    answer = browser(administrator_of("developer")).get(f"/applications/{identity}/print")
    assert answer.status_code == 404
