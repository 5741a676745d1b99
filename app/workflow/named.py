"""Acts on people whom an organisation has already: what stands in the way, what becomes of them.

Everything is held against the record anew at each decision: a form says what was true when it was
sent (M6, 第六条).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import or_, select

from app.catalog.enums import AccountState, ApplicationState, CaseState, LineVerdict
from app.catalog.permissions import RoleName
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account, account_role
from app.models.applications import Application, ApplicationLine
from app.models.cases import Case
from app.models.kinds.user_rename import UserRenameLine
from app.models.roles import Role
from app.security.audit import record
from app.workflow.act import EFFECTS, GUARDS, Act
from app.workflow.cases import delete_within, unfinished, unfinished_details
from app.workflow.columns import finder_of, line_columns
from app.workflow.effects.accounts import grant_exactly, refuse_taken_login_names
from app.workflow.engine_calls import fire_within
from app.workflow.form import values_of
from app.workflow.record import check_named, presents_of, value_on_record

OPEN_STATES = [
    state for state in ApplicationState if not state.is_closed and state != ApplicationState.DRAFT
]
REMAINING = (AccountState.PENDING, AccountState.ACTIVE)
"""States of an administrator who can speak for the organisation, or will with the key."""


def lines_in_play(act: Act) -> list[ApplicationLine]:
    """Return the lines that nobody has refused, nor does so by this very act."""
    application: Application = act.subject
    rulings: Mapping[int, Any] = act.data if isinstance(act.data, dict) else {}
    return [
        line
        for line in application.passed_lines()
        if getattr(rulings.get(line.position), "verdict", None) != LineVerdict.REFUSED
    ]


def place_of(line: ApplicationLine) -> str:
    """Return where a refusal of this line's person points to."""
    finder = finder_of(type(line))
    return f"lines.{line.position}.{finder.name}" if finder else f"lines.{line.position}"


def reason_of(act: Act) -> str:
    """Return why an account or key is changed: what the office said, else by which form."""
    return act.comment or str(act.subject)


@GUARDS.register
def lines_fit_the_record(act: Act) -> Iterator[Detail]:
    """M5, M8: each line names a user of the organisation, as the record has the person now."""
    lines = lines_in_play(act)
    found = presents_of(act.session, act.subject, lines)
    for line in lines:
        values = {
            **values_of(line, line.columns),
            "person_digest": line.person_digest if hasattr(line, "citizen_id") else None,
        }
        yield from check_named(
            type(line), values, found.get(line.position), f"lines.{line.position}"
        )


@GUARDS.register
def accounts_are_free(act: Act) -> Iterator[Detail]:
    """One form at a time asks for something for a person, and once (M5, M6).

    The accounts are locked, so that two forms handed in at once see each other.
    """
    application: Application = act.subject
    lines = {line.account_id: line for line in application.lines if line.account_id is not None}
    if not lines:
        return
    locked = select(Account.id).where(Account.id.in_(sorted(lines))).order_by(Account.id)
    act.session.execute(locked.with_for_update(of=Account))
    for line in application.lines:
        first = next(it for it in application.lines if it.account_id == line.account_id)
        if line.account_id is not None and first is not line:
            yield Detail(
                place_of(line),
                "same_person_twice",
                N_("The same person stands on line %(line)s already."),
                {"line": first.position},
                "M5",
            )
    yield from forms_naming(act, {it: place_of(line) for it, line in lines.items()})


def forms_naming(act: Act, places: Mapping[int, str]) -> Iterator[Detail]:
    """Yield a refusal for each other open form that names one of the accounts in `places`.

    What keeps a form open that has cancelled somebody is the key: it stands in nobody's way.
    """
    if not places:
        return
    others: Any = act.session.execute(
        select(ApplicationLine.account_id, Application.number)
        .join(Application, Application.id == ApplicationLine.application_id)
        .join(Account, Account.id == ApplicationLine.account_id)
        .where(
            ApplicationLine.account_id.in_(list(places)),
            ApplicationLine.verdict != LineVerdict.REFUSED,
            Application.id != act.subject.id,
            Application.state.in_(OPEN_STATES),
            or_(
                Application.kind == act.subject.kind,
                Account.state != AccountState.CANCELLED,
            ),
        )
        .order_by(Application.id)
    )
    for account_id, number in others:
        yield Detail(
            places[account_id],
            "already_asked",
            N_("Application %(number)s concerns this person and is still open."),
            {"number": number},
            "M6",
        )


@GUARDS.register
def administrators_remain(act: Act) -> Iterator[Detail]:
    """Somebody must be left who can speak for the organisation, or nobody could ever again."""
    application: Application = act.subject
    leaving = {line.account_id: line for line in lines_in_play(act) if line.account_id is not None}
    for account_id, name in _last_administrators(act, application.organization_id, leaving):
        yield _last_administrator(place_of(leaving[account_id]), name)


@GUARDS.register
def holder_is_not_the_last_administrator(act: Act) -> Iterator[Detail]:
    """The same where an account is cancelled without a form."""
    account: Account = act.subject
    for _id, name in _last_administrators(act, account.organization_id, [account.id]):
        yield _last_administrator("account", name)


def _last_administrators(
    act: Act, organization_id: int, leaving: Collection[int]
) -> list[tuple[int, str]]:
    """Return id and name of the administrators among `leaving`, if none would remain.

    One who was never given a key has not spoken for the organisation yet: another first one can be
    opened by hand.
    """
    known = act.session.execute(
        select(Account.id, Account.name, Account.state)
        .join(account_role, account_role.c.account_id == Account.id)
        .join(Role, Role.id == account_role.c.role_id)
        .where(
            Account.organization_id == organization_id,
            Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value,
            Account.state != AccountState.CANCELLED,
        )
        .order_by(Account.id)
    ).all()
    if any(it.id not in leaving and it.state in REMAINING for it in known):
        return []
    return [
        (it.id, it.name) for it in known if it.id in leaving and it.state != AccountState.PENDING
    ]


def _last_administrator(where: str, name: str) -> Detail:
    return Detail(
        where,
        "last_administrator",
        N_(
            "%(name)s is the last administrator of the organization: have another user made its "
            "administrator first."
        ),
        {"name": name},
        "M6",
    )


@GUARDS.register
def no_business_is_unfinished(act: Act) -> Iterator[Detail]:
    """M6: nobody with unfinished business is cancelled; the business is listed."""
    lines = {line.account_id: line for line in lines_in_play(act) if line.account_id is not None}
    for account_id, cases in unfinished(act.session, lines.keys()).items():
        yield from unfinished_details(place_of(lines[account_id]), cases)


@GUARDS.register
def cases_can_be_deleted(act: Act) -> Iterator[Detail]:
    """M6.3: what is named is business of this very user, and still open."""
    lines = lines_in_play(act)
    found = _cases_named(act, lines)
    for line in lines:
        where = f"lines.{line.position}.case_numbers"
        for number in line.numbers():
            case = found.get(number)
            if case is None or case.owner_id != line.account_id:
                yield Detail(
                    where,
                    "unknown_case",
                    N_("%(name)s has no business with the number %(number)s."),
                    {"name": line.name, "number": number},
                    "M6.3",
                )
            elif case.state != CaseState.OPEN:
                yield Detail(
                    where,
                    "case_ended",
                    N_("Business %(number)s is not open any more."),
                    {"number": number},
                    "M6.3",
                )


def _cases_named(act: Act, lines: list[ApplicationLine]) -> dict[str, Case]:
    numbers = sorted({number for line in lines for number in line.numbers()})
    found = act.session.scalars(select(Case).where(Case.number.in_(numbers)).order_by(Case.id))
    return {case.number: case for case in found}


# --- What becomes of them


@EFFECTS.register
def write_present_values(act: Act) -> None:
    """Keep with the form what the record says as it is handed in (A4–A7)."""
    application: Application = act.subject
    found = presents_of(act.session, application, application.lines)
    for line in application.lines:
        present = found[line.position]
        line.account_id = present.account_id
        line.name = present.name
        if not hasattr(line, "citizen_id"):
            line.person_digest = present.person_digest
        for column in line_columns(type(line)):
            if column.field.repeats_record:
                setattr(line, column.name, value_on_record(column, present))


def accounts_passed(act: Act) -> Iterator[tuple[ApplicationLine, Account]]:
    """Yield every line that passed, with its account."""
    for line in act.subject.passed_lines():
        if line.account is not None:
            yield line, line.account


@EFFECTS.register
def rename_accounts(act: Act) -> None:
    """Give each person the new name, and the login name that INFO chose; the old stay on record."""
    chosen: dict[int, str] = act.data or {}
    renamed = list(accounts_passed(act))
    refuse_taken_login_names(
        act.session,
        {
            line.position: chosen[line.position]
            for line, account in renamed
            if chosen.get(line.position, account.login_name).lower() != account.login_key
        },
    )
    for line, account in renamed:
        assert isinstance(line, UserRenameLine)
        old = {"name": account.name, "login_name": account.login_name}
        account.name = line.new_name
        account.login_name = chosen.get(line.position, account.login_name)
        account.login_key = account.login_name.lower()
        new = {"name": account.name, "login_name": account.login_name}
        record(
            act.session,
            tag="account:renamed",
            subject=account,
            actor=act.actor,
            now=act.now,
            old={name: value for name, value in old.items() if new[name] != value},
            new={
                **{name: value for name, value in new.items() if old[name] != value},
                "application": act.subject.number,
            },
            comment=act.comment,
            rule="M5.1",
            article="第五条（一）",
        )


@EFFECTS.register
def change_grants(act: Act) -> None:
    """End what is not asked for any more, grant what is new; each names this application (X1)."""
    for line, account in accounts_passed(act):
        grant_exactly(act, line, account, line.items)


@EFFECTS.register
def cancel_accounts(act: Act) -> None:
    """Nobody who passed signs in again; the names stay in the records (M6.1, M6.2)."""
    for _line, account in accounts_passed(act):
        fire_within(act, account, "cancel", comment=reason_of(act))


@EFFECTS.register
def restore_accounts(act: Act) -> None:
    """Everybody who passed can sign in again; the half-year counts from now (M6.4)."""
    for _line, account in accounts_passed(act):
        fire_within(act, account, "restore", comment=reason_of(act))


@EFFECTS.register
def delete_cases(act: Act) -> None:
    """M6.3: the business named is deleted; its full record is kept."""
    found = _cases_named(act, act.subject.passed_lines())
    for case in found.values():
        delete_within(act, case)
    act.new["cases"] = sorted(found)
