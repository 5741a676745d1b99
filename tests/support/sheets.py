"""Spreadsheets of made-up people, as somebody would fill them in."""

import io
from typing import Any

from xlsxwriter import Workbook

from tests.support.kinds import OLD
from tests.support.people import person

HEAD = ["用户姓名", "性别", "身份证号", "申请权限"]


def row(number: int, **changed: str) -> list[str]:
    """A person of a form for new users; what is said otherwise is changed."""
    made = person(number)
    sex = {"male": "男", "female": "女"}[made["sex"]]
    values = {"name": made["name"], "sex": sex, "citizen_id": made["citizen_id"], "items": OLD}
    return list((values | changed).values())


def xlsx(*rows: list[Any]) -> io.BytesIO:
    """A workbook of these rows."""
    file = io.BytesIO()
    with Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    file.seek(0)
    return file
