"""What each of the forms on people that an organisation has leads to (M4, M5.1, M6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.catalog.enums import AccountState, ApplicationState, KeyState, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.errors import InvalidInput
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.models.grants import AccountGrant
from app.models.keys import Key, KeyMovement
from app.models.notices import Notice
from app.models.regulations import Pledge
from tests.support.cases import case, case_of
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.kinds import (
    LINES,
    NEW,
    OLD,
    drafted,
    employed,
    finished,
    key_of,
    keyless,
    sent,
    stock_up,
    suspended,
    unit_of,
)

K = ApplicationKind
INFO, RESEARCH, SERVICE = (
    staff_of(OfficeCode.INFO),
    staff_of(OfficeCode.RESEARCH),
    staff_of(OfficeCode.SERVICE),
)


def held(office: Office, account: Account) -> set[str]:
    office.session.expire_all()
    return {grant.item.code for grant in account.grants if grant.valid_until is None}


def key(office: Office, serial: str) -> Key:
    office.session.expire_all()
    return office.session.query(Key).filter_by(serial=serial).one()


def still_out(office: Office, serial: str) -> tuple[str, int | None, datetime | None]:
    """A key's state, who holds it, since when it stands on the list of keys to be asked for."""
    found = key(office, serial)
    return found.state.value, found.holder_id, found.unreturned_since


def changed(line: Account, name: str) -> dict[str, str]:
    return {
        "old_login_name": line.login_name,
        "new_name": name,
        "sex": line.sex.value,
        "citizen_id": line.citizen_id,
    }


@pytest.mark.rule("M5.1", "M9")
def test_a_replaced_key_leads_to_the_new_one_and_the_account_stays_as_it_was(office: Office):
    account = employed(office)
    old, items = key_of(office, account), held(office, account)
    identity = sent(office, K.KEY_REPLACEMENT, [{"login_name": account.login_name}])
    done = finished(office, identity)

    new = done.lines[0].key
    assert new is not None
    assert (new.holder_id, new.state) == (account.id, KeyState.ISSUED)
    assert key(office, old).state == KeyState.REPLACED
    assert key(office, old).replaced_by_id == new.id
    moves = office.session.query(KeyMovement).filter_by(application_id=identity)
    assert [(m.action, m.key.serial) for m in moves.order_by(KeyMovement.id)] == [
        ("take_back", old),
        ("replace", old),
        ("issue", new.serial),
    ]
    assert (account.state, held(office, account)) == (AccountState.ACTIVE, items)


@pytest.mark.rule("M5.1", "M9")
def test_a_lost_key_is_replaced_though_it_never_comes_back(office: Office):
    account = employed(office)
    old = key_of(office, account)
    office.perform(
        administrator_of("east"), key(office, old).id, "report_lost", model=Key, comment="遗失"
    )
    identity = sent(office, K.KEY_REPLACEMENT, [{"login_name": account.login_name}])
    assert office.application(identity).lines[0].old_key_serial == old
    finished(office, identity)
    assert key(office, old).state == KeyState.REPLACED
    assert key_of(office, account) not in {"", old}


@pytest.mark.rule("A4")
def test_a_form_says_what_the_record_says_as_it_is_handed_in(office: Office):
    """The form was begun while the key was still being made."""
    line = {**office.person(), "items": [OLD]}
    first = office.submitted("east", lines=[line])
    account = office.walk(first, until=lambda it: it.state == "configured").lines[0].account
    assert account is not None
    line = {"login_name": account.login_name}
    identity = drafted(office, K.KEY_REPLACEMENT, [line], strict=False)
    assert office.application(identity).lines[0].old_key_serial == ""
    finished(office, first)
    office.perform(administrator_of("east"), identity, "submit")
    assert office.application(identity).lines[0].old_key_serial == key_of(office, account)


@pytest.mark.rule("M5.1")
def test_a_new_name_keeps_account_login_name_and_key_and_the_old_name_on_record(office: Office):
    account = employed(office)
    login, name, serial = account.login_name, account.name, key_of(office, account)
    identity = sent(office, K.USER_RENAME, [changed(account, "欧阳新名")])
    done = finished(office, identity)

    office.session.expire_all()
    assert (account.name, account.login_name) == ("欧阳新名", login)
    assert key_of(office, account) == serial
    assert (done.lines[0].old_name, done.lines[0].new_name) == (name, "欧阳新名")
    (event,) = office.events(AuditEvent.tag == "account:renamed")
    assert (event.old, event.new) == (
        {"name": name},
        {"name": "欧阳新名", "application": done.number},
    )
    assert office.events(AuditEvent.tag == "key:rebound")


@pytest.mark.rule("M5.1")
def test_information_centre_may_give_another_login_name_and_the_key_office_another_key(
    office: Office,
):
    account = employed(office)
    old, (new,) = key_of(office, account), stock_up(office, OfficeCode.RESEARCH, 1)
    identity = sent(office, K.USER_RENAME, [changed(account, "欧阳新名")])
    office.walk(identity, until=lambda it: it.state == ApplicationState.PASSED)
    line = {"position": 1, "login_name": "Ouyang.Xin"}
    office.perform(INFO, identity, "configure", data={"lines": [line]})
    line = {"position": 1, "key_serial": new}
    office.perform(RESEARCH, identity, "rebind_key", data={"lines": [line]})
    office.session.expire_all()
    assert (account.login_name, account.login_key) == ("Ouyang.Xin", "ouyang.xin")
    assert key_of(office, account) == new
    assert key(office, old).replaced_by_id == key(office, new).id


@pytest.mark.rule("M4", "X1")
def test_changed_permissions_say_by_which_form_they_began_and_ended(office: Office):
    account = employed(office, items=(OLD, "district.registration.3"))
    office.now += timedelta(days=1)
    line = {"login_name": account.login_name, "requested_items": [NEW, OLD]}
    done = finished(office, sent(office, K.PERMISSION_CHANGE, [line]))

    assert held(office, account) == {OLD, NEW}
    rows = {g.item.code: g for g in office.session.query(AccountGrant).filter_by(account=account)}
    assert rows[NEW].application_id == done.id
    gone = rows["district.registration.3"]
    assert (gone.revoked_by_application_id, gone.valid_until) == (done.id, office.now)
    assert rows[OLD].application_id != done.id
    assert office.count(Notice, Notice.account_id == account.id, Notice.subject_id == done.id) == 1


@pytest.mark.rule("M5.1")
def test_each_office_whose_permissions_stay_come_or_go_reviews_a_change(office: Office):
    account = employed(office, items=(OLD,))
    line = {"login_name": account.login_name, "requested_items": [NEW]}
    identity = sent(office, K.PERMISSION_CHANGE, [line])
    duties = {work.duty.value for work in office.application(identity).work_items}
    assert duties == {"review_registration", "review_transaction"}


@pytest.mark.rule("M6.1")
@pytest.mark.parametrize(
    ("kind", "unit", "who"),
    [(K.USER_CANCELLATION, "east", INFO), (K.ENTERPRISE_CANCELLATION, "developer", SERVICE)],
)
def test_a_cancelled_user_never_signs_in_again_and_the_key_stays_to_be_asked_for(
    office: Office, kind: ApplicationKind, unit: str, who: str
):
    account = employed(office, unit)
    name, serial = account.name, key_of(office, account)
    identity = sent(office, kind, [{"login_name": account.login_name}], unit=unit)
    office.perform(who, identity, "cancel_user")

    office.session.expire_all()
    assert (account.state, account.name, account.is_active) == (
        AccountState.CANCELLED,
        name,
        False,
    )
    assert held(office, account) == set()
    ended = office.session.query(AccountGrant).filter_by(account=account)
    assert {grant.revoked_by_application_id for grant in ended} == {identity}
    assert still_out(office, serial) == ("issued", account.id, office.now)
    assert office.application(identity).state == ApplicationState.PASSED

    finished(office, identity)
    assert still_out(office, serial) == ("returned", None, None)


@pytest.mark.rule("M6.1")
def test_a_form_can_be_closed_while_a_key_is_out_and_the_key_stays_out(office: Office):
    account = employed(office)
    serial = key_of(office, account)
    identity = sent(office, K.USER_CANCELLATION, [{"login_name": account.login_name}])
    office.perform(INFO, identity, "cancel_user")
    office.perform(RESEARCH, identity, "complete", comment="多次催交未果")
    assert office.application(identity).state == ApplicationState.COMPLETED
    assert still_out(office, serial) == ("issued", account.id, office.now)


@pytest.mark.rule("M6.2")
def test_an_enterprise_cancels_with_the_pledge_in_the_words_of_the_measures(office: Office):
    identity = drafted(office, K.ENTERPRISE_CANCELLATION)
    applicant = administrator_of("developer")
    with pytest.raises(InvalidInput) as refusal:
        office.perform(applicant, identity, "submit", data={"pledge": False})
    assert [detail.field for detail in refusal.value.details] == ["data.pledge"]
    office.perform(applicant, identity, "submit", data={"pledge": True})
    kept = office.session.get_one(Pledge, office.application(identity).pledge_id)
    assert kept.text_zh == "提交注销用户名下没有未完成业务"


@pytest.mark.rule("M6.3")
def test_business_found_afterwards_is_deleted_with_its_full_record(office: Office):
    account = keyless(office, "east")
    made = case(office, account.login_name)
    number, row = case_of(office, made).number, row_of(case_of(office, made))
    line = {"login_name": account.login_name, "case_numbers": number.lower()}
    identity = sent(office, K.BUSINESS_DELETION, [line])
    assert case_of(office, made).state == "open"
    office.perform(RESEARCH, identity, "delete_business", comment="查实未受理")
    assert case_of(office, made).state == "deleted"
    assert case_of(office, made).application_id == identity
    (event,) = office.events(AuditEvent.tag == "cases:deleted")
    assert event.old is not None
    assert event.old.items() >= row.items()
    assert event.old["owner"] == account.login_name
    assert event.new == {
        "state": "deleted",
        "application": office.application(identity).number,
    }
    assert office.count(Case) == 1


def row_of(made: Case) -> dict[str, Any]:
    """Every column of a case as the trail would keep it; the version is no part of the record."""
    kept = {}
    for column in Case.__table__.columns:
        value = getattr(made, column.name)
        kept[column.name] = value.isoformat() if isinstance(value, datetime) else value
    kept.pop("version")
    return kept


@pytest.mark.rule("M6.4")
def test_a_restored_user_can_sign_in_and_counts_from_the_restoration(office: Office):
    account = suspended(office, "developer")
    office.now += timedelta(days=3)
    identity = sent(
        office, K.LOGIN_RESTORATION, [{"login_name": account.login_name}], unit="developer"
    )
    office.perform(RESEARCH, identity, "restore_login")
    office.session.expire_all()
    assert (account.state, account.activated_at) == (AccountState.ACTIVE, office.now)


@pytest.mark.rule("M5.1")
@pytest.mark.parametrize("action", ["cancel_user", "restore_login", "delete_business"])
def test_one_person_is_refused_while_the_others_pass(office: Office, action: str):
    kind = {
        "cancel_user": K.USER_CANCELLATION,
        "restore_login": K.LOGIN_RESTORATION,
        "delete_business": K.BUSINESS_DELETION,
    }[action]
    unit = unit_of(kind)
    lines = [LINES[kind](office, unit), LINES[kind](office, unit)]
    identity = sent(office, kind, lines)
    before = [line.account.state for line in office.application(identity).lines if line.account]
    ruling = {"position": 2, "verdict": "refused", "reason_code": "other", "reason": "情况不符"}
    who = INFO if action == "cancel_user" else RESEARCH
    office.perform(who, identity, action, data={"lines": [ruling]})
    first, second = office.application(identity).lines
    assert (first.verdict, second.verdict) == ("passed", "refused")
    assert second.account is not None
    assert second.account.state == before[1]
    business = {it.owner_id: it.state.value for it in office.session.query(Case)}
    if action == "delete_business":
        assert business == {first.account_id: "deleted", second.account_id: "open"}
    else:
        assert first.account is not None
        assert first.account.state != before[0]
