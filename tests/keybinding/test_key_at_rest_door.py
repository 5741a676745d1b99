"""The REST door with LOGIN_REQUIRES_KEY on: password first, then the key itself (M4, M8)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.catalog.enums import AuditOutcome
from app.clock import now
from app.models.accounts import Account
from app.models.key_credentials import KeyChallenge
from app.models.keys import Key
from app.models.notices import Notice
from tests.support.authenticator import Authenticator, Silent, packed
from tests.support.counter import challenged, with_key

KEY_DOOR = "security/login/key"


def refused(answer, office, code: str, *, rule: str = "M8") -> None:
    assert answer.status_code == 401, answer.json
    assert (answer.json["code"], answer.json["rule"]) == (code, rule)
    assert "access_token" not in answer.json
    event = office.last_event()
    assert (event.tag, event.outcome, event.rule) == (
        "session:refused",
        AuditOutcome.REFUSED,
        rule,
    )
    assert event.new["code"] == code


def alerts(office, code: str) -> list[Notice]:
    """What the security administrator has been told."""
    told = office.account("security_administrator").id
    query = select(Notice).where(Notice.code == code, Notice.account_id == told)
    return list(office.session.scalars(query))


@pytest.mark.rule("M4", "M8")
def test_password_and_key_together_give_tokens(rest, office, counter):
    device = counter.bind("reg1")
    somebody = rest()

    answer = with_key(somebody, "reg1", device, refresh=True)

    assert answer.status_code == 200
    assert answer.json["refresh_token"]
    assert somebody.get("applications/").status_code == 200
    event = office.last_event()
    assert (event.tag, event.new) == (
        "session:signed_in",
        {"key": counter.key_of("reg1").serial},
    )
    assert counter.binding_of(counter.key_of("reg1").serial).last_used_at is not None


@pytest.mark.rule("M4")
def test_the_password_alone_opens_nothing(rest, office, counter):
    counter.bind("reg1")

    answer = challenged(rest(), "reg1")

    assert set(answer.json) >= {"ticket", "public_key", "expires_at", "message"}
    assert "access_token" not in answer.json
    assert answer.json["public_key"]["rpId"] == "localhost"
    assert [e.tag for e in office.events()][-1] == "session:key_asked"


@pytest.mark.rule("M4")
def test_a_key_that_was_never_bound_opens_nothing(rest, office):
    answer = rest().sign_in("reg1")
    refused(answer, office, "key_not_bound", rule="M4")


def test_nobody_learns_about_keys_without_the_password(rest, office, counter):
    counter.bind("reg1")
    wrong = rest().sign_in("reg1", "not the password")
    unbound = rest().sign_in("mkt1", "not the password")
    unknown = rest().sign_in("nobody.here")
    assert wrong.json == unknown.json == unbound.json
    assert wrong.json["code"] == "wrong_credentials"


@pytest.mark.rule("M8")
def test_a_colleagues_key_is_refused_recorded_and_told(rest, office, counter):
    counter.bind("reg1")
    other = counter.bind("mkt1")
    serial = counter.key_of("mkt1").serial

    answer = with_key(rest(), "reg1", other)

    refused(answer, office, "not_your_key")
    assert office.last_event().new["key"] == serial
    assert [n.params["serial"] for n in alerts(office, "key_not_own")] == [serial]


@pytest.mark.rule("M8")
def test_a_key_of_nobody_here_is_refused_and_told(rest, office, counter):
    counter.bind("reg1")
    stray = Authenticator()
    asked = challenged(rest(), "reg1").json
    with pytest.raises(Silent):
        stray.get(asked["public_key"])
    made = stray.create({"rp": {"id": "localhost"}, "challenge": asked["public_key"]["challenge"]})
    answer = rest().post(
        KEY_DOOR,
        {
            "ticket": asked["ticket"],
            "credential": stray.get(asked["public_key"], by=next(iter(stray.held))),
        },
    )
    assert made
    refused(answer, office, "not_your_key")
    assert len(alerts(office, "key_not_own")) == 1


@pytest.mark.rule("M8")
@pytest.mark.parametrize("action", ["report_lost", "take_back"])
def test_a_lost_or_returned_key_opens_nothing_any_more(rest, office, counter, action):
    device = counter.bind("reg1")
    key = counter.key_of("reg1")
    asked = challenged(rest(), "reg1").json
    office.perform("research1", key.id, action, model=Key, comment="?")

    late = rest().post(
        KEY_DOOR, {"ticket": asked["ticket"], "credential": device.get(asked["public_key"])}
    )

    refused(late, office, "no_active_key", rule="M4")
    refused(rest().sign_in("reg1"), office, "no_active_key", rule="M4")
    assert counter.binding_of(key.serial).ended_by == action


@pytest.mark.rule("M8")
def test_a_former_key_is_refused_though_its_holder_has_another(rest, office, counter):
    former = counter.bind("reg1")
    key = counter.key_of("reg1")
    serial = key.serial
    office.perform("research1", key.id, "report_lost", model=Key, comment="left in a taxi")
    given = hand_another(office, counter, "reg1")

    answer = with_key(rest(), "reg1", former)

    refused(answer, office, "key_not_in_force")
    assert [n.params["serial"] for n in alerts(office, "key_not_in_force")] == [serial]
    assert with_key(rest(), "reg1", given).status_code == 200


def hand_another(office, counter, login: str) -> Authenticator:
    """Let somebody have a new key in place of a lost one, straight from the stock."""
    serial = office.free_serials("RESEARCH")[0]
    device = counter.bind(login, serial)
    key = office.session.scalars(select(Key).where(Key.serial == serial)).one()
    account = office.account(login)
    from app.workflow.engine import door_open

    with door_open():
        key.state, key.holder_id = "issued", account.id
        office.session.commit()
    return device


@pytest.mark.rule("M8")
def test_a_copied_key_gives_itself_away_by_its_counter(rest, office, counter):
    device = counter.bind("reg1")
    copy = device.clone()
    for _ in range(2):
        assert with_key(rest(), "reg1", device).status_code == 200

    answer = with_key(rest(), "reg1", copy)

    refused(answer, office, "key_copied")
    assert len(alerts(office, "key_copied")) == 1
    assert with_key(rest(), "reg1", device).status_code == 200


def test_a_key_that_counts_nothing_is_taken_as_long_as_it_never_did(rest, counter):
    device = counter.bind("reg1", device=Authenticator(counts=False))
    assert with_key(rest(), "reg1", device).status_code == 200
    assert with_key(rest(), "reg1", device).status_code == 200


@pytest.mark.rule("M8")
def test_an_answer_opens_the_door_once(rest, office, counter):
    device = counter.bind("reg1")
    asked = challenged(rest(), "reg1").json
    said = {"ticket": asked["ticket"], "credential": device.get(asked["public_key"])}
    assert rest().post(KEY_DOOR, said).status_code == 200

    refused(rest().post(KEY_DOOR, said), office, "challenge_expired")
    fresh = challenged(rest(), "reg1").json
    again = rest().post(KEY_DOOR, {**said, "ticket": fresh["ticket"]})
    refused(again, office, "wrong_challenge")


@pytest.mark.rule("M8")
def test_a_question_is_answered_within_minutes(rest, office, counter, session):
    device = counter.bind("reg1")
    asked = challenged(rest(), "reg1").json
    row = session.scalars(select(KeyChallenge).order_by(KeyChallenge.id.desc())).first()
    row.expires_at = now() - timedelta(seconds=1)
    session.commit()

    answer = rest().post(
        KEY_DOOR, {"ticket": asked["ticket"], "credential": device.get(asked["public_key"])}
    )

    refused(answer, office, "challenge_expired")


@pytest.mark.rule("M8")
@pytest.mark.parametrize(
    ("lie", "code"),
    [
        ({"origin": "https://localhost.evil.example"}, "wrong_origin"),
        ({"origin": "http://localhost:8081"}, "wrong_origin"),
        ({"origin": ["http://localhost:8080"]}, "wrong_origin"),
        ({"crossOrigin": True}, "wrong_origin"),
        ({"challenge": packed(b"another question")}, "wrong_challenge"),
        ({"type": "webauthn.create"}, "answer_invalid"),
        ({"challenge": 7}, "answer_invalid"),
    ],
)
def test_an_answer_to_another_site_or_question_is_refused(rest, office, counter, lie, code):
    device = counter.bind("reg1")
    asked = challenged(rest(), "reg1").json
    answer = rest().post(
        KEY_DOOR,
        {"ticket": asked["ticket"], "credential": device.get(asked["public_key"], **lie)},
    )
    refused(answer, office, code)


@pytest.mark.rule("M8")
@pytest.mark.parametrize(
    ("where", "with_what"),
    [
        ("signature", packed(b"0" * 70)),
        ("signature", ""),
        ("signature", None),
        ("authenticatorData", packed(b"0" * 37)),
        ("authenticatorData", packed(b"\xff" * 9)),
        ("clientDataJSON", packed(b"{")),
        ("clientDataJSON", packed(b"[]")),
        ("clientDataJSON", "%%%"),
        ("clientDataJSON", {}),
    ],
)
def test_a_forged_answer_is_refused(rest, office, counter, where, with_what):
    device = counter.bind("reg1")
    asked = challenged(rest(), "reg1").json
    credential = device.get(asked["public_key"])
    credential["response"][where] = with_what
    refused(
        rest().post(KEY_DOOR, {"ticket": asked["ticket"], "credential": credential}),
        office,
        "answer_invalid",
    )


@pytest.mark.parametrize(
    "credential", [None, "", "x", 7, [], {}, {"response": {}}, {"response": 1}, {"rawId": "é"}]
)
def test_what_is_no_answer_at_all_is_refused(rest, office, counter, credential):
    counter.bind("reg1")
    asked = challenged(rest(), "reg1").json
    answer = rest().post(KEY_DOOR, {"ticket": asked["ticket"], "credential": credential})
    refused(answer, office, "answer_invalid")


def test_a_ticket_that_was_never_given_is_refused(rest, office):
    answer = rest().post(KEY_DOOR, {"ticket": "x" * 5000, "credential": {}})
    assert (answer.status_code, answer.json["code"]) == (401, "challenge_expired")
    assert rest().post(KEY_DOOR, {"credential": {}}).status_code in {400, 422}


@pytest.mark.rule("M4")
def test_who_is_suspended_between_password_and_key_stays_out(rest, office, counter):
    device = counter.bind("east.admin")
    asked = challenged(rest(), "east.admin").json
    account = office.account("east.admin").id
    office.perform("info1", account, "suspend", model=Account, comment="half a year")
    answer = rest().post(
        KEY_DOOR, {"ticket": asked["ticket"], "credential": device.get(asked["public_key"])}
    )
    refused(answer, office, "account_suspended", rule="M6.4")


@pytest.mark.rule("M8")
def test_a_refresh_token_does_not_outlive_the_key(rest, office, counter):
    somebody = rest()
    given = with_key(somebody, "reg1", counter.bind("reg1"), refresh=True).json
    somebody.token = given["refresh_token"]
    fresh = somebody.post("security/refresh")
    assert fresh.status_code == 200
    somebody.token = fresh.json["access_token"]
    assert somebody.get("applications/").status_code == 200

    key = counter.key_of("reg1")
    office.perform("research1", key.id, "report_lost", model=Key, comment="?")

    assert somebody.get("applications/").status_code == 401
    somebody.token = given["refresh_token"]
    assert somebody.post("security/refresh").status_code == 401


@pytest.mark.rule("M4")
def test_tokens_of_a_password_alone_end_when_keys_are_required(rest, office, required):
    from app.security.key_policy import holding

    somebody = rest()
    with holding(required=False):
        given = somebody.sign_in("reg1", refresh=True).json
        somebody.token = given["access_token"]
        assert somebody.get("applications/").status_code == 200

    assert somebody.get("applications/").status_code == 401
    somebody.token = given["refresh_token"]
    assert somebody.post("security/refresh").status_code == 401


def test_a_changed_password_keeps_the_session_of_the_key(rest, counter):
    somebody = rest()
    with_key(somebody, "reg1", counter.bind("reg1"))
    said = {"old_password": "Keydesk-2026", "new_password": "Another-2027"}
    changed = somebody.post("security/password", said)
    assert changed.status_code == 200
    somebody.token = changed.json["access_token"]
    assert somebody.get("applications/").status_code == 200


def test_the_same_alarm_is_told_once_and_recorded_each_time(rest, office, counter):
    counter.bind("reg1")
    other = counter.bind("mkt1")
    for _ in range(3):
        with_key(rest(), "reg1", other)
    assert len(alerts(office, "key_not_own")) == 1
    assert sum(e.new["code"] == "not_your_key" for e in office.refusals()) == 3


def test_switched_off_the_password_opens_and_no_key_is_asked(rest, session):
    from app.security.key_policy import holding

    with holding(required=False):
        assert rest().sign_in("reg1").status_code == 200
    assert session.scalar(select(func.count()).select_from(KeyChallenge)) == 0
