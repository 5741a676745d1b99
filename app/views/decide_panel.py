"""The panel of the decision page that stays in sight: acts, whose turn it is, what is lacking."""

import uuid
from typing import TYPE_CHECKING, Any

from flask import url_for

from app.catalog.types import RoadAction
from app.i18n import _
from app.views.road import office_of
from app.views.wording import age, article, joined, label, when
from app.workflow.review import is_in_charge

if TYPE_CHECKING:
    from app.views.decide_page import DecidePage

LEADS_ON, KEYS = "a", {"return": "r"}
ASKS_ALWAYS = frozenset({"reject", "complete", "cancel_user", "delete_business"})
CLAIMING = frozenset({"claim", "hand_back"})


def decision(page: "DecidePage") -> dict[str, Any]:
    """Return the panel."""
    main = page.main
    drawn: dict[str, Any] = {
        "url": url_for("DecisionView.decide", application_id=page.application.id),
        "title": label(RoadAction(page.work.action)) if page.work else _("Decision"),
        "age": age(page.work.opened_at, page.now, page.work.action) if page.work else None,
        "may": page.may,
        "reason": "" if page.may else _why_not(page),
        "line_count": sum(
            is_in_charge(page.work, line) for line in page.application.passed_lines()
        ),
        "counts": page.asks == "line_rulings",
        "version": page.application.version,
        "idempotency_key": uuid.uuid4().hex,
        "consequence": main["confirm"] if main else "",
        "comment": page.typed.comment if page.typed else "",
        "article": article(page.session, main["article"], page.sheet.day) if main else None,
        "errors": page.mistakes.summary(),
        "conflict": page.mistakes.conflict(keeps_comment=page.may),
        "acts": [_act(page, act) for act in page.deciding] if page.may else [],
    }
    lacking = _lacking(page)
    return drawn if lacking is None else {**drawn, "lacking": lacking}


def _lacking(page: "DecidePage") -> list[str] | None:
    """Return the papers that keep the form from passing; None where none belong to it."""
    main = page.main
    if main is None or page.main_act != "approve" or not page.application.paper_checks:
        return None
    return [why["message"] for why in main["why_not"] if why["code"] == "paper_lacking"]


def _act(page: "DecidePage", act: dict[str, Any]) -> dict[str, Any]:
    name = act["action"]
    hard = [why["message"] for why in act["why_not"] if why["code"] != "paper_lacking"]
    confirm = {"title": act["label"], "text": act["confirm"], "button": act["label"]}
    return {
        "name": name,
        "label": act["label"],
        "primary": name == page.main_act,
        "tone": "danger" if act["tone"] == "danger" else "",
        "key": LEADS_ON if name == page.main_act else KEYS.get(name, ""),
        "disabled_reason": " ".join(hard),
        "consequence": act["confirm"],
        "confirm": confirm if name in ASKS_ALWAYS else None,
        "counts": name == page.main_act and page.asks == "line_rulings",
    }


def _why_not(page: "DecidePage") -> str:
    """Return why the reader cannot decide now."""
    for act in page.deciding or page.refused:
        for why in act["why_not"]:
            return str(why["message"])
    waiting = [w for w in page.application.work_items if w.outcome is None]
    offices = joined(office_of(page.session, w.duty) for w in waiting)
    return _("It is with %(office)s now.", office=offices) if offices else ""


def claim(page: "DecidePage") -> dict[str, Any] | None:
    """Return in whose hands the step is, with the buttons to take it on or hand it back."""
    work = page.work
    if work is None:
        return None
    here = url_for("DecisionView.decide", application_id=page.application.id)
    buttons = [
        {
            "label": act["label"],
            "url": url_for(
                "ApplicationView.press", pk=page.application.id, action=act["action"], next=here
            ),
            "method": "post",
        }
        for act in page.acts
        if act["action"] in CLAIMING and act["allowed"]
    ]
    return {
        "by": work.claimed_by.name if work.claimed_by else "",
        "since": when(work.claimed_at),
        "mine": work.claimed_by_id == page.actor.account_id,
        "actions": buttons,
    }
