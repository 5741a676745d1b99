"""A wrong entry is refused alike wherever it comes in: same field, code and words, nothing kept.

Doors: the form's page, REST, a spreadsheet at the page, over REST and at the command line, and the
form at the command line; in both languages.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.catalog.enums import ApplicationState, Category, OrganizationType
from app.catalog.lifecycles import ApplicationKind
from app.models.applications import Application, ApplicationLine
from tests.support.factories import HEADER, Office, administrator_of, items
from tests.support.kinds import drafted
from tests.support.pages import Browser, editor, form, send
from tests.support.people import person, wrong_citizen_id
from tests.support.rest import Rest
from tests.support.sheets import HEAD, row, xlsx

EAST = administrator_of("east")
ITEMS = items(OrganizationType.DISTRICT, Category.REGISTRATION)
MUNICIPAL = items(OrganizationType.MUNICIPAL, Category.REGISTRATION)
HAN = re.compile("[\u4e00-\u9fff]")
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "check digit": ({"citizen_id": wrong_citizen_id(1)}, "citizen_id", "citizen_id_check_digit"),
    "length": ({"citizen_id": "11010119600101"}, "citizen_id", "citizen_id_length"),
    "no number": ({"citizen_id": ""}, "citizen_id", "required"),
    "other sex": ({"sex": "female"}, "sex", "citizen_id_sex"),
    "no name": ({"name": ""}, "name", "required"),
    "formula": ({"name": "@SUM(1+1)"}, "name", "name_formula"),
    "long name": ({"name": "王" * 61}, "name", "text_too_long"),
    "no item": ({"items": []}, "items", "required"),
    "unknown item": ({"items": ["district.nothing.1"]}, "items", "unknown_item"),
    "municipal item": ({"items": MUNICIPAL}, "items", "item_of_another_tier"),
}
SEXES = {"male": "男", "female": "女"}

Enter = Callable[..., Browser]
Command = Callable[..., Result]


@pytest.fixture
def flask(runner: Any, office: Office) -> Command:
    """Run a command in this language."""

    def run(language: str, *arguments: str) -> Result:
        office.session.commit()
        locale = {"zh": "zh_CN.UTF-8", "en": "en_GB.UTF-8"}[language]
        result: Result = runner.invoke(args=list(arguments), env={"LC_ALL": locale})
        office.session.expire_all()
        return result

    return run


def posted(office: Office, line: dict[str, Any]) -> dict[str, Any]:
    code = office.organization("east").code
    return {"kind": "new_user", "organization": code, **HEADER, "lines": [line]}


def sheet(line: dict[str, Any]) -> Any:
    cells = {**line, "sex": SEXES[line["sex"]], "items": ",".join(line["items"])}
    return xlsx(HEAD, row(1, **cells))


@pytest.mark.rule("M5", "M4a", "X6", "X7")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_entry_is_told_alike_at_every_door(
    office: Office,
    browser: Enter,
    rest: Callable[..., Rest],
    flask: Command,
    tmp_path: Path,
    *,
    case: str,
    language: str,
):
    wrong, field, code = WRONG[case]
    line = {**person(1), "items": ITEMS, **wrong}
    api, tongue = rest(EAST), {"Accept-Language": language}

    answer = api.post(f"applications/?_l_={language}", posted(office, line), headers=tongue)
    assert answer.status_code == 422
    (told,) = answer.json["details"]
    words = told["message"]
    assert (told["field"], told["code"]) == (f"lines.1.{field}", code)
    assert bool(HAN.search(words)) == (language == "zh"), words

    there = browser(EAST)
    there.get(f"/language/{language}")
    page = send(there, "/applications/new/new_user", form(line, action="submit", pledge="1"))
    assert page.status_code == 422
    assert words in str(editor(page)["errors"]["0"][field])

    data = {"kind": "new_user", "file": (sheet(line), "a.xlsx"), "dry_run": "true"}
    looked = api.ask("POST", f"applications/import?_l_={language}", data=data, headers=tongue)
    (found,) = looked.json["result"][0]["details"]
    assert (found["field"], found["code"]) == (field, code)
    assert bool(HAN.search(found["message"])) == (language == "zh"), found
    seen = there.post("/applications/import/new_user", {"file": (sheet(line), "a.xlsx")})
    assert found["cell"] in there.get(seen.headers["Location"]).text

    command = flask(
        language, "applications", "add", "--as", EAST, "--data", json.dumps(posted(office, line))
    )
    assert command.exit_code == 1
    assert f"lines.1.{field}: {words}" in command.stderr
    file = tmp_path / "people.xlsx"
    file.write_bytes(sheet(line).getvalue())
    command = flask(language, "imports", "lines", "new_user", str(file), "--as", EAST)
    assert command.exit_code == 1
    assert found["cell"] in command.output + command.stderr

    office.session.rollback()
    kept = office.session.query(Application).all()
    assert {form.state for form in kept} <= {ApplicationState.DRAFT}, "typed at the page: not lost"
    assert office.count(ApplicationLine) == len(kept) <= 1


@pytest.mark.rule("X6")
def test_lines_of_one_kind_are_not_put_on_a_form_of_another(
    office: Office, rest: Callable[..., Rest]
):
    draft = drafted(office, ApplicationKind.PERMISSION_CHANGE)
    line = {**person(1), "items": ITEMS}
    data = {"kind": "new_user", "file": (sheet(line), "a.xlsx"), "application_id": str(draft)}
    answer = rest(EAST).ask("POST", "applications/import", data=data)
    assert answer.status_code == 422
    assert [(d["field"], d["code"]) for d in answer.json["details"]] == [
        ("application_id", "another_kind")
    ]
    assert office.last_event().tag == "application:imported"
