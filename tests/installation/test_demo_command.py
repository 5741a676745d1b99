"""`demo load`: into an empty database, whole or not at all, passwords for the owner's eyes."""

import json

import pytest
from sqlalchemy import func, select

from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.organizations import Organization
from app.services.demo import story
from app.workflow.effects import keys

ENGLISH = {"LC_ALL": "en_GB.UTF-8"}


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    monkeypatch.setattr(keys, "HASHING", "pbkdf2:sha256:1")


def number_of(session, model):
    session.rollback()
    return session.scalar(select(func.count()).select_from(model))


def test_it_prints_the_accounts_writes_the_file_and_refuses_a_second_time(
    runner, session, tmp_path
):
    path = tmp_path / "accounts.json"
    load = ("demo", "load", "--accounts-file", str(path))

    first = runner.invoke(args=load, env=ENGLISH)
    accounts = json.loads(path.read_text(encoding="utf-8"))
    second = runner.invoke(args=load, env=ENGLISH)
    third = runner.invoke(args=[*load, "--if-empty"], env=ENGLISH)

    assert first.exit_code == 0, first.output
    assert path.stat().st_mode & 0o077 == 0
    assert set(accounts[0]) == {"login", "password", "role", "organization", "office"}
    assert all(account["password"] in first.stdout for account in accounts)
    assert second.exit_code == 1
    assert "empty database only" in second.stderr
    assert third.exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == accounts


def test_a_load_that_fails_leaves_nothing(runner, session, monkeypatch):
    def fail(*_arguments, **_said):
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr(story, "attach", fail)
    events = number_of(session, AuditEvent)

    result = runner.invoke(args=["demo", "load"], env=ENGLISH)

    assert result.exit_code != 0
    assert (number_of(session, Account), number_of(session, Organization)) == (0, 0)
    assert number_of(session, AuditEvent) == events
