"""What the one reader of spreadsheets takes, and what it refuses by name (X6)."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from app.errors import InvalidInput
from app.services import workbooks
from app.services.workbooks import Heading, Limits, SheetRow, Table, open_table

HEADINGS = (
    Heading("name", ("姓名", "Name")),
    Heading("citizen_id", ("公民身份号码", "Citizen ID number")),
    Heading("remark", ("备注", "Remark"), essential=False),
)
SMALL = Limits(bytes=2_000_000, unpacked=8_000_000, rows=200, columns=10)


def xlsx(*rows: list[object], write: Callable[..., None] | None = None) -> io.BytesIO:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    if write is not None:
        write(book, sheet)
    book.close()
    file.seek(0)
    return file


def with_part(file: io.BytesIO, name: str, content: bytes = b"x") -> io.BytesIO:
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    file.seek(0)
    return file


def read(file: io.BytesIO, name: str = "people.xlsx", limits: Limits = SMALL) -> Table:
    return open_table(file, name, HEADINGS, limits=limits)


def rows_of(file: io.BytesIO, name: str = "people.xlsx") -> list[SheetRow]:
    return list(read(file, name).rows())


def refusal(file: io.BytesIO, name: str = "people.xlsx", limits: Limits = SMALL) -> str:
    with pytest.raises(InvalidInput) as caught:
        list(read(file, name, limits).rows())
    assert caught.value.rule == "X6"
    return caught.value.details[0].code


HEAD = ["姓名", "公民身份号码", "备注"]
PERSON = ["孙丽", "11010519491231002X", ""]


def test_rows_come_with_their_numbers_whatever_stands_above_the_headings():
    file = xlsx(["Users"], [], [" 备注", "姓 名 *", "Citizen ID number"], [], ["x", *PERSON[:2]])
    table = read(file)
    (row,) = table.rows()
    assert (row.number, row.values) == (
        5,
        {"name": "孙丽", "citizen_id": "11010519491231002X", "remark": "x"},
    )
    assert table.cell("citizen_id", row.number) == "C5"


@pytest.mark.parametrize("tag", [b"<c ", b"<row ", b"<c r", b"<x:c "])
def test_tags_that_are_never_closed_take_no_time(tag: bytes):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/worksheets/sheet1.xml", tag * 60_000)
    began = time.thread_time()
    assert refusal(file) in {"file_damaged", "file_too_complex", "file_too_many_rows"}
    assert time.thread_time() - began < 5


def test_table_may_begin_in_any_column():
    file = xlsx(["", "", *HEAD], ["", "", *PERSON])
    table = read(file)
    assert next(table.rows()).values["name"] == "孙丽"
    assert table.cell("name", 2) == "C2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_is_read_however_it_was_saved(encoding: str, separator: str):
    text = f"{separator.join(HEAD)}\r\n\r\n孙丽{separator}11010519491231002X{separator}\r\n"
    (row,) = rows_of(io.BytesIO(text.encode(encoding)), "people.CSV")
    assert row.number == 3
    assert row.values["name"] == "孙丽"


def test_personal_number_stored_as_a_number_is_refused_by_its_cell():
    """X6: a spreadsheet keeps 15 digits of a number; what it shows is another person's."""
    file = xlsx(HEAD, ["孙丽", 110105194912310021, ""], ["孙丽", "11010519491231002X", ""])
    first, second = read(file).rows()
    assert [(p.field, p.code) for p in first.problems] == [("citizen_id", "number_rounded")]
    assert second.problems == ()


def test_personal_number_in_scientific_notation_is_refused_in_csv():
    text = "姓名,公民身份号码\n孙丽,1.10105E+17\n"
    (row,) = rows_of(io.BytesIO(text.encode()), "people.csv")
    assert [p.code for p in row.problems] == ["number_rounded"]


def test_short_number_and_date_read_as_they_are_shown():
    file = xlsx(["姓名", "公民身份号码", "备注"], ["孙丽", 110105491231002, 13.5])
    (row,) = rows_of(file)
    assert (row.values["citizen_id"], row.values["remark"]) == ("110105491231002", "13.5")


def test_cell_that_shows_an_error_is_named():
    text = "姓名,公民身份号码\n#N/A,11010519491231002X\n"
    (row,) = rows_of(io.BytesIO(text.encode()), "people.csv")
    assert [(p.field, p.code) for p in row.problems] == [("name", "cell_error")]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("xl/vbaProject.bin", "file_macros"),
        ("xl/macrosheets/sheet1.xml", "file_macros"),
        ("xl/externalLinks/externalLink1.xml", "file_external_links"),
        ("xl/connections.xml", "file_external_links"),
        ("xl/embeddings/oleObject1.bin", "file_active_content"),
        ("xl/activeX/activeX1.xml", "file_active_content"),
    ],
)
def test_what_could_run_or_call_out_is_refused(part: str, code: str):
    assert refusal(with_part(xlsx(HEAD, PERSON), part)) == code


def test_macro_workbook_is_refused_under_any_name():
    assert refusal(xlsx(HEAD, PERSON), "people.xlsm") == "file_macros"


def test_encrypted_and_old_files_are_told_apart():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert refusal(io.BytesIO(ole + "EncryptedPackage".encode("utf-16-le"))) == "file_encrypted"
    assert refusal(io.BytesIO(ole), "people.xls") == "file_old_format"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "people.csv", "file_empty"),
        (b"%PDF-1.7", "people.pdf", "file_name"),
        (b"a,b", "", "file_name"),
        (b"name,citizen_id", "people.xlsx", "file_wrong_ending"),
        (b"PK\x03\x04", "people.csv", "file_wrong_ending"),
        (b"PK\x03\x04 nothing", "people.xlsx", "file_damaged"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "people.csv", "file_encoding"),
        (b"name,citizen_id\n\xff\xff\xff,1", "people.csv", "file_encoding"),
        (b'name,citizen_id\n"a,1\n', "people.csv", "file_csv_syntax"),
        (b'name,citizen_id\n"a"b,1\n', "people.csv", "file_csv_syntax"),
        (b"what,ever\n1,2\n", "people.csv", "file_no_headings"),
        (b"name\na\n", "people.csv", "file_heading_missing"),
        (b"name,citizen_id,Name\na,b,c\n", "people.csv", "file_heading_twice"),
    ],
)
def test_what_is_no_table_is_refused_by_its_reason(content: bytes, name: str, code: str):
    assert refusal(io.BytesIO(content), name) == code


def test_file_cut_short_is_damaged():
    whole = xlsx(HEAD, PERSON).getvalue()
    assert refusal(io.BytesIO(whole[: len(whole) // 2])) == "file_damaged"


def test_file_above_the_limit_is_refused_before_it_is_opened():
    assert refusal(io.BytesIO(b"x" * 3_000_000), "people.csv") == "file_too_large"


def test_part_that_unpacks_beyond_all_measure_is_refused():
    file = with_part(xlsx(HEAD, PERSON), "xl/theme/theme2.xml", bytes(9_000_000))
    assert len(file.getvalue()) < SMALL.bytes
    assert refusal(file) == "file_too_complex"


def test_directory_that_lies_about_a_size_is_not_believed():
    file = with_part(xlsx(HEAD, PERSON), "xl/theme/theme2.xml", bytes(100_000))
    content = file.getvalue().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert refusal(io.BytesIO(content)) == "file_damaged"


def test_one_long_text_shown_by_many_cells_is_refused():
    long = "a" * 30_000
    rows = [[long, long, long] for _ in range(150)]
    assert refusal(xlsx(HEAD, *rows)) == "file_too_complex"


def test_a_million_empty_rows_are_refused_not_read():
    def dress(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        bold = book.add_format({"bold": True})
        for number in range(2, 5000):
            sheet.set_row(number, 20)
            sheet.write_blank(number, 0, None, bold)

    assert refusal(xlsx(HEAD, PERSON, write=dress)) == "file_too_many_rows"
    blank = "name,citizen_id\n" + ",\n" * 5000
    assert refusal(io.BytesIO(blank.encode()), "people.csv") == "file_too_many_rows"


def test_two_cells_at_the_ends_of_the_world_do_not_fill_the_memory():
    def far(_book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write(1_048_575, 0, "x")

    def wide(_book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write(0, 16_383, "x")

    assert refusal(xlsx(HEAD, PERSON, write=far)) == "file_too_many_rows"
    assert refusal(xlsx(HEAD, PERSON, write=wide)) == "file_too_many_columns"


def test_hidden_sheet_is_not_read():
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    hidden, shown = book.add_worksheet("lists"), book.add_worksheet("people")
    hidden.write_row(0, 0, ["name", "citizen_id"])
    hidden.write_row(1, 0, ["no", "no"])
    shown.write_row(0, 0, HEAD)
    shown.write_row(1, 0, PERSON)
    shown.activate()
    shown.set_first_sheet()
    hidden.hide()
    book.close()
    file.seek(0)
    assert [row.values["name"] for row in rows_of(file)] == ["孙丽"]


def test_limits_of_an_upload_hold_ten_thousand_rows():
    assert workbooks.UPLOAD.rows >= 10_000
