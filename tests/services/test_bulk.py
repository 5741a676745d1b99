"""One act on many applications: each by itself, and a refusal stops no other."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.enums import ApplicationState, Category
from app.errors import BadRequest, Forbidden, InvalidInput
from app.models.audit import AuditEvent
from app.models.notices import Notice
from app.models.work import Remark
from app.services import bulk
from app.services.listing import ListQuery
from tests.support.factories import NOON, Office

S = ApplicationState


def carry_out(
    office: Office, login: str, ids: Iterable[int], action: str, **said: Any
) -> list[bulk.Outcome]:
    with office.acting(login) as actor:
        return list(
            bulk.carry_out(office.session, list(ids), action, actor=actor, now=NOON, **said)
        )


def states(office: Office, ids: Iterable[int]) -> list[ApplicationState]:
    return [office.application(it).state for it in ids]


def test_each_is_decided_by_itself_and_a_refusal_stops_no_other(office: Office):
    first, last = office.submitted("east"), office.submitted("west")
    draft = office.draft("east")
    taken = office.submitted("east")
    office.perform("reg2", taken, "claim")

    told = carry_out(office, "reg1", [first, taken, draft, last], "approve", comment="同意")

    assert [it.done for it in told] == [True, False, False, True]
    assert [it.code for it in told] == ["", "claimed_by_other", "not_your_duty", ""]
    assert told[2].label == f"#{draft}"
    assert told[1].message
    assert states(office, [first, taken, draft, last]) == [S.PASSED, S.SUBMITTED, S.DRAFT, S.PASSED]
    refused = office.refusals()
    assert [it.subject_id for it in refused] == [taken, draft]
    assert {it.actor_label for it in refused} == {str(office.account("reg1"))}
    passed = office.events(AuditEvent.tag == "application:approved", AuditEvent.outcome == "done")
    assert [(it.subject_id, it.comment) for it in passed] == [(first, "同意"), (last, "同意")]


@pytest.mark.rule("M5.1")
def test_many_are_returned_with_one_remark(office: Office):
    ids = [office.submitted("east"), office.submitted("west")]

    told = carry_out(office, "reg1", ids, "return", comment="请补盖公章")

    assert [it.done for it in told] == [True, True]
    assert states(office, ids) == [S.RETURNED, S.RETURNED]
    words = office.session.scalars(
        select(Notice.params).where(Notice.code == "application_returned")
    ).all()
    assert [it["comment"] for it in words] == ["请补盖公章"] * 2
    assert office.count(Remark) == 0


@pytest.mark.rule("X4")
def test_nobody_passes_an_own_form_among_many(office: Office):
    own, other = office.submitted("east"), office.submitted("east")
    form = office.application(own)
    form.created_by_id = office.account("reg1").id
    office.session.commit()

    told = carry_out(office, "reg1", [own, other], "approve")

    assert [(it.done, it.code) for it in told] == [(False, "applicant_decides"), (True, "")]
    assert states(office, [own, other]) == [S.SUBMITTED, S.PASSED]


@pytest.mark.rule("M3")
def test_another_office_s_forms_are_refused_unnamed(office: Office):
    theirs = office.submitted("east", Category.TRANSACTION)
    own = office.submitted("east", Category.REGISTRATION)

    told = carry_out(office, "reg1", [theirs, own, 999_999], "approve")

    assert [it.done for it in told] == [False, True, False]
    assert [it.code for it in told] == ["not_your_duty", "", "not_found"]
    assert [told[0].label, told[2].label] == [f"#{theirs}", "#999999"]


def test_what_has_been_decided_meanwhile_is_refused_with_who_was_quicker(office: Office):
    stale, fresh = office.submitted("east"), office.submitted("east")
    office.perform("reg2", stale, "approve")

    told = carry_out(office, "reg1", [stale, fresh], "approve")

    assert [it.done for it in told] == [False, True]
    assert told[0].details[0].code == "decided_by"
    assert office.account("reg2").name in told[0].message


def test_the_same_request_again_tells_the_same_and_does_nothing_twice(office: Office):
    ids = [office.submitted("east"), office.submitted("east")]
    first = carry_out(office, "reg1", ids, "approve", key="k")
    events = office.count(AuditEvent)

    again = carry_out(office, "reg1", ids, "approve", key="k")

    assert [(it.id, it.done, it.state) for it in again] == [
        (it.id, it.done, it.state) for it in first
    ]
    assert office.count(AuditEvent) == events


def test_what_no_form_could_be_done_with_is_refused_before_any(office: Office):
    with office.acting("reg1") as actor:
        for said, error in (
            ({"action": "reject", "ids": [1], "comment": "x"}, BadRequest),
            ({"action": "issue_key", "ids": [1], "comment": ""}, BadRequest),
            ({"action": "return", "ids": [1], "comment": " "}, InvalidInput),
            ({"action": "approve", "ids": [], "comment": ""}, InvalidInput),
            ({"action": "approve", "ids": range(bulk.MOST + 1), "comment": ""}, InvalidInput),
        ):
            with pytest.raises(error):
                bulk.check(actor=actor, **said)
    with office.acting("east.admin") as actor, pytest.raises(Forbidden):
        bulk.check("approve", [1], actor=actor, comment="")


def test_all_of_a_view_is_what_its_reader_sees(office: Office):
    ids = [office.submitted("east") for _ in range(3)]
    office.submitted("east", Category.TRANSACTION)
    with office.acting("reg1") as actor:
        assert sorted(bulk.of_view(office.session, ListQuery())) == ids
        assert sorted(bulk.of_work(office.session, actor, "approve")) == ids
        assert bulk.of_work(office.session, actor, "configure") == []
