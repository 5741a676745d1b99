"""The sign-in page with LOGIN_REQUIRES_KEY on: password first, then the key itself (M4, M8)."""

import json
import re

import pytest
from sqlalchemy import select

from app.models.accounts import Account
from app.models.key_credentials import KeyChallenge
from app.models.keys import Key
from app.security.key_policy import holding
from tests.support.counter import in_by_key, question_in
from tests.support.rest import PASSWORD


def is_in(who) -> bool:
    return who.get("/").status_code == 200


@pytest.mark.rule("M4")
def test_password_and_key_open_the_page_that_was_wanted(browser, office, counter):
    who = browser()
    answer = in_by_key(who, "reg1", counter.bind("reg1"), next="/inbox/")
    assert (answer.status_code, answer.location) == (303, "/inbox/")
    assert is_in(who)
    event = office.last_event()
    assert (event.tag, event.new) == ("session:signed_in", {"key": counter.key_of("reg1").serial})


@pytest.mark.rule("M4")
def test_the_password_alone_opens_no_page(browser, counter):
    counter.bind("reg1")
    who = browser()
    assert who.sign_in("reg1").location == "/login/key"
    assert not is_in(who)
    assert who.get("/applications/").status_code == 302
    assert who.get("/api/v1/applications/").status_code == 401


def test_nobody_gets_to_the_key_without_the_password(browser):
    who = browser()
    answer = who.get("/login/key")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login/")
    assert who.post("/login/key", {"credential": "{}"}).status_code == 401


def test_unknown_name_wrong_password_and_unbound_key_look_alike_to_a_stranger(browser, counter):
    counter.bind("reg1")

    def words(answer):
        return re.sub(r'(nonce|content|value)="[^"]*"', "", answer.text)

    answers = [browser().sign_in(login, "guess") for login in ("nobody", "reg1", "mkt1")]
    assert {a.status_code for a in answers} == {401}
    assert len({words(answer) for answer in answers}) == 1


@pytest.mark.rule("M8")
def test_a_colleagues_key_leads_back_to_the_door_and_says_so(browser, office, counter):
    counter.bind("reg1")
    who = browser()
    answer = in_by_key(who, "reg1", counter.bind("mkt1"))
    assert answer.status_code == 401
    assert "不是您本人的密钥" in answer.text or "not your key" in answer.text
    assert not is_in(who)
    assert office.refusals()[-1].new["code"] == "not_your_key"
    assert who.get("/login/key").status_code == 302


@pytest.mark.rule("M8")
def test_a_key_that_fell_behind_its_counter_stays_out(browser, office, counter):
    device = counter.bind("reg1")
    copy = device.clone()
    assert in_by_key(browser(), "reg1", device).status_code == 303
    who = browser()
    assert in_by_key(who, "reg1", copy).status_code == 401
    assert not is_in(who)
    assert office.refusals()[-1].new["code"] == "key_copied"


@pytest.mark.rule("M8")
def test_a_lost_key_ends_the_session_that_began_with_it(browser, office, counter):
    who = browser()
    in_by_key(who, "east.admin", counter.bind("east.admin"))
    key = counter.key_of("east.admin")
    office.perform("research1", key.id, "report_lost", model=Key, comment="left in a taxi")
    assert not is_in(who)


@pytest.mark.rule("M4")
def test_a_session_of_a_password_alone_ends_when_keys_are_required(browser):
    who = browser()
    with holding(required=False):
        assert who.sign_in("reg1").status_code == 303
        assert is_in(who)
    assert not is_in(who)


@pytest.mark.rule("M4")
def test_a_cookie_that_claims_a_key_is_worth_nothing_unsigned(browser, counter):
    counter.bind("reg1")
    who = browser()
    who.client.set_cookie("keydesk", "eyJrZXlfc2hvd24iOnRydWUsIl91c2VyX2lkIjoiMTowIn0.aaaa.bbbb")
    assert not is_in(who)


def test_a_changed_password_keeps_the_session_of_the_key(browser, counter):
    who = browser()
    in_by_key(who, "reg1", counter.bind("reg1"))
    new = {"old_password": PASSWORD, "new_password": "Another-2027"}
    changed = who.post("/password/", {**new, "repeat_password": "Another-2027"}, token=None)
    assert changed.status_code == 303
    assert is_in(who)


def test_a_question_that_is_too_old_leads_back_to_the_password(browser, counter, session):
    counter.bind("reg1")
    who = browser()
    who.sign_in("reg1")
    row = session.scalars(select(KeyChallenge).order_by(KeyChallenge.id.desc())).first()
    row.expires_at = row.asked_at
    session.commit()
    assert who.get("/login/key").status_code == 302


def test_the_page_may_ask_keys_and_nobody_elses_frame_may(browser, counter):
    counter.bind("reg1")
    who = browser()
    who.sign_in("reg1")
    answer = who.get("/login/key")
    policy = answer.headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in policy
    assert "publickey-credentials-create=(self)" in policy
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


# --- A link from the command line


def link(runner, login: str) -> str:
    result = runner.invoke(args=["key-credentials", "enrol", login])
    assert result.exit_code == 0, result.output
    found = re.search(r"http://localhost:8080(/login/enrol/\S+)", result.output)
    assert found is not None
    return found[1]


@pytest.mark.rule("M8")
def test_a_link_from_the_command_line_binds_the_key_in_use_once(runner, browser, office, counter):
    from tests.support.authenticator import Authenticator

    path, device, who = link(runner, "security_administrator"), Authenticator(), browser()
    page = who.get(path)
    assert counter.key_of("security_administrator").serial in page.text
    said = {"credential": json.dumps(device.create(question_in(page.text)))}

    answer = who.post(path, said)

    assert (answer.status_code, answer.location) == (303, "/login/")
    assert who.get(path).status_code == 404
    assert who.post(path, said).status_code == 404
    event = next(e for e in reversed(office.events()) if e.tag == "key:bound")
    assert (event.actor_id, event.outcome) == (None, "done")
    assert in_by_key(browser(), "security_administrator", device).status_code == 303


def test_a_link_is_not_worth_more_than_its_key(runner, browser, office, counter):
    path = link(runner, "reg1")
    counter.bind("reg1")
    again = runner.invoke(args=["key-credentials", "enrol", "reg1"])
    assert again.exit_code != 0
    who = browser()
    from tests.support.authenticator import Authenticator

    question = question_in(who.get(path).text)
    answer = who.post(path, {"credential": json.dumps(Authenticator().create(question))})
    assert answer.status_code == 422
    assert office.last_event().outcome == "refused"


def test_a_link_that_nobody_made_leads_nowhere(browser):
    assert browser().get("/login/enrol/whatever").status_code == 404
    assert browser().post("/login/enrol/whatever", {"credential": "{}"}).status_code == 404


def test_no_link_for_who_holds_no_key(runner, office, counter):
    key = counter.key_of("reg1")
    office.perform("research1", key.id, "take_back", model=Key, comment="?")
    assert runner.invoke(args=["key-credentials", "enrol", "reg1"]).exit_code != 0
    assert runner.invoke(args=["key-credentials", "enrol", "nobody"]).exit_code != 0
    assert office.session.scalars(select(Account).where(Account.login_key == "reg1")).one()


def test_the_command_line_lists_who_could_not_sign_in(runner, counter):
    counter.bind("research1")
    result = runner.invoke(args=["key-credentials", "unbound", "--as", "research1"])
    assert result.exit_code == 0, result.output
    assert counter.key_of("east.admin").serial in result.output
    assert counter.key_of("research1").serial not in result.output
    assert counter.key_of("bank.admin").serial not in result.output
