"""The REST door: tokens, what ends them, what a session may do, who is told what."""

import pytest
from flask_jwt_extended import create_access_token, decode_token
from sqlalchemy import select

from app.catalog.enums import AuditOutcome, Channel
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.keys import Key
from tests.support.rest import PASSWORD, SIGN_IN, fields

UNSAFE = [
    ("POST", "organizations/"),
    ("PUT", "organizations/1"),
    ("POST", "accounts/"),
    ("PUT", "accounts/1"),
    ("POST", "accounts/1/reveal"),
    ("POST", "accounts/1/password"),
    ("POST", "accounts/1/actions/suspend"),
    ("POST", "keys/"),
    ("POST", "keys/1/actions/destroy"),
    ("POST", "applications/"),
    ("PUT", "applications/1"),
    ("POST", "applications/1/actions/approve"),
    ("POST", "applications/1/lines/1/reveal"),
    ("POST", "materials/"),
    ("DELETE", "materials/1"),
    ("POST", "print_copies/"),
    ("POST", "scans/"),
    ("POST", "scans/1/file"),
    ("POST", "scans/1/discard"),
    ("POST", "key_credentials/"),
    ("POST", "key_credentials/challenge"),
    ("POST", "stock_takes/"),
    ("POST", "stock_takes/1/actions/count"),
    ("PUT", "stock_levels/1"),
    ("POST", "cases/"),
    ("PUT", "cases/1"),
    ("POST", "cases/1/actions/close"),
    ("POST", "archives/shelve"),
    ("POST", "archives/1/actions/shelve"),
    ("POST", "job_runs/1/stop"),
    ("POST", "job_runs/1/go_on"),
    ("POST", "security/password"),
    ("POST", "security/logout"),
]


@pytest.mark.rule("M4")
def test_a_password_gives_tokens_and_the_sign_in_is_on_record(rest, office):
    answer = rest().sign_in("reg1", refresh=True)
    assert answer.status_code == 200
    assert answer.json["access_token"]
    assert answer.json["refresh_token"]
    assert answer.json["must_change_password"] is False
    event = office.last_event()
    assert (event.tag, event.outcome, event.channel) == (
        "session:signed_in",
        AuditOutcome.DONE,
        Channel.REST,
    )
    assert event.remote_addr.startswith("10.")
    assert "Set-Cookie" not in answer.headers


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(rest, office):
    unknown = rest().sign_in("nobody.here")
    wrong = rest().sign_in("reg1", "not the password")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json == wrong.json
    assert unknown.json["code"] == "wrong_credentials"
    assert unknown.json["rule"] == "M4"
    assert unknown.headers["WWW-Authenticate"] == "Bearer"
    assert [event.tag for event in office.refusals()] == ["session:refused"] * 2


@pytest.mark.rule("M4")
def test_nobody_gets_a_token_without_an_active_key(rest, office, session):
    account = office.account("reg1")
    key = session.scalars(select(Key).where(Key.holder_id == account.id)).one()
    office.perform("research1", key.id, "take_back", model=Key, comment="Handed in")
    answer = rest().sign_in("reg1")
    assert answer.status_code == 401
    assert answer.json["code"] == "no_active_key"
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"username": "reg1"}, "required"),
        ({"username": 7, "password": PASSWORD}, "not_text"),
        ({"username": "reg1", "password": PASSWORD, "refresh": "yes"}, "not_boolean"),
        ({"username": "reg1\0", "password": PASSWORD}, "nul_character"),
        ({"username": "reg1", "password": "\ud800"}, "control_character"),
        ({"username": "reg1", "password": PASSWORD, "provider": "ldap"}, "unknown_choice"),
        ({"username": "reg1", "password": PASSWORD, "next": "/"}, "unknown_field"),
    ],
)
def test_an_unreadable_sign_in_is_refused(rest, office, said, code):
    answer = rest().post("security/login", said)
    assert answer.status_code in {400, 422}
    assert code in {answer.json["code"], *(d["code"] for d in answer.json["details"])}
    assert office.last_event().tag == "session:refused"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"text"', b"NaN"])
def test_a_body_that_is_no_object_is_refused(rest, body):
    answer = rest().ask("POST", SIGN_IN, data=body, content_type="application/json")
    assert answer.status_code == 400


def test_attempts_are_limited_by_address(rest, app):
    stranger = rest()
    answers = [stranger.sign_in("reg1", f"guess {n}").status_code for n in range(21)]
    assert answers[:20] == [401] * 20
    assert answers[20] == 429
    assert int(stranger.sign_in("mkt1").headers["Retry-After"]) > 0


# --- What ends a token


def test_a_refresh_token_gives_access_and_is_none_itself(rest):
    somebody = rest()
    given = somebody.sign_in("reg1", refresh=True).json
    somebody.token = given["refresh_token"]
    assert somebody.get("accounts/").status_code == 401
    fresh = somebody.post("security/refresh")
    assert fresh.status_code == 200
    somebody.token = fresh.json["access_token"]
    assert somebody.get("accounts/").status_code == 200
    assert somebody.post("security/refresh").status_code == 401


def test_log_out_ends_every_token_of_the_person(rest, office):
    first, second = rest("reg1"), rest("reg1")
    given = rest().sign_in("reg1", refresh=True).json
    assert first.post("security/logout").status_code == 200
    assert office.last_event().tag == "session:signed_out"
    for token in (first.token, second.token, given["access_token"]):
        first.token = token
        assert first.get("applications/").status_code == 401
    first.token = given["refresh_token"]
    assert first.post("security/refresh").status_code == 401


def test_suspension_ends_tokens_at_once(rest, office):
    victim = rest("east.admin")
    assert victim.get("accounts/").status_code == 200
    account = office.account("east.admin")
    answer = rest("info1").act("accounts", account.id, "suspend", comment="Long leave")
    assert answer.status_code == 200, answer.json
    assert answer.json["state"] == "suspended"
    refused = victim.get("accounts/")
    assert (refused.status_code, refused.json["code"]) == (401, "token_invalid")


def test_a_key_taken_back_ends_tokens(rest, office, session):
    victim = rest("east.admin")
    key = session.scalars(select(Key).where(Key.holder_id == office.account("east.admin").id)).one()
    answer = rest("research1").act("keys", key.id, "take_back", comment="Left")
    assert answer.status_code == 200, answer.json
    assert victim.get("accounts/").status_code == 401


def test_a_new_password_ends_earlier_tokens_and_gives_new_ones(rest):
    somebody, elsewhere = rest("reg1"), rest("reg1")
    said = {"old_password": PASSWORD, "new_password": "Another-pass-7"}
    answer = somebody.post("security/password", said)
    assert answer.status_code == 200
    assert somebody.get("accounts/").status_code == 401
    assert elsewhere.get("accounts/").status_code == 401
    somebody.token = answer.json["access_token"]
    assert somebody.get("accounts/").status_code == 200
    assert rest().sign_in("reg1").status_code == 401
    assert rest().sign_in("reg1", "Another-pass-7").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("wrong", "Another-pass-7", {"old_password": "wrong_password"}),
        (PASSWORD, "short7", {"new_password": "password_length"}),
        (PASSWORD, "onlyletters", {"new_password": "password_weak"}),
        (PASSWORD, "xreg1-is-my-name", {"new_password": "password_weak"}),
    ],
)
def test_a_weak_or_wrong_password_changes_nothing(rest, office, old, new, wrong):
    somebody = rest("reg1")
    answer = somebody.post("security/password", {"old_password": old, "new_password": new})
    assert answer.status_code == 422
    assert fields(answer) == wrong
    assert office.last_event().tag == "account:password_changed"
    assert office.last_event().outcome == AuditOutcome.REFUSED
    assert somebody.get("accounts/").status_code == 200


def test_until_the_first_password_is_changed_nothing_else_opens(rest, office, session):
    office.account("reg1").must_change_password = True
    session.commit()
    somebody = rest()
    given = somebody.sign_in("reg1").json
    assert given["must_change_password"] is True
    somebody.token = given["access_token"]
    for answer in (
        somebody.get("applications/"),
        somebody.get("accounts/_info"),
        somebody.post("applications/1/actions/approve"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "password_change_required")
    said = {"old_password": PASSWORD, "new_password": "Another-pass-7"}
    somebody.token = somebody.post("security/password", said).json["access_token"]
    assert somebody.get("applications/").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Bearer a.b.c", "Basic cmVnMTpw", "Bearer " + "a" * 5000, "nonsense"],
)
def test_a_malformed_token_is_refused(rest, header):
    answer = rest().get("accounts/", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")


def test_a_token_of_another_epoch_is_refused_whoever_made_it(rest, app, office):
    account = office.account("reg1")
    with app.test_request_context():
        stale = create_access_token(identity=f"{account.id}:{account.epoch - 1}")
        good = create_access_token(identity=account.get_id())
        assert decode_token(good)["sub"] == str(account.id)
    somebody = rest()
    somebody.token = stale
    assert somebody.get("accounts/").status_code == 401
    somebody.token = good
    assert somebody.get("accounts/").status_code == 200


# --- By the browser's session


@pytest.fixture
def browser(rest, client, office, app):
    """Somebody with a session cookie of reg1 and no token."""
    account = office.account("reg1")
    with client.session_transaction() as cookie:
        cookie["_user_id"] = account.get_id()
        cookie["_fresh"] = True
    return rest()


def test_a_session_may_read(browser):
    assert browser.get("applications/").status_code == 200


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_a_session_without_csrf_token_changes_nothing(browser, office, method, path):
    before = office.count(AuditEvent, AuditEvent.outcome == AuditOutcome.DONE)
    answer = browser.ask(method, path, json={"comment": "forged"})
    assert answer.status_code == 400
    assert answer.json["code"] in {"csrf", "page_too_old"}
    assert office.count(AuditEvent, AuditEvent.outcome == AuditOutcome.DONE) == before
    refusal = office.last_event()
    assert refusal.outcome == AuditOutcome.REFUSED
    assert refusal.new["code"] == "csrf"


def test_every_unsafe_endpoint_is_in_the_csrf_attack(app):
    attacked = {(method, path.split("/")[0]) for method, path in UNSAFE}
    for rule in app.url_map.iter_rules():
        parts = str(rule).split("/")
        if parts[1:3] != ["api", "v1"] or str(rule) in {SIGN_IN, "/api/v1/security/refresh"}:
            continue
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            assert (method, parts[3]) in attacked, rule


def test_a_session_with_its_csrf_token_may_change(browser, client, app):
    with app.test_request_context(), client.session_transaction() as cookie:
        from flask import g, session
        from flask_wtf.csrf import generate_csrf

        token = generate_csrf()
        cookie["csrf_token"] = session["csrf_token"]
        g.pop("csrf_token", None)
    answer = browser.post("security/logout", headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    assert browser.get("applications/").status_code == 401


def test_a_bad_token_is_not_saved_by_a_good_session(browser):
    answer = browser.get("applications/", headers={"Authorization": "Bearer a.b.c"})
    assert answer.status_code == 401


def test_a_token_acts_as_its_own_person_whatever_the_session_says(browser, rest, office):
    other = rest("mkt1")
    identity = office.submitted("east")
    answer = other.act("applications", identity, "claim")
    assert answer.status_code in {200, 403, 404}
    assert office.last_event().actor_id == office.account("mkt1").id


# --- What is told, and in which language


def test_messages_are_in_the_language_asked_for(rest):
    chinese = rest().get("accounts/")
    assert chinese.json["message"] == rest().get("accounts/?_l_=zh").json["message"]
    english = rest().get("accounts/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert english.json["message"] == "Please sign in."
    assert rest().get("accounts/?_l_=en").json["message"] == "Please sign in."


def test_an_act_of_nobody_is_refused_and_on_record(rest, office):
    answer = rest().act("applications", 1, "approve")
    assert answer.status_code == 401
    event = office.last_event()
    assert (event.outcome, event.actor_id, event.channel) == (
        AuditOutcome.REFUSED,
        None,
        Channel.REST,
    )
    assert event.new["code"] == "unauthenticated"


def test_nobody_can_fill_the_trail_with_refusals(rest, office):
    stranger = rest()
    assert {stranger.act("applications", 1, "approve").status_code for _ in range(30)} == {401}
    assert len(office.refusals()) == 20


def test_whoever_lacks_the_right_is_refused_and_on_record(rest, office, session):
    answer = rest("east.admin").post("organizations/", {"name": "x"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_your_duty")
    assert session.scalar(select(Account.id).where(Account.name == "x")) is None
    event = office.last_event()
    assert (event.outcome, event.actor_id) == (
        AuditOutcome.REFUSED,
        office.account("east.admin").id,
    )
