"""Effects on accounts: opened with their grants, activated, ended."""

import re
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import AccountState, LineVerdict, OrganizationType
from app.catalog.permissions import RoleName
from app.clock import office_date
from app.errors import Detail, Refused
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.grants import AccountGrant
from app.models.permissions import PermissionItem
from app.models.roles import Role
from app.models.work import WorkItem
from app.security.audit import record
from app.workflow.act import EFFECTS, Act
from app.workflow.engine_calls import fire_within
from app.workflow.form import person_digest
from app.workflow.regulation import items_on

UNIT_ADMINISTRATION = "own_unit_permissions:apply"
"""The act of annexes 1–2 whose holder manages the own unit's users in this console."""

MAX_LOGIN_STEM = 40


@EFFECTS.register
def open_accounts(act: Act) -> None:
    """Open an account for every person who passed (M2, M4, M5); names of login are unique."""
    application: Application = act.subject
    lines = [line for line in application.passed_lines() if line.account_id is None]
    chosen: dict[int, str] = act.data or {}
    names = login_names_for(act.session, application, lines, chosen)
    holder = _role(act, RoleName.HOLDER)
    opened = []
    for line in lines:
        login = names[line.position]
        account = Account(
            name=line.name,
            login_name=login,
            login_key=login.lower(),
            sex=line.sex,
            citizen_id=line.citizen_id,
            citizen_id_digest=person_digest(line.citizen_id),
            organization_id=application.organization_id,
            created_at=act.now,
            roles=[holder],
        )
        line.account = account
        opened.append(account)
    act.session.add_all(opened)
    act.session.flush()
    for line in lines:
        line.account_id = line.account.id if line.account else None
        record(
            act.session,
            tag="account:opened",
            subject=line.account,
            actor=act.actor,
            now=act.now,
            new={"application": application.number, "state": "pending"},
            rule="M4",
            article="第四条",
        )
    act.result["accounts"] = [
        {
            "position": line.position,
            "account_id": line.account_id,
            "login_name": names[line.position],
        }
        for line in lines
    ]


def _role(act: Act, name: RoleName) -> Role:
    return act.session.scalars(select(Role).where(Role.name == name.value)).one()


def login_names_for(
    session: Session,
    application: Application,
    lines: list[ApplicationLine],
    chosen: dict[int, str],
) -> dict[int, str]:
    """Return a free login name per position: the chosen one, or the name in pinyin."""
    stems = {line.position: _pinyin(line.name) for line in lines if line.position not in chosen}
    wanted = {
        *(name.lower() for name in chosen.values()),
        *stems.values(),
        *(_numbered(stem, application, position) for position, stem in stems.items()),
    }
    taken = set(
        session.scalars(select(Account.login_key).where(Account.login_key.in_(sorted(wanted))))
    )
    _refuse_taken(chosen, taken)
    names = dict(chosen)
    taken.update(name.lower() for name in chosen.values())
    for position, stem in stems.items():
        names[position] = _free_name(session, stem, _numbered(stem, application, position), taken)
        taken.add(names[position])
    return names


def refuse_taken_login_names(session: Session, chosen: dict[int, str]) -> None:
    """Raise Refused, by line, for login names that somebody has or that are chosen twice."""
    wanted = sorted(name.lower() for name in chosen.values())
    taken = session.scalars(select(Account.login_key).where(Account.login_key.in_(wanted)))
    _refuse_taken(chosen, set(taken))


def _refuse_taken(chosen: dict[int, str], taken: set[str]) -> None:
    seen = set(taken)
    problems = []
    for position, name in chosen.items():
        if name.lower() in seen:
            problems.append(
                Detail(
                    f"lines.{position}.login_name",
                    "login_name_taken",
                    N_("The login name %(name)s is taken."),
                    {"name": name},
                    "M5",
                )
            )
        seen.add(name.lower())
    if problems:
        raise Refused(details=problems, code="login_name_taken")


def _free_name(session: Session, stem: str, numbered: str, taken: set[str]) -> str:
    """Return the first free one of `stem`, `numbered`, `numbered` with a figure more."""
    if stem not in taken:
        return stem
    name, figure = numbered, 1
    while name in taken:
        figure += 1
        name = f"{numbered}.{figure}"
        if session.scalar(select(Account.id).where(Account.login_key == name)):
            taken.add(name)
    return name


def _pinyin(name: str) -> str:
    # Loaded with the first account that is opened: its tables take a third of a server's memory.
    from pypinyin import lazy_pinyin

    letters = re.sub(r"[^a-z0-9]", "", "".join(lazy_pinyin(name)).lower())
    return letters[:MAX_LOGIN_STEM] if len(letters) > 1 else f"user{letters}"


def _numbered(stem: str, application: Application, position: int) -> str:
    return f"{stem}.{application.id}.{position}"


@EFFECTS.register
def grant_items(act: Act) -> None:
    """Grant each person the items asked for and passed (第三条, 第四条)."""
    for line in act.subject.passed_lines():
        grant(act, line, line.items)


@EFFECTS.register
def grant_items_of_type(act: Act) -> None:
    """M4b: enterprise users get exactly the set of their type."""
    application: Application = act.subject
    unit = application.organization.type
    items = items_on(act.session, OrganizationType(unit), office_date(act.now))
    for line in application.passed_lines():
        if line.account is None or line.account.state == AccountState.PENDING:
            grant(act, line, items)
        else:
            grant_exactly(act, line, line.account, items)


def grant_exactly(
    act: Act, line: ApplicationLine, account: Account, items: Collection[PermissionItem]
) -> None:
    """Let a person who holds items hold `items` and no other, by this application (M4, X1)."""
    held = {it.item.code for it in account.grants if it.valid_until is None}
    ended = end_open_grants(act, account, keep={item.code for item in items})
    if ended:
        record(
            act.session,
            tag="account:ungranted",
            subject=account,
            actor=act.actor,
            now=act.now,
            old={"items": ended},
            new={"application": act.subject.number},
            rule="M4",
            article="第四条",
        )
    if added := [item for item in items if item.code not in held]:
        grant(act, line, added)


def grant(act: Act, line: ApplicationLine, items: list[PermissionItem]) -> None:
    """Let the person of `line` hold `items` from now on, by this application (M4, X1)."""
    account = line.account
    if account is None:
        return
    for item in items:
        act.session.add(
            AccountGrant(
                account_id=account.id,
                item_id=item.id,
                valid_from=act.now,
                application_id=act.subject.id,
            )
        )
        if UNIT_ADMINISTRATION in item.acts:
            administrator = _role(act, RoleName.ORGANIZATION_ADMINISTRATOR)
            if administrator not in account.roles:
                account.roles.append(administrator)
    record(
        act.session,
        tag="account:granted",
        subject=account,
        actor=act.actor,
        now=act.now,
        new={"application": act.subject.number, "items": [item.code for item in items]},
        rule="M4",
        article="第四条",
    )


@EFFECTS.register
def cancel_keyless_accounts(act: Act) -> None:
    """An account that was opened and got no key is cancelled; the line says why."""
    for line in act.subject.passed_lines():
        if line.key_id is None:
            line.verdict = LineVerdict.REFUSED
            line.reason = act.comment[:500]
            if line.account is not None and line.account.state == AccountState.PENDING:
                fire_within(act, line.account, "cancel", comment=act.comment)


@EFFECTS.register
def start_account(act: Act) -> None:
    """Active from now; the clock of 第六条（四） starts here."""
    act.subject.activated_at = act.now


@EFFECTS.register
def end_sessions(act: Act) -> None:
    """Every session of the person ends with the epoch."""
    act.subject.epoch += 1


@EFFECTS.register
def hand_back_claims(act: Act) -> None:
    """What the person has taken on at an office goes back to it, or nobody could ever decide it."""
    account: Account = act.subject
    if account.office_code is None:
        return
    claimed = act.session.scalars(
        select(WorkItem)
        .where(WorkItem.claimed_by_id == account.id, WorkItem.closed_at.is_(None))
        .options(joinedload(WorkItem.application))
        .order_by(WorkItem.id)
    ).all()
    for work in claimed:
        work.claimed_by_id = work.claimed_at = None
    if claimed:
        act.new["handed_back"] = [work.application.number for work in claimed]


@EFFECTS.register
def end_grants(act: Act) -> None:
    """Nothing is held any more; what was held, and by which application it ended, stays (X1)."""
    end_open_grants(act, act.subject)


def end_open_grants(act: Act, account: Account, keep: Collection[str] = ()) -> list[str]:
    """End what `account` holds but the items with the codes `keep`; return the codes ended."""
    form = act.root.subject
    ended = []
    for held in account.grants:
        if held.valid_until is None and held.item.code not in keep:
            held.valid_until = act.now
            held.revoked_by_application_id = form.id if isinstance(form, Application) else None
            ended.append(held.item.code)
    return ended
