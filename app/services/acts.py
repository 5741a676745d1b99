"""The boundary of every act: fire, commit once; a refusal is rolled back, then put on record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.catalog.enums import AuditOutcome
from app.errors import Conflict, DomainError, NotFound
from app.i18n import speaking
from app.security.actor import Actor, acting
from app.security.audit import record
from app.services.constraints import error_for
from app.workflow.ahead import together
from app.workflow.engine import MAX_COMMENT, Outcome, fire, lifecycle_of


def find(session: Session, model: type[Any], identity: int) -> Any:
    """Return the row to act upon, seen or not: `fire()` decides what the actor may know of it."""
    row = session.scalar(
        select(model)
        .where(model.id == identity)
        .execution_options(unscoped="fire() checks reach itself, so that refusals are recorded")
    )
    if row is None:
        raise NotFound
    return row


def perform(
    session: Session,
    model: type[Any],
    identity: int,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    data: dict[str, Any] | None = None,
    comment: str | None = None,
    idempotency_key: str | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """Fire `action` on row `identity` of `model` and commit.

    Raises what `fire()` raises, after the refusal has been recorded in a session of its own.
    """
    subject = find(session, model, identity)
    about = _about(subject, action)
    try:
        outcome = fire(
            session,
            subject,
            action,
            actor=actor,
            data=data,
            comment=comment,
            now=now,
            idempotency_key=idempotency_key,
            expected_version=expected_version,
        )
        session.commit()
    except DomainError as error:
        session.rollback()
        record_refusal(session, error, actor=actor, now=now, comment=comment or "", **about)
        raise
    except IntegrityError as error:
        session.rollback()
        refused = error_for(error) or Conflict()
        record_refusal(session, refused, actor=actor, now=now, comment=comment or "", **about)
        raise refused from error
    return outcome


def perform_together(
    session: Session,
    ids: Sequence[int],
    action: str,
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    keys: Mapping[int, str],
) -> dict[int, Outcome | DomainError]:
    """Fire `action` on each application of a batch and commit once; return what became of each.

    The same comes of it as of `perform()` on one after the other, refusals on record included.
    Applications to which the act cannot be done in a batch are absent; all of them are, with
    nothing done, if anything unexpected comes up.
    """
    told: dict[int, Outcome | DomainError] = {}
    refused: list[tuple[DomainError, dict[str, Any]]] = []
    try:
        with together(session, ids, action, actor=actor, keys=list(keys.values())) as forms:
            for form in forms:
                try:
                    told[form.id] = fire(
                        session,
                        form,
                        action,
                        actor=actor,
                        comment=comment,
                        now=now,
                        idempotency_key=keys.get(form.id),
                    )
                except DomainError as error:
                    if error.act.begun:  # type: ignore[attr-defined]
                        raise HalfDoneError from error
                    told[form.id] = error
                    refused.append((error, _about(form, action)))
        session.commit()
    except (HalfDoneError, IntegrityError, OperationalError, StaleDataError):
        session.rollback()
        return {}
    for refusal, about in refused:
        record_refusal(session, refusal, actor=actor, now=now, comment=comment, **about)
    return told


class HalfDoneError(Exception):
    """An act of a batch was refused by one of its own effects: the batch is undone."""


def _about(subject: Any, action: str) -> dict[str, Any]:
    transition = lifecycle_of(subject).find(action)
    return {
        "tag": transition.tag if transition else f"{subject.__tablename__}:unknown_act",
        "subject_type": subject.__tablename__,
        "subject_id": subject.id,
        "subject_label": str(subject),
        "organization_id": getattr(subject, "organization_id", None),
    }


def _storable(words: Any) -> str:
    """Return what was said as far as a database can hold it."""
    return str(words).replace("\x00", "").encode("utf-8", "replace").decode()[:MAX_COMMENT]


def record_refusal(
    session: Session,
    error: DomainError,
    *,
    actor: Actor,
    now: datetime,
    comment: str = "",
    **about: Any,
) -> None:
    """Record in a session of its own that `actor` asked for something and was refused."""
    error.on_record = True
    with (
        Session(session.get_bind()) as own,
        acting(own, Actor.system("refusals")),
        speaking("en"),
    ):
        record(
            own,
            actor=actor,
            now=now,
            outcome=AuditOutcome.REFUSED,
            rule=error.rule or "",
            article=error.article or "",
            comment=_storable(comment),
            new={
                "code": error.code,
                "status": int(error.status),
                "details": [
                    {"field": d.field, "code": d.code, "rule": d.rule} for d in error.details
                ][:50],
            },
            **about,
        )
        own.commit()
