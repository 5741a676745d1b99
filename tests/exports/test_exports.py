"""Every list leaves as CSV and XLSX: all rows that fit, within reach, disarmed, on record (X6)."""

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from app.catalog.enums import AuditOutcome, JobState
from app.catalog.permissions import BUNDLES, Permission, RoleName
from app.jobs import runner
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.jobs import JobRun
from app.models.organizations import Organization
from app.services import exports, spreadsheets
from app.services.copying import copies
from app.services.exports import Export, Format
from app.services.listing import ListQuery
from app.services.resources import RESOURCES
from app.views import exporting
from app.views.cells import WITH_PAGES
from app.views.console import CONSOLE
from tests.api.conftest import rest, staffed
from tests.support.factories import NOON, Office, administrator_of, staff
from tests.support.office import database, office
from tests.support.pages import Browser
from tests.support.paper import Paper
from tests.views.conftest import browser

__all__ = ["browser", "database", "office", "rest", "staffed"]

LISTS = sorted(view.resource.name for view in CONSOLE if getattr(view, "resource", None))
Enter = Callable[..., Browser]


def table(answer: Any) -> list[list[str]]:
    """The rows of a CSV answer, its headings first."""
    content = answer if isinstance(answer, bytes) else answer.data
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheets(content: bytes) -> list[list[list[Any]]]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def export(office: Office, login: str, resource: str, **said: Any) -> Export:
    form = said.pop("form", Format.CSV)
    return Export(
        session=office.session,
        resource=RESOURCES[resource],
        query=ListQuery(**said),
        format=form,
        actor=office.actor(login),
        now=NOON,
    )


# --- What is in the file


@pytest.mark.rule("X6")
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_list_leaves_with_every_row_of_its_page(browser: Enter, office, name, form):
    login = "auditor"
    if not office.actor(login).may(RESOURCES[name].permission):
        login = "system_administrator"
    who = browser(login)
    page = who.get(f"/{name}/")
    assert page.status_code == 200
    assert f"/{name}/export.{form}" in page.text
    answer = who.get(f"/{name}/export.{form}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].isascii()
    rows = table(answer) if form == "csv" else sheets(answer.data)[0]
    model = RESOURCES[name].model
    office.session.rollback()
    count = office.count(model)
    if name == "audit_events":  # signing in and the export itself leave their own events
        assert len(rows) > count // 2
    else:
        assert len(rows) - 1 == count
    assert all(len(row) == len(rows[0]) for row in rows)


@pytest.mark.rule("X6")
def test_a_short_list_leaves_as_a_pdf_to_be_signed(browser: Enter, office: Office, rest):
    who = browser("reg1")
    assert "/accounts/export.pdf" in who.get("/accounts/").text
    answer = who.get("/accounts/export.pdf?order=login_key")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    paper = Paper(answer.data)
    whole = "".join(paper.text(page) for page in range(paper.pages))
    logins = list(office.session.scalars(select(Account.login_name).order_by(Account.login_key)))
    assert all(login in whole for login in logins)
    numbers = set(office.session.scalars(select(Account.citizen_id)))
    assert not any(number in whole for number in numbers)
    event = office.last_event()
    assert (event.tag, event.new["format"], event.new["count"]) == (
        "list:exported",
        "pdf",
        len(logins),
    )
    api = rest("reg1").get("accounts/export?format=pdf")
    assert (api.status_code, api.mimetype) == (200, "application/pdf")
    longer = Paper(who.get("/permission_items/export.pdf").data)
    assert longer.pages > 1
    assert all("生效日期" in longer.text(page) for page in range(longer.pages))
    assert {width > height for width, height in longer.sizes()} == {True}


def test_a_long_list_is_no_pdf_and_nothing_leaves(browser: Enter, office: Office, monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    who = browser("reg1")
    answer = who.get("/accounts/export.pdf")
    assert answer.status_code == 422
    assert "3" in answer.text
    assert office.last_event().outcome == AuditOutcome.REFUSED
    assert who.get("/accounts/export.pdf?q=east.").status_code == 200


@pytest.mark.rule("X2", "X6")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_codes_are_taken_out_in_words_with_the_code_beside_them(browser: Enter, office, form):
    office.submitted("east")
    who = browser("auditor")
    who.get("/language/en?next=/")
    answer = who.get(f"/audit_events/export.{form}")
    heads, *rows = table(answer) if form == "csv" else sheets(answer.data)[0]
    assert heads[1:3] == ["Act", "Act (code)"]
    told = {row[2]: row[1] for row in rows}
    assert told["application:submitted"] == "Handed in"
    assert told["session:signed_in"] == "Signed in"
    assert not any(":" in words for words in told.values())
    moved = table(who.get("/key_movements/export.csv"))
    assert {"Movement", "Movement (code)"} <= set(moved[0])
    place = moved[0].index("Movement")
    assert {row[place + 1]: row[place] for row in moved[1:]}["receive"] == "Key received"


def test_file_holds_what_the_view_shows_and_in_its_order(browser: Enter, office: Office):
    who = browser("reg1")
    assert len(table(who.get("/accounts/export.csv"))) - 1 == office.count(Account)
    some = table(who.get("/accounts/export.csv?q=east.&order=login_key"))
    assert [row[1] for row in some[1:]] == ["east.admin"]
    none = table(who.get("/accounts/export.csv?state=cancelled"))
    assert len(none) == 1
    ordered = table(who.get("/accounts/export.csv?order=login_key"))[1:]
    assert [row[1] for row in ordered] == sorted(row[1] for row in ordered)


def test_file_speaks_the_readers_language(browser: Enter, office: Office):
    who = browser("reg1")
    chinese = table(who.get("/accounts/export.csv?q=east."))
    who.get("/language/en?next=/")
    english = table(who.get("/accounts/export.csv?q=east."))
    assert chinese[0] != english[0]
    assert "Active" in english[1]
    assert "Active" not in chinese[1]


def test_bad_address_is_refused_as_on_the_page(browser: Enter, rest):
    who = browser("reg1")
    for query in ("?nothing=1", "?state=nowhere", "?order=state", "?state__near=x"):
        assert who.get(f"/accounts/export.csv{query}").status_code in {400, 422}, query
    assert who.get("/accounts/export.doc").status_code == 422
    api = rest("reg1")
    assert api.get("accounts/export?format=doc").status_code == 422
    assert api.get("accounts/export?q=(filters:!((col:nothing,opr:eq,value:1)))").status_code == 422
    assert api.get("accounts/export?q=((").status_code == 400


# --- Whose rows


@pytest.mark.rule("X6")
@pytest.mark.parametrize("login", [login for login, *_rest in staff()])
def test_nobody_takes_out_more_than_they_see(browser: Enter, office: Office, login: str):
    office.submitted("west")
    office.submitted("bank")
    office.session.commit()
    with office.acting(login) as actor:
        seen = {
            "accounts": set(office.session.scalars(select(Account.login_name))),
            "applications": set(office.session.scalars(select(Application.number))),
            "organizations": set(office.session.scalars(select(Organization.code))),
        }
        may = {name: actor.may(RESOURCES[name].permission) for name in seen}
    who = browser(login)
    for name, wanted in seen.items():
        answer = who.get(f"/{name}/export.csv")
        if not may[name]:
            assert answer.status_code == 403
            continue
        cells = [set(row) for row in table(answer)[1:]]
        assert len(cells) == len(wanted)
        assert all(any(value in row for row in cells) for value in wanted)


def test_holders_see_lists_and_take_none_out(browser: Enter, rest, office: Office):
    assert Permission.LISTS_EXPORT not in BUNDLES[RoleName.HOLDER]
    account = office.account("east.admin")
    account.roles = [r for r in account.roles if False]
    office.session.commit()
    who = browser("east.admin")
    page = who.get("/accounts/")
    if page.status_code == 200:
        assert "export.csv" not in page.text
    assert who.get("/accounts/export.csv").status_code == 403
    assert rest("east.admin").get("accounts/export").status_code == 403
    assert office.count(AuditEvent, AuditEvent.tag == "list:export_begun") == 0


# --- Masks and formulas


def test_personal_numbers_are_masked_in_files_as_in_lists(rest, office: Office):
    answer = rest("reg1").get("accounts/export?q=(columns:!(login_name,citizen_id))")
    numbers = {row[1] for row in table(answer)[1:]}
    assert numbers
    assert all("*" in number for number in numbers)


@pytest.mark.rule("X6")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝"])
def test_no_cell_runs_as_a_formula(browser: Enter, office: Office, start: str):
    name = f"{start}cmd|' /C calc'!A0"
    office.session.execute(
        text("UPDATE organization SET name = :name WHERE code = :code"),
        {"name": name, "code": office.organization("west").code},
    )
    office.session.commit()
    who = browser("auditor")
    cells = [c for row in table(who.get("/organizations/export.csv")) for c in row]
    assert f"'{name}" in cells
    dangerous = tuple("=+-@\t＝＋－＠")
    assert not [c for c in cells if c.startswith(dangerous)]
    accounts = [c for row in table(who.get("/accounts/export.csv")) for c in row]
    assert f"'{name}" in accounts
    answer = who.get("/organizations/export.xlsx")
    assert f"'{name}".strip() in [str(c).strip() for row in sheets(answer.data)[0] for c in row]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert all(b"<f>" not in package.read(part) for part in package.namelist())


# --- On record


@pytest.mark.rule("X6")
def test_export_is_on_record_with_filter_and_count(browser: Enter, office: Office):
    browser("reg1").get("/accounts/export.csv?state=active&q=east.").get_data()
    begun, ended = office.events(AuditEvent.tag.startswith("list:"))
    assert (begun.tag, ended.tag) == ("list:export_begun", "list:exported")
    assert (ended.rule, ended.actor_id) == ("X6", office.account("reg1").id)
    assert ended.new["count"] == 1
    assert ended.new["search"] == "east."
    assert ended.new["filter"] == [{"column": "state", "operator": "eq", "value": "active"}]
    assert ended.new["format"] == "csv"


def test_who_goes_away_in_the_middle_is_on_record_too(app, office: Office, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 5)
    with app.test_request_context(), office.acting("auditor"):
        office.session.commit()
        taken = export(office, "auditor", "accounts")
        taken.begin()
        answer = exporting._streamed(taken)
        blocks = answer.iter_encoded()
        next(blocks)
        next(blocks)
        answer.response.close()
    ended = office.events(AuditEvent.tag == "list:exported")[-1]
    assert ended.new["cut_off"] is True


# --- Any length


def test_long_xlsx_is_made_in_the_background_and_handed_over(
    app, browser: Enter, rest, office: Office, monkeypatch
):
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    who = browser("reg1")
    answer = who.get("/accounts/export.xlsx?order=login_key")
    assert answer.status_code == 303
    place = answer.headers["Location"]
    run = office.session.scalars(select(JobRun)).one()
    assert place.endswith(f"/job_runs/{run.id}")
    files = app.config["KEYDESK"].files_dir
    runner.run_asked_for(office.session, files=files, now=NOON)
    assert run.state == JobState.DONE, run.error
    rows = sheets(who.get(f"{place}/result").data)[0]
    assert len(rows) - 1 == office.count(Account)
    assert office.events(AuditEvent.tag == "list:exported")[-1].new["count"] == len(rows) - 1
    accepted = rest("reg1").get("accounts/export?format=xlsx")
    assert accepted.status_code == 202
    assert rest("reg1").get("accounts/export?later=1").status_code == 202


def test_next_sheet_begins_where_one_is_full(monkeypatch):
    monkeypatch.setattr(spreadsheets, "SHEET_ROWS", 3)
    file = io.BytesIO()
    rows = iter([[f"n{n}", n] for n in range(7)])
    spreadsheets.write_rows(file, "A:B", ["name", "number"], rows, count=7)
    found = sheets(file.getvalue())
    assert [len(sheet) for sheet in found] == [4, 4, 2]
    assert found[2] == [["name", "number"], ["n6", 6.0]]


def test_empty_list_leaves_with_its_headings(office: Office):
    taken = export(office, "auditor", "keys", search="nothing-like-this", form=Format.XLSX)
    file = io.BytesIO()
    taken.xlsx(file)
    assert [len(sheet) for sheet in sheets(file.getvalue())] == [1]


@pytest.mark.postgresql
@pytest.mark.parametrize("name", sorted(n for n, r in RESOURCES.items() if r.list_columns))
@pytest.mark.parametrize("login", ["auditor", administrator_of("east"), "reg1"])
def test_copy_writes_what_our_own_hand_would(office: Office, monkeypatch, name: str, login: str):
    office.submitted("east")
    office.session.commit()
    with office.acting(login):
        by_copy = table(b"".join(export(office, login, name).csv()))
        monkeypatch.setattr(exports, "copies", lambda _session: False)
        by_hand = table(b"".join(export(office, login, name).csv()))
    assert by_copy == by_hand
    assert copies(office.session)


# --- The command line


def test_command_writes_a_file_for_its_owner_only(runner, office: Office, tmp_path):
    path = tmp_path / "accounts.csv"
    office.session.commit()
    arguments = ["exports", "write", "accounts", "--as", "reg1", "--filter", "state=active"]
    result = runner.invoke(args=[*arguments, "--to", str(path)], env={"LC_ALL": "en_GB.UTF-8"})
    assert result.exit_code == 0, result.output
    assert len(table(path.read_bytes())) - 1 == office.count(Account, Account.state == "active")
    assert path.stat().st_mode & 0o777 == 0o600
    for wrong in (["--filter", "state"], ["--filter", "nothing=1"], ["--order", "state"]):
        assert runner.invoke(args=[*arguments, *wrong]).exit_code == 1
    assert runner.invoke(args=["exports", "write", "nothing", "--as", "reg1"]).exit_code == 2


def test_lists_with_pages_are_known():
    assert WITH_PAGES
