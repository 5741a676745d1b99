"""Business as acts ask for it: what is unfinished, who may end it, what stays of it (第六条)."""

from collections.abc import Collection, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.catalog.enums import CaseState
from app.catalog.permissions import Permission
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.cases import Case
from app.security.actor import Actor
from app.workflow.act import EFFECTS, GUARDS, WHO, Act
from app.workflow.engine_calls import fire_within

LISTED = 50
"""A refusal names so many cases of one account; more would not be read."""


def unfinished(session: Session, account_ids: Collection[int]) -> dict[int, list[Case]]:
    """Return the open cases of each account by its id, the oldest first, in one query (B3).

    An account without any has no entry. Only cases within the session actor's reach are seen; in
    guards and effects, where the system looks, that is every one.
    """
    found: dict[int, list[Case]] = {}
    if not account_ids:
        return found
    rows = session.scalars(
        select(Case)
        .where(Case.owner_id.in_(sorted(set(account_ids))), Case.state == CaseState.OPEN)
        .order_by(Case.owner_id, Case.id)
    )
    for case in rows:
        found.setdefault(case.owner_id, []).append(case)
    return found


def unfinished_details(where: str, cases: Collection[Case]) -> Iterator[Detail]:
    """Yield one reason for each of the cases, so that the refusal lists the business (M6)."""
    for case in list(cases)[:LISTED]:
        yield Detail(
            where,
            "unfinished_business",
            N_("Business %(number)s is unfinished."),
            {"number": case.number},
            "M6",
        )
    if len(cases) > LISTED:
        yield Detail(
            where,
            "unfinished_business",
            N_("%(count)s more are unfinished."),
            {"count": len(cases) - LISTED},
            "M6",
        )


@GUARDS.register
def holder_has_no_unfinished_business(act: Act) -> Iterator[Detail]:
    """M6: nobody with unfinished business is cancelled; it is listed."""
    account: Account = act.subject
    yield from unfinished_details(
        "cases", unfinished(act.session, [account.id]).get(account.id, ())
    )


@WHO.register
def actor_answers_for_case(act: Act) -> Detail | None:
    """The owner, the owner's organisation, or who takes business over from the running system."""
    if answers_for(act.actor, act.subject):
        return None
    return Detail(
        "owner",
        "not_your_business",
        N_("Only its owner or the owner's organization can do this."),
        rule="M6",
    )


def answers_for(actor: Actor, case: Case) -> bool:
    """Whether `actor` may say something about this very case."""
    if actor.is_system or actor.may(Permission.CASES_IMPORT):
        return True
    if actor.account_id == case.owner_id:
        return True
    manages = actor.may(Permission.APPLICATIONS_ADD)
    return manages and actor.organization_id == case.organization_id


@WHO.register
def deletion_was_applied_for(act: Act) -> Detail | None:
    """第六条（三）: business is deleted on a written application, or by a job (第七条)."""
    if "delete_cases" in act.root.transition.effects:
        return None
    if act.actor.is_system:
        return None
    return Detail(
        "case",
        "deletion_not_applied_for",
        N_("Business is deleted only on a written application."),
        rule="M6.3",
    )


def delete_within(act: Act, case: Case) -> None:
    """Delete `case` because of `act`, as part of it, with its reason (第六条（三）)."""
    fire_within(act, case, "delete", comment=act.comment)


@EFFECTS.register
def end_case(act: Act) -> None:
    """The business is over; since when is kept."""
    act.subject.ended_at = act.now


@EFFECTS.register
def keep_whole_record(act: Act) -> None:
    """M6.3: the row stays, and the event says what it held and by which application it went."""
    case: Case = act.subject
    act.old.update(content_of(case))
    form = act.root.subject
    if isinstance(form, Application):
        act.new["application"] = form.number
        case.application_id = form.id


def content_of(case: Case) -> dict[str, Any]:
    """Return everything that the row says, JSON-ready."""
    names = [attribute.key for attribute in inspect(Case).column_attrs]
    content = {name: _plain(getattr(case, name)) for name in names if name != "version"}
    content["owner"] = case.owner.login_name
    content["organization"] = case.organization.code
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
