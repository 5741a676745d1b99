"""One act on many applications: each through the one door, each with an outcome of its own.

What is refused is refused for itself, with its reason and on record; the others go on. Named by a
`key`, the same request can be made again: what it has done already is told and not done twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.lifecycles import APPLICATIONS, Transition
from app.errors import BadRequest, Detail, DomainError, Forbidden, InvalidInput
from app.i18n import N_
from app.models.applications import Application
from app.models.jobs import JobRun
from app.security.actor import Actor
from app.services import background
from app.services.acts import perform, perform_together
from app.services.listing import MAX_SIZE, ListQuery, list_page
from app.services.regulations import rules
from app.services.resources import RESOURCES
from app.services.worklists import waiting
from app.workflow import engine

ACTS = ("approve", "configure", "claim", "return")
"""Acts that are done to many forms with the same words: none of them needs data of its own."""
AT_ONCE = 50
"""So many are done while somebody waits; more are long work."""
MOST = 5_000
BATCH = 200
"""So many are locked at a time."""
WORK = "decide_applications"
MAX_KEY = 60
"""So long may the name of a request be: each form's own is made of it."""
HEADS = ("id", "number", "done", "state", "code", "rule", "message")
"""The columns of the result of long work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one form; `label` is its number, or `#id` beyond the actor's reach."""

    id: int
    label: str
    done: bool
    state: str = ""
    version: int = 0
    code: str = ""
    rule: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()


def transition_of(action: str) -> Transition:
    """Return the act as most kinds know it; BadRequest for one that is not done to many."""
    if action not in ACTS:
        raise BadRequest(N_("There is no such act on many rows."), code="unknown_action")
    found = (lifecycle.find(action) for lifecycle in APPLICATIONS.values())
    return next(t for t in found if t is not None and not t.automatic and t.permission is not None)


def acts_of(session: Session, actor: Actor) -> list[Transition]:
    """Return the acts that this actor may do to many forms at once: those of the office's steps."""
    steps = {step.action for step in rules(session).roads if step.duty in actor.duties}
    found = [transition_of(it) for it in ACTS if any(fits(it, step) for step in steps)]
    return [t for t in found if t.permission is not None and actor.may(t.permission)]


def check(action: str, ids: Sequence[int], *, actor: Actor, comment: str) -> Transition:
    """Refuse, before anything is done, what no single form could be done with."""
    transition = transition_of(action)
    if transition.permission is None or not actor.may(transition.permission):
        raise Forbidden(
            N_("Your office or role does not do this."),
            code="not_your_duty",
            rule=transition.rule,
            article=transition.article,
        )
    problems = []
    if not 1 <= len(ids) <= MOST:
        words = N_("Choose between 1 and %(limit)s rows.")
        problems.append(Detail("ids", "bad_selection", words, {"limit": MOST}))
    if transition.comment_required and not comment.strip():
        problems.append(Detail("comment", "required", N_("Say why.")))
    if problems:
        raise InvalidInput(details=problems, rule=transition.rule)
    return transition


def carry_out(
    session: Session,
    ids: Sequence[int],
    action: str,
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    key: str = "",
) -> Iterator[Outcome]:
    """Do `action` to one form after the other and yield what became of each.

    What can be done as one batch is committed as one, with the same result and the same trail.
    """
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        keys = {identity: f"{key}:{identity}" for identity in batch} if key else {}
        known = numbers(session, batch)
        said: dict[str, Any] = {"actor": actor, "now": now, "comment": comment}
        together = perform_together(session, batch, action, keys=keys, **said)
        for identity in batch:
            number = known.get(identity)
            if identity in together:
                yield _outcome(identity, number, together[identity])
                continue
            try:
                done = perform(
                    session,
                    Application,
                    identity,
                    action,
                    idempotency_key=keys.get(identity),
                    **said,
                )
            except DomainError as error:
                yield _outcome(identity, number, error)
            else:
                yield _outcome(identity, number, done)


def _outcome(identity: int, number: str | None, told: engine.Outcome | DomainError) -> Outcome:
    if isinstance(told, DomainError):
        return _refused(identity, number, told)
    return Outcome(
        id=identity,
        label=number or f"#{identity}",
        done=True,
        state=told.state,
        version=told.version,
    )


def numbers(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of the forms within reach."""
    rows = session.execute(
        select(Application.id, Application.number).where(Application.id.in_(ids))
    )
    return {identity: number for identity, number in rows}  # noqa: C416 - a row is not a pair to mypy


def _refused(identity: int, number: str | None, error: DomainError) -> Outcome:
    return Outcome(
        id=identity,
        label=number or f"#{identity}",
        done=False,
        code=error.code,
        rule=error.rule or "",
        message=" ".join(detail.message for detail in error.details) or str(error),
        details=tuple(error.details),
    )


def of_view(session: Session, query: ListQuery) -> list[int]:
    """Return every form of a list as it is filtered, the bound's worth of them and one more."""
    resource, found = RESOURCES["applications"], list[int]()
    after = ""
    while len(found) <= MOST:
        page = list_page(
            session,
            resource,
            ListQuery(
                filters=query.filters,
                search=query.search,
                order=query.order,
                after=after,
                size=MAX_SIZE,
                columns=("number",),
                counted=bool(query.search),
            ),
        )
        found += [row.id for row in page.rows]
        if page.older is None:
            break
        after = page.older
    return found[: MOST + 1]


def of_work(session: Session, actor: Actor, action: str) -> list[int]:
    """Return every form that waits for this person, at the step of `action` if it is one."""
    rows = waiting(session, actor, limit=MOST + 1)
    return [row.application_id for row in rows if fits(action, row.action)]


def fits(action: str, step: str) -> bool:
    """Whether `action` is something to do to a form that waits for `step`."""
    return action in {step, "claim"} or (action, step) == ("return", "approve")


def ask(
    session: Session,
    ids: Sequence[int],
    action: str,
    *,
    title: str,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> JobRun:
    """Ask for the act as long work and return its run; the caller commits."""
    params: dict[str, Any] = {"ids": list(ids), "action": action, "comment": comment}
    return background.start(
        session, WORK, title=title, params=params, actor=actor, now=now, total=len(ids)
    )


def told(outcome: Outcome) -> Mapping[str, Any]:
    """Return an outcome as it is kept and sent."""
    return {
        "id": outcome.id,
        "number": outcome.label,
        "done": outcome.done,
        "state": outcome.state or None,
        "version": outcome.version or None,
        "code": outcome.code or None,
        "rule": outcome.rule or None,
        "message": outcome.message,
        "details": [detail.as_dict() for detail in outcome.details],
    }
