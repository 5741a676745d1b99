"""Business taken over by spreadsheet: looked over row by row, saved whole or not at all (X6)."""

from io import BytesIO

import pytest
import xlsxwriter

from app.errors import Forbidden, InvalidInput
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.services.case_import import look_over, take_over
from tests.support.cases import INFO, case
from tests.support.factories import Office

HEADINGS = "业务编号,业务类型,登录名称,所属区,环节,发起时间,受理时间\n"
GOOD = "J-100,转移登记,east.admin,东城区,受理,2026-01-05,2026-01-06\n"
ALSO = "J-101,existing_sale,agency.admin,110102,,2026-02-01,\n"


def looked_over(office: Office, text: str, who: str = INFO):
    file = BytesIO((HEADINGS + text).encode("utf-8-sig"))
    with office.acting(who) as actor:
        return look_over(office.session, file, "业务.csv", actor=actor, now=office.now)


def saved(office: Office, text: str, *, good_part: bool = False) -> int:
    found = looked_over(office, text)
    with office.acting(INFO) as actor:
        count = take_over(office.session, found, actor=actor, now=office.now, good_part=good_part)
        office.session.commit()
    return count


@pytest.mark.rule("X6")
def test_rows_in_words_or_codes_become_cases_of_their_owners(office: Office):
    assert saved(office, GOOD + ALSO) == 2
    first, second = office.session.query(Case).order_by(Case.number)
    assert (first.business_type, first.stage, first.district_code) == (
        "transfer_registration",
        "accept",
        "110101",
    )
    assert first.owner.login_name == "east.admin"
    assert first.accepted_at is not None
    assert (second.stage, second.accepted_at) == ("draft", None)
    assert len(office.events(AuditEvent.tag == "cases:recorded")) == 2


@pytest.mark.rule("X6")
def test_the_same_file_twice_does_not_double(office: Office):
    saved(office, GOOD + ALSO)
    again = looked_over(office, GOOD + ALSO)
    assert [it.known for it in again] == [True, True]
    assert saved(office, GOOD + ALSO) == 0
    assert office.count(Case) == 2


@pytest.mark.rule("X6")
@pytest.mark.parametrize(
    ("row", "cell", "code"),
    [
        (",转移登记,east.admin,东城区,,,", "A3", "required"),
        ("J-100,转移登记,west.admin,西城区,,,", "A3", "number_twice"),
        ("J-1,城堡,east.admin,东城区,,,", "B3", "unknown_business_type"),
        ("J-1,预售许可,bank.admin,东城区,,,", "B3", "type_of_another_tier"),
        ("J-1,转移登记,,东城区,,,", "C3", "required"),
        ("J-1,转移登记,nobody,东城区,,,", "C3", "unknown_account"),
        ("J-1,转移登记,bank.admin,,,,", "D3", "required"),
        ("J-1,转移登记,east.admin,月球区,,,", "D3", "unknown_district"),
        ("J-1,转移登记,east.admin,东城区,飞行,,", "E3", "unknown_stage"),
        ("J-1,转移登记,east.admin,东城区,,昨天,", "F3", "not_a_moment"),
        ("J-1,转移登记,east.admin,东城区,审核,,", "G3", "required"),
        ("YW2026030200001,转移登记,east.admin,东城区,,,", "A3", "own_series"),
    ],
)
def test_each_mistake_is_named_by_its_cell_and_nothing_is_saved(
    office: Office, row: str, cell: str, code: str
):
    found = looked_over(office, GOOD + row + "\n")
    assert [(where, d.code) for where, d in found[1].problems] == [(cell, code)]
    with pytest.raises(InvalidInput):
        saved(office, GOOD + row + "\n")
    office.session.rollback()
    assert office.count(Case) == 0


@pytest.mark.rule("X6")
def test_the_good_part_is_saved_when_it_is_chosen(office: Office):
    assert saved(office, GOOD + "J-1,城堡,east.admin,东城区,,,\n", good_part=True) == 1
    assert [it.number for it in office.session.query(Case)] == ["J-100"]


@pytest.mark.rule("X6")
def test_a_number_of_other_business_is_no_repetition(office: Office):
    case(office, "bank.admin", number="J-100")
    (found,) = looked_over(office, GOOD)
    assert [(cell, d.code) for cell, d in found.problems] == [("A2", "number_taken")]


@pytest.mark.rule("X6")
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("leer.csv", b"", "file_empty"),
        ("nur.csv", HEADINGS.encode(), "no_rows"),
        ("falsch.csv", b"a,b\n1,2\n", "file_no_headings"),
        ("x.xlsx", b"PK\x03\x04 broken", "file_damaged"),
        ("x.exe", b"MZ", "file_name"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(office: Office, name, content, code):
    with office.acting(INFO) as actor, pytest.raises(InvalidInput) as refused:
        look_over(office.session, BytesIO(content), name, actor=actor, now=office.now)
    codes = {refused.value.code, *(d.code for d in refused.value.details)}
    assert code in codes


@pytest.mark.parametrize("who", ["east.admin", "reg1", "research1", "auditor"])
def test_nobody_but_the_information_centre_takes_business_over(office: Office, who: str):
    with pytest.raises(Forbidden):
        looked_over(office, GOOD, who)


@pytest.mark.rule("X6")
def test_a_workbook_is_read_as_a_spreadsheet_program_writes_it(office: Office):
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate((HEADINGS + GOOD).strip().split("\n")):
            sheet.write_row(place, 0, row.split(","))
    file.seek(0)
    with office.acting(INFO) as actor:
        (found,) = look_over(office.session, file, "b.xlsx", actor=actor, now=office.now)
    assert found.case is not None
    assert found.case.number == "J-100"
