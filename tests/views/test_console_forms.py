"""Forms and acts at the pages: what is wrong is said, nothing typed is lost, all is recorded."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, KeyState, OfficeCode
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.organizations import Organization
from app.models.regulations import RoadStep
from app.views.acts import Acts
from tests.support.factories import Office
from tests.support.pages import Browser, place
from tests.support.people import citizen_id, social_credit_code
from tests.support.rows import changes, everything

Enter = Callable[..., Browser]


@pytest.fixture
def foreign(office: Office, session: Session) -> dict[str, int]:
    """Rows of the eastern district, which nobody in the west may know of."""
    identity = office.standing_at("completed", "east")
    (line,) = office.application(identity).lines
    account = office.account("east.admin")
    event = session.scalars(select(AuditEvent.id).order_by(AuditEvent.id.desc())).first()
    assert line.key_id is not None
    return {
        "account": account.id,
        "organization": account.organization_id,
        "key": line.key_id,
        "application": identity,
        "event": event or 0,
    }


def errors(page: str) -> str:
    found = re.search(r'id="error-summary".*?</div>', page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


# --- Editing


def test_an_organization_is_registered_and_corrected(browser: Enter, office: Office) -> None:
    there = browser("security_administrator")
    data = {
        "code": social_credit_code(4711),
        "name": "新开发有限公司",
        "type": "developer",
        "legal_form": "enterprise",
        "district_code": "",
        "parent_id": "",
    }
    answer = there.post("/organizations/add", data)
    assert answer.status_code == 303
    page = there.get(f"{answer.location}/edit").text
    version = place(page, "version")
    changed = {**data, "name": "新名有限公司", "version": version}
    del changed["parent_id"]
    assert there.post(f"{answer.location}/edit", changed).status_code == 303
    made = office.session.scalars(select(Organization).order_by(Organization.id.desc())).first()
    assert made is not None
    assert made.name == "新名有限公司"
    assert [e.tag for e in office.events()][-2:] == [
        "organization:registered",
        "organization:amended",
    ]


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    browser: Enter, session: Session
) -> None:
    there = browser("security_administrator")
    there.token()
    before = everything(session)
    typed = {
        "code": "91110101MA0000000X",
        "name": "<b>很长的名字</b>",
        "type": "developer",
        "legal_form": "financial",
    }
    answer = there.post("/organizations/add", typed)
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    assert html.escape(typed["name"]) in answer.text
    assert f'value="{typed["code"]}"' in answer.text
    assert '<option value="financial" selected>' in answer.text
    assert errors(answer.text)
    assert changes(before, everything(session)) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization_id", "1"),
        ("state", "active"),
        ("version_", "9"),
        ("epoch", "0"),
        ("password_hash", "x"),
        ("roles", "auditor"),
        ("id", "1"),
        ("login_key", "x"),
        ("citizen_id_digest", "0"),
        ("__class__", "x"),
    ],
)
def test_a_field_that_the_form_does_not_have_is_refused(
    browser: Enter, office: Office, session: Session, field: str, value: str
) -> None:
    account = office.account("west.admin")
    there = browser("security_administrator")
    there.token()
    before = everything(session)
    data = {"version": str(account.version), "name": "改名", field: value}
    answer = there.post(f"/accounts/{account.id}/edit", data)
    assert answer.status_code == 422
    assert changes(before, everything(session)) == {}


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "9" * 40])
def test_no_record_is_changed_without_its_version(
    browser: Enter, office: Office, session: Session, version: str
) -> None:
    account = office.account("west.admin")
    there = browser("security_administrator")
    there.token()
    before = everything(session)
    answer = there.post(f"/accounts/{account.id}/edit", {"version": version, "name": "改名"})
    assert answer.status_code in {400, 409}
    assert changes(before, everything(session)) == {}


def test_a_colleague_s_change_is_not_overwritten_and_nothing_typed_is_lost(
    browser: Enter, office: Office
) -> None:
    account = office.account("west.admin")
    path = f"/accounts/{account.id}/edit"
    mine, theirs = browser("security_administrator"), browser("security_administrator")
    version = place(mine.get(path).text, "version")
    assert theirs.post(path, {"version": version, "name": "先改的人"}).status_code == 303

    answer = mine.post(path, {"version": version, "name": "后改的人"})

    assert answer.status_code == 409
    assert 'value="后改的人"' in answer.text
    assert "先改的人" in answer.text
    assert office.account("west.admin").name == "先改的人"
    now = place(answer.text, "version")
    assert now != version
    assert mine.post(path, {"version": now, "name": "后改的人"}).status_code == 303
    assert office.account("west.admin").name == "后改的人"


def test_a_hidden_number_left_empty_stays_as_it_is(browser: Enter, office: Office) -> None:
    account = office.account("west.admin")
    before = account.citizen_id
    path = f"/accounts/{account.id}/edit"
    there = browser("security_administrator")
    page = there.get(path).text
    assert before not in page
    data = {"version": place(page, "version"), "name": "新名字", "citizen_id": ""}
    assert there.post(path, data).status_code == 303
    assert office.account("west.admin").citizen_id == before


def test_an_account_is_opened_by_hand_and_gets_its_key_and_password(
    browser: Enter, office: Office
) -> None:
    home = office.organization("commission")
    data = [
        ("name", "新同事"),
        ("login_name", "newcomer"),
        ("sex", "male"),
        ("citizen_id", citizen_id(77_000)),
        ("organization_id", str(home.id)),
        ("office_code", OfficeCode.REG.value),
        ("roles", "reviewer"),
        ("roles", "holder"),
    ]
    answer = browser("security_administrator").post("/accounts/add", data)
    assert answer.status_code == 303, errors(answer.text)
    made = office.account("newcomer")
    assert {role.name for role in made.roles} == {"reviewer", "holder"}

    serial = office.free_serials(OfficeCode.RESEARCH)[0]
    path = f"/accounts/{made.id}/actions/issue_key"
    officer = browser("research1")
    assert 'name="key_serial"' in officer.get(path).text
    refused = officer.post(path, {"version": str(made.version), "key_serial": "nothing"})
    assert refused.status_code == 422
    assert 'value="nothing"' in refused.text
    told = officer.post(path, {"version": str(made.version), "key_serial": serial})
    assert told.status_code == 200
    assert "newcomer" in told.text
    assert office.account("newcomer").state == AccountState.ACTIVE


# --- Acts


def test_suspending_asks_why_and_restoring_is_the_research_centre_s(
    browser: Enter, office: Office
) -> None:
    account = office.account("west.admin")
    path = f"/accounts/{account.id}/actions"
    there = browser("security_administrator")
    assert f"{path}/suspend" in there.get(f"/accounts/{account.id}").text
    silent = there.post(f"{path}/suspend", {"version": str(account.version), "comment": " "})
    assert silent.status_code == 422
    assert 'id="comment-error"' in silent.text
    done = there.post(f"{path}/suspend", {"version": str(account.version), "comment": "离岗"})
    assert done.status_code == 303
    account = office.account("west.admin")
    assert account.state == AccountState.SUSPENDED
    assert "离岗" in browser("research1").get(f"/accounts/{account.id}").text
    words = {"version": str(account.version), "comment": "回岗"}
    assert browser("info1").post(f"{path}/restore", words).status_code == 403
    assert browser("research1").post(f"{path}/restore", words).status_code == 303
    assert office.account("west.admin").state == AccountState.ACTIVE


def test_an_act_on_a_record_that_has_changed_is_refused_in_words(
    browser: Enter, office: Office
) -> None:
    account = office.account("west.admin")
    path = f"/accounts/{account.id}/actions/suspend"
    there = browser("security_administrator")
    data = {"version": str(account.version), "comment": "离岗"}
    assert there.post(path, data).status_code == 303
    again = there.post(path, data)
    assert again.status_code == 409
    assert there.get(path).status_code == 409


@pytest.mark.parametrize("action", ["nothing", "activate", "issue", "x" * 300, "%00", "__init__"])
def test_an_act_that_there_is_not_is_refused(
    browser: Enter, office: Office, session: Session, action: str
) -> None:
    account = office.account("west.admin")
    there = browser("security_administrator")
    there.token()
    before = everything(session)
    for path in (f"/accounts/{account.id}/actions/{action}",):
        assert there.get(path).status_code == 404
        assert there.post(path, {"comment": "x"}).status_code in {400, 403, 404}
    assert changes(before, everything(session)) == {}


@pytest.mark.rule("M9")
def test_keys_are_taken_into_stock_all_or_none(browser: Enter, office: Office) -> None:
    there = browser("research1")
    before = office.count(Key)
    answer = there.post(
        "/keys/add", {"serials": "GM-1\nGM-1\n*", "comment": "第二批", "take": "all"}
    )
    assert answer.status_code == 422
    assert "GM-1\nGM-1\n*" in answer.text
    assert office.count(Key) == before
    answer = there.post("/keys/add", {"serials": "GM-1 gm-2", "comment": "第二批", "take": "all"})
    assert answer.status_code == 303
    assert office.count(Key, Key.serial.in_(["GM-1", "GM-2"])) == 2


@pytest.mark.rule("M9")
def test_many_keys_are_put_in_stock_at_once_and_each_says_what_became_of_it(
    browser: Enter, office: Office, foreign: dict[str, int]
) -> None:
    key = office.session.get_one(Key, foreign["key"])
    office.perform("research1", key.id, "take_back", model=Key, comment="换领")
    other = office.session.scalars(select(Key.id).where(Key.office_code == "SERVICE")).first()
    ids = [("ids", str(it)) for it in (key.id, other, 99999999, "x")]
    answer = browser("research1").post("/keys/bulk", [*ids, ("action", "stock")])
    assert answer.status_code == 200
    (results,) = re.findall(r'class="bulk-results".*?</section>', answer.text, re.DOTALL)
    assert results.count("tone-good") == 1
    assert results.count("tone-bad") == 3
    office.session.expire_all()
    assert office.session.get_one(Key, key.id).state == KeyState.IN_STOCK


@pytest.mark.parametrize(
    "data",
    [
        [("action", "stock")],
        [("action", "destroy"), ("ids", "1")],
        [("action", "issue"), ("ids", "1")],
        [("action", ""), ("ids", "1")],
        [("action", "stock"), *[("ids", str(n)) for n in range(201)]],
    ],
)
def test_a_bulk_act_that_cannot_be_is_refused(browser: Enter, data: list[tuple[str, str]]) -> None:
    assert browser("research1").post("/keys/bulk", data).status_code == 400
    assert Acts.lifecycle is None


# --- Roles


def test_roles_are_given_by_the_security_administrator_and_never_two_that_are_kept_apart(
    browser: Enter, office: Office
) -> None:
    account = office.account("commission.admin")
    path = f"/accounts/{account.id}/roles"
    there = browser("security_administrator")
    version = place(there.get(path).text, "version")
    both = [("roles", "auditor"), ("roles", "system_administrator"), ("version", version)]
    refused = there.post(path, both)
    assert refused.status_code == 422
    assert re.search(r'value="auditor" checked', refused.text)
    given = there.post(path, [("roles", "auditor"), ("version", version), ("comment", "接任")])
    assert given.status_code == 303
    assert {role.name for role in office.account("commission.admin").roles} == {"auditor"}
    assert office.last_event().tag == "account:roles_assigned"
    stale = there.post(path, [("roles", "holder"), ("version", version)])
    assert stale.status_code == 409
    for login in ("system_administrator", "auditor", "reg1", "commission.admin"):
        assert browser(login).get(path).status_code in {403, 404}


def test_nobody_changes_the_own_roles(browser: Enter, office: Office) -> None:
    account = office.account("security_administrator")
    path = f"/accounts/{account.id}/roles"
    data = [("roles", "auditor"), ("version", str(account.version))]
    assert browser("security_administrator").post(path, data).status_code == 403


def test_who_holds_a_role_can_be_read(browser: Enter, office: Office) -> None:
    there = browser("auditor")
    assert there.get("/roles/").status_code == 200
    assert office.account("reg1").name in there.get("/roles/reviewer").text
    assert there.get("/roles/emperor").status_code == 404


def test_a_new_first_password_is_told_once_and_has_to_be_changed(
    browser: Enter, office: Office, session: Session
) -> None:
    account = office.account("west.admin")
    answer = browser("security_administrator").post(f"/accounts/{account.id}/password")
    assert answer.status_code == 200
    assert session.scalars(
        select(Account.must_change_password).where(Account.id == account.id)
    ).one()
    assert office.last_event().tag == "account:password_reset"


# --- Roads


@pytest.mark.rule("M11")
def test_the_system_administrator_changes_a_road_from_tomorrow_on(
    browser: Enter, office: Office, session: Session
) -> None:
    step = session.scalars(select(RoadStep).where(RoadStep.action == "configure")).first()
    assert step is not None
    path = f"/road_steps/{step.id}"
    there = browser("system_administrator")
    page = there.get(f"{path}/edit").text
    data = {
        "version": place(page, "version"),
        "position": "x",
        "category": "",
        "name_zh": "开通权限",
        "name_en": "Open the rights",
        "valid_from": place(page, "valid_from"),
    }
    refused = there.post(f"{path}/edit", data)
    assert refused.status_code == 422
    assert 'value="开通权限"' in refused.text
    done = there.post(f"{path}/edit", {**data, "position": str(step.position)})
    assert done.status_code == 303
    assert "开通权限" in there.get(done.location).text
    assert there.post(f"{path}/edit", {**data, "position": "2"}).status_code == 409
    assert there.get(f"{path}/end").status_code == 200
    assert there.post(f"{path}/end", {"valid_until": "x"}).status_code in {409, 422}
    assert browser("auditor").get("/road_steps/drawn").status_code == 200
    for login in ("auditor", "security_administrator", "info1"):
        assert browser(login).get(f"{path}/edit").status_code == 403
        assert browser(login).post(f"{path}/end", {}).status_code == 403
