"""Spreadsheets in and out: bad rows are told and the good part is taken; a list leaves as it is."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook

from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.people import wrong_citizen_id
from tests.support.server import DemoServer
from tests.support.sheets import HEAD, row, xlsx

pytestmark = pytest.mark.rule("X6")

AtDesk = Callable[..., Desk]
GOOD, WRONG = (row(9101), row(9103)), row(9102, citizen_id=wrong_citizen_id(9102))
WHY = {"zh": "校验", "en": "check"}
FILTER = "state=in_stock&office_code=SERVICE"


def fetched(page: Page, link: Locator) -> Path:
    """The file behind a link, as it lands among the downloads."""
    with page.expect_download() as coming:
        link.click()
    assert coming.value.failure() is None
    return Path(coming.value.path())


def table(path: Path) -> list[list[str]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return [[str(cell) for cell in cells] for cells in sheet.to_python()]


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


READ = {"xlsx": table, "csv": lines}


@BOTH
def test_of_a_sheet_with_a_bad_row_the_good_part_becomes_a_draft(
    at_desk: AtDesk, language: str, viewport
) -> None:
    applicant = at_desk("chaoyang.he", language=language, viewport=viewport)
    applicant.open("/applications/import/new_user")
    content = xlsx(HEAD, GOOD[0], WRONG, GOOD[1]).getvalue()
    sheet = {"name": "people.xlsx", "mimeType": "", "buffer": content}

    applicant.find("#file").set_input_files(sheet)
    applicant.find(".action-bar .btn-primary").click()

    rows = applicant.find(".list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(WRONG[0])
    expect(applicant.find('button[name="part"][value="all"]')).to_have_count(0)
    result = table(fetched(applicant.page, applicant.find('a[href$="/result"]')))
    ((*_, why),) = [cells for cells in result if WRONG[0] in cells]
    assert why
    assert [cells for cells in result if GOOD[0][0] in cells]

    applicant.find('button[name="part"][value="good"]').click()
    applicant.has_done()
    for line, person in enumerate(GOOD, start=1):
        expect(applicant.cell(line, "name")).to_have_value(person[0])
        expect(applicant.cell(line, "citizen_id")).to_have_value(person[2])
    expect(applicant.cell(3, "name")).to_have_count(0)


@pytest.mark.parametrize("form", READ)
def test_a_filtered_list_leaves_with_its_rows_and_no_others(
    at_desk: AtDesk, demo: DemoServer, form: str
) -> None:
    query = "SELECT serial FROM key WHERE office_code = 'SERVICE' AND state = 'in_stock'"
    wanted = {serial for (serial,) in demo.rows(query)}
    clerk = at_desk("service.ye").open(f"/keys/?{FILTER}")
    if form == "csv":
        clerk.find(".tools-end .menu-drop summary").click()

    file = fetched(clerk.page, clerk.find(f'.tools-end a[href*="export.{form}"]'))

    head, *found = READ[form](file)
    serial = head.index("密钥编号")
    assert {cells[serial] for cells in found} == wanted
    assert len(found) == len(wanted) > 0
