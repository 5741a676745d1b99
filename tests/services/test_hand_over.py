"""The key that makes an account opened by hand active: whose duty it is, from which stock."""

import pytest

from app.catalog.enums import AccountState, ApplicationState
from app.errors import Forbidden, InvalidInput, Refused, Unauthenticated
from app.security.actor import Actor
from app.services.signin import sign_in
from tests.support.factories import NOON, staff_of
from tests.support.hands import issue_key, open_by, said


@pytest.mark.rule("M4")
def test_a_key_makes_the_account_active_and_the_first_password_is_told_once(office):
    account = office.account(staff_of("REG"))
    door = Actor.system("sign-in")

    outcome = issue_key(office, "reg1", "research-0001", "research1")

    password = outcome.secrets["initial_password"]
    office.session.expire_all()
    assert account.state == AccountState.ACTIVE
    assert account.must_change_password
    assert sign_in(office.session, "REG1", password, actor=door, now=NOON, requires_key=True)
    tags = [event.tag for event in office.events()][-4:]
    assert tags == ["key:issued", "account:activated", "account:key_issued", "session:signed_in"]
    assert password not in str([(e.old, e.new) for e in office.events()])


@pytest.mark.rule("M4")
def test_nobody_signs_in_before_the_key(office):
    with pytest.raises(Unauthenticated):
        sign_in(
            office.session, "reg1", "", actor=Actor.system("door"), now=NOON, requires_key=False
        )


@pytest.mark.rule("M3")
@pytest.mark.parametrize(
    ("holder", "officer", "serial"),
    [
        ("reg1", "service1", "SERVICE-0001"),
        ("east.admin", "service1", "SERVICE-0001"),
        ("bank.admin", "research1", "RESEARCH-0001"),
    ],
)
def test_each_issuing_office_hands_keys_to_its_own_users_only(office, holder, officer, serial):
    with pytest.raises(Forbidden) as error:
        issue_key(office, holder, serial, officer)

    assert error.value.rule == "M3"
    assert [event.tag for event in office.refusals()] == ["account:key_issued"]
    assert office.account(holder).state == AccountState.PENDING


@pytest.mark.rule("M3")
@pytest.mark.parametrize("login", ["mkt1", "info1", "security_administrator", "auditor"])
def test_who_keeps_no_stock_issues_no_key(office, login):
    with pytest.raises(Forbidden):
        issue_key(office, "reg1", "RESEARCH-0001", login)


@pytest.mark.rule("X4")
def test_who_opened_the_account_cannot_issue_its_key(office):
    made = open_by(office)
    made.opened_by_id = office.account("research1").id
    office.session.commit()

    with pytest.raises(Forbidden) as error:
        issue_key(office, "xin.lai", "RESEARCH-0001", "research1")

    assert (error.value.code, error.value.rule) == ("opener_issues", "X4")


@pytest.mark.rule("M9")
@pytest.mark.parametrize(
    ("serial", "code"),
    [
        ("SERVICE-0001", "not_your_stock"),
        ("NOWHERE-1", "unknown_key"),
        ("RESEARCH-0002", "key_not_in_stock"),
    ],
)
def test_only_a_key_in_the_own_stock_is_handed_out(office, serial, code):
    issue_key(office, "mkt1", "RESEARCH-0002", "research1")

    with pytest.raises(Refused) as error:
        issue_key(office, "reg1", serial, "research1")

    assert said(error) == [("data.key_serial", code, "M9")]
    assert office.account("reg1").state == AccountState.PENDING


def test_a_serial_number_that_can_be_none_is_named(office):
    with pytest.raises(InvalidInput) as error:
        issue_key(office, "reg1", "?", "research1")

    assert said(error) == [("data.key_serial", "key_serial_format", "M9")]


@pytest.mark.rule("M5.1")
def test_who_was_applied_for_gets_the_key_on_the_application(office):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    login = office.application(identity).lines[0].account.login_name

    with pytest.raises(Refused) as error:
        issue_key(office, login, "RESEARCH-0001", "research1")

    assert error.value.details[0].code == "key_by_application"
