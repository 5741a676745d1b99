"""Decisions person by person, by one office or two side by side; return and a new round."""

from typing import Any

import pytest

from app.catalog.enums import (
    ApplicationState,
    Category,
    LineVerdict,
    OfficeCode,
    RefusalReason,
    StepOutcome,
)
from app.errors import Conflict, Forbidden, InvalidInput, Refused
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.notices import Notice
from app.models.work import LineDecision, WorkItem
from app.services.applications import save_draft
from tests.support.factories import HEADER, Office, administrator_of, open_work, staff_of
from tests.support.rows import changes, everything

BOTH = (Category.TRANSACTION, Category.REGISTRATION)
REG, MKT, INFO = (staff_of(code) for code in (OfficeCode.REG, OfficeCode.MKT, OfficeCode.INFO))
REASON = "不在岗"


def refusing(*positions: int, **said: Any) -> dict[str, Any]:
    said = {"reason": REASON, **said}
    return {"lines": [{"position": p, "verdict": "refuse", **said} for p in positions]}


def verdicts(application: Application) -> list[LineVerdict]:
    return [line.verdict for line in application.lines]


def waiting(application: Application) -> set[str]:
    return {work.duty.value for work in open_work(application)}


@pytest.mark.rule("M5.1")
def test_one_person_is_refused_and_the_others_get_accounts(office: Office):
    identity = office.submitted("east", people=3)
    office.perform(REG, identity, "approve", data=refusing(2, reason_code="not_in_post"))

    application = office.application(identity)
    assert application.state == ApplicationState.PASSED
    passed, refused = LineVerdict.PASSED, LineVerdict.REFUSED
    assert verdicts(application) == [passed, refused, passed]
    assert application.lines[1].reason == REASON
    assert application.lines[1].reason_code == RefusalReason.NOT_IN_POST
    assert office.last_event().new["refused"] == {"2": REASON}

    office.walk(identity, until=lambda a: a.state == ApplicationState.COMPLETED)
    application = office.application(identity)
    assert [line.account_id is not None for line in application.lines] == [True, False, True]
    assert [line.key_id is not None for line in application.lines] == [True, False, True]


@pytest.mark.rule("M5.1")
def test_every_office_decides_on_every_person_and_each_decision_is_kept(office: Office):
    identity = office.submitted("east", *BOTH, people=2)
    office.perform(REG, identity, "approve")
    office.perform(MKT, identity, "approve", data=refusing(1), comment="第二人同意")
    kept = [
        (decision.work_item.duty.value, decision.line_id, decision.verdict.value)
        for decision in office.session.query(LineDecision).order_by(LineDecision.id)
    ]
    first, second = (line.id for line in office.application(identity).lines)
    assert kept == [
        ("review_registration", first, "passed"),
        ("review_registration", second, "passed"),
        ("review_transaction", first, "refused"),
        ("review_transaction", second, "passed"),
    ]
    assert office.application(identity).comment == "第二人同意"


@pytest.mark.rule("M5.1")
@pytest.mark.parametrize(
    ("categories", "duties"),
    [
        ((Category.REGISTRATION,), {"review_registration"}),
        ((Category.TRANSACTION,), {"review_transaction"}),
        ((Category.SYSTEM,), {"configure_permissions"}),
        (BOTH, {"review_registration", "review_transaction"}),
        (tuple(Category), {"review_registration", "review_transaction", "configure_permissions"}),
    ],
    ids=lambda value: "+".join(sorted(map(str, value))),
)
def test_items_decide_which_offices_are_asked_side_by_side(
    office: Office, categories: tuple[Category, ...], duties: set[str]
):
    identity = office.submitted("east", *categories)
    assert waiting(office.application(identity)) == duties


@pytest.mark.rule("M5.1")
@pytest.mark.parametrize("order", [(REG, MKT), (MKT, REG)], ids=["REG-first", "MKT-first"])
def test_it_passes_when_both_offices_have_passed_whoever_comes_first(
    office: Office, order: tuple[str, str]
):
    identity = office.submitted("east", *BOTH)
    assert office.perform(order[0], identity, "approve").state == ApplicationState.UNDER_REVIEW
    assert waiting(office.application(identity)).isdisjoint({"configure_permissions"})
    assert office.perform(order[1], identity, "approve").state == ApplicationState.PASSED
    assert waiting(office.application(identity)) == {"configure_permissions"}


@pytest.mark.rule("M5.1")
def test_whoever_one_office_refused_is_out_for_the_other(office: Office):
    identity = office.submitted("east", *BOTH, people=2)
    office.perform(REG, identity, "approve", data=refusing(1))
    with pytest.raises(InvalidInput) as refusal:
        office.perform(
            MKT, identity, "approve", data={"lines": [{"position": 1, "verdict": "pass"}]}
        )
    assert [(d.field, d.code) for d in refusal.value.details] == [
        ("data.lines.1", "line_refused_before")
    ]
    office.perform(MKT, identity, "approve")
    assert verdicts(office.application(identity)) == [LineVerdict.REFUSED, LineVerdict.PASSED]


@pytest.mark.parametrize("by_whom", ["one-office", "two-offices"])
def test_a_form_whose_every_person_is_refused_must_be_rejected_as_a_whole(
    office: Office, by_whom: str
):
    identity = office.submitted("east", *BOTH, people=2)
    rest = (1, 2)
    if by_whom == "two-offices":
        office.perform(REG, identity, "approve", data=refusing(1))
        rest = (2,)
    with pytest.raises(Refused) as refusal:
        office.perform(MKT, identity, "approve", data=refusing(*rest))
    assert refusal.value.code == "nobody_passes"

    office.perform(MKT, identity, "reject", comment=REASON, data={"reason_code": "duplicate"})
    application = office.application(identity)
    assert application.state == ApplicationState.REJECTED
    assert set(verdicts(application)) == {LineVerdict.REFUSED}
    assert application.closed_at is not None
    assert open_work(application) == []
    assert office.count(Account, Account.organization_id == application.organization_id) == 1


@pytest.mark.rule("M5.1")
def test_one_office_returns_it_and_it_is_returned_for_both(office: Office):
    identity = office.submitted("east", *BOTH, people=2)
    office.perform(REG, identity, "approve", data=refusing(1))
    office.perform(
        MKT,
        identity,
        "return",
        comment="请更正",
        data={"remarks": [{"field": "lines.2.name", "text": "姓名与证件不符"}]},
    )
    application = office.application(identity)
    assert application.state == ApplicationState.RETURNED
    assert verdicts(application) == [LineVerdict.PENDING] * 2
    assert [line.reason for line in application.lines] == ["", ""]
    assert [(r.target, r.text, r.round) for r in application.remarks] == [
        ("lines.2.name", "姓名与证件不符", 1)
    ]
    assert open_work(application) == []
    told = {notice.code for notice in office.session.query(Notice)}
    assert "application_returned" in told


@pytest.mark.rule("M5.1")
def test_a_returned_form_is_corrected_and_goes_a_new_round_before_every_office(office: Office):
    identity = office.submitted("east", *BOTH)
    office.perform(REG, identity, "approve")
    office.perform(MKT, identity, "return", comment="请更正")
    with office.acting(administrator_of("east")) as actor:
        application = office.application(identity)
        line = application.lines[0]
        raw = {
            **HEADER,
            "lines": [
                {
                    "id": line.id,
                    "name": "王改名",
                    "sex": "male",
                    "citizen_id": line.citizen_id,
                    "items": [item.code for item in line.items],
                }
            ],
        }
        save_draft(office.session, application, raw, actor=actor, now=office.now, strict=True)
        office.session.commit()
    office.perform(administrator_of("east"), identity, "submit")

    application = office.application(identity)
    assert (application.state, application.round) == (ApplicationState.SUBMITTED, 2)
    assert waiting(application) == {"review_registration", "review_transaction"}
    for login in (REG, MKT):
        office.perform(login, identity, "approve")
    assert office.application(identity).state == ApplicationState.PASSED
    outcomes = [(w.round, w.duty.value, w.outcome) for w in office.application(identity).work_items]
    assert outcomes[:4] == [
        (1, "review_transaction", StepOutcome.RETURNED),
        (1, "review_registration", StepOutcome.PASSED),
        (2, "review_transaction", StepOutcome.PASSED),
        (2, "review_registration", StepOutcome.PASSED),
    ]


@pytest.mark.parametrize(
    "target",
    ["lines.9.name", "lines.1.password_hash", "papers.nonsense", "", "lines.0", "state", None, 7],
)
def test_a_remark_on_what_the_form_does_not_have_is_refused(office: Office, target: object):
    identity = office.submitted("east")
    with pytest.raises(InvalidInput) as refusal:
        office.perform(
            REG,
            identity,
            "return",
            comment="请更正",
            data={"remarks": [{"field": target, "text": "?"}]},
        )
    assert [d.code for d in refusal.value.details] == ["unknown_field"]
    assert office.application(identity).state == ApplicationState.SUBMITTED


@pytest.mark.parametrize(
    "target",
    ["contact_name", "lines", "lines.1", "lines.1.citizen_id", "papers", "papers.operator_id"],
)
def test_a_remark_points_to_a_field_a_line_or_a_paper(office: Office, target: str):
    identity = office.submitted("developer")
    office.perform(
        staff_of(OfficeCode.SERVICE),
        identity,
        "return",
        comment="请更正",
        data={"remarks": [{"field": target, "text": "请更正"}]},
    )
    assert [remark.target for remark in office.application(identity).remarks] == [target]


@pytest.mark.parametrize("action", ["return", "reject"])
@pytest.mark.parametrize("comment", [None, "", "   ", "\n\t"])
def test_returning_and_rejecting_need_a_reason_in_words(
    office: Office, action: str, comment: str | None
):
    identity = office.submitted("east")
    with pytest.raises(InvalidInput) as refusal:
        office.perform(REG, identity, action, comment=comment)
    assert [(d.field, d.code) for d in refusal.value.details] == [("comment", "required")]


@pytest.mark.parametrize("reason", [None, "", "  ", "\u3000"])
def test_refusing_one_person_needs_a_reason_in_words(office: Office, reason: str | None):
    identity = office.submitted("east", people=2)
    with pytest.raises(InvalidInput) as refusal:
        office.perform(REG, identity, "approve", data=refusing(2, reason=reason))
    assert [(d.field, d.code) for d in refusal.value.details] == [
        ("data.lines.1.reason", "required")
    ]


@pytest.mark.rule("M5.1")
def test_a_second_decision_is_a_conflict_that_says_who_decided(office: Office):
    identity = office.submitted("east", *BOTH)
    office.perform(REG, identity, "approve")
    before = everything(office.session)
    with pytest.raises(Conflict) as refusal:
        office.perform(staff_of(OfficeCode.REG, 2), identity, "approve")
    assert refusal.value.code == "already_decided"
    (detail,) = refusal.value.details
    assert detail.params["name"] == office.account(REG).name
    assert changes(before, everything(office.session)) == {}
    assert office.refusals()[-1].new["code"] == "already_decided"


def test_who_comes_after_a_return_is_told_who_returned_it(office: Office):
    identity = office.submitted("east", *BOTH)
    office.perform(MKT, identity, "return", comment="请更正")
    with pytest.raises(Conflict) as refusal:
        office.perform(REG, identity, "approve")
    (detail,) = refusal.value.details
    assert detail.params["name"] == office.account(MKT).name
    assert detail.params["outcome"].msgid == "Returned for correction"


@pytest.mark.rule("M3")
def test_what_one_colleague_has_taken_on_no_other_decides_until_it_is_handed_back(office: Office):
    identity, colleague = office.submitted("east"), staff_of(OfficeCode.REG, 2)
    office.perform(REG, identity, "claim")
    for action, said in (("approve", {}), ("return", {"comment": REASON}), ("claim", {})):
        with pytest.raises(Refused) as refusal:
            office.perform(colleague, identity, action, **said)
        assert refusal.value.code == "claimed_by_other"
        assert refusal.value.details[0].params["name"] == office.account(REG).name
    with pytest.raises(Refused) as refusal:
        office.perform(colleague, identity, "hand_back")
    assert refusal.value.code == "not_claimed"
    office.perform(REG, identity, "hand_back")
    assert office.perform(colleague, identity, "approve").state == ApplicationState.PASSED


@pytest.mark.parametrize("unit", ["east", "developer"])
def test_an_application_is_withdrawn_until_it_is_decided_and_by_its_own_unit_alone(
    office: Office, unit: str
):
    identity = office.submitted(unit)
    with pytest.raises(Forbidden):
        office.perform(REG, identity, "withdraw")
    office.perform(administrator_of(unit), identity, "withdraw")
    application = office.application(identity)
    assert application.state == ApplicationState.WITHDRAWN
    assert application.closed_at == office.now
    assert open_work(application) == []

    decided = office.standing_at(ApplicationState.CONFIGURED, unit)
    with pytest.raises(Conflict):
        office.perform(administrator_of(unit), decided, "withdraw")


@pytest.mark.rule("M5.1")
def test_the_keys_of_some_persons_are_enough_to_complete_and_the_others_lose_their_accounts(
    office: Office,
):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east", people=2)
    issuer, (serial, *_rest) = (
        staff_of(OfficeCode.RESEARCH),
        office.free_serials(OfficeCode.RESEARCH),
    )
    with pytest.raises(Refused) as refusal:
        office.perform(issuer, identity, "complete", comment="未到场")
    assert refusal.value.code == "no_key_issued"
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    assert office.perform(issuer, identity, "issue_key", data=data).state == "configured"

    assert office.perform(issuer, identity, "complete", comment="未到场").state == "completed"
    served, absent = office.application(identity).lines
    assert (served.account.state, absent.account.state) == ("active", "cancelled")
    assert absent.verdict == LineVerdict.REFUSED
    assert [grant.valid_until is None for grant in served.account.grants] == [True]
    assert [grant.valid_until is None for grant in absent.account.grants] == [False]
    assert office.events(AuditEvent.tag == "account:cancelled")[-1].person_id == absent.account_id


@pytest.mark.rule("M5.1")
def test_the_applicant_is_told_at_each_step(office: Office):
    identity = office.standing_at(ApplicationState.COMPLETED, "east", *BOTH)
    applicant = office.account(administrator_of("east")).id
    told = [
        notice.code
        for notice in office.session.query(Notice).order_by(Notice.id)
        if notice.account_id == applicant and notice.subject_id == identity
    ]
    assert told == [
        "application_submitted",
        "application_decided",
        "application_decided",
        "application_configured",
        "keys_issued",
    ]


@pytest.mark.rule("M11")
def test_each_round_is_kept_as_it_was(office: Office):
    identity = office.submitted("east")
    office.perform(REG, identity, "return", comment="请更正")
    office.perform(administrator_of("east"), identity, "submit")
    office.perform(REG, identity, "reject", comment="不符合")
    kept = [(w.round, w.outcome, w.comment) for w in office.session.query(WorkItem)]
    assert kept == [(1, StepOutcome.RETURNED, "请更正"), (2, StepOutcome.REJECTED, "不符合")]
