"""Records at the pages: within reach, changed by POST alone, told whole and no further."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.audit import AuditEvent
from app.models.keys import Key
from tests.support.factories import Office, staff
from tests.support.pages import Browser
from tests.support.rows import changes, everything

Enter = Callable[..., Browser]
PAGES = (
    "/accounts/{account}",
    "/accounts/{account}/edit",
    "/accounts/{account}/roles",
    "/accounts/{account}/actions/suspend",
    "/organizations/{organization}",
    "/organizations/{organization}/edit",
    "/keys/{key}",
    "/keys/{key}/actions/report_lost",
    "/keys/{key}/actions/take_back",
    "/applications/{application}",
    "/audit_events/{event}",
)
POSTS = (
    "/accounts/{account}/edit",
    "/accounts/{account}/roles",
    "/accounts/{account}/reveal",
    "/accounts/{account}/password",
    "/accounts/{account}/actions/suspend",
    "/accounts/{account}/actions/cancel",
    "/accounts/{account}/actions/restore",
    "/accounts/{account}/actions/activate",
    "/organizations/{organization}/edit",
    "/keys/{key}/actions/report_lost",
    "/keys/{key}/actions/take_back",
    "/keys/{key}/actions/destroy",
    "/keys/{key}/actions/issue",
)
IMPOSSIBLE = ("0", "-1", "x", "9" * 30, "2147483648", "1%00", "%F0%9F%98%80", "1.5", "None")


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


# --- Reach


@pytest.mark.rule("M2")
@pytest.mark.parametrize("path", PAGES)
def test_another_unit_s_record_is_not_there(
    browser: Enter, foreign: dict[str, int], path: str
) -> None:
    answer = browser("west.admin").get(path.format(**foreign))
    assert answer.status_code in {403, 404}
    assert "东城" not in answer.text


@pytest.mark.rule("M2")
@pytest.mark.parametrize("path", POSTS)
def test_another_unit_s_record_cannot_be_touched(
    browser: Enter, session: Session, foreign: dict[str, int], path: str
) -> None:
    there = browser("west.admin")
    there.token()
    before = everything(session)
    data = {"version": "1", "comment": "x", "name": "改名", "roles": "holder"}
    answer = there.post(path.format(**foreign), data)
    assert answer.status_code in {403, 404}
    assert changes(before, everything(session)) == {}


@pytest.mark.parametrize("pk", IMPOSSIBLE)
def test_what_is_no_number_of_a_record_is_not_found(browser: Enter, pk: str) -> None:
    there = browser("security_administrator")
    for path in ("/accounts/{}", "/accounts/{}/edit", "/accounts/{}/roles", "/organizations/{}"):
        assert there.get(path.format(pk)).status_code == 404
    for path in ("/accounts/{}/reveal", "/accounts/{}/actions/suspend", "/accounts/{}/edit"):
        answer = there.post(path.format(pk), {"version": "1", "comment": "x"})
        assert answer.status_code == 404
    assert browser("auditor").get(f"/audit_events/{pk}").status_code == 404


@pytest.mark.parametrize("path", [*POSTS, "/accounts/add", "/keys/add", "/organizations/add"])
def test_nothing_is_done_without_the_page_s_own_token(
    browser: Enter, session: Session, foreign: dict[str, int], path: str
) -> None:
    others = browser("auditor").token()
    for login in ("security_administrator", "research1"):
        there = browser(login)
        before = everything(session)
        for token in ("", "x", others):
            answer = there.post(path.format(**foreign), {"comment": "x"}, token=token)
            assert answer.status_code == 400
        assert changes(before, everything(session)) == {}


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_by_following_a_link(
    browser: Enter, session: Session, foreign: dict[str, int], path: str
) -> None:
    there = browser("security_administrator")
    before = everything(session)
    answer = there.get(path.format(**foreign))
    assert answer.status_code in {200, 403, 404, 405, 409}
    assert changes(before, everything(session)) == {}


@pytest.mark.parametrize("login", [login for login, *_rest in staff()])
def test_every_record_that_a_list_shows_can_be_opened(
    browser: Enter, foreign: dict[str, int], login: str
) -> None:
    there = browser(login)
    for name in ("accounts", "organizations", "keys", "applications", "audit_events", "articles"):
        page = there.get(f"/{name}/")
        for address in re.findall(r'<tr data-href="([^"]+)"', page.text)[:4]:
            answer = there.get(address)
            assert answer.status_code == 200, address


# --- What a record says


@pytest.mark.rule("M5")
def test_a_personal_number_is_told_on_request_and_the_telling_is_recorded(
    browser: Enter, office: Office, foreign: dict[str, int]
) -> None:
    account = office.account("east.admin")
    there = browser("reg1")
    assert account.citizen_id not in there.get(f"/accounts/{account.id}").text

    answer = there.post(f"/accounts/{account.id}/reveal", headers={"Accept": "application/json"})

    assert answer.json == {"value": account.citizen_id}
    event = office.last_event()
    assert (event.tag, event.rule, event.person_id) == ("account:revealed", "M5", account.id)
    assert account.citizen_id not in str((event.old, event.new, event.comment))


def test_whoever_may_not_reveal_is_offered_no_button_and_gets_nothing(
    browser: Enter, office: Office
) -> None:
    account = office.account("east.admin")
    account.roles = [role for role in account.roles if role.name == "holder"] or []
    office.session.commit()
    own = f"/accounts/{account.id}"
    assert browser("east.admin").get(own).status_code in {200, 403}
    assert browser("east.admin").post(f"{own}/reveal").status_code == 403


def test_an_account_says_what_it_may_do_and_why(
    browser: Enter, office: Office, foreign: dict[str, int]
) -> None:
    (line,) = office.application(foreign["application"]).lines
    page = browser("east.admin").get(f"/accounts/{line.account_id}").text
    grants = page[page.index('id="grants"') :]
    assert office.application(foreign["application"]).number in grants
    assert office.account("reg1").name in grants
    assert "2026-03-02" in grants


def test_a_key_says_who_holds_it_and_everybody_who_moved_it(
    browser: Enter, office: Office, foreign: dict[str, int]
) -> None:
    key = office.session.get_one(Key, foreign["key"])
    assert key.holder is not None
    page = browser("research1").get(f"/keys/{key.id}").text
    assert key.holder.name in page
    assert office.application(foreign["application"]).number in page
    custody = page[page.index('id="custody"') :]
    assert custody.count("<li") >= 3


def test_an_event_shows_old_and_new_values(browser: Enter, office: Office) -> None:
    account = office.account("west.admin")
    version = str(account.version)
    browser("security_administrator").post(
        f"/accounts/{account.id}/edit", {"version": version, "name": "新名字"}
    )
    event = office.last_event()
    assert event.tag == "account:amended"
    page = browser("auditor").get(f"/audit_events/{event.id}").text
    assert f"<ins>{account.name}" in page.replace("新名字", account.name)
    assert "<del>" in page


def test_what_somebody_did_elsewhere_is_told_to_those_it_concerns_only(
    browser: Enter, office: Office, foreign: dict[str, int]
) -> None:
    number = office.application(foreign["application"]).number
    page = f"/accounts/{office.account('reg1').id}"
    for login, told in (("reg1", True), ("auditor", True), ("mkt1", False)):
        history = browser(login).get(page).text.partition('id="history"')[2]
        assert (number in history) == told, login


@pytest.mark.rule("M3")
def test_what_somebody_did_leads_on_only_where_it_can_still_be_opened(
    browser: Enter, office: Office, session: Session
) -> None:
    stays, goes = session.scalars(
        select(Key).where(Key.office_code == "RESEARCH", Key.state == "in_stock").limit(2)
    )
    for key in (stays, goes):
        data = {"office_code": "SERVICE"}
        office.perform("research1", key.id, "transfer", model=Key, data=data, comment="调剂")
    office.perform("research1", stays.id, "recall", model=Key, comment="不调了")
    office.perform("service1", goes.id, "accept", model=Key)
    page = browser("research1").get(f"/accounts/{office.account('research1').id}").text
    assert f'href="/keys/{stays.id}"' in page
    assert goes.serial in page
    assert f'href="/keys/{goes.id}"' not in page
