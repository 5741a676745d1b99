"""Commands keep the rules of the pages: who may, what is refused, in which words."""

import json

import pytest
from sqlalchemy import select

from app.catalog.enums import AccountState, ApplicationState, Category, Channel, KeyState
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.organizations import Organization
from tests.support.people import citizen_id, person, social_credit_code, wrong_citizen_id

SECURITY = "security_administrator"
NEW = (
    "organizations",
    "add",
    "--as",
    SECURITY,
    "--code",
    social_credit_code(800),
    "--name",
    "命令行置业有限公司",
    "--type",
    "developer",
)


# --- Who acts


def test_an_unknown_person_does_nothing(flask):
    result = flask("organizations", "list", "--as", "nobody")

    assert result.exit_code == 1
    assert "There is no account nobody." in result.stderr


@pytest.mark.rule("M4")
def test_nobody_works_at_the_command_line_before_the_key(flask, office):
    result = flask(*NEW)

    assert result.exit_code == 1
    assert "has no key yet" in result.stderr
    assert office.count(Organization, Organization.name == "命令行置业有限公司") == 0


@pytest.mark.rule("M4")
def test_nobody_works_at_the_command_line_after_the_key_is_gone(flask, office, at_work):
    at_work("reg1")
    key = office.session.scalars(select(Key).where(Key.state == KeyState.ISSUED)).one()
    office.perform("research1", key.id, "take_back", model=Key, comment="换领")

    result = flask("applications", "list", "--as", "reg1")

    assert result.exit_code == 1
    assert "no active key" in result.stderr


def test_what_is_done_carries_the_person_the_door_and_the_system_user(flask, office, at_work):
    at_work(SECURITY)

    result = flask(*NEW)

    assert result.exit_code == 0, result.output
    event = office.last_event()
    assert (event.tag, event.channel) == ("organization:registered", Channel.CLI)
    assert event.actor_id == office.account(SECURITY).id
    assert event.remote_addr.startswith("local:")


# --- Organizations


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    ("option", "line"),
    [
        (("--code", social_credit_code(800)[:-1] + "T"), "code: The check character does not fit"),
        (("--name", "=1+1"), "name: A name cannot start with ="),
        (("--district", "000000"), "district_code: There is no district 000000."),
        (("--parent", social_credit_code(2)), "parent: Management units stand under"),
    ],
)
def test_a_wrong_entry_is_named_by_field_and_rule(flask, office, at_work, option, line):
    at_work(SECURITY)

    result = flask(*NEW, *option)

    assert result.exit_code == 1
    assert line in result.stderr
    assert "(M2)" in result.stderr or "(M5)" in result.stderr
    assert office.count(Organization, Organization.name == "命令行置业有限公司") == 0
    assert [event.tag for event in office.refusals()] == ["organization:registered"]


def test_an_organization_is_corrected_and_listed(flask, at_work):
    at_work(SECURITY)
    flask(*NEW)

    amended = flask(
        "organizations",
        "amend",
        social_credit_code(800),
        "--as",
        SECURITY,
        "--name",
        "改名有限公司",
    )
    listed = flask("organizations", "list", "--as", SECURITY, "--type", "developer", "--json")

    assert amended.exit_code == 0, amended.output
    assert "改名有限公司" in [json.loads(line)["name"] for line in listed.stdout.splitlines()]


def test_the_right_to_a_list_is_asked_for(flask, at_work):
    at_work("reg1")

    result = flask("audit", "list", "--as", "reg1")

    assert (result.exit_code, result.stdout) == (1, "")


# --- Accounts and keys


@pytest.mark.rule("M4", "M5")
def test_an_account_is_opened_given_its_key_suspended_and_not_by_the_same_hands(
    flask, office, at_work
):
    at_work(SECURITY, "research1", "info1")
    opened = flask(
        "accounts", "open", "--as", SECURITY,
        "--organization", office.organization("commission").code,
        "--office", "REG", "--name", "新来", "--citizen-id", citizen_id(820),
        "--login-name", "newcomer", "--role", "reviewer",
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output

    serial = office.free_serials("RESEARCH")[0]
    refused = flask("accounts", "issue-key", "newcomer", serial, "--as", SECURITY)
    issued = flask("accounts", "issue-key", "newcomer", serial, "--as", "research1")
    suspended = flask("accounts", "suspend", "newcomer", "--as", "info1", "--comment", "离岗")

    assert (refused.exit_code, issued.exit_code, suspended.exit_code) == (1, 0, 0)
    assert "initial_password" in issued.stdout
    assert office.account("newcomer").state == AccountState.SUSPENDED


@pytest.mark.rule("M5")
def test_a_mistyped_citizen_id_opens_no_account(flask, office, at_work):
    at_work(SECURITY)

    result = flask(
        "accounts", "open", "--as", SECURITY,
        "--organization", office.organization("commission").code,
        "--name", "新来", "--citizen-id", wrong_citizen_id(820),
        "--login-name", "newcomer", "--role", "auditor",
    )  # fmt: skip

    assert result.exit_code == 1
    assert "citizen_id: " in result.stderr
    assert "(M5)" in result.stderr
    assert office.count(Account, Account.login_key == "newcomer") == 0


def test_an_act_that_needs_a_reason_says_so(flask, office, at_work):
    at_work("reg1", "info1")

    result = flask("accounts", "suspend", "reg1", "--as", "info1")

    assert result.exit_code == 1
    assert "comment: Say why." in result.stderr
    assert office.account("reg1").state == AccountState.ACTIVE


def test_roles_and_passwords_are_the_security_administrators(flask, office, at_work):
    at_work(SECURITY, "reg1", "mkt1")

    roles = flask("accounts", "roles", "reg1", "--as", SECURITY, "--role", "reviewer")
    reset = flask("accounts", "reset-password", "reg1", "--as", SECURITY)
    refused = flask("accounts", "reset-password", "reg1", "--as", "mkt1")

    assert (roles.exit_code, reset.exit_code, refused.exit_code) == (0, 0, 1)
    assert office.account("reg1").must_change_password


@pytest.mark.rule("M5")
def test_lists_mask_numbers_and_revealing_one_is_recorded(flask, office, at_work):
    at_work("reg1")
    number = office.account("east.admin").citizen_id

    listed = flask("accounts", "list", "--as", "reg1")
    shown = flask("accounts", "reveal", "east.admin", "--as", "reg1")

    assert number not in listed.stdout
    assert number in shown.stdout
    assert office.last_event().tag == "account:revealed"


@pytest.mark.rule("M9")
def test_a_batch_of_keys_is_taken_in_whole_or_not_at_all(flask, office, at_work, tmp_path):
    at_work("research1")
    batch = tmp_path / "keys.txt"
    batch.write_text("GM-1\nGM-2\nGM-1\n", encoding="utf-8")

    refused = flask("keys", "receive", "--as", "research1", "--file", str(batch))
    batch.write_text("GM-1\nGM-2\n", encoding="utf-8")
    taken = flask("keys", "receive", "--as", "research1", "--file", str(batch))

    assert (refused.exit_code, taken.exit_code) == (1, 0)
    assert "serials.3: GM-1 stands in row 1 already. (M9)" in refused.stderr
    assert office.count(Key, Key.serial.in_(["GM-1", "GM-2"])) == 2


@pytest.mark.rule("M9")
def test_another_offices_key_is_not_taken_back_and_the_refusal_is_recorded(flask, office, at_work):
    at_work("service1", "reg1")
    key = office.session.scalars(
        select(Key).where(Key.holder_id == office.account("reg1").id)
    ).one()

    result = flask("keys", "take-back", key.serial, "--as", "service1", "--comment", "试")

    assert result.exit_code == 1
    assert [event.tag for event in office.refusals()] == ["key:returned"]


# --- Applications


def form(*lines: dict) -> str:
    return json.dumps(
        {
            "kind": "new_user",
            "contact_name": "吴联系",
            "contact_phone": "13800138000",
            "responsible_person": "郑负责",
            "lines": list(lines),
        }
    )


@pytest.mark.rule("M5.1")
def test_an_application_is_drafted_handed_in_and_decided(flask, office, at_work):
    at_work("east.admin", "reg1")
    line = {**person(830), "items": ["district.registration.1"]}

    added = flask("applications", "add", "--as", "east.admin", "--data", form(line))
    assert added.exit_code == 0, added.output
    number = added.stdout.partition(":")[0]
    submitted = flask("applications", "act", number, "submit", "--as", "east.admin")
    shown = flask("applications", "show", number, "--as", "reg1", "--json")
    approved = flask("applications", "act", number, "approve", "--as", "reg1")

    assert (submitted.exit_code, approved.exit_code) == (0, 0), approved.output
    found = json.loads(shown.stdout)
    assert {a["action"] for a in found["actions"] if a["allowed"]} >= {"approve", "return"}
    assert citizen_id(830) not in shown.stdout
    assert office.session.scalars(select(Application.state)).all() == [ApplicationState.PASSED]


@pytest.mark.rule("M4a", "M5")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"citizen_id": wrong_citizen_id(831)}, "lines.1.citizen_id: "),
        ({"items": ["municipal.registration.1"]}, "lines.1.items: "),
        ({"items": ["no.such.item"]}, "lines.1.items: "),
        ({"name": "=cmd()"}, "lines.1.name: "),
    ],
)
def test_a_form_with_a_fault_is_not_drafted(flask, office, at_work, line, said):
    at_work("east.admin")
    whole = {**person(831), "items": ["district.registration.1"], **line}

    result = flask("applications", "add", "--as", "east.admin", "--data", form(whole))

    assert result.exit_code == 1
    assert said in result.stderr
    assert office.count(Application) == 0


@pytest.mark.parametrize("given", ["{", "[]", "@/no/such/file"])
def test_what_is_no_json_object_is_refused(flask, at_work, given):
    at_work("east.admin")

    result = flask("applications", "add", "--as", "east.admin", "--data", given)

    assert result.exit_code == 1
    assert not isinstance(result.exception, ValueError)


@pytest.mark.rule("M3")
def test_another_offices_duty_is_refused_in_words_and_on_record(flask, office, at_work):
    at_work("mkt1")
    identity = office.submitted("east", Category.REGISTRATION)
    number = office.application(identity).number

    english = flask("applications", "act", number, "approve", "--as", "mkt1")
    chinese = flask(
        "applications", "act", number, "approve", "--as", "mkt1", env={"LC_ALL": "zh_CN.UTF-8"}
    )

    assert (english.exit_code, chinese.exit_code) == (1, 1)
    assert "This is another office's duty. [M3 第三条]" in english.stderr
    assert "[M3 第三条]" in chinese.stderr
    assert office.application(identity).state == ApplicationState.SUBMITTED
    assert {event.channel for event in office.refusals()} == {Channel.CLI}


# --- The trail


def test_the_trail_is_exported_by_filter_and_the_export_is_on_record(
    flask, office, at_work, tmp_path
):
    at_work("auditor")
    target = tmp_path / "trail.jsonl"

    result = flask("audit", "export", "--as", "auditor", "--tag", "account:", "--to", str(target))

    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert {event["tag"].partition(":")[0] for event in events} == {"account"}
    assert target.stat().st_mode & 0o077 == 0
    last = office.last_event()
    assert (last.tag, last.new) == (
        "audit:exported",
        {"filter": {"tag": "account:"}, "count": len(events)},
    )


def test_only_the_auditor_exports_the_trail_and_no_file_is_left(flask, office, at_work, tmp_path):
    at_work(SECURITY)
    target = tmp_path / "trail.jsonl"

    result = flask("audit", "export", "--as", SECURITY, "--to", str(target))

    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []
    assert office.count(AuditEvent, AuditEvent.tag == "audit:exported") == 1
    assert office.refusals()[0].tag == "audit:exported"
