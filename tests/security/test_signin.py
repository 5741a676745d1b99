"""The sign-in service: who knows the password is told why not; nobody else is told anything."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.catalog.enums import AuditOutcome, OfficeCode
from app.errors import InvalidInput, Unauthenticated
from app.models.accounts import Account
from app.models.keys import Key
from app.security.actor import Actor, acting
from app.services.signin import change_password, sign_in, sign_out
from app.workflow.effects.keys import set_password
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.hands import stand_in
from tests.support.threads import at_once

pytestmark = pytest.mark.rule("M4")

DOOR = Actor.system("sign-in")
LOGIN = administrator_of("east")
PASSWORD = "Correct-horse-7"
RESEARCH = staff_of(OfficeCode.RESEARCH)


@pytest.fixture
def active(office: Office) -> int:
    """An account with its key, whose password is known."""
    identity = office.account(LOGIN).id
    data = {"key_serial": office.free_serials(OfficeCode.RESEARCH)[0]}
    office.perform(RESEARCH, identity, "issue_key", model=Account, data=data)
    set_password(office.account(LOGIN), PASSWORD, must_change=False)
    office.session.commit()
    return identity


def enter(office: Office, login: str = LOGIN, password: str = PASSWORD, **said: Any) -> Account:
    said = {"requires_key": True, "now": office.now, "actor": DOOR, **said}
    return sign_in(office.session, login, password, **said)


def refused(office: Office, *credentials: str, **said: Any) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refusal:
        enter(office, *credentials, **said)
    office.session.commit()
    event = office.last_event()
    assert (event.tag, event.outcome) == ("session:refused", AuditOutcome.REFUSED)
    assert (event.rule, event.article) == (refusal.value.rule, refusal.value.article)
    assert event.new == {"code": refusal.value.code}
    return refusal.value


def take_key(office: Office, action: str) -> None:
    key = office.session.query(Key).filter_by(state="issued").one()
    office.perform(RESEARCH, key.id, action, model=Key, comment="?")


def test_an_active_account_with_a_key_comes_in_and_that_is_noted(office: Office, active: int):
    account = enter(office)
    office.session.commit()
    assert account.id == active
    assert office.session.get_one(Account, active).last_login_at == office.now
    event = office.last_event()
    assert (event.tag, event.outcome, event.actor_id) == ("session:signed_in", "done", active)


@pytest.mark.parametrize("login", [LOGIN.upper(), f"  {LOGIN} ", LOGIN.title()])
def test_the_case_of_the_name_and_spaces_around_it_do_not_matter(
    office: Office, active: int, login: str
):
    assert enter(office, login).id == active


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (LOGIN, "wrong"),
        (LOGIN, ""),
        (LOGIN, PASSWORD + " "),
        (LOGIN, PASSWORD.lower()),
        (LOGIN, "nobody has this password"),
        ("nobody", PASSWORD),
        ("", ""),
        ("\x00", "\x00"),
        (f"{LOGIN}\x00x", PASSWORD),
        ("\ud800", "\udfff"),
        (LOGIN, "\ud800"),
        ("%", "%"),
        ("' OR 1=1 --", "x"),
        ("中" * 5000, "x" * 100_000),
    ],
)
def test_unknown_names_and_wrong_passwords_get_one_and_the_same_answer(
    office: Office, active: int, login: str, password: str
):
    error = refused(office, login, password)
    assert (error.code, str(error.msgid)) == (
        "wrong_credentials",
        "Login name or password is wrong.",
    )


@pytest.mark.rule("M6.1", "M6.4")
@pytest.mark.parametrize("requires_key", [True, False])
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("pending", "account_pending"),
        ("suspended", "account_suspended"),
        ("cancelled", "account_cancelled"),
    ],
)
def test_why_an_account_cannot_work_is_told_only_to_who_knows_its_password(
    office: Office, active: int, state: str, code: str, requires_key: bool
):
    login = LOGIN
    if state == "pending":
        login = administrator_of("west")
        set_password(office.account(login), PASSWORD, must_change=False)
        office.session.commit()
    elif state == "cancelled":
        stand_in(office, "east", administrator_of("bank"))
        take_key(office, "take_back")
    if state != "pending":
        action = {"suspended": "suspend", "cancelled": "cancel"}[state]
        who = staff_of(OfficeCode.INFO)
        office.perform(who, active, action, model=Account, comment="?")
    assert refused(office, login, PASSWORD, requires_key=requires_key).code == code
    assert refused(office, login, "wrong", requires_key=requires_key).code == "wrong_credentials"


@pytest.mark.parametrize("password", ["", "nobody has this password", "None"])
def test_an_account_without_a_password_is_opened_by_none(office: Office, password: str):
    assert refused(office, administrator_of("west"), password).code == "wrong_credentials"


@pytest.mark.parametrize("action", ["take_back", "report_lost"])
def test_without_an_active_key_nobody_works_unless_the_switch_is_off(
    office: Office, active: int, action: str
):
    take_key(office, action)
    error = refused(office)
    assert (error.code, error.rule) == ("no_active_key", "M4")
    assert refused(office, LOGIN, "wrong").code == "wrong_credentials"
    assert enter(office, requires_key=False).id == active


def test_neither_name_nor_password_typed_by_mistake_tells_the_trail_a_secret(
    office: Office, active: int
):
    refused(office, LOGIN, "my-secret-guess-1")
    event = office.last_event()
    assert "my-secret-guess-1" not in f"{event.subject_label} {event.new} {event.comment}"


def test_every_end_of_a_session_counts_the_epoch_up(office: Office, active: int):
    def epoch() -> int:
        office.session.expire_all()
        return office.session.get_one(Account, active).epoch

    before, info = epoch(), staff_of(OfficeCode.INFO)
    sign_out(office.session, office.account(LOGIN), actor=office.actor(LOGIN), now=office.now)
    office.session.commit()
    assert epoch() == before + 1
    office.perform(info, active, "suspend", model=Account, comment="?")
    assert epoch() == before + 2
    office.perform(RESEARCH, active, "restore", model=Account, comment="?")
    take_key(office, "report_lost")
    assert epoch() == before + 3
    account = office.account(LOGIN)
    new = "Another-horse-8"
    change_password(office.session, account, PASSWORD, new, actor=DOOR, now=office.now)
    office.session.commit()
    assert epoch() == before + 4
    stand_in(office, "east", administrator_of("west"))
    office.perform(info, active, "cancel", model=Account, comment="?")
    assert epoch() == before + 5


def test_signing_in_is_no_new_version_of_the_account(office: Office, active: int):
    """Who edits an account meanwhile must not be told that it has changed."""
    before = office.session.get_one(Account, active).version
    enter(office)
    office.session.commit()
    assert office.session.get_one(Account, active).version == before


def test_a_person_signs_in_and_out_at_several_places_at_once(
    app: Flask, office: Office, active: int
):
    now = office.now

    def comes_in(session: Session) -> int:
        with acting(session, DOOR):
            said = {"actor": DOOR, "now": now, "requires_key": True}
            account = sign_in(session, LOGIN, PASSWORD, **said)
            session.commit()
            return account.id

    def goes_out(session: Session) -> int:
        with acting(session, DOOR):
            account = session.get_one(Account, active)
            sign_out(session, account, actor=DOOR, now=now)
            session.commit()
            return account.id

    before = office.account(LOGIN).epoch
    office.session.rollback()
    assert at_once(app, comes_in, comes_in, comes_in, goes_out, goes_out) == [active] * 5
    assert office.account(LOGIN).epoch == before + 2


@pytest.mark.parametrize(
    "password",
    [
        "short1",
        "x" * 129 + "1",
        "allletters",
        "12345678901",
        f"{LOGIN}123",
        "nul\x00byte123",
        "half\ud800pair1",
        " " * 20,
    ],
)
def test_a_password_that_cannot_be_taken_is_refused_by_its_field(
    office: Office, active: int, password: str
):
    account = office.account(LOGIN)
    with pytest.raises(InvalidInput) as refusal:
        change_password(office.session, account, PASSWORD, password, actor=DOOR, now=office.now)
    assert [detail.field for detail in refusal.value.details] == ["new_password"]


def test_both_mistakes_of_a_change_are_named_at_once(office: Office, active: int):
    account = office.account(LOGIN)
    with pytest.raises(InvalidInput) as refusal:
        change_password(office.session, account, "wrong", "short", actor=DOOR, now=office.now)
    assert [d.field for d in refusal.value.details] == ["old_password", "new_password"]
    assert account.password_hash
