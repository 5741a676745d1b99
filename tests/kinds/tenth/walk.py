"""People use the tenth form at every door: run as a program in a copy that holds it."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.catalog.enums import OfficeCode
from app.catalog.permissions import RoleName
from app.extensions import db
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile
from app.models.audit import AuditEvent
from app.security.actor import acting
from tests.conftest import make_settings
from tests.house.test_migrations import (
    test_every_check_of_the_models_stands_in_the_database_with_the_same_values as checks_agree,
)
from tests.support.client import KeydeskClient
from tests.support.factories import HEADER, SETUP, Office, administrator_of, build_office, staff_of
from tests.support.kinds import OLD, employed
from tests.support.pages import Browser, editor
from tests.support.rest import Rest, ask, fields, let_everybody_work
from tests.support.sheets import xlsx

CODE = "hours_extension"
NAME_ZH, NAME_EN = "延长使用时间申请表", "Application form for longer hours"
UNIT, LIMIT = "east", 40
COLUMNS = ["login_name", "name", "items", "until"]
HEAD = ["登录名称", "延长至"]


def main(url: str, files: Path) -> None:
    """Set the installation up and let everybody concerned use the form."""
    app = create_app(make_settings(url, files))
    app.test_client_class = KeydeskClient
    set_up(app)
    with app.app_context():
        build_office(db.session())
        let_everybody_work(db.session())
        with acting(db.session(), SETUP):
            account = employed(Office(db.session()), UNIT)
            login, name = account.login_name, account.name
    applicant = Rest(app.test_client(), administrator_of(UNIT))
    identity, number = at_rest(app, applicant, login, name)
    on_pages(app, login, name, identity, number)
    imported(app, login)
    on_record(app, identity)
    taken_back(app)


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=list(words))


def set_up(app: Flask) -> None:
    """Migrate, say the rules, take both back and do it again: the models and the rows agree."""
    for words in (
        ("db", "upgrade"),
        ("catalog", "check"),
        ("catalog", "sync"),
        ("db", "downgrade"),
        ("db", "upgrade"),
        ("catalog", "sync"),
        ("db", "check"),
        ("catalog", "diff"),
    ):
        done = run(app, *words)
        assert done.exit_code == 0, (words, done.output, done.exception)
    with app.app_context(), acting(db.session(), SETUP):
        checks_agree(db.session())


def at_rest(app: Flask, applicant: Rest, login: str, name: str) -> tuple[int, str]:
    """Wrong and right, drafted, handed in, decided: over REST, and described there."""
    form = {"kind": CODE, **HEADER}
    for line, problem in (
        ({"login_name": login, "until": "x" * (LIMIT + 1)}, {"lines.1.until": "text_too_long"}),
        ({"login_name": login, "until": ""}, {"lines.1.until": "required"}),
        (
            {"login_name": "nobody", "until": "22:00"},
            {"lines.1.login_name": "unknown_account"},
        ),
    ):
        wrong = applicant.post("applications/", {**form, "lines": [line]})
        assert fields(wrong) == problem, wrong.json
    enterprise = Rest(app.test_client(), administrator_of("developer"))
    refused = enterprise.post("applications/", {**form, "lines": []})
    assert fields(refused) == {"kind": "kind_not_for_organization"}
    lines = [{"login_name": login, "until": "22:00"}]
    made = applicant.post("applications/", {**form, "lines": lines})
    assert made.status_code == 201, made.json
    identity = made.json["id"]
    assert applicant.act("applications", identity, "submit").status_code == 200
    for office, action, state in (
        (OfficeCode.REG, "approve", "passed"),
        (OfficeCode.INFO, "configure", "completed"),
    ):
        decider = Rest(app.test_client(), staff_of(office))
        done = decider.act("applications", identity, action)
        assert done.status_code == 200, done.json
        assert done.json["state"] == state
    shown = applicant.get(f"applications/{identity}").json["result"]
    (line,) = shown["lines"]
    assert (line["name"], line["login_name"], line["until"]) == (name, login, "22:00")
    assert line["items"] == [OLD]
    query = ask(filters=[{"col": "kind", "opr": "eq", "value": CODE}])
    assert applicant.get(f"applications/{query}").json["ids"] == [identity]
    described = applicant.get("_openapi")
    assert CODE in described.text
    assert '"until"' in described.text
    return identity, shown["number"]


def on_pages(app: Flask, login: str, name: str, identity: int, number: str) -> None:
    """The card, the editor, the search for people, the sheet, its print, the search, the rules."""
    page = Browser(app.test_client(), administrator_of(UNIT))
    for code, words in (("en", NAME_EN), ("zh", NAME_ZH)):
        page.get(f"/language/{code}")
        start = page.get("/applications/start").text
        assert f"/applications/new/{CODE}" in start
        assert words in start
    drawn = editor(page.get(f"/applications/new/{CODE}"))
    assert sorted(column["name"] for column in drawn["columns"]) == sorted(COLUMNS)
    found = page.get(f"/applications/people/{CODE}?q={login[:4]}").json["results"]
    assert login in [person["value"] for person in found]
    shown = page.get(f"/applications/{identity}").text
    assert "22:00" in shown
    assert NAME_ZH in shown
    assert NAME_ZH in page.get("/applications/").text
    page.post(f"/applications/{identity}/copies")
    assert page.get(f"/applications/{identity}/copies/1").data.startswith(b"%PDF")
    assert f"/applications/{identity}" in page.get(f"/search/?q={number}").text
    rules = Browser(app.test_client(), RoleName.SYSTEM_ADMINISTRATOR.value)
    drawn_roads = rules.get("/road_steps/drawn").text
    assert NAME_ZH in drawn_roads
    assert "房屋登记管理处：审核" in drawn_roads
    assert name in shown


def imported(app: Flask, login: str) -> None:
    """The template has the kind's headings, and a table of them becomes a draft."""
    page = Browser(app.test_client(), administrator_of(UNIT))
    template = page.get(f"/applications/import/{CODE}/template")
    with ZipFile(BytesIO(template.data)) as package:
        words = package.read("xl/sharedStrings.xml").decode()
    assert all(heading in words for heading in HEAD)
    table = xlsx(HEAD, [login, "21:00"], ["nobody", "21:00"])
    sent = page.post(f"/applications/import/{CODE}", {"file": (table, "名单.xlsx")})
    assert sent.status_code == 303, sent.text
    assert "nobody" in page.get(sent.location).text
    done = page.post(sent.location, {"part": "good"})
    assert done.status_code == 303, done.text
    with app.app_context(), acting(db.session(), SETUP):
        drafts = select(Application).where(Application.kind == CODE, Application.state == "draft")
        (draft,) = db.session().scalars(drafts)
        assert [line.until for line in draft.lines] == ["21:00"]  # type: ignore[attr-defined]


def on_record(app: Flask, identity: int) -> None:
    """Every act stands in the trail, the archive file is open, the pledge is the article's."""
    with app.app_context(), acting(db.session(), SETUP):
        session = db.session()
        tags = session.scalars(
            select(AuditEvent.tag)
            .where(AuditEvent.subject_type == "application", AuditEvent.subject_id == identity)
            .order_by(AuditEvent.id)
        ).all()
        assert tags[:4] == [
            "application:drafted",
            "application:submitted",
            "application:approved",
            "application:configured",
        ], tags
        assert session.scalar(select(ArchiveFile.kind).filter_by(application_id=identity)) == CODE
        assert session.get_one(Application, identity).pledge_id is not None
        assert session.scalar(select(Account.id).where(Account.state == "active")) is not None


def taken_back(app: Flask) -> None:
    """The migration is not taken back over somebody's form."""
    refused = run(app, "db", "downgrade")
    assert refused.exit_code != 0
    with app.app_context(), acting(db.session(), SETUP):
        assert db.session().scalar(select(Application.id).where(Application.kind == CODE))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
