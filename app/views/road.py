"""The drawn road of an application: what is done, where it is, whose turn comes next (M5.1)."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Duty, StepOutcome
from app.catalog.norms import norm_of
from app.i18n import _, language
from app.models.applications import Application
from app.models.work import WorkItem
from app.services import regulations
from app.views.wording import days, joined, label, when

DRAWN = {
    StepOutcome.PASSED: "done",
    StepOutcome.DONE: "done",
    StepOutcome.RETURNED: "refused",
    StepOutcome.REJECTED: "refused",
    StepOutcome.CANCELLED: "skipped",
}
WITH_APPLICANT = {ApplicationState.DRAFT, ApplicationState.RETURNED}


def office_of(session: Session, duty: Duty) -> str:
    """Return the short name of the office that does `duty` (M3)."""
    for office in regulations.offices(session).values():
        if duty in office.duties:
            return office.short_name_en if language() == "en" else office.short_name_zh
    return ""


def steps(session: Session, application: Application) -> list[dict[str, Any]]:
    """Return the steps that a form handed in takes, with "you are here"."""
    work = [w for w in application.work_items if w.round == application.round]
    with_applicant = application.state in WITH_APPLICANT
    first = {
        "label": _("Handed in"),
        "office": application.organization.name,
        "state": "current" if with_applicant else "done",
        "who": "",
        "when": when(application.submitted_at),
    }
    ended = application.state.is_closed or with_applicant
    drawn = [_step(session, entry, work, ended=ended) for entry in application.road]
    return [first, *(step for step in drawn if step is not None)]


def _step(
    session: Session,
    entry: dict[str, Any],
    work: Sequence[WorkItem],
    *,
    ended: bool,
) -> dict[str, Any] | None:
    """Return one step as it is drawn, None for one that this form does not need."""
    duty = Duty(entry["duty"])
    step = {
        "label": _name(entry),
        "office": office_of(session, duty),
        "together": str(entry["position"]),
        "who": "",
        "when": "",
        "note": "",
    }
    item = next((w for w in work if _belongs(w, entry)), None)
    if item is None:
        later = not any(w.step >= entry["position"] for w in work)
        return {**step, "state": "waiting"} if later and not ended else None
    if item.outcome is None:
        holder = item.claimed_by.name if item.claimed_by else ""
        note = _("in the hands of %(name)s", name=holder) if holder else ""
        return {**step, "state": "current", "when": when(item.opened_at), "note": note}
    return {
        **step,
        "state": DRAWN[item.outcome],
        "who": item.closed_by.name if item.closed_by else "",
        "when": when(item.closed_at),
        "note": "" if DRAWN[item.outcome] == "done" else label(item.outcome),
    }


def _belongs(item: WorkItem, entry: dict[str, Any]) -> bool:
    category = item.category.value if item.category else None
    return (item.step, item.action, item.duty.value, category) == (
        entry["position"],
        entry["action"],
        entry["duty"],
        entry["category"],
    )


def _name(entry: Any) -> str:
    if isinstance(entry, dict):
        return str(entry["name_en" if language() == "en" else "name_zh"])
    return str(entry.name_en if language() == "en" else entry.name_zh)


def ahead(session: Session, road: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the steps that a form would take if it were handed in today."""
    return [
        {
            "label": _name(entry),
            "office": office_of(session, entry.duty),
            "state": "waiting",
            "together": str(entry.position),
        }
        for entry in road
    ]


def usual_time(road: Iterable[Any]) -> str:
    """Return how long the whole road takes when every step keeps its norm."""
    longest: dict[int, int] = {}
    for entry in road:
        norm = norm_of(entry.action)
        longest[entry.position] = max(norm, longest.get(entry.position, 0))
    return days(sum(longest.values()))


def next_turn(session: Session, application: Application) -> dict[str, Any] | None:
    """Return whose turn it is, in a sentence; None when the form has ended."""
    if application.state.is_closed:
        return None
    if application.state in WITH_APPLICANT:
        return {"sentence": _("It is with your organization now."), "office": "", "about": ""}
    open_items = [w for w in application.work_items if w.outcome is None]
    offices = joined(dict.fromkeys(office_of(session, w.duty) for w in open_items))
    norm = max((norm_of(w.action) for w in open_items), default=0)
    return {
        "sentence": _("It is with %(office)s now.", office=offices),
        "office": offices,
        "about": days(norm) if norm else "",
    }
