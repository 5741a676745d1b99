"""Acts over REST: what can be done, what cannot and why, once and by the right hand only."""

import threading
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.catalog.enums import AuditOutcome, Category, Duty, OfficeCode
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.roles import Role
from app.models.work import LineDecision
from app.views.api.errors import as_domain_error
from tests.support.factories import DUTY_OFFICE, NOON, administrator_of, open_work, staff_of
from tests.support.rest import Rest, fields

FORBIDDEN = [
    (duty, office) for duty, office in product(Duty, OfficeCode) if DUTY_OFFICE[duty] != office
]


def refusal_of(office, answer, status, code, rule=None) -> AuditEvent:
    """The refusal's own event, after the answer has said what it should."""
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.json
    assert rule is None or answer.json["rule"] == rule
    assert answer.json["message"]
    event = office.last_event()
    assert event.outcome == AuditOutcome.REFUSED
    assert event.new["code"] == code
    assert event.channel == "rest"
    return event


def test_actions_say_what_can_be_done_and_for_the_rest_why_not(rest, office):
    identity = office.submitted("east", Category.REGISTRATION)
    told = rest("reg1").get(f"applications/{identity}/actions").json
    assert (told["id"], told["state"]) == (identity, "submitted")
    by_name = {entry["action"]: entry for entry in told["result"]}
    assert {name for name, entry in by_name.items() if entry["allowed"]} == {
        "claim",
        "approve",
        "return",
        "reject",
    }
    assert by_name["submit"]["why_not"][0]["code"] == "state_does_not_fit"
    assert by_name["withdraw"]["why_not"][0]["code"] == "not_your_duty"
    assert by_name["approve"]["article"] == "第五条（一）"
    applicant = rest("east.admin").get(f"applications/{identity}/actions").json
    assert [e["action"] for e in applicant["result"] if e["allowed"]] == ["withdraw"]
    english = rest("reg1").get(f"applications/{identity}/actions?_l_=en").json["result"]
    assert {e["action"]: e["label"] for e in english}["approve"] == "Pass"


@pytest.mark.rule("M3")
@pytest.mark.parametrize(("duty", "wrong"), FORBIDDEN)
def test_no_office_does_another_s_duty(rest, office, duty, wrong):
    identity = office.waiting_for(duty)
    application = office.application(identity)
    action = open_work(application)[0].action
    data: dict[str, Any] = {}
    if action == "issue_key":
        serial = office.free_serials(DUTY_OFFICE[duty])[0]
        data = {"lines": [{"position": 1, "key_serial": serial}]}
    before = application.version
    answer = rest(staff_of(wrong, 2)).act("applications", identity, action, data=data)
    event = refusal_of(office, answer, 403, "not_your_duty")
    assert answer.json["rule"]
    assert (event.subject_type, event.subject_id) == ("application", identity)
    after = office.application(identity)
    assert (after.version, after.state) == (before, application.state)


@pytest.mark.rule("X4")
def test_whoever_applied_cannot_decide_with_every_right_there_is(rest, office, session):
    account = office.account("reg1")
    account.roles = list(session.scalars(select(Role)))
    session.commit()
    identity = office.draft("commission", by="reg1")
    almighty = rest("reg1")
    assert almighty.act("applications", identity, "submit").status_code == 200
    for action, data in (("approve", {}), ("return", {}), ("reject", {})):
        answer = almighty.act("applications", identity, action, comment="Mine", data=data)
        refusal_of(office, answer, 403, "applicant_decides", "X4")
    assert rest("reg2").act("applications", identity, "approve").status_code == 200


@pytest.mark.rule("X4")
def test_nobody_decides_about_an_account_of_the_own(rest, office):
    own = office.account("reg1")
    line = office.lines("east")[0] | {
        "name": own.name,
        "sex": own.sex.value,
        "citizen_id": own.citizen_id,
    }
    identity = office.submitted("east", lines=[line])
    answer = rest("reg1").act("applications", identity, "approve")
    refusal_of(office, answer, 403, "named_person_decides", "X4")


@pytest.mark.rule("M5.1")
def test_a_second_decision_learns_who_decided(rest, office):
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    assert rest("reg1").act("applications", identity, "approve").status_code == 200
    answer = rest("reg2").act("applications", identity, "reject", comment="Late")
    refusal_of(office, answer, 409, "already_decided")
    (detail,) = answer.json["details"]
    assert detail["code"] == "decided_by"
    assert office.account("reg1").name in detail["message"]


def test_a_version_seen_long_ago_is_refused(rest, office):
    identity = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    seen = office.application(identity).version
    first = rest("reg1").act("applications", identity, "approve", version=seen)
    assert first.json["version"] > seen
    answer = rest("mkt1").act("applications", identity, "approve", version=seen)
    refusal_of(office, answer, 409, "state_changed")
    current = {"version": first.json["version"]}
    assert rest("mkt1").act("applications", identity, "approve", **current).status_code == 200


def test_an_idempotency_key_repeats_the_outcome_and_serves_one_act(rest, office):
    first, second = office.submitted("east"), office.submitted("east")
    reviewer = rest("reg1")
    once = reviewer.act("applications", first, "approve", idempotency_key="k-1").json
    again = reviewer.act("applications", first, "approve", idempotency_key="k-1").json
    assert (once["replayed"], again["replayed"]) == (False, True)
    assert {**again, "replayed": False} == once
    answer = reviewer.act("applications", second, "approve", idempotency_key="k-1")
    refusal_of(office, answer, 409, "idempotency_key_reused")
    assert office.count(LineDecision) == 1


@pytest.mark.parametrize(
    ("said", "status", "where"),
    [
        ({"data": []}, 422, "data"),
        ({"data": "x"}, 422, "data"),
        ({"comment": 7}, 422, "comment"),
        ({"comment": "长" * 2001}, 422, "comment"),
        ({"comment": "a\0b"}, 422, "comment"),
        ({"comment": "\udfff"}, 422, "comment"),
        ({"idempotency_key": "k" * 81}, 422, "idempotency_key"),
        ({"idempotency_key": ["k"]}, 422, "idempotency_key"),
        ({"version": "x"}, 400, None),
        ({"nothing": 1}, 422, "nothing"),
        ({"data": {"lnes": [{"position": 1, "verdict": "refused"}]}}, 422, "data.lnes"),
        ({"data": {"lines": 7}}, 422, "data.lines"),
        ({"data": {"lines": ["x"]}}, 422, "data.lines"),
        ({"data": {"lines": [{"position": 99, "verdict": "passed"}]}}, 422, "data.lines.1"),
        ({"data": {"lines": [{"position": [], "verdict": "passed"}]}}, 422, "data.lines.1"),
        ({"data": {"lines": [{"position": 1}]}}, 422, "data.lines.1.verdict"),
        ({"data": {"lines": [{"position": 1, "verdict": {}}]}}, 422, "data.lines.1.verdict"),
        ({"data": {"lines": [{"position": 1, "verdict": "refused"}]}}, 422, "data.lines.1.reason"),
        (
            {"data": {"lines": [{"position": 1, "verdict": "refused", "reason": "长" * 501}]}},
            422,
            "data.lines.1.reason",
        ),
        (
            {
                "data": {
                    "lines": [
                        {"position": 1, "verdict": "refused", "reason": "x", "reason_code": []}
                    ]
                }
            },
            422,
            "data.lines.1.reason_code",
        ),
        ({"data": {"lines": [{"position": 1, "verdict": "passed"}] * 2}}, 422, "data.lines.2"),
    ],
)
def test_what_an_act_cannot_read_is_named(rest, office, said, status, where):
    identity = office.submitted("east")
    answer = rest("reg1").act("applications", identity, "approve", **said)
    assert answer.status_code == status, answer.json
    assert where is None or where in fields(answer)
    assert office.last_event().outcome == AuditOutcome.REFUSED
    assert office.application(identity).state == "submitted"


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 90_000])
def test_an_act_with_an_unreadable_body_is_on_record(rest, office, body):
    identity = office.submitted("east")
    answer = rest("reg1").ask(
        "POST",
        f"applications/{identity}/actions/approve",
        data=body,
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert office.last_event().outcome == AuditOutcome.REFUSED
    assert office.last_event().subject_id == identity


@pytest.mark.parametrize(
    ("action", "status"), [("nothing", 400), ("%00", 400), ("__class__", 400), ("a" * 3000, 400)]
)
def test_an_unknown_act_is_refused(rest, office, action, status):
    identity = office.submitted("east")
    answer = rest("reg1").post(f"applications/{identity}/actions/{action}")
    assert (answer.status_code, answer.json["code"]) == (status, "unknown_action")


@pytest.mark.parametrize(("model", "action"), [(Account, "activate"), (Key, "issue")])
def test_what_only_the_engine_does_nobody_else_can(rest, office, session, model, action):
    identity = session.scalar(select(model.id).order_by(model.id).limit(1))
    for login in ("research1", "security_administrator", "info1"):
        answer = rest(login).act(f"{model.__tablename__}s", identity, action)
        refusal_of(office, answer, 403, "not_your_duty")


def test_an_act_on_nothing_is_not_found_and_on_record(rest, office):
    answer = rest("reg1").act("applications", 987654, "approve")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    event = office.last_event()
    assert (event.outcome, event.subject_id) == (AuditOutcome.REFUSED, 987654)


def test_each_refusal_is_on_record_once(rest, office):
    identity = office.submitted("east", Category.REGISTRATION)
    rest("mkt1").act("applications", identity, "approve")
    rest("east.admin").act("applications", identity, "approve")
    assert len(office.refusals()) == 2


@pytest.mark.rule("M5")
def test_revealing_a_number_is_on_record(rest, office):
    account = office.account("east.admin")
    answer = rest("reg1").post(f"accounts/{account.id}/reveal")
    assert answer.json == {"id": account.id, "citizen_id": account.citizen_id}
    event = office.last_event()
    assert (event.tag, event.person_id, event.actor_id) == (
        "account:revealed",
        account.id,
        office.account("reg1").id,
    )
    assert account.citizen_id not in str((event.new, event.old, event.comment, event.subject_label))
    refused = rest("system_administrator").post(f"accounts/{account.id}/reveal")
    assert refused.status_code == 403
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_a_first_password_anew_is_told_once(rest, office):
    account = office.account("east.admin")
    answer = rest("security_administrator").post(f"accounts/{account.id}/password")
    told = answer.json["result"]["initial_password"]
    assert rest().sign_in("east.admin").status_code == 401
    assert rest().sign_in("east.admin", told).json["must_change_password"] is True
    assert told not in str([(e.old, e.new, e.comment) for e in office.events()])


def test_corrections_go_by_field_and_version(rest, office):
    account = office.account("east.admin")
    security = rest("security_administrator")
    before = security.get(f"accounts/{account.id}").json["result"]
    said = {"login_name": "East.Chief", "comment": "As agreed", "version": before["version"]}
    answer = security.put(f"accounts/{account.id}", said)
    assert answer.status_code == 200, answer.json
    assert answer.json["result"]["login_name"] == "East.Chief"
    assert office.last_event().comment == "As agreed"
    assert security.put(f"accounts/{account.id}", said).status_code == 409
    unit = office.organization("east")
    named = security.put(f"organizations/{unit.id}", {"name": "东城区新局"})
    assert named.json["result"]["name"] == "东城区新局"
    seen = named.json["result"]["version"]
    assert security.put(f"organizations/{unit.id}", {"version": seen - 1}).status_code == 409
    roles = security.put(f"accounts/{office.account('reg1').id}", {"roles": ["holder"]})
    assert roles.json["result"]["roles"] == ["holder"]
    assert rest("reg1").get("applications/").status_code == 403


@pytest.mark.rule("M5.1")
@pytest.mark.postgresql
def test_of_two_reviewers_at_once_one_wins_and_the_other_learns_who(app, rest, office):
    identity = office.submitted("east", Category.REGISTRATION)
    people = [rest("reg1"), rest("reg2")]
    office.session.rollback()
    answers = list(_at_once(app, people, f"applications/{identity}/actions/approve"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer for answer in answers if answer.status_code == 409]
    assert late.json["details"][0]["code"] == "decided_by"
    assert office.count(LineDecision) == 1
    assert office.application(identity).state == "passed"
    assert len(office.refusals()) == 1


def _at_once(app: Any, people: list[Rest], path: str) -> Iterator[Any]:
    barrier, answers = threading.Barrier(len(people)), {}

    def go(which: int, person: Rest) -> None:
        alone = Rest(app.test_client())
        alone.token = person.token
        barrier.wait()
        answers[which] = alone.post(path, {})

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from answers.values()


def test_a_holder_acts_on_nothing(rest, office, session):
    account = office.account("agency.admin")
    account.roles = list(session.scalars(select(Role).where(Role.name == "holder")))
    session.commit()
    identity = office.submitted("east")
    holder = rest("agency.admin")
    for action in ("submit", "approve", "withdraw", "configure", "issue_key"):
        answer = holder.act("applications", identity, action)
        assert answer.status_code == 403
    assert office.count(Application, Application.state == "submitted") == 1


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    "said",
    [
        {"organization": "anything"},
        {"organization_id": 1},
        {"state": "active"},
        {"epoch": 0},
        {"password_hash": "x"},
        {"activated_at": "2026-01-01"},
        {"id": 1},
    ],
)
def test_what_is_no_correction_cannot_be_put(rest, office, said):
    account = office.account("east.admin")
    before = account.version
    answer = rest("security_administrator").put(f"accounts/{account.id}", said)
    assert answer.status_code == 422
    assert fields(answer) == dict.fromkeys(said, "unknown_field")
    office.session.expire_all()
    assert office.account("east.admin").version == before


def test_what_the_database_refuses_becomes_the_contract_s_body(office, session):
    serial = session.scalar(select(Key.serial))
    session.add(Key(serial=serial, office_code="RESEARCH", received_at=NOON))
    with pytest.raises(IntegrityError) as broken:
        session.flush()
    session.rollback()
    refusal = as_domain_error(broken.value)
    assert (refusal.status, refusal.code, refusal.rule) == (409, "serial_taken", "M9")
    assert serial not in str(refusal)


@pytest.mark.rule("M5.1")
@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"verdict": "pass"}, "passed"),
        ({"decision": "approved"}, "passed"),
        ({"verdict": "reject", "reason": "不符"}, "refused"),
        ({"decision": "refused", "reason": "不符"}, "refused"),
    ],
)
def test_a_line_is_decided_by_its_number_or_its_id_in_plain_words(rest, office, said, verdict):
    identity = office.submitted("east", people=2)
    first, second = (line.id for line in office.application(identity).lines)
    lines = [{"id": first, **said}, {"position": 2, "verdict": "passed"}]
    answer = rest("reg1").act("applications", identity, "approve", data={"lines": lines})
    assert answer.status_code == 200, answer.json
    told = rest("reg1").get(f"applications/{identity}").json["result"]["lines"]
    assert [(line["id"], line["verdict"]) for line in told] == [
        (first, verdict),
        (second, "passed"),
    ]


def test_data_that_no_act_reads_is_refused_and_nothing_is_done(rest, office):
    identity = office.draft("east")
    applicant = rest(administrator_of("east"))
    for action, data in (
        ("withdraw", {"reason": "撤回"}),
        ("submit", {"pledge_accepted": False}),
        ("submit", {"lines": []}),
    ):
        answer = applicant.act("applications", identity, action, data=data)
        assert answer.status_code == 422
        assert answer.json["details"][0]["field"].startswith("data.")
        assert office.application(identity).state.value == "draft"
