"""Papers attached to an application: judged by content, kept by hash, read within reach (M5.2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Conflict, Detail, InvalidInput, NotFound
from app.i18n import N_
from app.models.applications import Application
from app.models.materials import Material
from app.security.actor import Actor
from app.security.audit import record
from app.services import regulations
from app.services.applications import hold_own_open_form
from app.services.file_store import FileStore
from app.services.papers import MAX_BYTES, InspectedFile, Readable, inspect_upload

MOST_PER_FORM = 500
RULE = "M5.2"
ARTICLE = "第五条（二）"
TOO_MANY = N_("At most %(limit)s files on one form.")
OTHER = "other"
"""The code of a paper that no checklist asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which paper a file is, and whose."""

    paper_code: str
    line_id: int | None = None


def _check_place(
    session: Session, application: Application, place: Place, now: datetime
) -> list[Detail]:
    organization = application.organization
    asked = regulations.papers_for(
        session,
        organization.type,
        organization.legal_form,
        application.rules_on or office_date(now),
        kind=application.kind,
    )
    problems = []
    if place.paper_code not in {OTHER, *(paper.code for paper in asked)}:
        problems.append(
            Detail(
                "paper_code",
                "unknown_paper",
                N_("This paper is not asked of this applicant."),
                rule=RULE,
            )
        )
    if place.line_id is not None and place.line_id not in {line.id for line in application.lines}:
        problems.append(
            Detail("line_id", "unknown_line", N_("There is no such line on this form."), rule=RULE)
        )
    return problems


def attach(
    session: Session,
    application: Application,
    place: Place,
    *,
    stream: Readable,
    filename: str | None,
    store: FileStore,
    actor: Actor,
    now: datetime,
    max_bytes: int = MAX_BYTES,
) -> Material:
    """Keep a file with a draft or returned form of the own organisation and return its row.

    Raises InvalidInput for a file that is no paper. The caller commits.
    """
    hold_own_open_form(session, application, actor, Permission.MATERIALS_ADD)
    problems = _check_place(session, application, place, now)
    if _count(session, application) >= MOST_PER_FORM:
        problems.append(Detail("file", "too_many_files", TOO_MANY, {"limit": MOST_PER_FORM}, RULE))
    if problems:
        raise InvalidInput(details=problems, rule=RULE, article=ARTICLE)
    inspected = inspect_upload(stream, filename, max_bytes=max_bytes)
    store.store(inspected.content)
    material = _row(application, place, inspected, actor, now)
    session.add(material)
    session.flush()
    _record(session, "material:added", application, material, actor=actor, now=now)
    return material


def keep_stamped_form(
    session: Session,
    application: Application,
    paper: InspectedFile,
    *,
    store: FileStore,
    actor: Actor,
    now: datetime,
) -> Material:
    """Keep a scanned form, signed and stamped, with its application (M9, 第九条; A3).

    The caller has found the application within the actor's reach. Unlike other papers it comes
    also after the form was handed in. Raises Conflict for a form that holds too many files.
    """
    if _count(session, application) >= MOST_PER_FORM:
        raise Conflict(TOO_MANY, code="too_many_files", rule="M9", limit=MOST_PER_FORM)
    store.store(paper.content)
    material = _row(application, Place(paper_code=regulations.APPLICATION_FORM), paper, actor, now)
    session.add(material)
    session.flush()
    _record(session, "material:added", application, material, actor=actor, now=now)
    return material


def _count(session: Session, application: Application) -> int:
    held = select(func.count()).select_from(Material)
    return session.scalar(held.where(Material.application_id == application.id)) or 0


def _row(
    application: Application, place: Place, paper: InspectedFile, actor: Actor, now: datetime
) -> Material:
    return Material(
        application_id=application.id,
        line_id=place.line_id,
        paper_code=place.paper_code,
        filename=paper.filename,
        content_type=paper.content_type,
        size=paper.size,
        sha256=paper.sha256,
        pages=paper.pages,
        uploaded_by_id=actor.account_id,
        uploaded_at=now,
    )


def detach(session: Session, material: Material, *, actor: Actor, now: datetime) -> None:
    """Take a file off a draft or returned form of the own organisation; the caller commits.

    The content stays in the store: what was handed in before may point to it.
    """
    application = material.application
    hold_own_open_form(session, application, actor, Permission.MATERIALS_ADD)
    _record(session, "material:removed", application, material, actor=actor, now=now)
    session.delete(material)
    session.flush()


def find(session: Session, material_id: int) -> Material:
    """Return a paper within the actor's row scope; NotFound beyond it."""
    found: Material | None = session.scalar(select(Material).where(Material.id == material_id))
    if found is None:
        raise NotFound
    return found


def _record(
    session: Session,
    tag: str,
    application: Application,
    material: Material,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    about: dict[str, Any] = {
        "paper": material.paper_code,
        "file": material.filename,
        "sha256": material.sha256,
    }
    added = tag == "material:added"
    record(
        session,
        tag=tag,
        subject=application,
        actor=actor,
        now=now,
        old=None if added else about,
        new=about if added else None,
        rule=RULE,
        article=ARTICLE,
    )
