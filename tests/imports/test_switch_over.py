"""Switch-over: an office's people, keys and items out of its former lists (M2, M4, M5, M9, X6)."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.catalog.enums import AccountState, JobState
from app.catalog.loader import load_catalog
from app.clock import office_date
from app.models.accounts import Account, account_role
from app.models.audit import AuditEvent
from app.models.grants import AccountGrant
from app.models.jobs import JobRun
from app.models.keys import Key, KeyMovement
from app.models.roles import Role
from app.services import switch_over
from app.services.stock_accounts import differences
from app.services.switch_over import load
from app.services.switch_over.checks import Checker
from app.services.switch_over.staging import Staging
from app.services.switch_over.writing import Batch, take_over_one
from app.services.workbooks import OFFICE, open_table
from tests.support.factories import NOON, SETUP, Office
from tests.support.former_lists import DISTRICT, FIRST, lists, run, taken, user, write
from tests.support.people import person, social_credit_code, wrong_citizen_id

# --- What is there afterwards


@pytest.mark.rule("M4")
def test_people_work_on_with_their_keys_and_items(runner, office: Office, tmp_path):
    people = [user(office, 1), user(office, 2, "bank"), user(office, 3)]
    files = lists(
        tmp_path,
        people,
        grants=[
            ["Old.1", f"{DISTRICT[0]};{DISTRICT[1]}", "2019-03-03"],
            ["old.1", DISTRICT[2], ""],
            ["Old.3", DISTRICT[3], "2019.03.03"],
        ],
    )
    result = run(runner, office, files)
    assert result.exit_code == 0, result.output
    first, second, third = (office.account(f"old.{n}") for n in (1, 2, 3))
    assert (first.state, first.login_name, first.name) == ("active", "Old.1", people[0]["name"])
    assert first.citizen_id == people[0]["citizen_id"]
    assert first.activated_at == datetime(2019, 2, 28, 16, tzinfo=UTC)
    assert first.last_login_at == datetime(2026, 2, 26, 16, tzinfo=UTC)
    assert first.password_hash is None
    assert {grant.item.code for grant in first.grants} == set(DISTRICT[:3])
    assert {role.name for role in first.roles} == {"holder"}
    assert {role.name for role in third.roles} == {"holder"}
    assert {role.name for role in second.roles} == {"holder", "organization_administrator"}
    bank = {i.code for i in load_catalog().permission_items if i.tier == "financial"}
    assert {grant.item.code for grant in second.grants} == bank
    key = office.session.scalars(select(Key).where(Key.serial == "T-001")).one()
    assert (key.state, key.holder_id, key.office_code) == ("issued", first.id, "RESEARCH")
    assert key.issued_at == datetime(2019, 3, 1, 16, tzinfo=UTC)
    other = office.session.scalars(select(Key).where(Key.serial == "T-002")).one()
    assert other.office_code == "SERVICE"
    assert [m.action for m in key.movements] == ["receive", "take_over"]
    assert differences(office.session) == []
    assert office.last_event().tag == "office:loaded"


@pytest.mark.rule("M4")
def test_a_batch_leaves_what_one_by_one_would(office: Office, tmp_path):
    """Design, "One door": set-wise only if result and audit equal firing one by one."""
    people = [user(office, n, unit) for n, unit in enumerate(["east", "west", "bank", "east"])]
    people[3]["activated"] = people[3]["seen"] = ""
    grants = [
        [people[0]["login_name"], ";".join(DISTRICT[:3]), "2019-03-03"],
        [people[1]["login_name"], DISTRICT[-1], ""],
    ]
    files = lists(tmp_path, people, grants=grants)
    looked = look_over(office, files)
    assert [it.problems for it in looked] == [[], [], [], []]
    session = office.session

    def one_by_one() -> None:
        for it in looked:
            take_over_one(session, it, actor=CLERK, now=NOON)

    def as_one() -> None:
        Batch(session, actor=CLERK, now=NOON).take_over(looked)

    left = []
    for way in (one_by_one, as_one):
        with office.acting(CLERK):
            before = session.scalar(select(func.max(AuditEvent.id)))
            way()
            session.flush()
            session.expire_all()
            left.append(picture(office, before))
            session.rollback()
    assert left[0] == left[1]
    assert len(left[0]["trail"]) == 5 * len(people)
    assert [row["tag"] for row in left[0]["trail"][:5]] == [
        "account:opened",
        "key:received",
        "key:taken_over",
        "account:granted",
        "account:taken_over",
    ]


CLERK = SETUP.__class__.system("imports load", *SETUP.permissions)


def look_over(office: Office, files: dict[str, Path]) -> list[Any]:
    with office.acting(CLERK):
        staging = Staging(files["users"].parent / "lists.db")
        for name, take in (("keys", staging.take_keys), ("grants", staging.take_items)):
            with files[name].open("rb") as file:
                headings = getattr(switch_over.load.rows, name)()
                take(open_table(file, f"{name}.csv", headings, limits=OFFICE).rows())
        staging.ready()
        checker = Checker(office.session, staging, now=NOON, today=office_date(NOON))
        with files["users"].open("rb") as file:
            table = open_table(file, "u.csv", switch_over.load.rows.users(), limits=OFFICE)
            looked = checker.look_over(list(table.rows()))
        staging.close()
    for it in looked:
        it.comment = f"users.csv: {it.row}"
    return looked


def picture(office: Office, before: int) -> dict[str, Any]:
    """Everything that taking over writes, without the numbers of rows and the seals' chance."""
    session = office.session
    accounts = session.scalars(select(Account).where(Account.login_key.startswith("old."))).all()
    logins = {account.id: account.login_key for account in accounts}
    keys = session.scalars(select(Key).where(Key.serial.startswith("T-"))).all()
    serials = {key.id: key.serial for key in keys}

    def told(row: Any, *without: str) -> dict[str, Any]:
        columns = row.__table__.columns.keys()
        return {name: getattr(row, name) for name in columns if name not in {"id", *without}}

    def linked(row: Any) -> dict[str, Any]:
        found = told(row)
        for name in ("account_id", "holder_id", "last_holder_id", "person_id"):
            if found.get(name) is not None:
                found[name] = logins[found[name]]
        if "key_id" in found:
            found["key_id"] = serials[found["key_id"]]
        if "subject_id" in found:
            known = logins if found["subject_type"] == "account" else serials
            found["subject_id"] = known[found["subject_id"]]
            if found["new"] and "holder" in found["new"]:
                found["new"] = {**found["new"], "holder": logins[found["new"]["holder"]]}
        return found

    roles = select(account_role.c.account_id, Role.name).join(
        Role, Role.id == account_role.c.role_id
    )
    moved = select(KeyMovement).where(KeyMovement.key_id.in_(serials)).order_by(KeyMovement.id)
    held = select(AccountGrant).where(AccountGrant.account_id.in_(logins))
    trail = select(AuditEvent).where(AuditEvent.id > before).order_by(AuditEvent.id)
    return {
        "accounts": sorted(map(told, accounts), key=lambda it: it["login_key"]),
        "roles": sorted(
            (logins[account], name) for account, name in session.execute(roles) if account in logins
        ),
        "keys": sorted(map(linked, keys), key=lambda it: it["serial"]),
        "ledger": [linked(row) for row in session.scalars(moved)],
        "grants": sorted(
            map(linked, session.scalars(held)), key=lambda it: (it["account_id"], it["item_id"])
        ),
        "trail": [linked(row) for row in session.scalars(trail)],
    }


# --- Bad rows


@pytest.mark.rule("M5")
def test_bad_rows_stay_out_and_are_reported_the_others_come_in(runner, office: Office, tmp_path):
    admin = office.account("east.admin")
    people = [
        user(office, 1),
        user(office, 2, citizen_id=wrong_citizen_id(2)),
        user(office, 3, organization="91110000000000000X"),
        user(office, 4, login_name="east.admin"),
        user(office, 5, name=admin.name, citizen_id=admin.citizen_id),
        user(office, 6),
        user(office, 7, login_name="old.1"),
        user(office, 8, citizen_id=person(FIRST + 1)["citizen_id"], sex=person(FIRST + 1)["sex"]),
        user(office, 9),
        user(office, 10, activated="2030-01-01"),
        user(office, 11, seen="gestern"),
        user(office, 12, "bank"),
        user(office, 13),
        user(office, 14),
    ]
    keys = [[f"T-{it['login_name'].replace('.', '')}", it["login_name"], ""] for it in people]
    keys[5] = ["", "", ""]
    keys[8] = ["RESEARCH-0001", "Old.9", ""]
    keys[12] = ["T-Old1", "Old.13", ""]
    keys.append(["T-more", "Old.14", ""])
    keys.append(["T-nobody", "nobody", ""])
    grants = [["Old.12", DISTRICT[0], ""], ["Old.14", "district.nothing.1", ""]]
    report = tmp_path / "report.csv"
    files = lists(tmp_path, people, keys=keys, grants=grants)
    result = run(runner, office, files, "--report", str(report))
    assert result.exit_code == 0, result.output
    with report.open(encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))[1:]
    reasons = {(line[0], line[1]): line[4:] for line in lines if line[5]}
    assert reasons["users", "3"][0] == "C3"
    for file, row in (
        ("users", "4"),
        ("users", "5"),
        ("users", "6"),
        ("keys", "7"),
        ("users", "8"),
        ("users", "9"),
        ("keys", "10"),
        ("users", "11"),
        ("users", "12"),
        ("grants", "13"),
        ("keys", "14"),
        ("keys", "15"),
        ("grants", "15"),
    ):
        assert (file, row) in reasons, (file, row)
    assert any(line[0] == "keys" and line[2] == "nobody" for line in lines)
    assert [line[2] for line in lines if line[3] == "taken over"] == []
    assert taken(office) == 0


@pytest.mark.rule("M5")
def test_one_bad_row_never_stops_the_load_unless_asked(runner, office: Office, tmp_path):
    people = [user(office, n) for n in range(1, 6)]
    people[2]["citizen_id"] = wrong_citizen_id(3)
    files = lists(tmp_path, people)
    stopped = run(runner, office, files, "--stop-at-error")
    assert stopped.exit_code == 1
    assert taken(office) == 0
    again = run(runner, office, files)
    assert (again.exit_code, "--resume" in again.output) == (1, True)
    done = run(runner, office, files, "--resume")
    assert done.exit_code == 0, done.output
    assert taken(office) == 4


def test_dry_run_says_the_same_and_leaves_nothing(runner, office: Office, tmp_path):
    files = lists(tmp_path, [user(office, 1), user(office, 2, citizen_id="1")])
    events = office.count(AuditEvent)
    tried = run(runner, office, files, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "1 people taken over" in tried.output
    assert (taken(office), office.count(AuditEvent), office.count(JobRun)) == (0, events, 0)
    done = run(runner, office, files)
    assert "1 people taken over" in done.output


def test_same_lists_twice_double_nobody(runner, office: Office, tmp_path):
    files = lists(tmp_path, [user(office, 1), user(office, 2)])
    run(runner, office, files)
    counts = (taken(office), office.count(Key), office.count(AccountGrant))
    again = run(runner, office, files)
    assert "0 people taken over, 2 there already" in again.output
    assert (taken(office), office.count(Key), office.count(AccountGrant)) == counts


def test_organizations_come_along_and_stock_too(runner, office: Office, tmp_path):
    code = social_credit_code(500)
    units = write(
        tmp_path / "units.csv",
        ["代码", "名称", "类型", "行政区划"],
        [
            [code, "朝阳区房屋管理局", "district", "110105"],
            [social_credit_code(1), "x", "district", "110105"],
            ["123", "某局", "district", "110105"],
        ],
    )
    files = lists(
        tmp_path,
        [user(office, 1, organization=code)],
        keys=[["T-001", "Old.1", ""], ["T-stock", "", ""]],
    )
    files["keys"] = write(
        tmp_path / "keys.csv",
        ["密钥编号", "登录名称", "发放机构"],
        [["T-001", "Old.1", ""], ["T-stock", "", "SERVICE"], ["T-none", "", ""]],
    )
    result = run(runner, office, files, "--organizations", str(units))
    assert result.exit_code == 0, result.output
    assert office.account("old.1").organization.code == code
    stocked = office.session.scalars(select(Key).where(Key.serial == "T-STOCK")).one()
    assert (stocked.state, stocked.office_code) == ("in_stock", "SERVICE")
    assert "1 keys in stock, 1 organizations" in result.output
    assert differences(office.session) == []


def test_lists_that_are_none_are_refused_before_anything_is_done(runner, office, tmp_path):
    files = lists(tmp_path, [user(office, 1)])
    files["keys"] = write(tmp_path / "keys.csv", ["what"], [["ever"]])
    result = run(runner, office, files)
    assert (result.exit_code, "keys" in result.output) == (1, True)
    assert (taken(office), office.count(JobRun)) == (0, 0)


def test_who_may_not_take_over_is_refused(runner, office: Office, tmp_path):
    files = lists(tmp_path, [user(office, 1)])
    assert run(runner, office, files, "--as", "reg1").exit_code == 1
    assert taken(office) == 0
    done = run(runner, office, files, "--as", "security_administrator")
    assert done.exit_code == 0, done.output
    account = office.account("old.1")
    assert account.opened_by_id == office.account("security_administrator").id


# --- Any length


@pytest.mark.rule("X6")
def test_load_cut_off_goes_on_and_doubles_nobody(runner, office: Office, tmp_path, monkeypatch):
    monkeypatch.setattr(load, "BATCH", 3)
    files = lists(tmp_path, [user(office, n) for n in range(1, 11)])
    calls = []

    def cut_off(self: Any, people: Any) -> None:
        calls.append(len(people))
        if len(calls) == 3:
            raise KeyboardInterrupt
        take_over(self, people)

    take_over = Batch.take_over
    monkeypatch.setattr(Batch, "take_over", cut_off)
    run(runner, office, files)
    assert taken(office) == 6
    left = office.session.scalars(select(JobRun)).one()
    assert (left.state, left.place) == (JobState.RUNNING, {"row": 7})
    monkeypatch.setattr(Batch, "take_over", take_over)
    monkeypatch.setattr("app.services.job_runs.has_died", lambda *_: True)
    done = run(runner, office, files, "--resume")
    assert done.exit_code == 0, done.output
    assert taken(office) == 10
    assert office.session.scalars(select(JobRun)).one().counts["taken"] == 10


@pytest.mark.rule("X6")
def test_a_spreadsheet_of_ten_thousand_people_is_switched_over(runner, office, tmp_path):
    units = [office.organization(unit).code for unit in ("east", "west")]
    base = user(office, 0)
    people = []
    for n in range(10_000):
        made = person(FIRST + n)
        sex = {"male": "男", "female": "女"}[made["sex"]]
        people.append(
            base
            | {
                "name": made["name"],
                "sex": sex,
                "citizen_id": made["citizen_id"],
                "login_name": f"old.{n}",
                "organization": units[n % 2],
            }
        )
    result = run(runner, office, lists(tmp_path, people))
    assert result.exit_code == 0, result.output
    assert taken(office) == 10_000
    assert office.count(Account, Account.state == AccountState.ACTIVE) >= 10_000
    assert office.count(KeyMovement, KeyMovement.action == "take_over") == 10_000
    assert office.count(AuditEvent, AuditEvent.tag == "account:taken_over") == 10_000
    assert differences(office.session) == []
