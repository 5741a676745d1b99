"""Keeping a form as it is typed: the first save opens the draft, later ones find it again (M5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.lifecycles import ApplicationKind
from app.errors import Detail, NotFound
from app.models.applications import Application
from app.models.audit import IdempotencyKey
from app.security.actor import Actor
from app.services.applications import open_draft, own_organization, save_draft

OPENED = "draft"


def draft_of(session: Session, key: str, actor: Actor) -> Application | None:
    """Return the draft that this person's page with `key` has opened before."""
    known = session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.actor_id == actor.account_id,
            IdempotencyKey.key == key,
            IdempotencyKey.action == OPENED,
        )
    )
    if known is None:
        return None
    return own_form(session, known.subject_id, actor)


def own_form(session: Session, application_id: int, actor: Actor) -> Application:
    """Return a form of the actor's own organisation; NotFound for any other."""
    found: Application | None = session.scalar(
        select(Application).where(
            Application.id == application_id,
            Application.organization_id == actor.organization_id,
        )
    )
    if found is None:
        raise NotFound
    return found


def begin(
    session: Session,
    *,
    key: str,
    kind: ApplicationKind,
    raw: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> tuple[Application, list[Detail]]:
    """Return the draft of the page named `key`, opened or brought up to what was typed.

    However often and from however many tries a page is sent, it opens one draft. The caller
    commits.
    """
    application = draft_of(session, key, actor)
    if application is not None:
        return application, keep(
            session, application, raw, actor=actor, now=now, expected_version=expected_version
        )
    application, problems = open_draft(
        session,
        kind=kind,
        organization=own_organization(session, actor),
        raw=raw,
        actor=actor,
        now=now,
        strict=False,
    )
    session.add(
        IdempotencyKey(
            actor_id=actor.account_id,
            key=key,
            subject_type=Application.__tablename__,
            subject_id=application.id,
            action=OPENED,
            outcome={},
            created_at=now,
        )
    )
    session.flush()
    return application, problems


def keep(
    session: Session,
    application: Application,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> list[Detail]:
    """Bring a draft or returned form up to what was typed, finished or not. The caller commits."""
    return save_draft(
        session,
        application,
        raw,
        actor=actor,
        now=now,
        strict=False,
        expected_version=expected_version,
    )
