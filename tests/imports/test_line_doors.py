"""Lines out of a spreadsheet through each door: page, REST, command line (X6)."""

import io
import json
from collections.abc import Callable
from typing import Any

from app.models.applications import Application
from app.models.audit import AuditEvent
from tests.support.factories import Office, administrator_of
from tests.support.pages import Browser
from tests.support.people import person, wrong_citizen_id
from tests.support.sheets import HEAD, row, xlsx

ADMIN = administrator_of("east")
Enter = Callable[..., Browser]


# --- The page


def test_page_leads_from_the_template_to_the_draft(browser: Enter, office: Office):
    who = browser(ADMIN)
    assert "/applications/import/new_user" in who.get("/applications/new/new_user").text
    assert who.get("/applications/import/new_user/template").data.startswith(b"PK")
    page = who.get("/applications/import/new_user")
    assert page.status_code == 200
    file = xlsx(HEAD, row(1), row(2, citizen_id=wrong_citizen_id(2)))
    answer = who.post("/applications/import/new_user", {"file": (file, "人员.xlsx")})
    assert answer.status_code == 303, answer.text
    place = answer.headers["Location"]
    preview = who.get(place)
    assert "C3" in preview.text
    assert 'value="good"' in preview.text
    assert person(2)["name"] in preview.text
    assert person(1)["name"] not in preview.text
    assert person(1)["name"] in who.get(f"{place}?show=all").text
    assert who.get(f"{place}/result").data.startswith(b"PK")
    assert office.count(Application) == 0
    refused = who.post(place, {"part": "all"})
    assert refused.status_code == 422
    assert office.count(Application) == 0
    done = who.post(place, {"part": "good"})
    assert done.status_code == 303
    office.session.rollback()
    draft = office.session.query(Application).one()
    assert done.headers["Location"].endswith(f"/applications/{draft.id}/edit")
    assert [line.name for line in draft.lines] == [person(1)["name"]]
    again = who.post(
        f"/applications/import/new_user?application={draft.id}",
        {"file": (xlsx(HEAD, row(1), row(4)), "人员.xlsx")},
    )
    who.post(again.headers["Location"], {"part": "all"})
    office.session.rollback()
    assert len(office.application(draft.id).lines) == 2


def test_page_refuses_what_is_no_table_in_words(browser: Enter, office: Office):
    who = browser(ADMIN)
    for content, name in (
        (b"", "a.xlsx"),
        (b"x", "a.xlsm"),
        (b"%PDF", "a.pdf"),
        (b"a,b\n1,2\n", "a.csv"),
        ("用户姓名,性别,身份证号,申请权限\n".encode(), "a.csv"),
    ):
        answer = who.post("/applications/import/new_user", {"file": (io.BytesIO(content), name)})
        assert answer.status_code == 422, name
        assert 'id="error-summary"' in answer.text
    assert who.post("/applications/import/new_user", {}).status_code == 422


def test_nobody_opens_anothers_upload_or_kind(browser: Enter, office: Office):
    who, other = browser(ADMIN), browser(administrator_of("west"))
    answer = who.post("/applications/import/new_user", {"file": (xlsx(HEAD, row(1)), "a.xlsx")})
    place = answer.headers["Location"]
    assert other.get(place).status_code == 404
    assert other.post(place, {"part": "all"}).status_code == 404
    assert who.get(place[:-3] + "abc").status_code == 404
    assert who.get(place.replace("new_user", "key_replacement")).status_code == 404
    assert browser(administrator_of("bank")).get("/applications/import/new_user").status_code == 403
    assert who.get("/applications/import/nothing").status_code == 422
    assert who.get("/applications/import/new_user?application=99999").status_code == 404
    assert browser("reg1").get("/applications/import/new_user").status_code == 403


# --- REST and the command line


def test_rest_tells_every_row_and_takes_over(rest, office: Office):
    api = rest(ADMIN)
    assert api.get("applications/templates/new_user").data.startswith(b"PK")

    def send(*rows: list[Any], **said: Any) -> Any:
        data = {"kind": "new_user", "file": (xlsx(HEAD, *rows), "a.xlsx"), **said}
        return api.ask("POST", "applications/import", data=data)

    wrong = row(2, citizen_id=wrong_citizen_id(2))
    tried = send(row(1), wrong, dry_run="true")
    assert tried.status_code == 200
    assert tried.json["counts"] == {"good": 1, "there": 0, "wrong": 1}
    (detail,) = tried.json["result"][1]["details"]
    assert (detail["cell"], detail["code"]) == ("C3", "citizen_id_check_digit")
    refused = send(row(1), wrong)
    assert (refused.status_code, refused.json["code"]) == (422, "rows_need_correcting")
    assert office.count(Application) == 0
    good = send(row(1), wrong, part="good")
    assert good.status_code == 201
    assert len(good.json["applications"]) == 1
    assert send(row(1), wrong, part="good").json["code"] == "nothing_to_take"
    assert send(row(1), part="some").status_code == 400
    assert send(row(1), kind="nothing").status_code == 422
    assert api.ask("POST", "applications/import", data={"kind": "new_user"}).status_code == 422
    assert rest("reg1").ask("POST", "applications/import", data={}).status_code == 403


def test_command_takes_lines_over(runner, office: Office, tmp_path):
    path, report = tmp_path / "people.xlsx", tmp_path / "report.xlsx"
    path.write_bytes(xlsx(HEAD, row(1), row(2, citizen_id=wrong_citizen_id(2))).getvalue())
    office.session.commit()
    command = ["imports", "lines", "new_user", str(path), "--as", ADMIN]
    environment = {"LC_ALL": "en_GB.UTF-8"}
    tried = runner.invoke(args=[*command, "--dry-run", "--report", str(report)], env=environment)
    assert tried.exit_code == 0, tried.output
    assert "C3" in tried.output
    assert report.read_bytes().startswith(b"PK")
    assert office.count(Application) == 0
    assert runner.invoke(args=command, env=environment).exit_code == 1
    done = runner.invoke(args=[*command, "--good"], env=environment)
    assert done.exit_code == 0, done.output
    office.session.rollback()
    assert office.count(Application) == 1
    assert json.dumps(office.events(AuditEvent.tag == "application:imported")[-1].new)
