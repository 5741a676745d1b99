"""第十一条: rules have a date of effect; a running application keeps those that it began under."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.catalog.enums import ApplicationState, Category, Duty, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.clock import OFFICE_ZONE
from app.errors import InvalidInput, Refused
from app.models.permissions import PermissionItem
from app.models.regulations import PaperRequirement, Pledge, RoadStep
from tests.support.factories import Office, administrator_of, items, open_work, staff_of
from tests.support.people import person

pytestmark = pytest.mark.rule("M11")

CHANGE = date(2026, 7, 1)
SERVICE = staff_of(OfficeCode.SERVICE)


def new_version(office: Office, row: Any, **changed: Any) -> Any:
    """End `row` on the day of the change and put a changed one in its place."""
    values = {
        column.key: getattr(row, column.key)
        for column in row.__mapper__.column_attrs
        if column.key != "id"
    }
    row.valid_until = CHANGE
    office.session.flush()
    made = type(row)(**{**values, "valid_from": CHANGE, "valid_until": None, **changed})
    office.session.add(made)
    office.session.commit()
    return made


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of that day where the office stands."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=OFFICE_ZONE)


def step_of(office: Office, kind: str, action: str, category: str | None = None) -> RoadStep:
    steps = office.session.query(RoadStep).filter_by(kind=kind, action=action, category=category)
    return steps.filter(RoadStep.valid_until.is_(None)).one()


def test_a_running_application_keeps_its_road_and_a_later_one_takes_the_new(office: Office):
    running = office.submitted("east")
    configure = step_of(office, "new_user", "configure")
    new_version(office, configure, duty=Duty.REVIEW_TRANSACTION)
    office.now = at(CHANGE)
    later = office.submitted("east")
    for identity in (running, later):
        office.perform(staff_of(OfficeCode.REG), identity, "approve")
    waiting = {i: open_work(office.application(i))[0].duty for i in (running, later)}
    assert waiting == {running: Duty.CONFIGURE_PERMISSIONS, later: Duty.REVIEW_TRANSACTION}


@pytest.mark.parametrize(
    ("instant", "rules"),
    [
        (at(CHANGE - timedelta(days=1), 23, 59), "old"),
        (at(CHANGE, 0, 0), "new"),
        (at(CHANGE, 23, 59), "new"),
    ],
    ids=["a-minute-before", "midnight", "the-same-evening"],
)
def test_the_day_is_the_offices_day(office: Office, instant: datetime, rules: str):
    review = step_of(office, "new_user", "approve", "registration")
    new_version(office, review, duty=Duty.REVIEW_TRANSACTION)
    office.now = instant
    identity = office.submitted("east")
    wanted = {"old": Duty.REVIEW_REGISTRATION, "new": Duty.REVIEW_TRANSACTION}
    assert open_work(office.application(identity))[0].duty == wanted[rules]


def test_an_application_that_comes_back_goes_the_road_of_the_day_it_comes_back(office: Office):
    identity = office.submitted("east")
    office.perform(staff_of(OfficeCode.REG), identity, "return", comment="?")
    review = step_of(office, "new_user", "approve", "registration")
    new_version(office, review, duty=Duty.REVIEW_TRANSACTION)
    office.now = at(CHANGE)
    office.perform(administrator_of("east"), identity, "submit")
    application = office.application(identity)
    assert application.rules_on == CHANGE
    assert open_work(application)[0].duty == Duty.REVIEW_TRANSACTION


def test_the_version_of_the_pledge_that_was_accepted_is_kept(office: Office):
    first = office.submitted("east")
    pledge = office.session.query(Pledge).filter_by(kind=ApplicationKind.NEW_USER).one()
    old, words = pledge.id, pledge.text_zh
    new = new_version(office, pledge, version=pledge.version + 1, text_zh="新的承诺").id
    office.now = at(CHANGE)
    second = office.submitted("east")
    assert office.application(first).pledge_id == old
    assert office.application(second).pledge_id == new
    assert office.session.get_one(Pledge, old).text_zh == words


def test_a_pledge_that_is_refused_keeps_the_form_back(office: Office):
    identity = office.draft("east")
    for answer in (False, None, "yes", 1, []):
        with pytest.raises(InvalidInput) as refusal:
            office.perform(administrator_of("east"), identity, "submit", data={"pledge": answer})
        assert [(d.field, d.rule) for d in refusal.value.details] == [("data.pledge", "M8")]
    office.perform(administrator_of("east"), identity, "submit", data={"pledge": True})


def test_without_a_pledge_in_force_nothing_is_handed_in(office: Office):
    identity = office.draft("east")
    office.session.query(Pledge).filter_by(kind=ApplicationKind.NEW_USER).one().valid_until = CHANGE
    office.session.commit()
    office.now = at(CHANGE)
    with pytest.raises(InvalidInput) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    assert [d.code for d in refusal.value.details] == ["no_pledge"]


@pytest.mark.parametrize(
    ("unit", "ended"),
    [
        ("east", {"action": "approve", "category": "registration"}),
        ("east", {"action": "configure"}),
        ("developer", {"action": "approve"}),
        ("developer", {"action": "issue_key"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value.values()),
)
def test_a_form_for_which_no_office_is_responsible_is_refused_and_not_stranded(
    office: Office, unit: str, ended: dict[str, str]
):
    identity = office.draft(unit, *([] if unit == "developer" else Category))
    for step in office.session.query(RoadStep).filter_by(**ended):
        step.valid_until = CHANGE
    office.session.commit()
    office.now = at(CHANGE)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    assert (refusal.value.code, refusal.value.rule) == ("no_office_responsible", "M11")
    assert office.application(identity).state == ApplicationState.DRAFT


def test_the_papers_are_those_of_the_day_of_submission(office: Office):
    running = office.submitted("agency")
    licence = (
        office.session.query(PaperRequirement)
        .filter_by(applies_to="enterprise", code="business_licence")
        .one()
    )
    new_version(office, licence, code="electronic_licence", original=False)
    office.now = at(CHANGE)
    later = office.submitted("agency")
    codes = {
        i: {c.paper_code for c in office.application(i).paper_checks} for i in (running, later)
    }
    assert "business_licence" in codes[running]
    assert "electronic_licence" not in codes[running]
    assert codes[later] - codes[running] == {"electronic_licence"}
    for identity, licence_of_the_day in (
        (running, "business_licence"),
        (later, "electronic_licence"),
    ):
        office.tick_everything(identity, SERVICE)
        checks = office.application(identity).paper_checks
        (own,) = [check.id for check in checks if check.paper_code == licence_of_the_day]
        for kept in (False, True):
            data = {"papers": [{"id": own, "copy_kept": kept}]}
            office.perform(SERVICE, identity, "check_papers", data=data)
            if not kept:
                with pytest.raises(Refused) as refusal:
                    office.perform(SERVICE, identity, "approve")
                assert [d.field for d in refusal.value.details] == [f"papers.{own}.copy_kept"]
        assert office.perform(SERVICE, identity, "approve").state == ApplicationState.CONFIGURED


def test_what_was_granted_is_the_version_of_the_item_that_was_in_force(office: Office):
    code = items(office.organization("east").type, "registration")[0]
    old = office.session.query(PermissionItem).filter_by(code=code).one()
    new = new_version(office, old, name_zh="新的说法")
    first = office.standing_at(ApplicationState.CONFIGURED, "east")
    office.now = at(CHANGE)
    second = office.standing_at(ApplicationState.CONFIGURED, "east")
    granted = [office.application(i).lines[0].account.grants[0].item_id for i in (first, second)]
    assert granted == [old.id, new.id]


def test_an_item_that_is_no_longer_in_force_is_not_offered_nor_taken(office: Office):
    code = items(office.organization("east").type, "registration")[0]
    office.session.query(PermissionItem).filter_by(code=code).one().valid_until = CHANGE
    office.session.commit()
    office.now = at(CHANGE)
    with pytest.raises(InvalidInput) as refusal:
        office.draft("east", lines=[{**person(1), "items": [code]}])
    assert "unknown_item" in {d.code for d in refusal.value.details}


def test_an_item_that_ended_while_the_draft_lay_there_is_not_handed_in(office: Office):
    code = items(office.organization("east").type, "registration")[0]
    identity = office.draft("east", lines=[{**person(1), "items": [code]}])
    office.session.query(PermissionItem).filter_by(code=code).one().valid_until = CHANGE
    office.session.commit()
    office.now = at(CHANGE)
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("east"), identity, "submit")
    (detail,) = refusal.value.details
    assert (detail.field, detail.code, detail.rule) == ("lines.1.items", "item_not_in_force", "M11")
