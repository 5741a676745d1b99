"""Who may do an act to this very record: small predicates that return what is wrong, or None."""

from app.catalog.enums import OfficeCode
from app.catalog.labels import label_of
from app.catalog.types import RoadAction
from app.errors import Conflict, Detail, Word
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key
from app.workflow.act import WHO, Act
from app.workflow.review import (
    is_another_step,
    is_same_person,
    own_closed_work,
    own_open_work,
    reviewed_by,
    who_decided,
)


@WHO.register
def actor_belongs_to_applicant(act: Act) -> Detail | None:
    """A unit speaks for itself only."""
    application: Application = act.subject
    if act.actor.organization_id == application.organization_id:
        return None
    return Detail(
        "organization",
        "not_your_organization",
        N_("Only the organization that applies can do this."),
        rule="M2",
    )


@WHO.register
def actor_holds_open_duty(act: Act) -> Detail | None:
    """M3, 第三条: the step waits for a duty of the actor's office; done already is a conflict."""
    application: Application = act.subject
    act.work = own_open_work(application, act.actor)
    if act.work is not None:
        if not is_another_step(act.work, act.transition):
            return None
        return Detail(
            "duty",
            "another_step_first",
            N_("Another step comes first: %(step)s."),
            {"step": Word(label_of(RoadAction(act.work.action)))},
            "M3",
        )
    if own_closed_work(application, act.actor) is not None:
        raise Conflict(
            N_("Your office has decided on this application already."),
            code="already_decided",
            details=who_decided(act.session, application),
        )
    return Detail("duty", "not_your_duty", N_("This is another office's duty."), rule="M3")


@WHO.register
def actor_is_not_applicant(act: Act) -> Detail | None:
    """X4: who applied cannot review; no exception for anybody."""
    application: Application = act.subject
    applicants = (application.created_by, application.submitted_by)
    if not any(is_same_person(act.actor, applicant) for applicant in applicants):
        return None
    return Detail(
        "actor", "applicant_decides", N_("Who applied cannot decide the application."), rule="X4"
    )


@WHO.register
def actor_is_not_named_in_form(act: Act) -> Detail | None:
    """X4: nobody decides about an account of one's own."""
    application: Application = act.subject
    own = act.actor.person_digest
    if own is None or all(
        line.person_digest != own and line.account_id != act.actor.account_id
        for line in application.lines
    ):
        return None
    return Detail(
        "actor",
        "named_person_decides",
        N_("You are named on this form and cannot decide it."),
        rule="X4",
    )


@WHO.register
def actor_did_not_review(act: Act) -> Detail | None:
    """X4: who reviewed cannot issue."""
    if not reviewed_by(act.subject, act.actor):
        return None
    return Detail(
        "actor",
        "reviewer_issues",
        N_("Who passed the application cannot issue its keys."),
        rule="X4",
    )


@WHO.register
def actor_is_not_the_holder(act: Act) -> Detail | None:
    """Nobody acts on an account of one's own."""
    account: Account = act.subject
    if not is_same_person(act.actor, account):
        return None
    return Detail("actor", "own_account", N_("Nobody can do this to the own account."), rule="X4")


@WHO.register
def actor_restores_logins(act: Act) -> Detail | None:
    """第六条（四）: sign-in is restored through the research centre."""
    if act.actor.office == OfficeCode.RESEARCH:
        return None
    return Detail("duty", "not_your_duty", N_("This is another office's duty."), rule="M6.4")


@WHO.register
def actor_keeps_this_stock(act: Act) -> Detail | None:
    """第九条: each issuing office keeps its own stock."""
    key: Key = act.subject
    if act.actor.office is not None and act.actor.office == key.office_code:
        return None
    return Detail(
        "office", "not_your_stock", N_("This key is in another office's stock."), rule="M9"
    )
