"""The door under attack: sessions, redirects, guessing, and who may not come in at all."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.catalog.enums import AuditOutcome, KeyState
from app.models.accounts import Account
from app.models.keys import Key
from tests.support.factories import Office
from tests.support.pages import Browser
from tests.support.rest import PASSWORD

Enter = Callable[..., Browser]
COOKIE = "keydesk"


def cookie_of(who: Browser) -> str:
    cookie = who.client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def with_cookie(who: Browser, value: str) -> Browser:
    who.client.set_cookie(COOKIE, value)
    return who


def is_in(who: Browser) -> bool:
    return who.get("/").status_code == 200


def words(answer: TestResponse) -> str:
    """What a page says, without what is new on every page."""
    return re.sub(r'(nonce|content|value)="[^"]*"', "", answer.text)


# --- Coming in


@pytest.mark.rule("M4")
def test_an_active_account_with_a_key_comes_in(browser: Enter, office: Office) -> None:
    who = browser()

    answer = who.sign_in("reg1")

    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(who)
    event = office.last_event()
    assert (event.tag, event.outcome) == ("session:signed_in", AuditOutcome.DONE)
    assert event.remote_addr == who.address


def test_the_case_of_a_login_name_does_not_matter(browser: Enter) -> None:
    assert browser().sign_in(" REG1 ").status_code == 303


@pytest.mark.rule("M4")
def test_an_account_without_an_active_key_is_refused(
    browser: Enter, office: Office, session: Session
) -> None:
    key = session.scalars(select(Key).where(Key.holder_id == office.account("reg1").id)).one()
    office.perform("research1", key.id, "report_lost", model=Key, comment="lost")

    answer = browser().sign_in("reg1")

    assert answer.status_code == 401
    assert "没有有效密钥" in answer.text or "no active key" in answer.text
    event = office.refusals()[-1]
    assert (event.tag, event.rule, event.new) == (
        "session:refused",
        "M4",
        {"code": "no_active_key"},
    )


@pytest.mark.rule("M4")
def test_an_account_that_has_no_key_yet_is_told_to_fetch_it(
    browser: Enter, office: Office, session: Session
) -> None:
    identity = office.submitted("east")
    office.walk(identity, until=lambda application: application.state == "configured")
    account = office.application(identity).lines[0].account
    assert account is not None
    account.password_hash = office.account("reg1").password_hash
    login = account.login_name
    session.commit()

    assert browser().sign_in(login).status_code == 401
    assert office.refusals()[-1].new == {"code": "account_pending"}


@pytest.mark.rule("M6.4")
def test_a_suspended_person_is_told_why_and_whom_to_call(browser: Enter, office: Office) -> None:
    account = office.account("east.admin")
    office.perform("info1", account.id, "suspend", model=Account, comment="half a year")

    answer = browser().sign_in("east.admin")

    assert answer.status_code == 401
    assert "城建研究中心" in answer.text
    assert "第六条（四）" in answer.text
    wrong = browser().sign_in("east.admin", "not the password")
    assert "城建研究中心" not in wrong.text


def test_unknown_name_and_wrong_password_get_the_same_answer(browser: Enter) -> None:
    who = browser()

    unknown = who.sign_in("nobody.here", "wrong-password")
    wrong = who.sign_in("reg1", "wrong-password")

    assert unknown.status_code == wrong.status_code == 401
    assert words(unknown) == words(wrong)


def test_a_refusal_is_on_record_without_the_password(browser: Enter, office: Office) -> None:
    browser().sign_in("reg1", "my-secret-guess")

    event = office.refusals()[-1]
    assert event.new == {"code": "wrong_credentials"}
    assert "my-secret-guess" not in f"{event.comment}{event.old}{event.new}{event.subject_label}"


@pytest.mark.parametrize("name", ["", "\x00", "reg1\x00", "x" * 5000, "'; --", "ａ"])
def test_odd_login_names_are_wrong_names_and_nothing_else(browser: Enter, name: str) -> None:
    assert browser().sign_in(name, "whatever").status_code == 401


def test_signing_in_needs_a_token_of_the_page(browser: Enter, office: Office) -> None:
    who = browser()

    answer = who.post("/login/", {"login": "reg1", "password": PASSWORD}, token="")

    assert answer.status_code == 302
    assert answer.location.startswith("/login/")
    assert not is_in(who)


# --- Where one goes then


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: x=1",
        "evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(browser: Enter, target: str) -> None:
    assert browser().sign_in("reg1", next=target).location == "/"
    switched = browser().get("/language/en", query_string={"next": target})
    assert switched.location == "/"


def test_one_comes_back_to_the_page_one_wanted(browser: Enter) -> None:
    who = browser()
    wanted = who.get("/applications/?state=submitted")
    assert wanted.status_code == 302
    assert wanted.location == "/login/?next=/applications/?state%3Dsubmitted"

    assert (
        who.sign_in("reg1", next="/applications/?state=submitted").location
        == "/applications/?state=submitted"
    )


def test_a_forged_host_leads_nowhere(browser: Enter) -> None:
    who = browser()

    answer = who.post(
        "/login/",
        {"login": "reg1", "password": PASSWORD},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        token=who.token(),
    )

    assert "evil.example" not in str(answer.headers)
    assert "evil.example" not in who.get("/", headers={"Host": "evil.example"}).text


# --- Sessions


def test_a_cookie_kept_from_before_signing_out_opens_nothing(browser: Enter) -> None:
    who = browser("reg1")
    kept = cookie_of(who)

    who.sign_out()

    assert not is_in(with_cookie(browser(), kept))


def test_signing_out_is_on_record_and_is_no_link(browser: Enter, office: Office) -> None:
    who = browser("reg1")

    assert who.get("/logout/").status_code == 405
    assert is_in(who)
    assert who.sign_out().status_code == 303

    assert office.last_event().tag == "session:signed_out"


def test_nothing_of_the_session_before_lives_on_in_the_new_one(browser: Enter) -> None:
    who = browser()
    with who.client.session_transaction() as planted:
        planted["planted"] = "by an attacker"
        planted["_user_id"] = "1:0"
    before = cookie_of(who)

    who.sign_in("reg1")

    assert cookie_of(who) != before
    with who.client.session_transaction() as session:
        assert "planted" not in session
        assert session["_user_id"] != "1:0"


def test_a_token_from_before_signing_in_is_worth_nothing_after(browser: Enter) -> None:
    who = browser()
    token = who.token()

    who.post("/login/", {"login": "reg1", "password": PASSWORD}, token=token)

    assert who.post("/inbox/read", token=token).status_code == 400


def test_a_new_initial_password_ends_every_session(
    browser: Enter, office: Office, session: Session
) -> None:
    from app.clock import now
    from app.services.accounts import reset_password

    who = browser("east.admin")
    with office.acting("security_administrator") as actor:
        reset_password(session, office.account("east.admin"), actor=actor, now=now())
        session.commit()

    assert not is_in(who)


def test_a_suspension_ends_every_session_at_once(browser: Enter, office: Office) -> None:
    who = browser("east.admin")
    account = office.account("east.admin")

    office.perform("info1", account.id, "suspend", model=Account, comment="half a year")

    assert not is_in(who)


@pytest.mark.rule("M8")
def test_a_lost_key_ends_every_session_at_once(
    browser: Enter, office: Office, session: Session
) -> None:
    who = browser("east.admin")
    holder = office.account("east.admin").id
    key = session.scalars(
        select(Key).where(Key.holder_id == holder, Key.state == KeyState.ISSUED)
    ).one()

    office.perform("east.admin", key.id, "report_lost", model=Key, comment="left in a taxi")

    assert not is_in(who)


@pytest.mark.rule("M4", "M6.1", "M6.4")
@pytest.mark.parametrize("state", ["suspended", "cancelled", "pending"])
def test_a_session_lives_no_longer_than_the_account_whatever_ended_it(
    browser: Enter, session: Session, state: str
) -> None:
    """Set-wise suspensions, and whatever forgets to count the epoch up, end sessions as well."""
    who = browser("east.admin")
    ended = text("UPDATE account SET state = :state WHERE login_key = 'east.admin'")
    session.connection().execute(ended, {"state": state})
    session.commit()

    assert not is_in(who)


def test_a_session_ends_after_twelve_hours(browser: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from app import clock
    from app.views import signin

    who = browser("reg1")
    later = clock.now() + timedelta(hours=12, minutes=1)
    monkeypatch.setattr(signin, "now", lambda: later)

    assert not is_in(who)


def test_a_tampered_cookie_opens_nothing(browser: Enter) -> None:
    who = browser("reg1")
    head, _dot, rest = cookie_of(who).partition(".")

    assert not is_in(with_cookie(browser(), f"{head[:-2]}AA.{rest}"))


def test_the_cookie_stays_with_this_site_and_out_of_scripts(browser: Enter) -> None:
    said = browser().sign_in("reg1").headers["Set-Cookie"]

    assert "HttpOnly" in said
    assert "SameSite=Lax" in said


# --- Guessing


def test_guessing_one_name_is_slowed_from_any_address(browser: Enter) -> None:
    answers = [browser().sign_in("reg1", f"guess {n}") for n in range(21)]

    assert [answer.status_code for answer in answers[:20]] == [401] * 20
    assert answers[20].status_code == 429
    assert int(answers[20].headers["Retry-After"]) > 0


def test_guessing_from_one_address_is_slowed_for_any_name(browser: Enter) -> None:
    who = browser()
    answers = [who.sign_in(f"somebody{n}", "guess").status_code for n in range(21)]

    assert answers == [401] * 20 + [429]
    assert browser().sign_in("reg1").status_code == 303
