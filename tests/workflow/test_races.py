"""Real threads on a real database: of two at once one wins, the other is told who did."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category, OfficeCode
from app.errors import Conflict, DomainError, Refused
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.keys import Key, KeyMovement
from app.models.organizations import Organization
from app.models.work import LineDecision
from app.security.actor import Actor, acting
from app.services.acts import perform
from app.services.applications import open_draft, save_draft
from app.services.commits import committing
from app.workflow.engine import Outcome, fire
from tests.support.factories import (
    HEADER,
    Office,
    administrator_of,
    items,
    kind_of,
    open_work,
    staff_of,
)
from tests.support.people import person
from tests.support.threads import at_once

REG, REG2 = staff_of(OfficeCode.REG), staff_of(OfficeCode.REG, 2)
MKT, INFO = staff_of(OfficeCode.MKT), staff_of(OfficeCode.INFO)
RESEARCH, RESEARCH2 = staff_of(OfficeCode.RESEARCH), staff_of(OfficeCode.RESEARCH, 2)
Call = Callable[[Session], Any]


def does(office: Office, login: str, identity: int, action: str, **said: Any) -> Call:
    """Somebody doing something to an application, to be done in a thread."""
    actor = office.actor(login)
    said.setdefault("now", office.now)

    def act(session: Session) -> Outcome:
        with acting(session, actor):
            return perform(session, Application, identity, action, actor=actor, **said)

    return act


def patiently(call: Call) -> Call:
    """The same, tried again for as long as it is a conflict: what a person does who is told so."""

    def act(session: Session) -> Any:
        for _attempt in range(20):
            try:
                return call(session)
            except Conflict:
                session.rollback()
        return call(session)

    return act


def settle(office: Office, *calls: Call) -> tuple[list[Outcome], list[DomainError]]:
    """Run all at once; who won and who was refused. Anything else is an error of the program."""
    office.session.rollback()
    results = at_once(APP[0], *calls)
    won = [r for r in results if not isinstance(r, BaseException)]
    refused = [r for r in results if isinstance(r, DomainError)]
    broken = [r for r in results if isinstance(r, BaseException) and not isinstance(r, DomainError)]
    if broken:
        raise broken[0]
    return won, refused


APP: list[Flask] = []


@pytest.fixture(autouse=True)
def _application(app: Flask):
    APP[:] = [app]


def key_for(position: int, serial: str) -> dict[str, Any]:
    return {"lines": [{"position": position, "key_serial": serial}]}


@pytest.mark.rule("X4")
@pytest.mark.parametrize("action", ["approve", "return", "reject"])
def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told_who_did(
    office: Office, action: str
):
    identity = office.submitted("east", Category.TRANSACTION, Category.REGISTRATION)
    said = {"comment": "不同意"}
    won, refused = settle(
        office,
        does(office, REG, identity, "approve"),
        does(office, REG2, identity, action, **said),
    )
    assert len(won) == len(refused) == 1
    assert refused[0].status == 409
    (detail,) = refused[0].details
    assert detail.code == "decided_by"
    assert detail.params["name"] in {office.account(login).name for login in (REG, REG2)}
    assert office.count(LineDecision) <= 1
    closed = [
        work.closed_by_id
        for work in office.application(identity).work_items
        if work.duty == "review_registration" and work.outcome != "cancelled"
    ]
    assert len(closed) == 1
    assert [e.new["status"] for e in office.refusals()] == [409]


def test_who_comes_while_a_colleague_decides_waits_and_is_then_told(app: Flask, office: Office):
    identity = office.submitted("east")
    slow, done = office.actor(REG), threading.Event()
    results: list[Any] = []

    second = does(office, REG2, identity, "approve")
    with acting(office.session, slow):
        subject = office.session.get_one(Application, identity)
        fire(office.session, subject, "approve", actor=slow, now=office.now)

        def run() -> None:
            results.extend(at_once(app, second))
            done.set()

        thread = threading.Thread(target=run)
        thread.start()
        assert not done.wait(0.5), "the second reviewer must wait for the first"
        office.session.commit()
    thread.join(30)
    (refusal,) = results
    assert isinstance(refusal, Conflict)
    (detail,) = refusal.details
    assert detail.params["name"] == office.account(REG).name
    assert refusal.params["state"].msgid == "Passed"


def test_three_offices_at_once_pass_it_on_exactly_once(office: Office):
    identity = office.submitted("east", *Category)
    won, refused = settle(
        office,
        *(patiently(does(office, login, identity, "approve")) for login in (REG, MKT, INFO)),
    )
    assert refused == []
    assert Counter(outcome.state for outcome in won) == {"under_review": 2, "passed": 1}
    application = office.application(identity)
    assert application.state == ApplicationState.PASSED
    assert [work.action for work in open_work(application)] == ["configure"]


def test_of_two_who_take_a_form_on_at_once_one_has_it(office: Office):
    identity = office.submitted("east")
    won, refused = settle(
        office, does(office, REG, identity, "claim"), does(office, REG2, identity, "claim")
    )
    assert len(won) == len(refused) == 1
    events = office.events(AuditEvent.tag == "application:claimed", AuditEvent.outcome == "done")
    (work,) = open_work(office.application(identity))
    assert [event.actor_id for event in events] == [work.claimed_by_id]


def test_withdrawn_or_passed_but_never_both(office: Office):
    identity = office.submitted("east")
    won, refused = settle(
        office,
        does(office, REG, identity, "approve"),
        does(office, administrator_of("east"), identity, "withdraw"),
    )
    assert (len(won), len(refused)) == (1, 1)
    assert isinstance(refused[0], Conflict)
    assert office.application(identity).state == won[0].state


@pytest.mark.rule("M9")
def test_two_key_officers_hand_one_key_to_one_person_only(office: Office):
    first, second = (office.standing_at(ApplicationState.CONFIGURED, "east") for _ in range(2))
    serial = office.free_serials(OfficeCode.RESEARCH)[0]
    won, refused = settle(
        office,
        does(office, RESEARCH, first, "issue_key", data=key_for(1, serial)),
        does(office, RESEARCH2, second, "issue_key", data=key_for(1, serial)),
    )
    assert len(won) == len(refused) == 1
    assert isinstance(refused[0], Conflict | Refused)
    key = office.session.query(Key).filter_by(serial=serial).one()
    moves = office.count(KeyMovement, KeyMovement.key_id == key.id, KeyMovement.action == "issue")
    assert (key.state, moves) == ("issued", 1)
    active = [a for a in office.session.query(Account) if a.state == "active"]
    assert [account.id for account in active] == [key.holder_id]


@pytest.mark.rule("M9")
def test_two_key_officers_hand_one_person_one_key_only(office: Office):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    one, other, *_rest = office.free_serials(OfficeCode.RESEARCH)
    won, refused = settle(
        office,
        does(office, RESEARCH, identity, "issue_key", data=key_for(1, one)),
        does(office, RESEARCH2, identity, "issue_key", data=key_for(1, other)),
    )
    assert len(won) == len(refused) == 1
    assert office.count(Key, Key.state == "issued") == 1


def test_keys_that_two_forms_name_in_opposite_order_are_no_deadlock(office: Office):
    forms = [office.standing_at(ApplicationState.CONFIGURED, "east", people=4) for _ in range(2)]
    serials = office.free_serials(OfficeCode.RESEARCH)[:4]
    rows = [{"position": n, "key_serial": serial} for n, serial in enumerate(serials, start=1)]
    won, refused = settle(
        office,
        does(office, RESEARCH, forms[0], "issue_key", data={"lines": rows}),
        does(office, RESEARCH2, forms[1], "issue_key", data={"lines": rows[::-1]}),
    )
    assert len(won) == len(refused) == 1
    assert office.count(Key, Key.state == "issued") == 4


@pytest.mark.rule("M5")
def test_two_forms_that_name_the_same_person_at_once_end_in_one_account(office: Office):
    asked = items(office.organization("east").type, Category.REGISTRATION)
    forms = [office.draft("east", lines=[{**person(1), "items": asked}]) for _ in range(2)]
    login = administrator_of("east")
    won, _refused = settle(office, *(does(office, login, form, "submit") for form in forms))
    assert won
    for step in (("approve", REG), ("configure", INFO)):
        calls = [does(office, step[1], form, step[0]) for form in forms]
        settle(office, *calls)
    number = person(1)["citizen_id"]
    found = [a for a in office.session.query(Account) if a.citizen_id == number]
    assert len(found) == 1


@pytest.mark.rule("M5")
def test_people_of_one_name_configured_at_once_get_login_names_of_their_own(office: Office):
    asked = items(office.organization("east").type, Category.REGISTRATION)
    forms = [
        office.standing_at(
            ApplicationState.PASSED,
            "east",
            lines=[{**office.person(items=asked), "name": "张伟"} for _ in range(2)],
        )
        for _ in range(3)
    ]
    won, refused = settle(
        office, *(patiently(does(office, INFO, form, "configure")) for form in forms)
    )
    assert (len(won), refused) == (3, [])
    names = [a.login_key for a in office.session.query(Account) if a.name == "张伟"]
    assert len(set(names)) == len(names) == 6


def test_one_request_sent_four_times_at_once_is_done_once(office: Office):
    identity = office.submitted("east")
    call = does(office, REG, identity, "approve", idempotency_key="sent-again")
    won, refused = settle(office, *(patiently(call) for _ in range(4)))
    assert (len(won), refused) == (4, [])
    assert sorted(outcome.replayed for outcome in won) == [False, True, True, True]
    assert len(office.events(AuditEvent.tag == "application:approved")) == 1


def drafts(office: Office, unit: str, *, fail: bool = False) -> Call:
    actor, lines, now = office.actor(administrator_of(unit)), office.lines(unit), office.now
    organization_id = office.organization(unit).id

    def act(session: Session) -> str | None:
        with acting(session, actor):
            application, _ = open_draft(
                session,
                kind=kind_of(unit),
                organization=session.get_one(Organization, organization_id),
                raw={**HEADER, "lines": lines},
                actor=actor,
                now=now,
                strict=True,
            )
            number = application.number
            if fail:
                session.rollback()
                return None
            session.commit()
            return number

    return act


def test_numbers_are_unique_and_without_a_gap_under_eight_threads(office: Office):
    units = ["east", "west", "developer", "bank", "agency", "institute"]
    numbers = []
    for turn in range(3):
        calls = [drafts(office, units[n % 6], fail=n == turn) for n in range(8)]
        won, refused = settle(office, *calls)
        assert refused == []
        numbers += [number for number in won if number]
    assert sorted(numbers) == [f"SQ20260302{n:05d}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) == 21


def test_a_form_is_handed_in_as_it_was_saved_or_saved_no_more(office: Office):
    identity = office.draft("east")
    login = administrator_of("east")
    actor: Actor = office.actor(login)
    line = office.application(identity).lines[0]
    raw = {
        **HEADER,
        "lines": [
            {
                "id": line.id,
                "name": "王改名",
                "sex": line.sex.value,
                "citizen_id": line.citizen_id,
                "items": [item.code for item in line.items],
            }
        ],
    }

    def edits(session: Session) -> None:
        about = {"tag": "application:edited", "subject_type": "application"}
        with acting(session, actor), committing(session, actor=actor, now=office.now, **about):
            form = session.get_one(Application, identity)
            save_draft(session, form, raw, actor=actor, now=office.now, strict=True)

    _won, refused = settle(office, edits, does(office, login, identity, "submit"))
    assert all(isinstance(error, Conflict) for error in refused)
    events = office.events(AuditEvent.subject_id == identity, AuditEvent.outcome == "done")
    done = [event.tag for event in events if event.tag.startswith("application:")]
    if "application:edited" in done and "application:submitted" in done:
        assert done.index("application:edited") < done.index("application:submitted")
    changed = office.application(identity).lines[0].name == "王改名"
    assert changed == ("application:edited" in done)
