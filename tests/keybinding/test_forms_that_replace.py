"""Whichever form hands a key out, it is the one that has shown itself (M4, M8)."""

import pytest
from sqlalchemy import select

from app.catalog.enums import ApplicationState, KeyState
from app.catalog.lifecycles import ApplicationKind
from app.errors import Refused
from app.models.accounts import Account
from app.models.keys import Key
from app.security.key_policy import holding
from app.workflow.act import GUARDS
from tests.support.factories import Office, open_work, staff_of
from tests.support.kinds import key_office, sent, stock_up, unit_of

pytestmark = pytest.mark.rule("M4", "M8")


def at_the_counter(office: Office, kind: ApplicationKind) -> tuple[int, Account, str, str]:
    """A form that waits for keys: its id, its one person, the officer, a serial of the stock."""
    with holding(required=False):
        identity = sent(office, kind)
        keys = {"issue_key", "rebind_key"}
        office.walk(identity, until=lambda it: any(w.action in keys for w in open_work(it)))
    account = office.application(identity).lines[0].account
    assert account is not None
    keeper = key_office(unit_of(kind))
    return identity, account, staff_of(keeper, 2), stock_up(office, keeper, 1)[0]


def handed(office: Office, identity: int, officer: str, serial: str):
    (work,) = open_work(office.application(identity))
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    return office.perform(officer, identity, work.action, data=data)


def refused(office: Office, identity: int, officer: str, serial: str) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        handed(office, identity, officer, serial)
    return [(d.field, d.code) for d in refusal.value.details]


def test_a_form_that_replaces_a_key_hands_out_a_bound_one(office, counter):
    identity, account, officer, serial = at_the_counter(office, ApplicationKind.KEY_REPLACEMENT)
    login = account.login_name

    assert refused(office, identity, officer, serial) == [("lines.1.key_serial", "key_not_bound")]
    counter.bind(login, serial, by=officer)

    assert handed(office, identity, officer, serial).state == ApplicationState.COMPLETED
    assert counter.key_of(login).serial == serial
    assert counter.binding_of(serial).ended_at is None


def test_a_renamed_person_may_get_another_key_and_the_former_proves_nobody(office, counter):
    identity, account, officer, serial = at_the_counter(office, ApplicationKind.USER_RENAME)
    login, former = account.login_name, counter.key_of(account.login_name).serial
    counter.bind(login, by=officer)

    assert refused(office, identity, officer, serial) == [("lines.1.key_serial", "key_not_bound")]
    counter.bind(login, serial, by=officer)

    assert handed(office, identity, officer, serial).state == ApplicationState.COMPLETED
    assert counter.key_of(login).serial == serial
    assert counter.binding_of(former).ended_by == "replace"
    assert counter.binding_of(serial).ended_at is None


def test_a_renamed_person_keeps_a_key_that_is_bound(office, counter):
    identity, account, officer, _serial = at_the_counter(office, ApplicationKind.USER_RENAME)
    own = counter.key_of(account.login_name).serial
    assert refused(office, identity, officer, own) == [("lines.1.key_serial", "key_not_bound")]

    counter.bind(account.login_name, by=officer)

    assert handed(office, identity, officer, own).state == ApplicationState.COMPLETED
    assert counter.binding_of(own).ended_at is None


def test_the_keys_own_issue_refuses_where_a_form_forgets_to(office, counter, monkeypatch):
    identity, account, officer, serial = at_the_counter(office, ApplicationKind.KEY_REPLACEMENT)
    monkeypatch.setitem(GUARDS, "keys_are_bound", lambda _act: ())

    assert refused(office, identity, officer, serial) == [("key", "key_not_bound")]

    key = office.session.scalars(select(Key).where(Key.serial == serial)).one()
    assert key.state == KeyState.IN_STOCK
    assert key.holder_id != account.id
