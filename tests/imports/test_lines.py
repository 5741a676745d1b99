"""Lines of every kind of form out of a spreadsheet: template, verdicts, taking, results (X6)."""

import io
import time
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.catalog.enums import Sex
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from app.clock import office_date
from app.errors import Forbidden, InvalidInput, Refused
from app.i18n import LANGUAGES, speaking
from app.models.applications import Application, ApplicationLine
from app.models.audit import AuditEvent
from app.services import line_imports
from app.services.line_imports import Overview, Part, Verdict, look_over, take
from app.services.line_sheets import LineSheet
from app.services.workbooks import open_table
from tests.support.factories import NOON, Office, administrator_of
from tests.support.kinds import LINES, unit_of
from tests.support.people import citizen_id, person, wrong_citizen_id
from tests.support.sheets import HEAD, row, xlsx

KINDS = sorted(APPLICATIONS)
NEW = ApplicationKind.NEW_USER
ADMIN = administrator_of("east")


def looked(
    office: Office, file: io.BytesIO, kind: ApplicationKind = NEW, name: str = "people.xlsx"
) -> Overview:
    unit = unit_of(kind)
    with office.acting(administrator_of(unit)) as actor:
        return look_over(
            office.session,
            file,
            name,
            kind=kind,
            organization=office.organization(unit),
            actor=actor,
            now=NOON,
        )


def taken(office: Office, overview: Overview, part: Part = Part.ALL, **said: Any) -> Any:
    with office.acting(administrator_of(unit_of(overview.sheet.kind))) as actor:
        made = take(office.session, overview, part=part, actor=actor, now=NOON, **said)
        office.session.commit()
    return made


def sheet_of(office: Office, kind: ApplicationKind) -> LineSheet:
    return LineSheet(office.session, kind, office.organization(unit_of(kind)), office_date(NOON))


def cells(sheet: LineSheet, line: dict[str, Any]) -> list[str]:
    """A line as somebody would type it into the template, in the reader's language."""
    typed = []
    for column in sheet.columns:
        value = line.get(column.name, "")
        if column.members is not None and value:
            value = {"male": "男", "female": "女"}[value]
        typed.append("；".join(value) if isinstance(value, list) else str(value))
    return typed


# --- Every kind


@pytest.mark.rule("X6")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_template_of_every_kind_filled_in_is_taken_over(
    office: Office, kind: ApplicationKind, language: str
):
    line = LINES[kind](office, unit_of(kind))
    with speaking(language):
        sheet, file = sheet_of(office, kind), io.BytesIO()
        sheet.write_template(file)
        assert list(open_table(file, "t.xlsx", sheet.headings()).rows()) == []
        file.seek(0)
        with CalamineWorkbook.from_filelike(file) as book:
            head = book.get_sheet_by_index(0).to_python()[0]
    overview = looked(office, xlsx(head, cells(sheet, line)), kind)
    assert [(r.verdict, overview.reason(r)) for r in overview.rows] == [(Verdict.GOOD, "")]
    (draft,) = taken(office, overview)
    made = office.application(draft.id)
    assert (made.kind, made.state, len(made.lines)) == (kind, "draft", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_template_of_every_kind_says_what_must_be_filled_in(office: Office, kind: ApplicationKind):
    sheet = sheet_of(office, kind)
    required = {c.name for c in sheet.columns if sheet.is_typed(c) and c.field.required}
    assert {h.name for h in sheet.headings() if h.essential} == required
    assert required


# --- Verdicts by row and cell


@pytest.mark.rule("X6")
def test_every_wrong_cell_is_named_and_nothing_is_saved(office: Office):
    file = xlsx(
        ["申请用户"],
        [*HEAD, "序号"],
        [*row(1), 1],
        row(2, citizen_id=wrong_citizen_id(2)),
        row(3, items="district.nothing"),
        ["", "女", "", ""],
        row(5, sex="?"),
        row(1),
        row(7, name="=1+1"),
    )
    before = office.count(Application)
    overview = looked(office, file)
    told = {r.number: [cell for cell, *_ in overview.told(r)] for r in overview.rows}
    assert told[3] == []
    assert told[4] == ["C4"]
    assert told[5] == ["D5"]
    assert set(told[6]) == {"A6", "C6", "D6"}
    assert told[7] == ["B7"]
    assert told[8] == ["C8"]
    assert told[9] == ["A9"]
    assert overview.table.ignored == ("序号",)
    with pytest.raises(InvalidInput) as caught:
        taken(office, overview)
    office.session.rollback()
    fields = {d.field for d in caught.value.details}
    assert "rows.4.citizen_id" in fields
    assert office.count(Application) == before


def test_words_come_in_the_readers_language(office: Office):
    file = xlsx(HEAD, row(2, citizen_id=wrong_citizen_id(2)))
    with speaking("en"):
        overview = looked(office, file)
        english = overview.reason(overview.rows[0])
    file.seek(0)
    with speaking("zh"):
        chinese = overview.reason(overview.rows[0])
    assert english.startswith("C2 Citizen ID number: The check digit")
    assert chinese.startswith("C2 身份证号")
    assert chinese != english


def test_choices_are_told_in_the_words_that_people_type(office: Office):
    overview = looked(office, xlsx(HEAD, row(1, sex="?")))
    with speaking("zh"):
        assert "男" in overview.reason(overview.rows[0])
    with speaking("en"):
        assert "Female" in overview.reason(overview.rows[0])


def test_personal_number_stored_as_a_number_is_named_by_its_cell(office: Office):
    cells = row(1)
    cells[2] = int(citizen_id(1, Sex.FEMALE)[:17] + "0")  # type: ignore[call-overload]
    overview = looked(office, xlsx(HEAD, cells))
    (problem,) = [d for d in overview.rows[0].problems if d.field == "citizen_id"]
    assert problem.code == "number_rounded"


def test_items_are_read_by_code_by_name_and_by_both(office: Office):
    sheet = sheet_of(office, NEW)
    first, second = sheet.offered[:2]
    for text in (
        f"{first.code} {first.name_zh}；{second.name_en}",
        f"{first.code} {first.name_zh}、{second.code} {second.name_zh}",
        f"{first.code},{second.code.upper()}",
        f"{first.name_zh}\n{second.name_zh}",
        f"{first.title_zh}、{second.title_zh}",
        f"{first.title_en}, {second.title_en}",
    ):
        overview = looked(office, xlsx(HEAD, row(1, items=text)))
        assert overview.rows[0].raw["items"] == [first.code, second.code], text
        assert overview.rows[0].verdict == Verdict.GOOD
    for text in (f"{first.code}, district.nothing.9", f"{first.title_zh}；没有的权限"):
        overview = looked(office, xlsx(HEAD, row(1, items=text)))
        assert [d.code for d in overview.rows[0].problems] == ["unknown_item"]


def test_who_has_an_account_is_not_asked_for_again(office: Office):
    account = office.account(ADMIN)
    cells = row(1, name=account.name, citizen_id=account.citizen_id)
    overview = looked(office, xlsx(HEAD, cells))
    assert "already_has_account" in {d.code for d in overview.rows[0].problems}


# --- Taking


@pytest.mark.rule("X6")
def test_good_part_is_taken_when_that_is_chosen(office: Office):
    file = xlsx(HEAD, row(1), row(2, citizen_id=wrong_citizen_id(2)), row(3))
    (draft,) = taken(office, looked(office, file), Part.GOOD)
    names = [line.name for line in office.application(draft.id).lines]
    assert names == [person(1)["name"], person(3)["name"]]
    event = office.events(AuditEvent.tag == "application:imported")[-1]
    assert event.subject_id == draft.id
    assert (event.new["rows"], event.new["taken"], event.new["wrong"]) == (3, 2, 1)


@pytest.mark.rule("X6")
def test_same_file_twice_doubles_nobody(office: Office):
    file = xlsx(HEAD, row(1), row(2))
    (draft,) = taken(office, looked(office, file))
    file.seek(0)
    again = looked(office, file)
    assert [r.verdict for r in again.rows] == [Verdict.THERE, Verdict.THERE]
    assert draft.number in again.reason(again.rows[0])
    with pytest.raises(Refused):
        taken(office, again)
    office.session.rollback()
    with pytest.raises(Refused):
        taken(office, again, application=office.application(draft.id))
    office.session.rollback()
    assert office.count(ApplicationLine) == 2


def test_corrected_file_adds_only_what_was_left(office: Office):
    (draft,) = taken(
        office,
        looked(office, xlsx(HEAD, row(1), row(2, citizen_id=wrong_citizen_id(2)))),
        Part.GOOD,
    )
    corrected = looked(office, xlsx(HEAD, row(1), row(2)))
    assert [r.verdict for r in corrected.rows] == [Verdict.THERE, Verdict.GOOD]
    taken(office, corrected, application=office.application(draft.id))
    assert [line.position for line in office.application(draft.id).lines] == [1, 2]


def test_file_longer_than_a_form_becomes_several_drafts(office: Office, monkeypatch):
    monkeypatch.setattr(line_imports, "MAX_LINES", 2)
    overview = looked(office, xlsx(HEAD, *(row(n) for n in range(1, 6))))
    drafts = taken(office, overview)
    assert [len(office.application(d.id).lines) for d in drafts] == [2, 2, 1]
    more = looked(office, xlsx(HEAD, row(11), row(12)))
    with pytest.raises(Refused):
        taken(office, more, application=office.application(drafts[0].id))


def test_result_file_has_every_row_with_its_reason(office: Office):
    file = xlsx(HEAD, row(1), row(2, citizen_id=wrong_citizen_id(2)))
    overview, made = looked(office, file), io.BytesIO()
    overview.write_result(made)
    made.seek(0)
    with CalamineWorkbook.from_filelike(made) as book:
        rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 3
    assert rows[1][-1] == ""
    assert rows[2][-1].startswith("C3")
    made.seek(0)
    assert [r.verdict for r in looked(office, made, name="result.xlsx").rows] == [
        Verdict.GOOD,
        Verdict.WRONG,
    ]


def test_only_who_applies_takes_lines_over(office: Office):
    unit = office.organization("east")
    with office.acting("reg1") as actor, pytest.raises(Forbidden):
        look_over(
            office.session,
            xlsx(HEAD, row(1)),
            "a.xlsx",
            kind=NEW,
            organization=unit,
            actor=actor,
            now=NOON,
        )
    bank = administrator_of("bank")
    with office.acting(bank) as actor, pytest.raises(InvalidInput):
        look_over(
            office.session,
            xlsx(HEAD, row(1)),
            "a.xlsx",
            kind=NEW,
            organization=office.organization("bank"),
            actor=actor,
            now=NOON,
        )


def test_ten_thousand_rows_are_looked_over_in_ten_seconds(office: Office):
    file = xlsx(HEAD, *(row(n) for n in range(1, 10_001)))
    began = time.perf_counter()
    overview = looked(office, file)
    assert time.perf_counter() - began < 10
    assert overview.count(Verdict.GOOD) == 10_000
