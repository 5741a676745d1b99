"""Changing the roads of applications: from a day on, never backwards (M5.1, M11, 第十一条).

A step that changes is closed on the day before and goes on as a row of its own; what has been
handed in goes the road that it was handed in under. No office is given another's duty (M3): what
may be done by which duty is what the catalogue's roads say.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.check import roads as check_roads
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.permissions import Permission
from app.catalog.types import RuleOrigin
from app.clock import office_date
from app.errors import Conflict, Detail, InvalidInput
from app.i18n import N_
from app.models.regulations import RoadStep
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require
from app.services.catalog.stored import hold, mark_changed, stored_catalog
from app.services.entries import Entries
from app.services.regulations import kind_on

RULE, ARTICLE = "M11", "第十一条"
CHANGED = ("position", "category", "name_zh", "name_en")
WHOLE = ("kind", "action", "duty", *CHANGED)
MOST_STEPS = 20


def add_step(session: Session, raw: Mapping[str, Any], *, actor: Actor, now: datetime) -> RoadStep:
    """Add a step to a kind's road from `valid_from` on; InvalidInput names what is wrong."""
    require(actor, Permission.CATALOGUE_EDIT)
    today = office_date(now)
    entries = _read(raw, WHOLE, today)
    action, duty = entries.values.get("action"), entries.values.get("duty")
    if action and duty and (action, duty) not in possible_pairs():
        entries.refuse("duty", "not_its_duty", N_("This duty does not do this act."), "M3")
    entries.check()
    kind: ApplicationKind = entries.values["kind"]
    described = kind_on(session, kind, today)
    hold(session)
    step = RoadStep(
        **entries.values,
        article=described.article if described else ARTICLE,
        rule=described.rule if described else RULE,
        origin=RuleOrigin.OFFICE,
    )
    session.add(step)
    _settle(session, kind, now)
    _record(session, "catalogue:added", step, {}, _told(step), actor=actor, now=now)
    return step


def change_step(
    session: Session,
    step: RoadStep,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> RoadStep:
    """Let `step` go on changed from `valid_from` on and return the row that then holds.

    Raises Conflict for a step that has ended, InvalidInput by field, also where the road as a whole
    would not hold any more.
    """
    require(actor, Permission.CATALOGUE_EDIT)
    entries = _read(raw, CHANGED, office_date(now))
    effective = entries.values.get("valid_from")
    _check_after_beginning(entries, "valid_from", step, effective)
    entries.check()
    before = _told(step)
    _close(session, step, entries.values["valid_from"])
    fresh = RoadStep(
        kind=step.kind,
        action=step.action,
        duty=step.duty,
        article=step.article,
        rule=step.rule,
        origin=RuleOrigin.OFFICE,
        **entries.values,
    )
    session.add(fresh)
    _settle(session, step.kind, now)
    after = _told(fresh)
    changed = [name for name in after if before.get(name) != after[name]]
    _record(
        session,
        "catalogue:reworded",
        fresh,
        {name: before.get(name) for name in changed},
        {name: after[name] for name in changed},
        actor=actor,
        now=now,
        comment=comment,
    )
    return fresh


def end_step(
    session: Session,
    step: RoadStep,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> RoadStep:
    """Take `step` off the road from `valid_until` on."""
    require(actor, Permission.CATALOGUE_EDIT)
    today = office_date(now)
    entries = Entries(RoadStep, raw, known=("valid_until",), today=today)
    last = _read_day(entries, "valid_until", today)
    _check_after_beginning(entries, "valid_until", step, last)
    entries.check()
    assert last is not None
    _close(session, step, last)
    _settle(session, step.kind, now)
    _record(
        session,
        "catalogue:ended",
        step,
        {},
        {"valid_until": last.isoformat()},
        actor=actor,
        now=now,
        comment=comment,
    )
    return step


def possible_pairs() -> set[tuple[StrEnum, StrEnum]]:
    """Return which duty does which act, as the catalogue's roads have it (M3)."""
    return {(step.action, step.duty) for step in load_catalog().roads}


def _read(raw: Mapping[str, Any], names: tuple[str, ...], today: date) -> Entries:
    entries = Entries(RoadStep, raw, known=(*names, "valid_from"), today=today)
    entries.read(*(name for name in names if name != "position"))
    entries.values["position"] = _read_position(entries)
    entries.values["valid_from"] = _read_day(entries, "valid_from", today)
    return entries


def _read_position(entries: Entries) -> int | None:
    text = entries.text("position") or ""
    if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_STEPS)):
        number = int(text)
        if 1 <= number <= MOST_STEPS:
            return number
    entries.refuse(
        "position",
        "not_a_position",
        N_("A position is a number from 1 to %(most)s."),
        "M5.1",
        {"most": MOST_STEPS},
    )
    return None


def _read_day(entries: Entries, name: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(entries.text(name) or "")
    except ValueError:
        entries.refuse(name, "not_a_date", N_("A date is expected here, such as 2026-11-21."), RULE)
        return None
    if day < today:
        entries.refuse(
            name, "in_the_past", N_("A rule changes from today on, never backwards."), RULE
        )
    return day


def _check_after_beginning(entries: Entries, name: str, step: RoadStep, day: date | None) -> None:
    if step.valid_until is not None:
        raise Conflict(N_("This step has been changed or ended meanwhile."), rule=RULE)
    if day is not None and day <= step.valid_from:
        entries.refuse(
            name,
            "before_it_began",
            N_("The step itself is in force from %(day)s only."),
            RULE,
            {"day": step.valid_from.isoformat()},
        )


def _close(session: Session, step: RoadStep, day: date) -> None:
    """End the row, as the office's own: a sync of the catalogue leaves it so."""
    hold(session)
    session.refresh(step, with_for_update=True)
    if step.valid_until is not None:
        raise Conflict(N_("This step has been changed or ended meanwhile."), rule=RULE)
    step.valid_until = day
    step.origin = RuleOrigin.OFFICE
    session.flush()


def _settle(session: Session, kind: ApplicationKind, now: datetime) -> None:
    """Refuse a road that does not hold as a whole; let every reader read it again."""
    session.flush()
    stored = stored_catalog(session, load_catalog())
    only = replace(stored, roads=tuple(step for step in stored.roads if step.kind == kind))
    problems = [
        Detail("position", "road_broken", problem.msgid, problem.params, "M5.1")
        for problem in check_roads(only)
        if problem.entry.startswith(kind.value)
    ]
    if problems:
        raise InvalidInput(details=problems, rule="M5.1")
    mark_changed(session, now=now)


def _told(step: RoadStep) -> dict[str, Any]:
    return {name: _plain(getattr(step, name)) for name in (*WHOLE, "valid_from")}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else getattr(value, "value", value)


def _record(
    session: Session,
    tag: str,
    step: RoadStep,
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> None:
    session.flush()
    record(
        session,
        tag=tag,
        subject=step,
        actor=actor,
        now=now,
        old=old,
        new=new,
        comment=comment,
        rule=RULE,
        article=ARTICLE,
    )
