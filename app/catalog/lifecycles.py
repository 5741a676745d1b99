"""Lifecycles as tables: acts, states, who may, guards, effects, the article it rests on.

Nothing here runs; `app/workflow/engine.py` walks the tables.
"""

from dataclasses import dataclass, replace

from app.catalog.enums import AccountState as A
from app.catalog.enums import ApplicationKind
from app.catalog.enums import ApplicationState as S
from app.catalog.enums import KeyState as K
from app.catalog.permissions import Permission
from app.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One act.

    `target` None leaves the state as it is. While `done_when` (a named condition) does not hold the
    subject goes to `interim` instead. `who`, `guards`, `effects`, `data` and `notices` are names
    that the workflow package defines. An `automatic` act is fired by the engine only, `followed_by`
    names the one that comes next by itself.
    """

    action: str
    label: str
    sources: tuple[str, ...]
    target: str | None
    tag: str
    rule: str
    article: str
    permission: Permission | None = None
    confirm: str = ""
    interim: str | None = None
    done_when: str | None = None
    who: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    data: str | None = None
    effects: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    comment_required: bool = False
    automatic: bool = False
    followed_by: str | None = None
    tone: str = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """All acts of one kind of subject."""

    subject: str
    initial: str
    finals: frozenset[str]
    transitions: tuple[Transition, ...]

    def states(self) -> set[str]:
        """Return every state that the table names."""
        named = {self.initial, *self.finals}
        for t in self.transitions:
            named.update(t.sources)
            named.update(s for s in (t.target, t.interim) if s)
        return named

    def find(self, action: str) -> Transition | None:
        """Return the act named `action`."""
        return next((t for t in self.transitions if t.action == action), None)


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

ACCOUNT = Lifecycle(
    subject="account",
    initial=A.PENDING,
    finals=frozenset({A.CANCELLED}),
    transitions=(
        Transition(
            action="activate",
            label=N_("Activate"),
            sources=(A.PENDING,),
            target=A.ACTIVE,
            automatic=True,
            guards=("holder_has_key",),
            effects=("start_account",),
            notices=("account_activated",),
            tag="account:activated",
            rule="M4",
            article="第四条",
        ),
        Transition(
            action="issue_key",
            label=N_("Issue key"),
            confirm=N_("The key becomes this person's and the account is activated."),
            sources=(A.PENDING,),
            target=None,
            permission=Permission.KEYS_ISSUE,
            who=(
                "actor_is_not_the_holder",
                "actor_issues_to_this_unit",
                "actor_did_not_open_account",
            ),
            data="key_serial",
            guards=("account_was_opened_by_hand", "key_is_in_own_stock"),
            effects=("give_key_and_activate",),
            tag="account:key_issued",
            rule="M4",
            article="第四条",
            tone="primary",
        ),
        Transition(
            action="suspend",
            label=N_("Suspend sign-in"),
            confirm=N_("The person is signed out everywhere at once and cannot sign in again."),
            sources=(A.ACTIVE,),
            target=A.SUSPENDED,
            permission=Permission.ACCOUNTS_SUSPEND,
            who=("actor_is_not_the_holder",),
            effects=("end_sessions",),
            comment_required=True,
            tag="account:suspended",
            rule="M6.4",
            article="第六条（四）",
            tone="warning",
        ),
        Transition(
            action="restore",
            label=N_("Restore sign-in"),
            confirm=N_("The person can sign in again."),
            sources=(A.SUSPENDED,),
            target=A.ACTIVE,
            permission=Permission.ACCOUNTS_RESTORE,
            who=("actor_is_not_the_holder", "actor_restores_logins"),
            effects=("start_account",),
            notices=("account_restored",),
            comment_required=True,
            tag="account:restored",
            rule="M6.4",
            article="第六条（四）",
            tone="primary",
        ),
        Transition(
            action="cancel",
            label=N_("Cancel account"),
            confirm=N_("The person can never sign in again; the name stays in the records."),
            sources=(A.PENDING, A.ACTIVE, A.SUSPENDED),
            target=A.CANCELLED,
            permission=Permission.ACCOUNTS_CANCEL,
            who=("actor_is_not_the_holder",),
            guards=("holder_has_returned_key", "no_open_application_names_holder"),
            effects=("end_grants", "end_sessions"),
            comment_required=True,
            tag="account:cancelled",
            rule="M6.1",
            article="第六条（一）",
            tone="danger",
        ),
    ),
)

_STOCK = ("actor_keeps_this_stock",)

KEY = Lifecycle(
    subject="key",
    initial=K.RECEIVED,
    finals=frozenset({K.DESTROYED}),
    transitions=(
        Transition(
            action="stock",
            label=N_("Put in stock"),
            sources=(K.RECEIVED, K.RETURNED),
            target=K.IN_STOCK,
            permission=Permission.KEYS_ADD,
            who=_STOCK,
            effects=("write_movement",),
            tag="key:stocked",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="issue",
            label=N_("Issue"),
            sources=(K.IN_STOCK,),
            target=K.ISSUED,
            permission=Permission.KEYS_ISSUE,
            automatic=True,
            guards=("holder_has_no_other_key",),
            effects=("hand_key_to_holder", "write_movement"),
            tag="key:issued",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="take_back",
            label=N_("Take back"),
            confirm=N_("The holder has no key any more and cannot sign in until given another."),
            sources=(K.ISSUED,),
            target=K.RETURNED,
            permission=Permission.KEYS_TAKE_BACK,
            who=_STOCK,
            effects=("take_key_from_holder", "write_movement"),
            comment_required=True,
            tag="key:returned",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="report_lost",
            label=N_("Report lost"),
            confirm=N_("The key stops working at once."),
            sources=(K.ISSUED,),
            target=K.LOST,
            permission=Permission.KEYS_REPORT_LOST,
            effects=("take_key_from_holder", "write_movement"),
            comment_required=True,
            tag="key:lost",
            rule="M8",
            article="第八条",
            tone="danger",
        ),
        Transition(
            action="destroy",
            label=N_("Destroy"),
            confirm=N_("The key leaves the stock for good."),
            sources=(K.RECEIVED, K.IN_STOCK, K.RETURNED, K.LOST),
            target=K.DESTROYED,
            permission=Permission.KEYS_TAKE_BACK,
            who=_STOCK,
            effects=("write_movement",),
            comment_required=True,
            tag="key:destroyed",
            rule="M9",
            article="第九条",
            tone="danger",
        ),
    ),
)


def all_lifecycles() -> tuple[Lifecycle, ...]:
    """Return every lifecycle, for tests and diagrams."""
    return (*APPLICATIONS.values(), ACCOUNT, KEY)
