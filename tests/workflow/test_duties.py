"""第三条: each office does its own duty and no other's; 25 pairs, 5 allowed."""

import pytest

from app.catalog.enums import ApplicationState, AuditOutcome, Duty, OfficeCode
from app.catalog.lifecycles import APPLICATIONS, Transition
from app.catalog.loader import load_catalog
from app.catalog.permissions import BUNDLES, Permission, RoleName
from app.errors import Forbidden
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.offices import OfficeDuty
from tests.support.factories import DUTY_OFFICE, Office, administrator_of, open_work, staff_of
from tests.support.rows import changes, everything

ACT_OF = {
    Duty.REVIEW_REGISTRATION: "approve",
    Duty.REVIEW_TRANSACTION: "approve",
    Duty.CONFIGURE_PERMISSIONS: "configure",
    Duty.ISSUE_MANAGEMENT_KEYS: "issue_key",
    Duty.ISSUE_ENTERPRISE_KEYS: "issue_key",
}


def said(office: Office, application: Application, action: str) -> dict[str, object]:
    """What whoever has the duty would say with the act, so that only the duty can be wrong."""
    if action != "issue_key":
        return {}
    keeper = DUTY_OFFICE[open_work(application)[0].duty]
    serial = office.free_serials(keeper)[0]
    return {"data": {"lines": [{"position": 1, "key_serial": serial}]}}


def act_of(application: Application, action: str) -> Transition:
    found = APPLICATIONS[application.kind].find(action)
    assert found is not None
    return found


@pytest.mark.rule("M3")
@pytest.mark.parametrize("duty", Duty)
def test_an_office_does_its_own_duty(office: Office, duty: Duty):
    code = DUTY_OFFICE[duty]
    identity = office.waiting_for(duty)
    before = office.application(identity).version
    outcome = office.do_step(identity, ACT_OF[duty], code)
    after = office.application(identity)
    assert outcome.version == after.version > before
    assert not any(work.duty == duty for work in open_work(after))
    event = office.events(AuditEvent.tag == act_of(after, ACT_OF[duty]).tag)[-1]
    assert (event.outcome, event.actor_id) == (
        AuditOutcome.DONE,
        office.account(staff_of(code, 2 if ACT_OF[duty] == "issue_key" else 1)).id,
    )


@pytest.mark.rule("M3")
@pytest.mark.parametrize("duty", Duty)
def test_four_offices_are_refused_the_duty_of_the_fifth_and_that_is_put_on_record(
    office: Office, duty: Duty
):
    identity, action = office.waiting_for(duty), ACT_OF[duty]
    application = office.application(identity)
    act, options = act_of(application, action), said(office, application, action)
    before = everything(office.session)
    refused = []
    for code in OfficeCode:
        if DUTY_OFFICE[duty] == code:
            continue
        for who in (office.actor(staff_of(code)), office.almighty(staff_of(code, 2))):
            trail = office.count(AuditEvent)
            with pytest.raises(Forbidden) as refusal:
                office.perform(who, identity, action, **options)
            error = refusal.value
            assert error.rule in ({"M3"} if who.may(Permission.ROLES_ASSIGN) else {"M3", act.rule})
            assert changes(before, everything(office.session)) == {}
            (event,) = office.events()[trail:]
            assert (event.outcome, event.tag) == (AuditOutcome.REFUSED, act.tag)
            assert (event.subject_id, event.actor_id) == (identity, who.account_id)
            assert (event.rule, event.article) == (error.rule, error.article)
            assert event.article
        refused.append(code)
    assert len(refused) == 4


@pytest.mark.rule("M3")
@pytest.mark.parametrize("duty", Duty)
def test_a_colleague_without_the_right_does_not_do_the_offices_duty(office: Office, duty: Duty):
    identity, action = office.waiting_for(duty), ACT_OF[duty]
    options = said(office, office.application(identity), action)
    rights = BUNDLES[RoleName.HOLDER] | {Permission.APPLICATIONS_LIST}
    who = office.actor(staff_of(DUTY_OFFICE[duty], 2), permissions=rights)
    before = everything(office.session)
    with pytest.raises(Forbidden) as refusal:
        office.perform(who, identity, action, **options)
    assert refusal.value.code == "not_your_duty"
    assert changes(before, everything(office.session)) == {}


@pytest.mark.rule("M3", "M6.4")
def test_sign_in_is_restored_by_the_research_centre_alone(office: Office):
    """第六条（四）, whatever rights an account of another office has been given."""
    login = administrator_of("east")
    account = office.account(login).id
    said = {"key_serial": office.free_serials(OfficeCode.RESEARCH)[0]}
    office.perform(staff_of(OfficeCode.RESEARCH), account, "issue_key", model=Account, data=said)
    office.perform(staff_of(OfficeCode.INFO), account, "suspend", model=Account, comment="?")
    for code in OfficeCode:
        if code == OfficeCode.RESEARCH:
            continue
        who = office.almighty(staff_of(code))
        with pytest.raises(Forbidden) as refusal:
            office.perform(who, account, "restore", model=Account, comment="?")
        assert (refusal.value.code, refusal.value.rule) == ("not_your_duty", "M6.4")
        assert office.last_event().outcome == AuditOutcome.REFUSED
    office.perform(staff_of(OfficeCode.RESEARCH), account, "restore", model=Account, comment="?")
    assert office.account(login).is_active


@pytest.mark.rule("M3")
def test_the_database_lets_no_second_office_hold_a_duty(office: Office):
    key = [column.name for column in OfficeDuty.__table__.primary_key]
    assert key == ["duty"]
    held = {row.duty: row.office_code for row in office.session.query(OfficeDuty)}
    assert held == {duty: code.value for duty, code in DUTY_OFFICE.items()}
    assert set(held) == set(Duty)


@pytest.mark.rule("M3")
def test_the_catalogue_gives_each_office_one_duty():
    assert {o.code: len(o.duties) for o in load_catalog().offices} == dict.fromkeys(OfficeCode, 1)


@pytest.mark.rule("M3")
def test_a_duty_that_is_moved_to_another_office_moves_the_right(office: Office):
    identity = office.waiting_for(Duty.REVIEW_REGISTRATION)
    row = office.session.get_one(OfficeDuty, Duty.REVIEW_REGISTRATION)
    row.office_code = OfficeCode.MKT
    office.session.commit()
    with pytest.raises(Forbidden):
        office.perform(staff_of(OfficeCode.REG), identity, "approve")
    outcome = office.perform(staff_of(OfficeCode.MKT), identity, "approve")
    assert outcome.state == ApplicationState.PASSED
