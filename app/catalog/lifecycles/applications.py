"""The acts of applications, and which kind knows which (第五条)."""

from dataclasses import replace

from app.catalog.enums import ApplicationKind
from app.catalog.enums import ApplicationState as S
from app.catalog.lifecycles.transitions import Lifecycle, Transition
from app.catalog.permissions import Permission
from app.i18n import N_

_APPLICANT = ("actor_belongs_to_applicant",)
_DECIDER = ("actor_holds_open_duty", "actor_is_not_applicant", "actor_is_not_named_in_form")
_ISSUER = (*_DECIDER, "actor_did_not_review")
_IN_REVIEW = (S.SUBMITTED, S.UNDER_REVIEW)

SUBMIT = Transition(
    action="submit",
    label=N_("Submit"),
    confirm=N_(
        "The application goes to the offices of its road; it can be withdrawn until decided."
    ),
    sources=(S.DRAFT, S.RETURNED),
    target=S.SUBMITTED,
    permission=Permission.APPLICATIONS_ADD,
    who=_APPLICANT,
    data="pledge",
    guards=("form_is_complete", "persons_are_free", "items_fit_the_unit", "road_is_whole"),
    effects=("take_the_road", "list_required_papers", "open_reviews"),
    notices=("application_submitted",),
    tag="application:submitted",
    rule="M5.1",
    article="第五条（一）",
    tone="primary",
)
WITHDRAW = Transition(
    action="withdraw",
    label=N_("Withdraw"),
    confirm=N_("The application ends here; its record is kept."),
    sources=(S.DRAFT, S.SUBMITTED, S.UNDER_REVIEW, S.RETURNED),
    target=S.WITHDRAWN,
    permission=Permission.APPLICATIONS_ADD,
    who=_APPLICANT,
    effects=("close_open_work", "close_application"),
    tag="application:withdrawn",
    rule="M5.1",
    article="第五条（一）",
)
CLAIM = Transition(
    action="claim",
    label=N_("Take it on"),
    sources=(*_IN_REVIEW, S.PASSED, S.CONFIGURED),
    target=None,
    permission=Permission.APPLICATIONS_REVIEW,
    who=_DECIDER,
    guards=("work_is_unclaimed",),
    effects=("claim_work",),
    tag="application:claimed",
    rule="M3",
    article="第三条",
)
HAND_BACK = Transition(
    action="hand_back",
    label=N_("Hand back"),
    sources=(*_IN_REVIEW, S.PASSED, S.CONFIGURED),
    target=None,
    permission=Permission.APPLICATIONS_REVIEW,
    who=("actor_holds_open_duty",),
    guards=("work_is_claimed_by_actor",),
    effects=("hand_back_work",),
    tag="application:handed_back",
    rule="M3",
    article="第三条",
)
APPROVE = Transition(
    action="approve",
    label=N_("Pass"),
    confirm=N_("The persons marked as passed go on to the next office."),
    sources=_IN_REVIEW,
    target=S.PASSED,
    interim=S.UNDER_REVIEW,
    done_when="all_reviews_closed",
    permission=Permission.APPLICATIONS_REVIEW,
    who=_DECIDER,
    data="line_rulings",
    guards=("work_is_not_another_persons", "some_person_passes", "persons_are_free"),
    effects=("record_rulings", "close_review_as_passed", "settle_verdicts", "open_next_work"),
    notices=("application_decided",),
    tag="application:approved",
    rule="M5.1",
    article="第五条（一）",
    tone="success",
)
RETURN = Transition(
    action="return",
    label=N_("Return"),
    confirm=N_("The applicant gets the form back with your remarks and can submit it again."),
    sources=_IN_REVIEW,
    target=S.RETURNED,
    permission=Permission.APPLICATIONS_REVIEW,
    who=_DECIDER,
    data="remarks",
    guards=("work_is_not_another_persons",),
    effects=("record_remarks", "close_review_as_returned", "close_open_work"),
    notices=("application_returned",),
    comment_required=True,
    tag="application:returned",
    rule="M5.1",
    article="第五条（一）",
    tone="warning",
)
REJECT = Transition(
    action="reject",
    label=N_("Reject"),
    confirm=N_("The whole application ends here, for every person on it."),
    sources=_IN_REVIEW,
    target=S.REJECTED,
    permission=Permission.APPLICATIONS_REVIEW,
    who=_DECIDER,
    data="refusal",
    guards=("work_is_not_another_persons",),
    effects=(
        "refuse_every_person",
        "close_review_as_rejected",
        "close_open_work",
        "close_application",
    ),
    notices=("application_rejected",),
    comment_required=True,
    tag="application:rejected",
    rule="M5.1",
    article="第五条（一）",
    tone="danger",
)
CONFIGURE = Transition(
    action="configure",
    label=N_("Configure"),
    confirm=N_("The accounts are opened with the granted permissions."),
    sources=(S.PASSED,),
    target=S.CONFIGURED,
    permission=Permission.APPLICATIONS_CONFIGURE,
    who=_DECIDER,
    data="login_names",
    guards=("work_is_not_another_persons", "persons_are_free"),
    effects=("open_accounts", "grant_items", "close_work_as_done", "open_next_work"),
    notices=("application_configured",),
    tag="application:configured",
    rule="M3",
    article="第三条",
    tone="primary",
)
ISSUE_KEY = Transition(
    action="issue_key",
    label=N_("Issue key"),
    confirm=N_("The key becomes this person's and the account is activated."),
    sources=(S.CONFIGURED,),
    target=S.COMPLETED,
    interim=S.CONFIGURED,
    done_when="every_person_has_key",
    permission=Permission.APPLICATIONS_ISSUE,
    who=_ISSUER,
    data="key_serials",
    guards=("work_is_not_another_persons", "keys_are_in_stock"),
    effects=("issue_keys", "close_work_when_done"),
    notices=("keys_issued",),
    tag="application:key_issued",
    rule="M5.1",
    article="第五条（一）",
    tone="primary",
)
COMPLETE = Transition(
    action="complete",
    label=N_("Complete"),
    confirm=N_("Persons who have no key yet will need a new application."),
    sources=(S.CONFIGURED,),
    target=S.COMPLETED,
    permission=Permission.APPLICATIONS_ISSUE,
    who=_ISSUER,
    guards=("work_is_not_another_persons", "some_person_has_key"),
    effects=("cancel_keyless_accounts", "close_work_as_done", "close_application"),
    notices=("application_completed",),
    comment_required=True,
    tag="application:completed",
    rule="M5.1",
    article="第五条（一）",
)
CHECK_PAPERS = Transition(
    action="check_papers",
    label=N_("Record papers"),
    sources=_IN_REVIEW,
    target=None,
    permission=Permission.APPLICATIONS_REVIEW,
    who=_DECIDER,
    data="paper_ticks",
    guards=("work_is_not_another_persons",),
    effects=("record_paper_ticks",),
    tag="application:papers_checked",
    rule="M5.2",
    article="第五条（二）",
)

_FINALS = frozenset({S.COMPLETED, S.REJECTED, S.WITHDRAWN})


def _application(kind: ApplicationKind, *transitions: Transition) -> Lifecycle:
    return Lifecycle(subject=kind, initial=S.DRAFT, finals=_FINALS, transitions=transitions)


def _by_service(transition: Transition) -> Transition:
    return replace(transition, rule="M5.2", article="第五条（二）")


APPLICATIONS: dict[ApplicationKind, Lifecycle] = {
    ApplicationKind.NEW_USER: _application(
        ApplicationKind.NEW_USER,
        SUBMIT,
        WITHDRAW,
        CLAIM,
        HAND_BACK,
        APPROVE,
        RETURN,
        REJECT,
        CONFIGURE,
        ISSUE_KEY,
        COMPLETE,
    ),
    ApplicationKind.ENTERPRISE_USER: _application(
        ApplicationKind.ENTERPRISE_USER,
        _by_service(SUBMIT),
        _by_service(WITHDRAW),
        CLAIM,
        HAND_BACK,
        CHECK_PAPERS,
        replace(
            _by_service(APPROVE),
            guards=(*APPROVE.guards, "papers_are_complete"),
            followed_by="configure",
        ),
        _by_service(RETURN),
        _by_service(REJECT),
        replace(
            CONFIGURE,
            automatic=True,
            permission=None,
            who=(),
            data="login_names",
            guards=("persons_are_free",),
            effects=("open_accounts", "grant_items_of_type", "open_next_work"),
            rule="M4b",
            article="第四条",
        ),
        _by_service(ISSUE_KEY),
        _by_service(COMPLETE),
    ),
}
