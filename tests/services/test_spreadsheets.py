"""Templates and result files, read back by the one reader (X6)."""

import io
import zipfile

import pytest
from flask import Flask

from app.services.spreadsheets import ResultRow, TemplateColumn, write_result, write_template
from app.services.workbooks import Heading, open_table
from app.services.workbooks.formulas import disarmed, rearmed

COLUMNS = (
    TemplateColumn(title="姓名", note="As on the ID card", required=True),
    TemplateColumn(title="性别", choices=("男", "女")),
)
HEADINGS = (Heading("name", ("姓名",)), Heading("sex", ("性别",)))


def test_template_reads_back_as_a_table_without_rows(app: Flask):
    file = io.BytesIO()
    with app.app_context():
        write_template(file, "用户/申请", COLUMNS, notes=("Keep the first row.",))
    assert list(open_table(file, "t.xlsx", HEADINGS).rows()) == []
    with zipfile.ZipFile(file) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert "lists!$B$1:$B$2" in sheet
    assert "As on the ID card" in sheet


def test_result_file_can_be_handed_in_again(app: Flask):
    file = io.BytesIO()
    rows = [
        ResultRow(cells=("孙丽", "女"), verdict="ok"),
        ResultRow(cells=("=1+1", "?"), verdict="refused", reason="-no", wrong=frozenset({0})),
    ]
    with app.app_context():
        write_result(file, "Result", ("姓名", "性别"), rows)
    table = open_table(file, "result.xlsx", HEADINGS)
    assert [row.values["name"] for row in table.rows()] == ["孙丽", "=1+1"]
    with zipfile.ZipFile(file) as package:
        everything = b"".join(package.read(name) for name in package.namelist()).decode()
    assert "<f>" not in everything
    assert "&#39;=1+1" in everything or "'=1+1" in everything


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 10", "-1", "@SUM(A1)", "\tx", "＝1", "plain", "", "'"]
)
def test_disarming_can_be_undone(text: str):
    shown = disarmed(text)
    assert not shown or shown[0] not in "=+-@\t\r\n＝＋－＠"
    assert rearmed(shown) == text
