"""What holds for every kind of form: read off the catalogue, so that a tenth is held to it too."""

from dataclasses import replace

import pytest

from app.catalog.enums import ApplicationKind, ApplicationState, Duty
from app.catalog.lifecycles import APPLICATIONS
from app.catalog.loader import load_catalog
from app.catalog.types import RoadAction
from app.errors import DomainError, Forbidden
from app.models.applications import Application, ApplicationLine
from app.workflow.columns import field_of, finder_of, line_columns
from app.workflow.record import LINE_RULES
from tests.support.factories import (
    DUTY_OFFICE,
    Office,
    administrator_of,
    open_work,
    staff_of,
)
from tests.support.kinds import drafted, finished, sent, unit_of
from tests.support.rows import changes, everything

KINDS = sorted(APPLICATIONS)


def line_class(kind: ApplicationKind) -> type[ApplicationLine]:
    found: type[Application] = Application.__mapper__.polymorphic_map[kind].class_
    return found.line_class


NAMING = [kind for kind in KINDS if finder_of(line_class(kind))]


@pytest.mark.rule("M5.1", "M6.1", "M6.2", "M6.3")
@pytest.mark.parametrize("kind", KINDS)
def test_a_form_goes_its_road_to_the_end(office: Office, kind: ApplicationKind):
    identity = sent(office, kind)
    done = finished(office, identity)
    assert done.state == ApplicationState.COMPLETED
    assert done.closed_at is not None
    asked = {None, *(category.value for category in done.categories())}
    assert [work.action for work in done.work_items] == [
        step["action"] for step in done.road if step["category"] in asked
    ]


@pytest.mark.rule("M3")
@pytest.mark.parametrize("kind", KINDS)
def test_each_step_is_done_by_its_own_office_and_refused_to_every_other(
    office: Office, kind: ApplicationKind
):
    identity = sent(office, kind)
    while work := open_work(office.application(identity)):
        step = work[0]
        waiting = {DUTY_OFFICE[it.duty] for it in work}
        before = everything(office.session)
        for other in set(DUTY_OFFICE.values()) - waiting:
            with pytest.raises(DomainError) as refusal:
                office.perform(staff_of(other), identity, step.action)
            assert refusal.value.code in {"not_your_duty", "already_decided"}
        assert changes(before, everything(office.session)) == {}
        office.do_step(identity, step.action, DUTY_OFFICE[step.duty])
    assert office.application(identity).state == ApplicationState.COMPLETED


@pytest.mark.rule("X4")
@pytest.mark.parametrize("kind", KINDS)
def test_who_applied_decides_no_step_of_it(office: Office, kind: ApplicationKind):
    unit = unit_of(kind)
    applicant = administrator_of(unit)
    identity = sent(office, kind)
    while work := open_work(office.application(identity)):
        step = work[0]
        lying = office.almighty(applicant)
        with pytest.raises(Forbidden) as refusal:
            office.perform(replace(lying, duties=frozenset(Duty)), identity, step.action)
        assert (refusal.value.code, refusal.value.rule) == ("applicant_decides", "X4")
        office.do_step(identity, step.action, DUTY_OFFICE[step.duty])


@pytest.mark.rule("X4")
@pytest.mark.parametrize("kind", NAMING)
def test_who_is_named_decides_no_step_of_it(office: Office, kind: ApplicationKind):
    identity = sent(office, kind)
    account = office.application(identity).lines[0].account
    assert account is not None
    login = account.login_name
    while work := open_work(office.application(identity)):
        step = work[0]
        lying = replace(office.almighty(login), duties=frozenset(Duty))
        with pytest.raises(Forbidden) as refusal:
            office.perform(lying, identity, step.action)
        assert (refusal.value.code, refusal.value.rule) == ("named_person_decides", "X4")
        office.do_step(identity, step.action, DUTY_OFFICE[step.duty])


@pytest.mark.rule("X4")
@pytest.mark.parametrize("kind", KINDS)
def test_who_passed_a_review_hands_out_no_key(kind: ApplicationKind):
    """Every act at the counter of a kind whose road has a review keeps the reviewer away."""
    acts = APPLICATIONS[kind].transitions
    if not any(act.action == RoadAction.APPROVE for act in acts):
        return
    for act in acts:
        if act.action in {"issue_key", "rebind_key", "take_back_key", "complete"}:
            assert "actor_did_not_review" in act.who, act.action


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_declares_what_it_means(kind: ApplicationKind):
    declared = {it.name: it.field for it in line_columns(line_class(kind))}
    (entry,) = [entry for entry in load_catalog().kinds if entry.kind == kind]
    assert tuple(declared) == tuple(column.field for column in entry.columns)
    assert all(field.label for field in declared.values())
    for name in ("name", "remark"):
        assert field_of(line_class(kind), name).label


@pytest.mark.parametrize("kind", NAMING)
def test_a_kind_that_names_people_says_in_which_state_they_may_be(kind: ApplicationKind):
    assert line_class(kind).account_states
    assert set(line_class(kind).rules) <= set(LINE_RULES)


def test_no_line_rule_stands_ready_that_no_kind_uses():
    assert set(LINE_RULES) == {rule for kind in KINDS for rule in line_class(kind).rules}


@pytest.mark.rule("A4", "A5", "A6", "A7")
@pytest.mark.parametrize("kind", NAMING)
def test_what_the_record_says_stands_on_the_form_though_nobody_typed_it(
    office: Office, kind: ApplicationKind
):
    identity = drafted(office, kind)
    office.perform(administrator_of(unit_of(kind)), identity, "submit")
    (line,) = office.application(identity).lines
    for column in line_columns(type(line)):
        if column.field.repeats_record:
            assert getattr(line, column.name), column.name
    assert line.account_id is not None
    assert line.person_digest == line.account.citizen_id_digest
