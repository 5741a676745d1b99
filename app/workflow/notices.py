"""Who is told what at each step (M5.1, 告知): rows written in the act's own transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState
from app.catalog.permissions import RoleName
from app.i18n import N_
from app.models.accounts import Account, account_role
from app.models.applications import Application
from app.models.keys import Key
from app.models.notices import Notice
from app.models.roles import Role
from app.workflow.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """Words and recipients of one notice; `params` come from the subject."""

    msgid: str
    recipients: Callable[[Act], set[int]]


def _applicants(act: Act) -> set[int]:
    application: Application = act.subject
    return {
        account_id
        for account_id in (application.created_by_id, application.submitted_by_id)
        if account_id is not None
    }


def _holder(act: Act) -> set[int]:
    account: Account = act.subject
    return {account.id} if account.state == AccountState.ACTIVE else set()


def _whose_key_it_was(act: Act) -> set[int]:
    """The last holder and whoever administers the holder's organisation, who did not do it."""
    holder = act.session.get(Account, act.subject.last_holder_id or 0)
    if holder is None:
        return set()
    administrators = act.session.scalars(
        select(Account.id).where(
            Account.organization_id == holder.organization_id,
            Account.state == AccountState.ACTIVE,
            Account.roles.any(Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value),
        )
    )
    return {holder.id, *administrators} - {act.actor.account_id}


def security_administrators(session: Session) -> set[int]:
    """Return who looks after the safety of sign-in and can work."""
    return set(
        session.scalars(
            select(Account.id)
            .join(account_role, account_role.c.account_id == Account.id)
            .join(Role, Role.id == account_role.c.role_id)
            .where(
                Role.name == RoleName.SECURITY_ADMINISTRATOR.value,
                Account.state == AccountState.ACTIVE,
            )
            .execution_options(unscoped="who is told of keys in the wrong hands")
        )
    )


def _security_administrators(act: Act) -> set[int]:
    return security_administrators(act.session)


def _nobody_else(_act: Act) -> set[int]:
    """Told by the boundary of long work to who asked for it, and by no act."""
    return set()


def _applicants_and_named(act: Act) -> set[int]:
    """Who applied, and those who passed and can read it."""
    application: Application = act.subject
    named = {
        line.account.id
        for line in application.passed_lines()
        if line.account is not None and line.account.state == AccountState.ACTIVE
    }
    return _applicants(act) | named


def _key_officers(act: Act) -> set[int]:
    """Whoever hands keys out in an office whose stock has just become low; no one else."""
    if "stock_low" not in act.new:
        return set()
    officers = act.session.scalars(
        select(Account.id).where(
            Account.office_code == act.subject.office_code,
            Account.state == AccountState.ACTIVE,
            Account.roles.any(Role.name == RoleName.KEY_OFFICER.value),
        )
    )
    return set(officers)


NOTICES: dict[str, NoticeKind] = {
    "application_submitted": NoticeKind(
        msgid=N_("Application %(number)s has been handed in."), recipients=_applicants
    ),
    "application_decided": NoticeKind(
        msgid=N_("An office has passed application %(number)s."), recipients=_applicants
    ),
    "application_returned": NoticeKind(
        msgid=N_("Application %(number)s was returned for correction: %(comment)s"),
        recipients=_applicants,
    ),
    "application_rejected": NoticeKind(
        msgid=N_("Application %(number)s was rejected: %(comment)s"), recipients=_applicants
    ),
    "application_configured": NoticeKind(
        msgid=N_("The accounts of application %(number)s are open; keys can be fetched soon."),
        recipients=_applicants,
    ),
    "keys_issued": NoticeKind(
        msgid=N_("Keys were issued on application %(number)s."), recipients=_applicants
    ),
    "application_completed": NoticeKind(
        msgid=N_("Application %(number)s is completed."), recipients=_applicants
    ),
    "job_done": NoticeKind(
        msgid=N_("%(title)s is done; the result is ready."), recipients=_nobody_else
    ),
    "job_failed": NoticeKind(msgid=N_("%(title)s could not be finished."), recipients=_nobody_else),
    "application_renamed": NoticeKind(
        msgid=N_("The names on application %(number)s are changed; the keys come next."),
        recipients=_applicants,
    ),
    "keys_rebound": NoticeKind(
        msgid=N_("Keys were bound to the new names on application %(number)s."),
        recipients=_applicants_and_named,
    ),
    "permissions_changed": NoticeKind(
        msgid=N_("Permissions were changed by application %(number)s."),
        recipients=_applicants_and_named,
    ),
    "users_cancelled": NoticeKind(
        msgid=N_(
            "Users were cancelled by application %(number)s; keys that they still hold have to "
            "come back."
        ),
        recipients=_applicants,
    ),
    "keys_taken_back": NoticeKind(
        msgid=N_("Keys of application %(number)s have come back."), recipients=_applicants
    ),
    "account_activated": NoticeKind(
        msgid=N_("Your account %(login_name)s is active."), recipients=_holder
    ),
    "account_restored": NoticeKind(
        msgid=N_("Your sign-in as %(login_name)s has been restored."), recipients=_holder
    ),
    "key_lost": NoticeKind(
        msgid=N_(
            "Key %(serial)s of %(name)s is reported lost and opens nothing any more; "
            "a replacement can be applied for."
        ),
        recipients=_whose_key_it_was,
    ),
    "key_bound": NoticeKind(
        msgid=N_("Key %(serial)s was bound to you as %(login_name)s."), recipients=_holder
    ),
    "key_enrolled": NoticeKind(
        msgid=N_("Key %(serial)s was bound to %(login_name)s by a link from the command line."),
        recipients=_security_administrators,
    ),
    "key_not_own": NoticeKind(
        msgid=N_(
            "Alert: somebody knew the password of %(login_name)s and showed a key that is not "
            "that person's own. %(serial)s"
        ),
        recipients=_security_administrators,
    ),
    "key_not_in_force": NoticeKind(
        msgid=N_(
            "Alert: somebody tried to sign in as %(login_name)s with key %(serial)s, which was "
            "returned, lost or replaced."
        ),
        recipients=_security_administrators,
    ),
    "key_copied": NoticeKind(
        msgid=N_(
            "Alert: key %(serial)s of %(login_name)s fell behind its own counter: there may be a "
            "copy of it. The sign-in was refused."
        ),
        recipients=_security_administrators,
    ),
    "stock_low": NoticeKind(
        msgid=N_("The stock of keys is low: %(count)s left in your office."),
        recipients=_key_officers,
    ),
}


REMINDERS: dict[str, str] = {
    "archive_overdue": N_("Archive file %(number)s, lent to %(name)s, was due on %(due_on)s."),
}
"""What people are told by a job, at no step of anything."""


def tell(act: Act) -> None:
    """Write the notices of an act that has been done."""
    for code in act.transition.notices:
        recipients = NOTICES[code].recipients(act)
        for account_id in sorted(recipients):
            act.session.add(
                Notice(
                    account_id=account_id,
                    code=code,
                    params=_params(act),
                    subject_type=act.subject.__tablename__,
                    subject_id=act.subject.id,
                    created_at=act.now,
                )
            )


def _params(act: Act) -> dict[str, Any]:
    subject = act.subject
    if isinstance(subject, Application):
        return {"number": subject.number, "comment": act.comment}
    if isinstance(subject, Key):
        holder = subject.last_holder
        left = act.new.get("stock_low", "")
        return {
            "serial": subject.serial,
            "name": holder.name if holder else "",
            "count": left,
        }
    return {"login_name": subject.login_name}
