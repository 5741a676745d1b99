"""The page on which one application is read and decided (M3, M5.1, X4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import render_template, url_for
from sqlalchemy.orm import Session

from app.catalog.enums import RefusalReason
from app.catalog.types import RoadAction
from app.errors import DomainError
from app.i18n import _, pick
from app.models.applications import Application, ApplicationLine
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services import regulations, sheets, worklists
from app.services.applications import what_can_be_done
from app.services.audit import history_of
from app.services.worklists import Queue
from app.views import decide_panel
from app.views.applications import DECIDING, lines_more, pledge_text
from app.views.decide_errors import Mistakes
from app.views.decide_inputs import Inputs
from app.views.decide_lines import Becoming
from app.views.road import steps
from app.views.ruling import Ruling, asked_lines, data_of
from app.views.sheet import SHOWN_LINES, TICKS, Sheet, titles
from app.views.story import timeline
from app.views.wording import article, label, link
from app.workflow.columns import finder_of
from app.workflow.door import lifecycle_of
from app.workflow.effects.accounts import login_names_for
from app.workflow.review import is_another_step, is_in_charge, own_open_work

MAIN_ACTS = tuple(RoadAction)
ORDER = ("return", "reject", "complete", *MAIN_ACTS)
OPEN_LINES = 5
"""Forms of so many named persons show at once what is and what is asked; longer ones when asked."""


@dataclass(kw_only=True)
class DecidePage:
    """One application before the eyes of an office, with what was typed if it was refused."""

    session: Session
    application: Application
    actor: Actor
    now: datetime
    typed: Ruling | None = None
    error: DomainError | None = None

    @cached_property
    def sheet(self) -> Sheet:
        """The form as on paper."""
        return Sheet(
            session=self.session, application=self.application, actor=self.actor, now=self.now
        )

    @cached_property
    def acts(self) -> list[dict[str, Any]]:
        """Everything that fits the state, with why not."""
        return what_can_be_done(self.session, self.application, actor=self.actor, now=self.now)

    @cached_property
    def deciding(self) -> list[dict[str, Any]]:
        """The acts of this page that are this reader's to do, now or once something is mended."""
        found = [
            act
            for act in self.acts
            if act["action"] in DECIDING
            and not any(why["field"] == "actor" for why in act["why_not"])
            and self._is_done_here(act["action"])
        ]
        return sorted(found, key=lambda act: ORDER.index(act["action"]))

    def _is_done_here(self, action: str) -> bool:
        """Whether an act belongs to the step that waits, or can be done beside it for somebody."""
        if self.work is None:
            return True
        transition = lifecycle_of(self.application).find(action)
        if transition is None or is_another_step(self.work, transition):
            return False
        return self.work.action not in transition.also_at or bool(
            asked_lines(self.application, action)
        )

    @property
    def refused(self) -> list[dict[str, Any]]:
        """The acts of this page that are not this reader's to do."""
        return [act for act in self.acts if act["action"] in DECIDING and act["why_not"]]

    @property
    def main(self) -> dict[str, Any] | None:
        """The act that leads on, None where this reader has none."""
        found = [act for act in self.deciding if act["action"] in MAIN_ACTS]
        step = self.work.action if self.work else ""
        return min(found, key=lambda act: act["action"] != step, default=None)

    @cached_property
    def work(self) -> WorkItem | None:
        """The step that waits for the reader's office."""
        return own_open_work(self.application, self.actor)

    @property
    def concerns_reader(self) -> bool:
        """Whether there is something here for this reader's office to decide."""
        return self.work is not None

    @cached_property
    def may(self) -> bool:
        """Whether the reader can decide now."""
        return any(act["allowed"] or _only_papers(act) for act in self.deciding)

    @property
    def main_act(self) -> str:
        """The name of the act that leads on."""
        return self.main["action"] if self.main else ""

    @property
    def asks(self) -> str:
        """What the act that leads on is told: the name of its data."""
        return data_of(self.application, self.main_act)

    @property
    def mistakes(self) -> Mistakes:
        """What was wrong with the decision that was sent."""
        return Mistakes(application=self.application, typed=self.typed, error=self.error)

    def render(self) -> str:
        """Return the page."""
        queue = worklists.queue_after(self.session, self.actor, self.application.id)
        return render_template(
            "applications/decide.html",
            head=self.sheet.head(),
            facts=self._facts(),
            columns=self.sheet.columns(),
            lines=self._lines(),
            lines_more=lines_more(self.application),
            papers=self._papers(),
            papers_editable=self._records_papers,
            reasons=[{"value": r.value, "label": label(r)} for r in RefusalReason],
            decision=decide_panel.decision(self),
            claim=decide_panel.claim(self),
            queue=self.queue_links(queue),
            warnings=self._warnings(),
            steps=steps(self.session, self.application),
            events=timeline(history_of(self.session, "application", self.application.id)),
            events_url=None,
            articles=self._articles(),
            pledge_text=pledge_text(self.sheet),
        )

    def queue_links(self, queue: Queue) -> dict[str, Any]:
        """Return the way to the next waiting form."""
        left = f"{queue.left}+" if queue.more else queue.left
        url = None
        if queue.next_id is not None:
            url = url_for("DecisionView.decide", application_id=queue.next_id)
        return {"next_url": url, "left": left}

    # --- The form

    def _facts(self) -> list[dict[str, Any]]:
        facts = self.sheet.facts()
        for fact in facts:
            if not self._reviewing:
                fact["target"] = ""
            elif self.typed is not None and fact.get("target"):
                text = self.typed.remark_at(fact["target"])
                fact["remark"] = {"text": text} if text else None
        return facts

    @property
    def _reviewing(self) -> bool:
        """Whether this is a review: the only step at which remarks send a form back."""
        return self.asks == "line_rulings"

    @property
    def _shown(self) -> Sequence[ApplicationLine]:
        return self.application.lines[:SHOWN_LINES]

    def _lines(self) -> list[dict[str, Any]]:
        elsewhere = self._elsewhere()
        still = {line.id for line in self.application.passed_lines()}
        return [self._line(line, elsewhere, still=line.id in still) for line in self._shown]

    def _line(
        self, line: ApplicationLine, elsewhere: dict[str, list[dict[str, Any]]], *, still: bool
    ) -> dict[str, Any]:
        reviewing = self._reviewing
        named = finder_of(type(line)) is not None and line.account is not None
        drawn = self.sheet.line(
            line,
            editable=reviewing and still and is_in_charge(self.work, line),
            target=f"lines.{line.position}" if reviewing else "",
            places=[
                {"value": it.field, "label": pick(it, "heading")} for it in self.sheet.kind.columns
            ],
            warnings=elsewhere.get(line.person_digest or "", []),
            after=self._after(line) if still else None,
            inputs=self.inputs.of(line) if still and self.may else [],
            comparison=self._becoming.comparison(line) if named else [],
            open=named and len(self._shown) <= OPEN_LINES,
            error=self.mistakes.of_line(line).get("reason", ""),
        )
        if self.typed is not None and reviewing:
            verdict = self.typed.of_line(line, "verdict")
            drawn["verdict"] = {**drawn["verdict"], "value": verdict or "pending"}
            drawn["reason_code"] = self.typed.of_line(line, "reason_code")
            drawn["reason"] = self.typed.of_line(line, "reason")
            text = self.typed.remark_at(f"lines.{line.position}")
            drawn["remark"] = {"text": text} if text else None
            drawn["place"] = self.typed.fields.get(f"place-lines.{line.position}", "")
        return drawn

    def _after(self, line: ApplicationLine) -> dict[str, Any] | None:
        """Return the account as it would be when everything passes, None where none is left."""
        if finder_of(type(line)) is not None:
            held = self._becoming.permissions(line)
            return {"facts": [], "permissions": held} if held else None
        account = line.account
        login = account.login_name if account else self._logins.get(line.position, "")
        key = line.key.serial if line.key else _("to be issued")
        facts = [
            {"label": _("Login name"), "value": login},
            {"label": _("Organization"), "value": self.application.organization.name},
            {"label": _("Key"), "value": key},
        ]
        return {"facts": facts, "permissions": titles(self._granted(line))}

    @cached_property
    def _becoming(self) -> Becoming:
        """What becomes of people whom the form names."""
        return Becoming(session=self.session, application=self.application, lines=self._shown)

    @cached_property
    def inputs(self) -> Inputs:
        """What the act that leads on asks of each person."""
        return Inputs(
            session=self.session,
            application=self.application,
            actor=self.actor,
            asks=self.asks,
            also=[data_of(self.application, act["action"]) for act in self.deciding],
            logins=self._logins,
            typed=self.typed,
            mistakes=self.mistakes,
        )

    def _granted(self, line: ApplicationLine) -> Sequence[Any]:
        if "items" in line.columns:
            return line.items
        return regulations.items_for(
            self.session, self.application.organization.type, self.sheet.day
        )

    @cached_property
    def _logins(self) -> dict[int, str]:
        """The login names that persons without an account would get."""
        without = [line for line in self.application.passed_lines() if line.account_id is None]
        if not without or self.asks not in {"line_rulings", "login_names"}:
            return {}
        return login_names_for(self.session, self.application, without[:SHOWN_LINES], {})

    # --- Warnings

    def _elsewhere(self) -> dict[str, list[dict[str, Any]]]:
        """Return who of the form is known elsewhere: another account, another open form."""
        if not self._reviewing:
            return {}
        found: dict[str, list[dict[str, Any]]] = {}
        for it in sheets.known_elsewhere(self.session, self.application, self._shown):
            if it.account_id is not None:
                text = _(
                    "Has the account %(login)s in %(organization)s.",
                    login=it.login_name,
                    organization=it.organization,
                )
                url = link("AccountView.show", pk=it.account_id)
            else:
                text = _(
                    "Application %(number)s of %(organization)s asks for this person as well.",
                    number=it.number,
                    organization=it.organization,
                )
                url = url_for("ApplicationView.show", pk=it.application_id)
            found.setdefault(it.digest, []).append({"text": text, "level": "warn", "url": url})
        return found

    def _warnings(self) -> list[dict[str, Any]]:
        """Return what stands in the way of the act that leads on, papers apart."""
        if self.main is None:
            return []
        return [
            {"text": why["message"], "level": "bad"}
            for why in self.main["why_not"]
            if why["code"] not in {"paper_lacking", "claimed_by_other"}
        ]

    # --- Papers

    @cached_property
    def _records_papers(self) -> bool:
        return any(act["action"] == "check_papers" and act["allowed"] for act in self.acts)

    def _papers(self) -> list[dict[str, Any]]:
        papers = self.sheet.papers()
        if not self._reviewing:
            return [{**paper, "target": ""} for paper in papers]
        if self.typed is None:
            return papers
        for paper in papers:
            if "check_id" not in paper:
                continue
            line_id = paper["line_id"] or None
            paper["ticks"] = {
                tick: self.typed.ticked(paper["code"], line_id, tick) for tick in TICKS
            }
            if paper["target"]:
                text = self.typed.remark_at(paper["target"])
                paper["remark"] = {"text": text} if text else None
        return papers

    def _articles(self) -> list[dict[str, str]]:
        references = [self.sheet.kind.article]
        if self.work is not None:
            references += [
                str(entry["article"])
                for entry in self.application.road
                if entry["position"] == self.work.step and entry["duty"] == self.work.duty.value
            ]
        found = [article(self.session, it, self.sheet.day) for it in dict.fromkeys(references)]
        return [it for it in found if it]


def _only_papers(act: dict[str, Any]) -> bool:
    """Whether nothing but papers, which can be ticked on this very page, is in the way."""
    return bool(act["why_not"]) and all(why["code"] == "paper_lacking" for why in act["why_not"])
