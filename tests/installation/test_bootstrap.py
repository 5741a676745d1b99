"""A fresh installation: two people by the system, once, and everybody else by them."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.catalog.enums import AccountState, Channel, OfficeCode
from app.errors import Conflict, InvalidInput, Refused
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.offices import Office, OfficeDuty
from app.models.organizations import Organization
from app.security.actor import Actor
from app.services.bootstrap import bootstrap
from app.services.signin import sign_in
from tests.support.factories import NOON
from tests.support.people import citizen_id, person, social_credit_code, wrong_citizen_id

ADMINISTRATOR = {**person(1), "login_name": "first", "key_serial": "KD-1"}
OFFICER = {**person(2), "login_name": "officer", "key_serial": "KD-2"}
COMMISSION = {"code": social_credit_code(1), "name": "市住房城乡建设委"}
ENGLISH = {"LC_ALL": "en_GB.UTF-8"}
COMMAND = (
    "accounts", "bootstrap",
    "--code", COMMISSION["code"], "--name", COMMISSION["name"],
    "--administrator-name", "王伟", "--administrator-citizen-id", citizen_id(1),
    "--administrator-login-name", "first", "--administrator-key-serial", "KD-1",
    "--officer-name", "李娜", "--officer-citizen-id", citizen_id(2),
    "--officer-login-name", "officer", "--officer-key-serial", "KD-2",
)  # fmt: skip


def begin(session: Any, **changed: Any) -> Any:
    return bootstrap(
        session,
        **{
            "organization": COMMISSION,
            "administrator": ADMINISTRATOR,
            "officer": OFFICER,
            "now": NOON,
            **changed,
        },
    )


@pytest.mark.rule("M2", "M4")
def test_the_first_two_people_have_account_key_and_password(session):
    first, second = begin(session)
    session.commit()

    assert [first.account.state, second.account.state] == [AccountState.ACTIVE] * 2
    assert [role.name for role in first.account.roles] == ["security_administrator"]
    assert (second.account.office_code, second.key_serial) == ("RESEARCH", "KD-2")
    for made in (first, second):
        assert made.account.must_change_password
        assert sign_in(
            session,
            made.account.login_name,
            made.password,
            actor=Actor.system("door"),
            now=NOON,
            requires_key=True,
        )
    houses = set(session.scalars(select(Office.organization_id)))
    assert houses == {first.account.organization_id}


@pytest.mark.rule("M9")
def test_every_step_is_on_record_as_the_bootstraps(session):
    begin(session)
    session.commit()

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    events = [event for event in events if not event.tag.startswith("catalogue:")]
    assert {(event.actor_label, event.channel) for event in events} == {("bootstrap", Channel.CLI)}
    assert [event.tag for event in events][-1] == "account:bootstrapped"
    assert {"organization:registered", "key:received", "account:opened", "key:issued"} <= {
        event.tag for event in events
    }


@pytest.mark.rule("M4")
def test_it_is_done_once(session):
    begin(session)
    session.commit()

    with pytest.raises(Conflict) as error:
        begin(session, organization={**COMMISSION, "code": social_credit_code(2)})

    assert error.value.code == "already_bootstrapped"


def test_two_at_the_same_moment_are_one(session, monkeypatch):
    begin(session)
    session.commit()
    monkeypatch.setattr("app.services.bootstrap._someone_is_there", lambda _session: False)

    with pytest.raises(Conflict) as error:
        begin(session)

    assert error.value.code == "already_bootstrapped"


def test_without_the_catalogue_nothing_begins(session):
    session.execute(delete(OfficeDuty).where(OfficeDuty.duty == "review_registration"))

    with pytest.raises(Refused) as error:
        begin(session)

    assert error.value.code == "no_catalogue"


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"organization": {**COMMISSION, "code": "1"}}, "organization.code"),
        ({"officer": {**OFFICER, "citizen_id": wrong_citizen_id(2)}}, "officer.citizen_id"),
        ({"officer": {**OFFICER, "login_name": "FIRST"}}, "officer.login_name"),
        ({"officer": {**OFFICER, "key_serial": "kd-1"}}, "officer.key_serial"),
        ({"administrator": {**ADMINISTRATOR, "name": ""}}, "administrator.name"),
        ({"administrator": {**ADMINISTRATOR, "key_serial": None}}, "administrator.key_serial"),
    ],
)
def test_a_wrong_entry_says_whose_it_is_and_nothing_is_made(session, changed, field):
    with pytest.raises(InvalidInput) as error:
        begin(session, **changed)

    assert [detail.field for detail in error.value.details] == [field]
    session.rollback()
    assert session.scalars(select(Account)).all() == []


# --- At the command line


def test_the_command_tells_two_passwords_and_refuses_a_second_time(runner, session):
    first = runner.invoke(args=COMMAND, env=ENGLISH)
    second = runner.invoke(args=COMMAND, env=ENGLISH)

    assert first.exit_code == 0, first.output
    assert "first" in first.stdout
    assert "officer" in first.stdout
    assert second.exit_code == 1
    assert "There are accounts already" in second.stderr
    assert len(session.scalars(select(Account)).all()) == 2


@pytest.mark.rule("M5")
def test_the_command_names_a_mistyped_number_and_makes_nothing(runner, session):
    arguments = [wrong_citizen_id(1) if a == citizen_id(1) else a for a in COMMAND]

    result = runner.invoke(args=arguments, env=ENGLISH)

    assert result.exit_code == 1
    assert "administrator.citizen_id: " in result.stderr
    assert session.scalars(select(Organization)).all() == []
    (refusal,) = session.scalars(select(AuditEvent).where(AuditEvent.outcome == "refused")).all()
    assert refusal.tag == "account:bootstrapped"
    assert citizen_id(1)[:17] not in json.dumps(refusal.new)


@pytest.mark.rule("M3", "M9")
def test_those_two_open_and_equip_the_next(runner, session):
    runner.invoke(args=COMMAND, env=ENGLISH)
    steps = (
        ("keys", "receive", "KD-3", "--as", "officer"),
        ("accounts", "open", "--as", "first", "--organization", COMMISSION["code"],
         "--office", OfficeCode.SERVICE.value, "--name", "陈静", "--citizen-id", citizen_id(3),
         "--login-name", "third", "--role", "key_officer"),
        ("accounts", "issue-key", "third", "KD-3", "--as", "officer"),
    )  # fmt: skip

    for step in steps:
        result = runner.invoke(args=step, env=ENGLISH)
        assert result.exit_code == 0, result.output

    third = session.scalars(select(Account).where(Account.login_key == "third")).one()
    assert third.state == AccountState.ACTIVE
    key = session.scalars(select(Key).where(Key.serial == "KD-3")).one()
    assert key.holder_id == third.id
