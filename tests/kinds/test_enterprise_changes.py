"""第五条（二） is for new users and for changes: whose key is gone gets another one by it."""

from typing import Any

import pytest

from app.catalog.enums import AccountState, ApplicationState, KeyState, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.errors import Refused
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.keys import Key
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.kinds import WHY, employed, finished, key_of, sent, stock_up

UNIT = "developer"


def said(account: Account, **changed: str) -> dict[str, str]:
    return {
        "name": account.name,
        "sex": account.sex.value,
        "citizen_id": account.citizen_id or "",
        **changed,
    }


def loses_key(office: Office, account: Account) -> Key:
    key = office.session.query(Key).filter_by(holder_id=account.id).one()
    office.perform(administrator_of(UNIT), key.id, "report_lost", model=Key, comment="遗失")
    return key


def ask(office: Office, *lines: dict[str, Any]) -> int:
    return sent(office, ApplicationKind.ENTERPRISE_USER, list(lines), unit=UNIT)


@pytest.mark.rule("M5.2", "M4b")
def test_who_lost_the_key_keeps_the_account_and_gets_another_key(office: Office) -> None:
    account = employed(office, UNIT)
    held = {grant.item.code for grant in account.grants if grant.valid_until is None}
    people = office.count(Account)
    lost = loses_key(office, account)
    stock_up(office, OfficeCode.SERVICE)

    done = finished(office, ask(office, said(account)))

    office.session.expire_all()
    assert (done.state, done.lines[0].account_id) == (ApplicationState.COMPLETED, account.id)
    assert office.count(Account) == people
    assert account.state == AccountState.ACTIVE
    assert key_of(office, account) == done.lines[0].key.serial
    assert (lost.state, lost.replaced_by_id) == (KeyState.REPLACED, done.lines[0].key_id)
    open_grants = [grant.item.code for grant in account.grants if grant.valid_until is None]
    assert sorted(open_grants) == sorted(held)


@pytest.mark.rule("M5.2")
def test_the_name_on_the_form_becomes_the_account_s_and_the_old_one_stays_on_record(
    office: Office,
) -> None:
    account = employed(office, UNIT)
    old = account.name
    loses_key(office, account)
    stock_up(office, OfficeCode.SERVICE)
    finished(office, ask(office, said(account, name="欧阳新名")))
    office.session.expire_all()
    assert account.name == "欧阳新名"
    (event,) = office.events(AuditEvent.tag == "account:renamed")
    assert event.old == {"name": old}


@pytest.mark.rule("M5")
def test_who_holds_a_key_is_refused_as_before(office: Office) -> None:
    account = employed(office, UNIT)
    with pytest.raises(Refused) as refused:
        ask(office, said(account))
    assert {detail.code for detail in refused.value.details} == {"already_has_account"}


@pytest.mark.rule("M6")
def test_who_is_being_cancelled_gets_no_other_key(office: Office) -> None:
    account = employed(office, UNIT)
    loses_key(office, account)
    lines = [{"login_name": account.login_name}]
    sent(office, ApplicationKind.ENTERPRISE_CANCELLATION, lines, unit=UNIT)
    with pytest.raises(Refused) as refused:
        ask(office, said(account))
    assert {detail.code for detail in refused.value.details} == {"already_asked"}


@pytest.mark.rule("M4")
def test_ending_the_form_early_leaves_the_known_account_as_it_is(office: Office) -> None:
    known = employed(office, UNIT)
    loses_key(office, known)
    stock_up(office, OfficeCode.SERVICE)
    identity = ask(office, office.person(), said(known))
    office.walk(identity, until=lambda it: it.state == ApplicationState.CONFIGURED)
    serial = office.free_serials(OfficeCode.SERVICE)[0]
    handed = {"lines": [{"position": 1, "key_serial": serial}]}
    second = staff_of(OfficeCode.SERVICE, 2)
    office.perform(second, identity, "issue_key", data=handed)
    office.perform(second, identity, "complete", comment=WHY)
    office.session.expire_all()
    assert known.state == AccountState.ACTIVE
    assert key_of(office, known) == ""
