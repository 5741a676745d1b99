"""An act is done once, and to the record as the caller saw it."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category, LineVerdict, OfficeCode
from app.catalog.permissions import Permission
from app.errors import BadRequest, Conflict, Refused
from app.extensions import db
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent, IdempotencyKey
from app.models.keys import Key
from app.security.actor import Actor, acting
from app.services.acts import perform
from app.services.applications import save_draft
from app.services.commits import committing
from app.workflow.engine import fire
from tests.support.factories import HEADER, Office, administrator_of, open_work, staff_of
from tests.support.rows import changes, everything

REG, MKT, INFO = (staff_of(code) for code in (OfficeCode.REG, OfficeCode.MKT, OfficeCode.INFO))
RESEARCH = OfficeCode.RESEARCH
BOTH = (Category.TRANSACTION, Category.REGISTRATION)


@pytest.fixture
def other(app: Flask, office: Office) -> Iterator[Session]:
    """A colleague's session, opened beside the test's own."""
    made = db.session.session_factory()
    with acting(made, Actor.system("colleague")):
        yield made
        made.rollback()
    made.close()


def by_colleague(
    office: Office, other: Session, login: str, identity: int, action: str, **said: Any
):
    """Let somebody else act in a session of their own while the test's session holds its rows."""
    actor = office.actor(login)
    with acting(other, actor):
        return perform(other, Application, identity, action, actor=actor, now=office.now, **said)


def typed(application: Application, **changed: Any) -> dict[str, Any]:
    """The form as it stands, with the first name changed."""
    rows = [
        {
            "id": line.id,
            "name": line.name,
            "sex": line.sex.value,
            "citizen_id": line.citizen_id,
            "items": [item.code for item in line.items],
        }
        for line in application.lines
    ]
    rows[0].update(changed)
    return {**HEADER, "lines": rows}


# --- Repetition


def test_an_act_that_is_repeated_by_its_key_is_done_once_and_answered_alike(office: Office):
    identity = office.submitted("east")
    first = office.perform(REG, identity, "approve", idempotency_key="k1", comment="同意")
    before = everything(office.session)
    trail = office.count(AuditEvent)
    again = office.perform(REG, identity, "approve", idempotency_key="k1", comment="同意")
    assert again.replayed
    assert not first.replayed
    assert (again.state, again.version, again.result) == (first.state, first.version, first.result)
    assert changes(before, everything(office.session)) == {}
    assert office.count(AuditEvent) == trail


def test_a_repetition_tells_no_secret(office: Office):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    first = office.do_step(identity, "issue_key", RESEARCH, idempotency_key="k1")
    again = office.perform(staff_of(RESEARCH, 2), identity, "issue_key", idempotency_key="k1")
    assert first.secrets["lines"][0]["initial_password"]
    assert again.secrets == {}
    assert again.result == first.result
    kept = office.session.query(IdempotencyKey).one()
    assert first.secrets["lines"][0]["initial_password"] not in str(kept.outcome)


@pytest.mark.parametrize("what", ["another-act", "another-record", "another-kind-of-record"])
def test_a_key_that_named_another_act_is_a_conflict(office: Office, what: str):
    identity, second = office.submitted("east"), office.submitted("east")
    office.perform(REG, identity, "claim", idempotency_key="k1")
    who, said = office.actor(REG, permissions=office.almighty(INFO).permissions), {}
    target, action = identity, "approve"
    if what == "another-record":
        target, action = second, "claim"
    elif what == "another-kind-of-record":
        target, action = office.account(administrator_of("west")).id, "cancel"
        said = {"model": Account, "comment": "?"}
    with pytest.raises(Conflict) as refusal:
        office.perform(who, target, action, idempotency_key="k1", **said)
    assert refusal.value.code == "idempotency_key_reused"
    assert refusal.value.status == 409


def test_two_people_may_use_the_same_key(office: Office):
    first, second = office.submitted("east"), office.submitted("east", Category.TRANSACTION)
    office.perform(REG, first, "approve", idempotency_key="k1")
    assert not office.perform(MKT, second, "approve", idempotency_key="k1").replayed


def test_a_refused_act_uses_no_key_up(office: Office):
    identity = office.submitted("east")
    with pytest.raises(Conflict):
        office.perform(REG, identity, "approve", idempotency_key="k1", expected_version=999)
    assert not office.perform(REG, identity, "approve", idempotency_key="k1").replayed


def test_only_a_persons_act_carries_a_key(office: Office):
    account = office.account(administrator_of("east")).id
    who = Actor.system("job", Permission.ACCOUNTS_CANCEL)
    with pytest.raises(BadRequest):
        office.perform(who, account, "cancel", model=Account, comment="?", idempotency_key="k1")
    assert office.session.get_one(Account, account).state == "pending"


# --- Versions


@pytest.mark.parametrize(
    ("login", "action", "said"),
    [
        (REG, "approve", {}),
        (REG, "claim", {}),
        (REG, "return", {"comment": "?"}),
        (administrator_of("east"), "withdraw", {}),
    ],
)
def test_every_act_counts_the_version_up(office: Office, login: str, action: str, said: Any):
    """Also one that leaves the state as it is, and one that is interim again."""
    identity = office.submitted("east", *Category)
    for done in [INFO] if action == "approve" else []:
        office.perform(done, identity, "approve")
    before = office.application(identity).version
    outcome = office.perform(login, identity, action, **said)
    assert outcome.version == office.application(identity).version > before


def test_who_saw_an_older_version_is_told_who_decided_meanwhile(office: Office):
    identity = office.submitted("east", *BOTH)
    seen = office.application(identity).version
    office.perform(MKT, identity, "approve", expected_version=seen)
    with pytest.raises(Conflict) as refusal:
        office.perform(REG, identity, "approve", expected_version=seen)
    (detail,) = refusal.value.details
    assert (detail.code, detail.params["name"]) == ("decided_by", office.account(MKT).name)
    assert detail.params["outcome"].msgid == "Passed"
    assert refusal.value.params["state"].msgid == "Under review"


def test_who_saw_a_form_before_its_lines_were_changed_does_not_overwrite_them(office: Office):
    """The header is the same: the version must count the lines as well."""
    identity = office.draft("east")
    seen = office.application(identity).version
    with office.acting(administrator_of("east")) as actor:
        said = {"actor": actor, "now": office.now, "strict": True}
        application = office.application(identity)
        raw = typed(application, name="王改名")
        save_draft(office.session, application, raw, expected_version=seen, **said)
        office.session.commit()
        application = office.application(identity)
        assert application.version > seen
        raw = typed(application, name="王又改")
        with pytest.raises(Conflict):
            save_draft(office.session, application, raw, expected_version=seen, **said)
        office.session.rollback()
    assert office.application(identity).lines[0].name == "王改名"


# --- What a session has read before, and what is there now


def test_a_form_that_a_colleague_handed_in_meanwhile_is_not_changed_any_more(
    office: Office, other: Session
):
    identity = office.draft("east")
    login = administrator_of("east")
    application = office.application(identity)
    held = (application, list(application.lines), application.state)
    by_colleague(office, other, login, identity, "submit")
    with office.acting(login) as actor, pytest.raises(Conflict):
        save_draft(
            office.session,
            held[0],
            typed(held[0], name="王偷改"),
            actor=actor,
            now=office.now,
            strict=True,
        )
    office.session.rollback()
    assert office.application(identity).lines[0].name != "王偷改"


def test_a_step_that_a_colleague_closed_meanwhile_is_seen_as_closed(office: Office, other: Session):
    """Both had the page open; the session still holds the step as it was."""
    identity = office.submitted("east", *BOTH)
    application = office.application(identity)
    held = (open_work(application), list(application.lines))
    by_colleague(office, other, staff_of(OfficeCode.REG, 2), identity, "approve")
    with pytest.raises(Conflict) as refusal:
        office.perform(REG, identity, "return", comment="?")
    assert refusal.value.code == "already_decided"
    assert held
    assert office.application(identity).state == ApplicationState.UNDER_REVIEW


def test_a_person_whom_the_other_office_refused_meanwhile_stays_refused(
    office: Office, other: Session
):
    identity = office.submitted("east", *BOTH, people=2)
    application = office.application(identity)
    held = (application, list(application.lines), [line.verdict for line in application.lines])
    said = {"lines": [{"position": 1, "verdict": "refuse", "reason": "不在岗"}]}
    by_colleague(office, other, REG, identity, "approve", data=said)
    office.perform(MKT, identity, "approve")
    assert held
    verdicts = [line.verdict for line in office.application(identity).lines]
    assert verdicts == [LineVerdict.REFUSED, LineVerdict.PASSED]


@pytest.mark.rule("M9")
def test_a_key_that_was_issued_meanwhile_is_not_issued_again(office: Office, other: Session):
    first, second = (office.standing_at(ApplicationState.CONFIGURED, "east") for _ in range(2))
    serial = office.free_serials(RESEARCH)[0]
    held = office.session.query(Key).filter_by(serial=serial).one()
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    assert held.state == "in_stock"
    by_colleague(office, other, staff_of(RESEARCH), first, "issue_key", data=data)
    with pytest.raises(Refused) as refusal:
        office.perform(staff_of(RESEARCH, 2), second, "issue_key", data=data)
    assert [d.code for d in refusal.value.details] == ["key_not_in_stock"]


def test_fire_flushes_and_the_boundary_commits(office: Office, other: Session):
    identity = office.submitted("east")
    actor = office.actor(REG)
    with acting(other, actor):
        fire(other, other.get_one(Application, identity), "approve", actor=actor, now=office.now)
        other.rollback()
    assert office.application(identity).state == ApplicationState.SUBMITTED
    assert office.events(AuditEvent.tag == "application:approved") == []


def test_a_draft_that_a_colleague_changed_under_ones_hands_becomes_a_conflict(
    office: Office, other: Session
):
    identity = office.draft("east")
    login = administrator_of("east")
    actor = office.actor(login)
    said = {"actor": actor, "now": office.now, "strict": True}
    about = {"tag": "application:edited", "subject_type": "application", "subject_id": identity}
    seen = office.application(identity).version
    with acting(other, actor):
        mine = other.get_one(Application, identity)
        save_draft(other, mine, typed(mine, name="王先改"), **said)
        other.commit()
    with acting(office.session, actor):
        application = office.session.get_one(Application, identity)
        raw = typed(application, name="王后改")
        with (
            pytest.raises(Conflict),
            committing(office.session, actor=actor, now=office.now, **about),
        ):
            save_draft(office.session, application, raw, expected_version=seen, **said)
    assert office.application(identity).lines[0].name == "王先改"
