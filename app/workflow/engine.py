"""The one door for state: `fire()` is the only code that changes it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.catalog.cleaning import Unfit, plain_text
from app.catalog.labels import label_of
from app.catalog.lifecycles import Transition
from app.errors import (
    BadRequest,
    Conflict,
    Detail,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    Refused,
    Word,
)
from app.i18n import N_
from app.models.applications import Application
from app.models.audit import IdempotencyKey
from app.security.actor import Actor, acting
from app.security.audit import record
from app.workflow import data as _data  # noqa: F401 - registers validators
from app.workflow import effects as _effects  # noqa: F401 - registers effects
from app.workflow import guards as _guards  # noqa: F401 - registers guards
from app.workflow import notices
from app.workflow import who as _who  # noqa: F401 - registers predicates
from app.workflow.act import CONDITIONS, EFFECTS, GUARDS, VALIDATORS, WHO, Act, unread
from app.workflow.ahead import read_ahead
from app.workflow.door import StateDoorError, door_open, guard_states, lifecycle_of, lock, touch
from app.workflow.review import who_decided

__all__ = [
    "MAX_COMMENT",
    "Outcome",
    "StateDoorError",
    "fire",
    "guard_states",
    "lifecycle_of",
    "transitions_of",
    "why_not",
]

MAX_COMMENT = 2000
MAX_IDEMPOTENCY_KEY = 80
LOST_RACES = frozenset({"40P01", "40001", "55P03"})
"""PostgreSQL's codes: deadlock, serialization failure, lock not available."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an act led to; `secrets` are told once and are absent when the act is `replayed`."""

    subject_type: str
    subject_id: int
    action: str
    state: str
    version: int
    result: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False


def fire(
    session: Session,
    subject: Any,
    action: str,
    *,
    actor: Actor,
    data: dict[str, Any] | None = None,
    comment: str | None = None,
    now: datetime,
    idempotency_key: str | None = None,
    expected_version: int | None = None,
    cause: Act | None = None,
) -> Outcome:
    """Do `action` to `subject` and flush; the boundary commits.

    Raises NotFound outside the actor's rows, Forbidden for a wrong actor (M3, X4), Conflict if the
    record is no longer as the caller saw it, InvalidInput for `data`, Refused with every guard's
    reason. `cause` is the act whose effect this is: only with it may automatic acts be fired.
    """
    lifecycle = lifecycle_of(subject)
    transition = lifecycle.find(action)
    if transition is None:
        raise BadRequest(
            N_("There is no act named %(action)s here."), code="unknown_action", action=action
        )
    act = Act(
        session=session,
        subject=subject,
        transition=transition,
        actor=actor,
        now=now,
        comment=comment or "",
        raw=data or {},
        cause=cause,
    )
    try:
        _check_envelope(act, idempotency_key)
        if cause is None:
            _check_permission(act)
        with acting(session, Actor.system(actor.name)):
            if read_ahead(session) is None:
                lock(session, subject)
            if idempotency_key and (first := _first_outcome(act, idempotency_key)):
                return first
        if cause is None:
            _check_reach(act)
        with acting(session, Actor.system(actor.name)):
            _check_state(act, expected_version)
            _check_who(act)
            _check_data(act)
            _check_guards(act)
            return _carry_out(act, idempotency_key)
    except StaleDataError as error:
        raise _about(act, Conflict()) from error
    except OperationalError as error:
        if not lost_to_a_rival(error):
            raise
        raise _about(
            act, Conflict(N_("Somebody else is changing this record. Try again."))
        ) from error
    except DomainError as error:
        raise _about(act, error) from None


def lost_to_a_rival(error: OperationalError) -> bool:
    """Whether another transaction had what this one needed: locked on SQLite, or a deadlock."""
    return "locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") in LOST_RACES


def _about(act: Act, error: DomainError) -> DomainError:
    """Add to the refusal what it rests on and what it was about."""
    error.rule = error.rule or act.transition.rule
    error.article = error.article or act.transition.article
    if not hasattr(error, "act"):
        error.act = act  # type: ignore[attr-defined]
    return error


def _check_envelope(act: Act, idempotency_key: str | None) -> None:
    """Refuse, on every door alike, what cannot be read or stored at all."""
    problems = []
    data: Any = act.raw
    texts: tuple[tuple[str, Any, int], ...] = (
        ("comment", act.comment, MAX_COMMENT),
        ("idempotency_key", idempotency_key, MAX_IDEMPOTENCY_KEY),
    )
    if not isinstance(data, dict):
        problems.append(Detail("data", "not_an_object", N_("An object is expected here.")))
    for name, value, limit in texts:
        if value is None:
            continue
        if not isinstance(value, str):
            problems.append(Detail(name, "not_text", N_("Text is expected here.")))
            continue
        try:
            plain_text(value, limit=limit, long=name == "comment")
        except Unfit as unfit:
            problems.append(Detail(name, unfit.code, unfit.msgid, unfit.params))
    if problems:
        raise InvalidInput(details=problems)
    act.comment = plain_text(act.comment, limit=MAX_COMMENT, long=True)


def _check_permission(act: Act) -> None:
    permission = act.transition.permission
    if act.transition.automatic or permission is None or not act.actor.may(permission):
        raise Forbidden(N_("Your office or role does not do this."), code="not_your_duty")


def _check_reach(act: Act) -> None:
    """Refuse a row outside the actor's scope: to an office as another's duty, else as unknown."""
    model = type(act.subject)
    ahead = read_ahead(act.session)
    with acting(act.session, act.actor):
        if ahead is not None:
            if act.subject.id in ahead.reached:
                return
        elif act.session.scalar(select(model.id).where(model.id == act.subject.id)) is not None:
            return
    if act.actor.office is not None and isinstance(act.subject, Application):
        raise Forbidden(
            N_("This is another office's duty."), code="not_your_duty", rule="M3", article="第三条"
        )
    raise NotFound


def _kept_under(act: Act, key: str) -> Any:
    """Return the outcome that the actor's request of this name has had, None if it had none."""
    if (ahead := read_ahead(act.session)) is not None:
        return ahead.keys.get(key)
    return act.session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.actor_id == act.actor.account_id, IdempotencyKey.key == key
        )
    )


def _first_outcome(act: Act, key: str) -> Outcome | None:
    seen = _kept_under(act, key)
    if seen is None:
        return None
    same = (seen.subject_type, seen.subject_id, seen.action) == (
        act.subject.__tablename__,
        act.subject.id,
        act.transition.action,
    )
    if not same:
        raise Conflict(
            N_("This idempotency key was used for another act."), code="idempotency_key_reused"
        )
    return Outcome(**seen.outcome, replayed=True)


def _check_state(act: Act, expected_version: int | None) -> None:
    subject = act.subject
    if subject.state in act.transition.sources and expected_version in {None, subject.version}:
        return
    raise Conflict(
        N_("%(subject)s has changed meanwhile and is now: %(state)s."),
        subject=str(subject),
        state=_state_word(subject),
        details=who_decided(act.session, subject),
    )


def _state_word(subject: Any) -> Word:
    return Word(label_of(subject.state))


def _check_who(act: Act) -> None:
    for name in act.transition.who:
        if detail := WHO[name](act):
            raise Forbidden(detail.msgid, code=detail.code, rule=detail.rule, **detail.params)


def _check_data(act: Act) -> None:
    problems: list[Detail] = []
    if act.transition.comment_required and not act.comment:
        problems.append(Detail("comment", "required", N_("Say why.")))
    problems += unread(act)
    if act.transition.data:
        act.data, more = VALIDATORS[act.transition.data](act)
        problems += more
    if problems:
        raise InvalidInput(details=problems)


def _check_guards(act: Act) -> None:
    reasons = [detail for name in act.transition.guards for detail in GUARDS[name](act)]
    if reasons:
        raise Refused(
            N_("This cannot be done now."),
            code=reasons[0].code,
            details=reasons,
            rule=reasons[0].rule,
        )


def _carry_out(act: Act, idempotency_key: str | None) -> Outcome:
    subject, transition = act.subject, act.transition
    before = str(subject.state)
    act.begun = True
    with door_open():
        for name in transition.effects:
            EFFECTS[name](act)
        target = transition.target
        if target and transition.interim and not _done(act):
            target = transition.interim
        if target:
            subject.state = type(subject.state)(target)
        if target == transition.target and subject.state in lifecycle_of(subject).finals:
            _close(act)
    touch(subject)
    together = read_ahead(act.session) is not None
    if not together:
        act.session.flush()
    after = str(subject.state)
    record(
        act.session,
        tag=transition.tag,
        subject=subject,
        actor=act.actor,
        now=act.now,
        old={"state": before, **act.old} if before != after else act.old,
        new={"state": after, **act.new} if before != after else act.new,
        comment=act.comment,
        rule=transition.rule,
        article=transition.article,
    )
    notices.tell(act)
    if transition.followed_by and subject.state == transition.target:
        fire(
            act.session,
            subject,
            transition.followed_by,
            actor=act.actor,
            now=act.now,
            cause=act,
        )
    outcome = Outcome(
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        action=transition.action,
        state=str(subject.state),
        version=subject.version + together,  # counted up by the flush, which a batch puts off
        result=act.result,
        secrets=act.secrets,
    )
    if idempotency_key:
        act.session.add(_remember(act, idempotency_key, outcome))
    if not together:
        act.session.flush()
    return outcome


def _remember(act: Act, key: str, outcome: Outcome) -> IdempotencyKey:
    if act.actor.account_id is None:
        raise BadRequest(N_("Only a person's act can carry an idempotency key."))
    return IdempotencyKey(
        actor_id=act.actor.account_id,
        key=key,
        subject_type=outcome.subject_type,
        subject_id=outcome.subject_id,
        action=outcome.action,
        outcome={
            name: getattr(outcome, name)
            for name in ("subject_type", "subject_id", "action", "state", "version", "result")
        },
        created_at=act.now,
    )


def _done(act: Act) -> bool:
    condition = act.transition.done_when
    return condition is None or CONDITIONS[condition](act)


def _close(act: Act) -> None:
    if isinstance(act.subject, Application) and act.subject.closed_at is None:
        act.subject.closed_at = act.now
    for name in lifecycle_of(act.subject).closing:
        EFFECTS[name](act)


def why_not(
    session: Session, subject: Any, transition: Transition, *, actor: Actor, now: datetime
) -> list[Detail]:
    """Return every reason why `actor` cannot do this act now; none means that the door is open.

    What needs the caller's data is asked when the data is there.
    """
    act = Act(
        session=session,
        subject=subject,
        transition=transition,
        actor=actor,
        now=now,
        comment="",
        raw={},
    )
    with acting(session, Actor.system(actor.name)):
        try:
            _check_permission(act)
            _check_who(act)
        except DomainError as error:
            return [
                Detail(
                    "actor", error.code, error.msgid, error.params, error.rule or transition.rule
                )
            ]
        if transition.data:
            act.data, problems = VALIDATORS[transition.data](act)
            if problems:
                return []
        return [detail for name in transition.guards for detail in GUARDS[name](act)]


def transitions_of(subject: Any) -> tuple[Transition, ...]:
    """Return every act of `subject`'s lifecycle that a person can fire."""
    return tuple(t for t in lifecycle_of(subject).transitions if not t.automatic)
