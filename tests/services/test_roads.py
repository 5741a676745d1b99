"""Roads change from a day on, whole or not at all; what is under way goes on as it began."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import Duty
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.types import RoadAction, RuleOrigin
from app.clock import office_date
from app.errors import Conflict, Forbidden, InvalidInput
from app.models.regulations import RoadStep
from app.security.actor import Actor
from app.services.catalog.sync import plan_sync
from app.services.regulations import road_for
from app.services.roads import add_step, change_step, end_step, possible_pairs
from tests.support.factories import NOON, Office

TODAY = office_date(NOON)
TOMORROW = TODAY + timedelta(days=1)
NEW_USER = ApplicationKind.NEW_USER


@pytest.fixture
def keeper(office: Office) -> Actor:
    return office.actor("system_administrator")


def step_of(session: Session, action: RoadAction, kind: ApplicationKind = NEW_USER) -> RoadStep:
    return session.scalars(
        select(RoadStep)
        .where(RoadStep.kind == kind, RoadStep.action == action, RoadStep.valid_until.is_(None))
        .order_by(RoadStep.id)
    ).first()  # type: ignore[return-value]


def said(step: RoadStep, **changed: Any) -> dict[str, str]:
    """What the form of a step holds."""
    raw = {
        "position": str(step.position),
        "category": step.category.value if step.category else "",
        "name_zh": step.name_zh,
        "name_en": step.name_en,
        "valid_from": TOMORROW.isoformat(),
    }
    return {**raw, **changed}


def road(session: Session, day: date, kind: ApplicationKind = NEW_USER) -> list[tuple[Any, ...]]:
    return [(s.position, s.action, s.duty, s.name.zh) for s in road_for(session, kind, day)]


@pytest.mark.rule("M11")
def test_a_changed_step_holds_from_its_day_and_the_old_one_until_then(
    office: Office, session: Session, keeper: Actor
) -> None:
    step = step_of(session, RoadAction.CONFIGURE)
    before = road(session, TODAY)

    fresh = change_step(
        session, step, said(step, name_zh="信息中心开通权限"), actor=keeper, now=NOON
    )
    session.commit()

    assert road(session, TODAY) == before
    assert ("信息中心开通权限" in {name for *_rest, name in road(session, TOMORROW)}) is True
    assert (step.valid_until, fresh.valid_from, fresh.valid_until) == (TOMORROW, TOMORROW, None)
    event = office.last_event()
    assert (event.tag, event.rule, event.article) == ("catalogue:reworded", "M11", "第十一条")
    assert event.old is not None
    assert event.new is not None
    assert event.old["name_zh"] == step.name_zh
    assert event.new == {"name_zh": "信息中心开通权限", "valid_from": TOMORROW.isoformat()}


@pytest.mark.rule("M11")
def test_what_was_handed_in_goes_the_road_it_began(
    office: Office, session: Session, keeper: Actor
) -> None:
    identity = office.submitted("east")
    began = office.application(identity).road
    step = step_of(session, RoadAction.CONFIGURE)
    change_step(session, step, said(step, name_zh="另一个名字"), actor=keeper, now=NOON)
    session.commit()
    assert office.application(identity).road == began


def test_the_catalogue_s_next_sync_leaves_what_the_office_changed(
    session: Session, office: Office, keeper: Actor
) -> None:
    step = step_of(session, RoadAction.CONFIGURE)
    change_step(session, step, said(step, name_zh="另一个名字"), actor=keeper, now=NOON)
    session.commit()
    report = plan_sync(session, load_catalog(), now=NOON)
    assert {change.kind for change in report.changes} <= {"kept"}
    assert step.origin == RuleOrigin.OFFICE


@pytest.mark.parametrize(
    ("changed", "said_of_it"),
    [
        ({"position": "0"}, ("position", "not_a_position")),
        ({"position": "21"}, ("position", "not_a_position")),
        ({"position": "x"}, ("position", "not_a_position")),
        ({"position": "１"}, ("position", "not_a_position")),
        ({"position": ""}, ("position", "not_a_position")),
        ({"position": "7"}, ("position", "road_broken")),
        ({"category": "nothing"}, ("category", "unknown_choice")),
        ({"category": "system"}, ("position", "road_broken")),
        ({"name_zh": ""}, ("name_zh", "required")),
        ({"name_en": "x" * 201}, ("name_en", "text_too_long")),
        ({"name_zh": "\x00"}, ("name_zh", "nul_character")),
        ({"valid_from": ""}, ("valid_from", "not_a_date")),
        ({"valid_from": "soon"}, ("valid_from", "not_a_date")),
        ({"valid_from": "2020-01-01"}, ("valid_from", "in_the_past")),
        ({"kind": "enterprise_user"}, ("kind", "unknown_field")),
        ({"duty": "review_registration"}, ("duty", "unknown_field")),
        ({"origin": "catalogue"}, ("origin", "unknown_field")),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_field_and_leaves_the_road(
    office: Office,
    session: Session,
    keeper: Actor,
    changed: dict[str, str],
    said_of_it: tuple[str, str],
) -> None:
    step = step_of(session, RoadAction.CONFIGURE)
    before = road(session, TOMORROW)
    with pytest.raises(InvalidInput) as refused:
        change_step(session, step, said(step, **changed), actor=keeper, now=NOON)
    session.rollback()
    assert said_of_it in {(d.field, d.code) for d in refused.value.details}
    assert road(session, TOMORROW) == before


def test_a_step_is_changed_once(office: Office, session: Session, keeper: Actor) -> None:
    step = step_of(session, RoadAction.CONFIGURE)
    change_step(session, step, said(step), actor=keeper, now=NOON)
    session.commit()
    with pytest.raises(Conflict):
        change_step(session, step, said(step), actor=keeper, now=NOON)
    with pytest.raises(Conflict):
        end_step(session, step, {"valid_until": TOMORROW.isoformat()}, actor=keeper, now=NOON)


def test_the_last_step_of_a_road_cannot_be_taken_off(
    office: Office, session: Session, keeper: Actor
) -> None:
    step = step_of(session, RoadAction.ISSUE_KEY, ApplicationKind.ENTERPRISE_USER)
    with pytest.raises(InvalidInput) as refused:
        end_step(session, step, {"valid_until": TOMORROW.isoformat()}, actor=keeper, now=NOON)
    session.rollback()
    assert {d.code for d in refused.value.details} == {"road_broken"}


@pytest.mark.rule("M11")
def test_a_step_is_added_and_taken_off_again(
    office: Office, session: Session, keeper: Actor
) -> None:
    raw = {
        "kind": "enterprise_user",
        "position": "1",
        "action": "approve",
        "duty": "configure_permissions",
        "category": "",
        "name_zh": "复核",
        "name_en": "Second look",
        "valid_from": TOMORROW.isoformat(),
    }
    step = add_step(session, raw, actor=keeper, now=NOON)
    session.commit()
    assert "复核" in {name for *_, name in road(session, TOMORROW, ApplicationKind.ENTERPRISE_USER)}
    later = (TOMORROW + timedelta(days=1)).isoformat()
    end_step(session, step, {"valid_until": later}, actor=keeper, now=NOON, comment="试行结束")
    session.commit()
    assert step.valid_until == TOMORROW + timedelta(days=1)
    assert [e.tag for e in office.events()][-2:] == ["catalogue:added", "catalogue:ended"]


@pytest.mark.rule("M3")
def test_no_office_is_given_another_s_act(office: Office, session: Session, keeper: Actor) -> None:
    forbidden = {(a, d) for a in RoadAction for d in Duty} - possible_pairs()
    assert forbidden
    for action, duty in forbidden:
        raw = {
            "kind": "new_user",
            "position": "2",
            "action": action.value,
            "duty": duty.value,
            "name_zh": "越权",
            "name_en": "Trespass",
            "valid_from": TOMORROW.isoformat(),
        }
        with pytest.raises(InvalidInput) as refused:
            add_step(session, raw, actor=keeper, now=NOON)
        assert ("duty", "M3") in {(d.field, d.rule) for d in refused.value.details}


@pytest.mark.parametrize(
    "login", ["auditor", "security_administrator", "reg1", "info1", "east.admin"]
)
def test_roads_are_the_system_administrator_s(office: Office, session: Session, login: str) -> None:
    step = step_of(session, RoadAction.CONFIGURE)
    actor = office.actor(login)
    calls: list[Callable[[], Any]] = [
        lambda: change_step(session, step, said(step), actor=actor, now=NOON),
        lambda: add_step(session, said(step), actor=actor, now=NOON),
        lambda: end_step(session, step, {}, actor=actor, now=NOON),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()
