"""Drafting applications and asking what can be done with them; deciding is `fire()`'s."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState
from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import BadRequest, Conflict, Detail, Forbidden, InvalidInput
from app.i18n import N_, _
from app.models.applications import Application, ApplicationLine
from app.models.organizations import Organization
from app.models.permissions import PermissionItem
from app.security.actor import Actor
from app.security.audit import record
from app.services import pledges
from app.services.forms import FormReader, TypedForm
from app.services.printing import void_changed_copies
from app.workflow.act import data_of
from app.workflow.door import lock, touch
from app.workflow.engine import lifecycle_of, why_not
from app.workflow.form import check_form, check_kind
from app.workflow.numbers import next_number
from app.workflow.regulation import items_on

EDITABLE = frozenset({ApplicationState.DRAFT, ApplicationState.RETURNED})
PREFIX = "SQ"
VERSION = re.compile("[0-9]{1,18}")


def class_of(kind: ApplicationKind) -> type[Application]:
    """Return the model of a kind; InvalidInput for one that is not offered."""
    mapper = Application.__mapper__.polymorphic_map.get(kind)
    if mapper is None:
        raise InvalidInput(details=[_unknown_kind()])
    model: type[Application] = mapper.class_
    return model


def _unknown_kind() -> Detail:
    kinds = ", ".join(sorted(str(kind) for kind in Application.__mapper__.polymorphic_map))
    return Detail("kind", "unknown_choice", N_("Choose one of: %(choices)s."), {"choices": kinds})


def parse_kind(raw: Any) -> ApplicationKind:
    """Return the kind that was named; InvalidInput for an unknown one."""
    try:
        kind = ApplicationKind(raw)
    except ValueError:
        raise InvalidInput(details=[_unknown_kind()]) from None
    class_of(kind)
    return kind


def own_organization(session: Session, actor: Actor, code: Any = None) -> Organization:
    """Return the organisation that the actor speaks for; naming another one is refused (M2)."""
    organization = session.scalars(
        select(Organization).where(Organization.id == actor.organization_id)
    ).one_or_none()
    if organization is None or (code is not None and code not in ("", organization.code)):
        raise Forbidden(
            N_("Applications are made for one's own organization only."),
            code="not_your_organization",
            rule="M2",
            article="第二条",
            details=[
                Detail(
                    "organization",
                    "not_your_organization",
                    N_("This is not your organization."),
                    {},
                    "M2",
                )
            ],
        )
    return organization


def open_draft(
    session: Session,
    *,
    kind: ApplicationKind,
    organization: Organization,
    raw: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    strict: bool,
) -> tuple[Application, list[Detail]]:
    """Add a draft made of what was typed and return it with what is still wrong.

    `raw` has the header fields and `lines` as REST posts them. With `strict` anything wrong raises
    InvalidInput; without, everything that can be stored is kept as typed (M5, 第五条).
    """
    if not actor.may(Permission.APPLICATIONS_ADD):
        raise Forbidden(N_("You may not apply for your organization."), rule="M5")
    day = office_date(now)
    if problems := list(check_kind(kind, organization.type)):
        raise InvalidInput(details=problems, rule="M5")
    typed = FormReader(session, class_of(kind), organization, day).read(raw)
    _refuse(typed, strict=strict)
    application = class_of(kind)(
        organization=organization,
        organization_id=organization.id,
        number=next_number(session, PREFIX, day),
        created_by_id=actor.account_id,
        created_at=now,
    )
    typed.write(application)
    session.add(application)
    session.flush()
    record(
        session,
        tag="application:drafted",
        subject=application,
        actor=actor,
        now=now,
        new={"kind": kind.value, "lines": len(application.lines)},
        rule="M5",
        article="第五条",
    )
    return application, typed.problems


def hold_own_open_form(
    session: Session, application: Application, actor: Actor, permission: Permission
) -> None:
    """Lock a form that the actor's own organisation can still change.

    Raises Forbidden for anybody else and Conflict once it has been handed in (M2, M5).
    """
    if not actor.may(permission) or actor.organization_id != application.organization_id:
        raise Forbidden(
            N_("Only the organization that applies can do this."),
            code="not_your_organization",
            rule="M2",
        )
    lock(session, application)
    if application.state not in EDITABLE:
        raise Conflict(
            N_("A form that has been handed in cannot be changed."), code="not_editable", rule="M5"
        )


def save_draft(
    session: Session,
    application: Application,
    raw: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    strict: bool,
    expected_version: int | None = None,
) -> list[Detail]:
    """Replace what the form says with what was typed; return what is still wrong.

    Only the applicant's own draft or returned form; `expected_version` guards against overwriting a
    colleague's work (Conflict). Remarks go along with their lines.
    """
    hold_own_open_form(session, application, actor, Permission.APPLICATIONS_ADD)
    if expected_version is not None and expected_version != application.version:
        raise Conflict
    reader = FormReader(session, type(application), application.organization, office_date(now))
    typed = reader.read(raw)
    _refuse(typed, strict=strict)
    before = {line.position: line for line in application.lines}
    typed.write(application)
    touch(application)
    session.flush()
    _take_remarks_along(application, before)
    void_changed_copies(session, application, actor=actor, now=now)
    record(
        session,
        tag="application:edited",
        subject=application,
        actor=actor,
        now=now,
        old={"lines": len(before)},
        new={"lines": len(application.lines)},
        rule="M5",
        article="第五条",
    )
    return typed.problems


def _take_remarks_along(application: Application, before: Mapping[int, ApplicationLine]) -> None:
    """Let each remark of this round point at its line's new place."""
    staying = set(application.lines)
    moved = {
        str(place): str(line.position)
        for place, line in before.items()
        if line in staying and line.position != place
    }
    for remark in application.remarks if moved else ():
        first, _dot, rest = remark.target.partition(".")
        place, dot, name = rest.partition(".")
        if remark.round == application.round and first == "lines" and place in moved:
            remark.target = f"lines.{moved[place]}{dot}{name}"


def _refuse(typed: TypedForm, *, strict: bool) -> None:
    fatal = typed.problems if strict else typed.unreadable
    if fatal:
        raise InvalidInput(details=fatal, rule=fatal[0].rule)


def parse_version(raw: Any) -> int | None:
    """Return the version that a caller has seen, None if none said; BadRequest for no number."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool) or not VERSION.fullmatch(str(raw)):
        raise BadRequest(N_("The version is a whole number."), code="bad_version")
    return int(raw)


def what_can_be_done(
    session: Session, subject: Any, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Return every act that fits the state, whether the actor can do it now, else why not.

    Entries: action, label, confirm, tone, comment_required, article, rule, data (the names that the
    act reads of it), allowed, why_not; for handing in also the pledge that is accepted with it.
    """
    found = []
    for transition in lifecycle_of(subject).transitions:
        if transition.automatic or subject.state not in transition.sources:
            continue
        reasons = why_not(session, subject, transition, actor=actor, now=now)
        found.append(
            {
                "action": transition.action,
                "label": _(transition.label),
                "confirm": _(transition.confirm) if transition.confirm else "",
                "tone": transition.tone,
                "comment_required": transition.comment_required,
                "article": transition.article,
                "rule": transition.rule,
                "data": data_of(transition),
                "allowed": not reasons,
                "why_not": [reason.as_dict() for reason in reasons],
            }
        )
        if transition.data == "pledge" and (words := pledges.in_force(session, subject, now)):
            found[-1]["pledge"] = words
    return found


def in_the_way(
    session: Session, application: Application, *, actor: Actor, now: datetime
) -> list[Detail]:
    """Return what would keep a written form from being handed in, fields yet to fill in apart.

    As long as there are such fields only what concerns the persons is said: the road hangs on them.
    """
    submit = next(t for t in lifecycle_of(application).transitions if t.action == "submit")
    unfinished = {(it.field, it.code) for it in check_form(application, today=office_date(now))}
    return [
        reason
        for reason in why_not(session, application, submit, actor=actor, now=now)
        if reason.field != "actor"
        and (reason.field, reason.code) not in unfinished
        and (not unfinished or reason.field.startswith("lines."))
    ]


def choices(session: Session, organization: Organization, day: date) -> list[PermissionItem]:
    """Return the items that this organisation's form offers: its tier's, or none (M4a, M4b)."""
    if not organization.type.is_management:
        return []
    return items_on(session, organization.type, day)
