"""An installation with a tenth kind of form, in a process of its own: run as a program.

What a new kind takes is all here: its words in the catalogue, its member of the vocabulary, one
model with its table, one lifecycle, one migration. Everything else must follow by itself.
"""

import shutil
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import ClassVar

import yaml

# The package is begun and not yet run: what it builds when it runs finds ten kinds declared.
PACKAGE = find_spec("app")
assert PACKAGE is not None
assert PACKAGE.loader is not None
sys.modules["app"] = module_from_spec(PACKAGE)

from app.catalog import loader  # noqa: E402
from app.catalog.enums import ApplicationKind  # noqa: E402

CODE = "hours_extension"
UNIT, LIMIT = "east", 40
WORDS = {
    "kinds": {
        "kind": CODE,
        "annex": None,
        "name": {"zh": "延长使用时间申请表", "en": "Application form for longer hours"},
        "description": {"zh": "申请延长使用时间。", "en": "Ask for longer hours."},
        "applicants": ["municipal", "district"],
        "identity_papers": False,
        "columns": [
            {"field": "name", "heading": {"zh": "用户姓名", "en": "User name"}},
            {"field": "login_name", "heading": {"zh": "登录名称", "en": "Login name"}},
            {"field": "until", "heading": {"zh": "延长至", "en": "Until"}},
        ],
        "rule": "M5.1",
        "article": "第五条（一）",
        "valid_from": "2014-01-01",
    },
    "pledges": {
        "kind": CODE,
        "annex": None,
        "text": {"zh": "仅限本人使用。", "en": "Used by that person only."},
        "article": "第八条",
        "valid_from": "2014-01-01",
    },
}
ROAD = [("approve", "审核", "reviews"), ("configure", "配置", "configures")]


def say_it_in_the_catalogue(folder: Path) -> None:
    """Give the kind its name, columns, pledge and road, in both languages."""
    shutil.copytree(loader.DATA, folder)
    road = [
        {
            "kind": CODE,
            "position": position,
            "action": action,
            "duty": "configure_permissions",
            "category": None,
            "name": {"zh": f"信息中心{zh}", "en": f"Information Centre {en}"},
            "article": "第三条",
            "rule": "M3",
            "valid_from": "2014-01-01",
        }
        for position, (action, zh, en) in enumerate(ROAD, start=1)
    ]
    for name, added in {**{name: [entry] for name, entry in WORDS.items()}, "roads": road}.items():
        path = folder / f"{name}.yaml"
        more = yaml.safe_dump(added, allow_unicode=True, sort_keys=False)
        path.write_text(
            path.read_text("utf-8") + more.replace("'2014-01-01'", "2014-01-01"), "utf-8"
        )
    loader.DATA = folder


def add_to_the_vocabulary() -> ApplicationKind:
    """Add the member that the enumeration would have."""
    member = str.__new__(ApplicationKind, CODE)
    member._name_, member._value_ = CODE.upper(), CODE
    ApplicationKind._member_map_[CODE.upper()] = member
    ApplicationKind._value2member_map_[CODE] = member
    ApplicationKind._member_names_.append(CODE.upper())
    return member


FOLDER = Path(sys.argv[1])
say_it_in_the_catalogue(FOLDER / "catalogue")
KIND = add_to_the_vocabulary()


# --- One lifecycle entry


from dataclasses import replace  # noqa: E402

from app.catalog.enums import ApplicationState  # noqa: E402
from app.catalog.lifecycles import application_acts as acts  # noqa: E402
from app.catalog.lifecycles import applications as entries  # noqa: E402

entries.APPLICATIONS[KIND] = entries._application(
    KIND,
    acts.SUBMIT_NAMED,
    acts.WITHDRAW,
    acts.RETURN,
    acts.REJECT,
    acts.CLAIM,
    acts.HAND_BACK,
    acts.APPROVE_NAMED,
    replace(
        acts.CONFIGURE,
        target=ApplicationState.COMPLETED,
        data=None,
        guards=("work_is_not_another_persons",),
        effects=("close_work_as_done", "close_application"),
        notices=("application_completed",),
    ),
)

# --- One model file


from sqlalchemy import ForeignKey, String  # noqa: E402
from sqlalchemy.orm import Mapped, mapped_column  # noqa: E402

from app.catalog.enums import AccountState  # noqa: E402
from app.catalog.fields import field_info  # noqa: E402
from app.models.applications import Application, ApplicationLine  # noqa: E402
from app.models.kinds.account import NamedAccountColumns  # noqa: E402


class HoursExtensionLine(NamedAccountColumns, ApplicationLine):
    __tablename__ = "hours_extension_line"
    __mapper_args__: ClassVar = {"polymorphic_identity": KIND, "polymorphic_load": "selectin"}
    id: Mapped[int] = mapped_column(
        ForeignKey("application_line.id", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[str] = mapped_column(
        String(LIMIT), default="", info=field_info(label="Until", required=True, rule="M5.1")
    )
    columns = ("name", "login_name", "until")
    account_states = frozenset({AccountState.ACTIVE})


class HoursExtensionApplication(Application):
    __mapper_args__: ClassVar = {"polymorphic_identity": KIND}
    line_class = HoursExtensionLine


def migrate(database: Path) -> None:
    """Add the table, and the member to the checks that list the kinds."""
    last = "'login_restoration'"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table'",
            (last, f"{last}, '{CODE}'"),
        )
        connection.execute("PRAGMA writable_schema = OFF")
        connection.execute(
            "CREATE TABLE hours_extension_line (id INTEGER PRIMARY KEY REFERENCES "
            "application_line (id) ON DELETE CASCADE, login_name VARCHAR(64) NOT NULL, "
            f"until VARCHAR({LIMIT}) NOT NULL)"
        )
        connection.commit()


# --- What follows by itself


PACKAGE.loader.exec_module(sys.modules["app"])

from io import BytesIO  # noqa: E402

from app import create_app  # noqa: E402
from app.extensions import db  # noqa: E402
from app.models.accounts import Account  # noqa: E402
from app.models.audit import AuditEvent  # noqa: E402
from app.security.actor import acting  # noqa: E402
from tests.conftest import make_settings  # noqa: E402
from tests.support.client import KeydeskClient  # noqa: E402
from tests.support.factories import HEADER, SETUP, Office, build_office  # noqa: E402
from tests.support.kinds import employed  # noqa: E402
from tests.support.pages import Browser, editor  # noqa: E402
from tests.support.rest import Rest, fields, let_everybody_work  # noqa: E402


def main() -> None:
    """Set the installation up and let people use the form at every door."""
    database = FOLDER / "keydesk.db"
    app = create_app(make_settings(f"sqlite:///{database}", FOLDER / "files"))
    app.test_client_class = KeydeskClient
    runner = app.test_cli_runner()
    assert runner.invoke(args=["db", "upgrade"]).exit_code == 0
    migrate(database)
    synced = runner.invoke(args=["catalog", "sync", "--from", str(FOLDER / "catalogue")])
    assert synced.exit_code == 0, synced.output
    with app.app_context():
        build_office(db.session())
        let_everybody_work(db.session())
        with acting(db.session(), SETUP):
            login = employed(Office(db.session()), UNIT).login_name
            name = db.session().query(Account).filter_by(login_name=login).one().name
    applicant, reviewer = Rest(app.test_client(), "east.admin"), Rest(app.test_client(), "info1")
    number = at_rest(applicant, reviewer, login, name)
    on_pages(app, login, number)
    on_record(app, number)


def at_rest(applicant: Rest, reviewer: Rest, login: str, name: str) -> str:
    """Wrong and right, drafted, handed in, passed: over REST, and described there."""
    form = {"kind": CODE, **HEADER}
    wrong = applicant.post(
        "applications/", {**form, "lines": [{"login_name": login, "until": "x" * (LIMIT + 1)}]}
    )
    assert fields(wrong) == {"lines.1.until": "text_too_long"}, wrong.json
    unknown = applicant.post(
        "applications/", {**form, "lines": [{"login_name": "nobody", "until": "22:00"}]}
    )
    assert fields(unknown) == {"lines.1.login_name": "unknown_account"}, unknown.json
    lines = [{"login_name": login, "until": "22:00"}]
    made = applicant.post("applications/", {**form, "lines": lines})
    assert made.status_code == 201, made.json
    identity = made.json["id"]
    assert applicant.act("applications", identity, "submit").status_code == 200
    assert reviewer.act("applications", identity, "approve").json["state"] == "passed"
    assert reviewer.act("applications", identity, "configure").json["state"] == "completed"
    shown = applicant.get(f"applications/{identity}").json["result"]
    (line,) = shown["lines"]
    assert (line["name"], line["login_name"], line["until"]) == (name, login, "22:00")
    described = applicant.get("_openapi")
    assert CODE in described.text
    assert '"until"' in described.text
    return str(identity)


def on_pages(app: object, login: str, identity: str) -> None:
    """The card, the editor, the search for people, the template, the sheet and its print."""
    page = Browser(app.test_client(), "east.admin")  # type: ignore[attr-defined]
    assert f"/applications/new/{CODE}" in page.get("/applications/start").text
    drawn = editor(page.get(f"/applications/new/{CODE}"))
    assert [column["name"] for column in drawn["columns"]] == ["login_name", "name", "until"]
    assert [column.get("readonly", False) for column in drawn["columns"]] == [False, True, False]
    found = page.get(f"/applications/people/{CODE}?q={login[:4]}").json["results"]
    assert login in [person["value"] for person in found]
    table = page.get(f"/applications/import/{CODE}/template")
    assert table.status_code == 200
    assert BytesIO(table.data).read(2) == b"PK"
    assert "22:00" in page.get(f"/applications/{identity}").text
    page.post(f"/applications/{identity}/copies")
    assert page.get(f"/applications/{identity}/copies/1").data.startswith(b"%PDF")


def on_record(app: object, identity: str) -> None:
    """Every act of the form stands in the trail."""
    with app.app_context(), acting(db.session(), SETUP):  # type: ignore[attr-defined]
        told = (
            db.session()
            .query(AuditEvent)
            .filter_by(subject_type="application", subject_id=int(identity))
        )
        tags = [event.tag for event in told.order_by(AuditEvent.id)]
    assert tags[:4] == [
        "application:drafted",
        "application:submitted",
        "application:approved",
        "application:configured",
    ], tags


main()
