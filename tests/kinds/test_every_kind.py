"""What holds for every kind of form: read off the catalogue, so that a tenth is held to it too."""

from dataclasses import replace

import pytest

from app.catalog.enums import ApplicationState, Duty, OfficeCode
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
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
from tests.support.kinds import drafted, finished, key_of, sent, stock_up, unit_of
from tests.support.rows import changes, everything

KINDS = sorted(APPLICATIONS)


def line_class(kind: ApplicationKind) -> type[ApplicationLine]:
    found: type[Application] = Application.__mapper__.polymorphic_map[kind].class_
    return found.line_class


def acts_of(kind: ApplicationKind) -> set[str]:
    return {act.action for act in APPLICATIONS[kind].transitions}


NAMING = [kind for kind in KINDS if finder_of(line_class(kind))]
AT_THE_COUNTER = {"issue_key", "rebind_key", "take_back_key", "complete"}
REVIEWED = [
    kind for kind in KINDS if RoadAction.APPROVE in acts_of(kind) and AT_THE_COUNTER & acts_of(kind)
]
"""Kinds with a review on their road and something to hand out after it."""


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
            for who in (office.actor(staff_of(other)), office.almighty(staff_of(other))):
                with pytest.raises(DomainError) as refusal:
                    office.perform(who, identity, step.action)
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
    login, digest = account.login_name, account.citizen_id_digest
    while work := open_work(office.application(identity)):
        step = work[0]
        colleague = office.almighty(staff_of(DUTY_OFFICE[step.duty], 2))
        with_another_account = replace(colleague, person_digest=digest)
        with_another_number = replace(office.almighty(login), person_digest=colleague.person_digest)
        for who in (office.almighty(login), with_another_account, with_another_number):
            lying = replace(who, duties=frozenset(Duty))
            with pytest.raises(Forbidden) as refusal:
                office.perform(lying, identity, step.action)
            assert (refusal.value.code, refusal.value.rule) == ("named_person_decides", "X4")
        office.do_step(identity, step.action, DUTY_OFFICE[step.duty])


@pytest.mark.rule("X4")
@pytest.mark.parametrize("kind", REVIEWED)
def test_who_passed_a_review_hands_out_no_key(office: Office, kind: ApplicationKind):
    """Neither at the step that waits nor by closing it early, whatever duties the reviewer has."""
    identity = sent(office, kind)
    stock_up(office, OfficeCode.RESEARCH)
    refused = set()
    while work := open_work(office.application(identity)):
        step, form = work[0], office.application(identity)
        waiting = {step.action, "complete"} & AT_THE_COUNTER
        for act in APPLICATIONS[kind].transitions:
            if act.action in waiting and form.state in act.sources:
                lying = replace(office.almighty(reviewer_of(form)), duties=frozenset(Duty))
                with pytest.raises(Forbidden) as refusal:
                    office.perform(lying, identity, act.action, comment="?")
                assert (refusal.value.code, refusal.value.rule) == ("reviewer_issues", "X4")
                refused.add(act.action)
        office.do_step(identity, step.action, DUTY_OFFICE[step.duty])
    assert refused == acts_of(kind) & AT_THE_COUNTER


def reviewer_of(form: Application) -> str:
    """The login name of somebody who passed it."""
    return next(
        work.closed_by.login_name
        for work in form.work_items
        if work.action == RoadAction.APPROVE and work.closed_by
    )


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
    assert_repeats_record(office, identity)
    office.perform(administrator_of(unit_of(kind)), identity, "submit")
    assert_repeats_record(office, identity)


def assert_repeats_record(office: Office, identity: int) -> None:
    """Every column of the form's one line that repeats the record says what the record says."""
    (line,) = office.application(identity).lines
    account = line.account
    assert account is not None
    recorded = {
        "name": account.name,
        "login_name": account.login_name,
        "key_serial": key_of(office, account),
        "items": {grant.item.code for grant in account.grants if grant.valid_until is None},
    }
    for column in line_columns(type(line)):
        if column.field.repeats_record:
            said = getattr(line, column.name)
            said = {item.code for item in said} if column.holds_items else said
            assert said, column.name
            assert said == recorded[column.field.present], column.name
    assert line.person_digest == account.citizen_id_digest
