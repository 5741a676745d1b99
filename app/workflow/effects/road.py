"""Effects that move work along an application's road."""

from typing import Any

from app.catalog.enums import Duty, StepOutcome
from app.catalog.loader import load_catalog
from app.clock import office_date
from app.models.applications import Application
from app.models.materials import PaperCheck
from app.models.work import WorkItem
from app.workflow.act import EFFECTS, Act
from app.workflow.regulation import papers_on, road_on
from app.workflow.review import open_work

PAPERS_CHECKED_FOR = frozenset(
    entry.kind for entry in load_catalog().kinds if entry.identity_papers
)
"""Kinds whose papers of identity SERVICE checks at the counter (第五条（二）)."""


@EFFECTS.register
def take_the_road(act: Act) -> None:
    """Keep the rules as they are on the day of submission: road, pledge, date (M11)."""
    application: Application = act.subject
    day = office_date(act.now)
    application.rules_on = day
    application.pledge_id, application.pledged = act.data
    application.submitted_by_id = act.actor.account_id
    application.submitted_at = act.now
    application.round += 1
    application.comment = ""
    application.road = [
        {
            "position": step.position,
            "action": step.action.value,
            "duty": step.duty.value,
            "category": step.category.value if step.category else None,
            "name_zh": step.name_zh,
            "name_en": step.name_en,
            "article": step.article,
            "rule": step.rule,
        }
        for step in road_on(act.session, application.kind, day)
    ]
    act.new["round"], act.new["pledged"] = application.round, application.pledged


@EFFECTS.register
def list_required_papers(act: Act) -> None:
    """Open the checklist: a row per paper, or per person where each brings one (M5.2)."""
    application: Application = act.subject
    if application.kind not in PAPERS_CHECKED_FOR:
        return
    have = {(check.paper_code, check.line_id) for check in application.paper_checks}
    day = application.rules_on or office_date(act.now)
    for paper in papers_on(act.session, application.organization, day):
        owners = [line.id for line in application.lines] if paper.per_person else [None]
        for line_id in owners:
            if (paper.code, line_id) not in have:
                application.paper_checks.append(PaperCheck(paper_code=paper.code, line_id=line_id))


@EFFECTS.register
def open_first_work(act: Act) -> None:
    """Put the application before every office that comes first, side by side."""
    _open_steps_after(act, 0)


@EFFECTS.register
def open_next_work(act: Act) -> None:
    """Open the steps that come after this one, once nothing of this one is left."""
    application: Application = act.subject
    if not open_work(application):
        of_round = (w.step for w in application.work_items if w.round == application.round)
        _open_steps_after(act, max(of_round, default=0))


def _open_steps_after(act: Act, position: int) -> None:
    """Open the steps of the first position after `position` that is taken for what is asked."""
    application: Application = act.subject
    asked = {category.value for category in application.categories()}
    road: list[dict[str, Any]] = application.road
    steps = [
        step
        for step in road
        if step["position"] > position and (step["category"] is None or step["category"] in asked)
    ]
    first = min((step["position"] for step in steps), default=0)
    for step in steps:
        if step["position"] == first:
            application.work_items.append(_work_item(application, step, act))


def _work_item(application: Application, step: dict[str, Any], act: Act) -> WorkItem:
    return WorkItem(
        application_id=application.id,
        round=application.round,
        step=step["position"],
        action=step["action"],
        duty=Duty(step["duty"]),
        category=step["category"],
        opened_at=act.now,
    )


def _close(act: Act, work: WorkItem, outcome: StepOutcome) -> None:
    work.closed_at = act.now
    work.closed_by_id = act.actor.account_id
    work.outcome = outcome
    work.comment = act.comment


@EFFECTS.register
def close_review_as_passed(act: Act) -> None:
    """This office has passed; its opinion goes on to the next (第五条（一）)."""
    close_own(act, StepOutcome.PASSED)
    if act.comment:
        application: Application = act.subject
        application.comment = "\n".join(filter(None, [application.comment, act.comment]))


@EFFECTS.register
def close_review_as_returned(act: Act) -> None:
    """One office returns it: it returns."""
    close_own(act, StepOutcome.RETURNED)


@EFFECTS.register
def close_review_as_rejected(act: Act) -> None:
    """One office rejects it: it ends."""
    close_own(act, StepOutcome.REJECTED)


@EFFECTS.register
def close_work_as_done(act: Act) -> None:
    """The step's own work is done."""
    close_own(act, StepOutcome.DONE)


@EFFECTS.register
def close_work_when_done(act: Act) -> None:
    """The counter's step ends with the last person served."""
    if all(line.key_id is not None for line in act.subject.passed_lines()):
        close_own(act, StepOutcome.DONE)


def close_own(act: Act, outcome: StepOutcome) -> None:
    """Close the step that this act is about."""
    if act.work is not None:
        _close(act, act.work, outcome)
        act.new["duty"] = act.work.duty.value


@EFFECTS.register
def close_open_work(act: Act) -> None:
    """Nobody else need look at it any more."""
    for work in open_work(act.subject):
        _close(act, work, StepOutcome.CANCELLED)


@EFFECTS.register
def close_application(act: Act) -> None:
    """Note when it ended."""
    act.subject.closed_at = act.now


@EFFECTS.register
def claim_work(act: Act) -> None:
    """Take the step into one's own hands."""
    if act.work is not None:
        act.work.claimed_by_id = act.actor.account_id
        act.work.claimed_at = act.now


@EFFECTS.register
def hand_back_work(act: Act) -> None:
    """Give the step back to the office."""
    if act.work is not None:
        act.work.claimed_by_id = None
        act.work.claimed_at = None
