"""What the record says of the accounts that a form names, and whether the form agrees with it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, KeyState, Sex
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.grants import AccountGrant
from app.models.keys import Key
from app.models.permissions import PermissionItem
from app.workflow.act import Registry
from app.workflow.columns import LineColumn, finder_of, line_columns

WITHIN = {"unscoped": "the applicant's own people, whom the form names"}
GIVEN_UP = (KeyState.LOST, KeyState.RETURNED)
"""A key of this kind is nobody's now and can be the former key of whoever had it last."""


@dataclass(slots=True, kw_only=True)
class Present:
    """One account as the record has it now; `key_serial` is the key held, else the last one."""

    account_id: int
    name: str
    login_name: str
    sex: Sex
    state: AccountState
    person_digest: str
    last_login_at: datetime | None
    key_serial: str = ""
    holds_key: bool = False
    items: list[PermissionItem] = field(default_factory=list)


LineRule = Callable[[Mapping[str, Any], Present, str], Iterator[Detail]]
LINE_RULES: Registry[LineRule] = Registry("line rule")

WRONG_STATE = {
    AccountState.PENDING: (
        "account_pending",
        N_("%(login_name)s has no key yet: the account is still being opened."),
        "M4",
    ),
    AccountState.ACTIVE: (
        "account_not_suspended",
        N_("Sign-in of %(login_name)s is not suspended: there is nothing to restore."),
        "M6.4",
    ),
    AccountState.SUSPENDED: (
        "account_suspended",
        N_("Sign-in of %(login_name)s is suspended: have it restored first."),
        "M6.4",
    ),
    AccountState.CANCELLED: ("account_cancelled", N_("%(login_name)s has been cancelled."), "M6.1"),
}


def presents(
    session: Session,
    organization_id: int,
    logins: Collection[str],
    line_class: type[ApplicationLine],
    *,
    whole: bool = False,
) -> dict[str, Present]:
    """Return the organisation's accounts with these login names, by the name in small letters.

    Keys and items are read only where this kind's lines have a column for them, or if the `whole`
    is asked for.
    """
    wanted = sorted({login.lower() for login in logins if login})
    if not wanted:
        return {}
    rows = session.execute(
        select(
            Account.login_key,
            Account.id,
            Account.name,
            Account.login_name,
            Account.sex,
            Account.state,
            Account.citizen_id_digest,
            Account.last_login_at,
        )
        .where(Account.login_key.in_(wanted), Account.organization_id == organization_id)
        .execution_options(**WITHIN)
    )
    found = {
        row.login_key: Present(
            account_id=row.id,
            name=row.name,
            login_name=row.login_name,
            sex=row.sex,
            state=row.state,
            person_digest=row.citizen_id_digest,
            last_login_at=row.last_login_at,
        )
        for row in rows
    }
    by_id = {present.account_id: present for present in found.values()}
    shown = {column.field.present for column in line_columns(line_class)}
    if whole or "key_serial" in shown or "key_is_given_up" in line_class.rules:
        _add_keys(session, by_id)
    if whole or "items" in shown:
        _add_items(session, by_id)
    return found


def _add_keys(session: Session, by_id: Mapping[int, Present]) -> None:
    held: Any = select(Key.holder_id, Key.serial).where(
        Key.holder_id.in_(list(by_id)), Key.state == KeyState.ISSUED
    )
    for row in session.execute(held.execution_options(**WITHIN)):
        by_id[row[0]].key_serial = row.serial
        by_id[row[0]].holds_key = True
    without = [identity for identity, present in by_id.items() if not present.holds_key]
    if not without:
        return
    former: Any = (
        select(Key.last_holder_id, Key.serial)
        .where(Key.last_holder_id.in_(without), Key.state.in_(GIVEN_UP))
        .order_by(Key.issued_at, Key.id)
    )
    for row in session.execute(former.execution_options(**WITHIN)):
        by_id[row[0]].key_serial = row.serial


def _add_items(session: Session, by_id: Mapping[int, Present]) -> None:
    held = (
        select(AccountGrant.account_id, PermissionItem)
        .join(PermissionItem, PermissionItem.id == AccountGrant.item_id)
        .where(AccountGrant.account_id.in_(list(by_id)), AccountGrant.valid_until.is_(None))
        .order_by(PermissionItem.id)
    )
    for holder, item in session.execute(held.execution_options(**WITHIN)):
        by_id[holder].items.append(item)


def presents_of(
    session: Session, application: Application, lines: Collection[ApplicationLine]
) -> dict[int, Present]:
    """Return what the record says of the accounts that `lines` name, by position."""
    finder = finder_of(application.line_class)
    if finder is None:
        return {}
    named = {line.position: str(getattr(line, finder.name) or "").lower() for line in lines}
    found = presents(session, application.organization_id, named.values(), application.line_class)
    return {position: found[login] for position, login in named.items() if login in found}


def value_on_record(column: LineColumn, present: Present) -> Any:
    """Return what the record has for a column that repeats it."""
    assert column.field.present is not None
    return getattr(present, column.field.present)


def check_named(
    line_class: type[ApplicationLine],
    values: Mapping[str, Any],
    present: Present | None,
    where: str,
) -> Iterator[Detail]:
    """Yield where one line and the record of the account that it names disagree (M5, M8)."""
    finder = finder_of(line_class)
    if finder is None or not values.get(finder.name):
        return
    if present is None:
        yield Detail(
            f"{where}.{finder.name}",
            "unknown_account",
            N_("Your organization has no user with the login name %(login_name)s."),
            {"login_name": values[finder.name]},
            "M2",
        )
        return
    if present.state not in line_class.account_states:
        code, words, rule = WRONG_STATE[present.state]
        yield Detail(
            f"{where}.{finder.name}", code, words, {"login_name": present.login_name}, rule
        )
        return
    for column in line_columns(line_class):
        if column.field.repeats_record:
            yield from _agrees(column, values.get(column.name), present, where)
    for name in line_class.rules:
        yield from LINE_RULES[name](values, present, where)


def _agrees(column: LineColumn, typed: Any, present: Present, where: str) -> Iterator[Detail]:
    known = value_on_record(column, present)
    place, rule = f"{where}.{column.name}", column.field.rule
    if column.field.required and not known:
        yield Detail(
            place,
            "never_had_key",
            N_("%(login_name)s has had no key that could be replaced."),
            {"login_name": present.login_name},
            rule,
        )
    elif column.holds_items:
        if typed and {item.code for item in typed} != {item.code for item in known}:
            yield Detail(
                place,
                "items_not_held",
                N_("These are not the permissions that %(login_name)s holds."),
                {"login_name": present.login_name},
                rule,
            )
    elif typed and typed != known:
        yield _contradicts(column, present, place, known)


def _contradicts(column: LineColumn, present: Present, place: str, known: str) -> Detail:
    if column.field.present == "key_serial":
        return Detail(
            place,
            "key_not_theirs",
            N_("This is not the key of %(login_name)s."),
            {"login_name": present.login_name},
            column.field.rule,
        )
    return Detail(
        place,
        "not_on_record",
        N_("The record says: %(value)s."),
        {"value": known},
        column.field.rule,
    )


def fill_in(line_class: type[ApplicationLine], values: dict[str, Any], present: Present) -> None:
    """Put into `values` what the record says, where the line has a column for it (A4–A7)."""
    finder = finder_of(line_class)
    assert finder is not None
    values["name"] = present.name
    values[finder.name] = present.login_name
    for column in line_columns(line_class):
        if column.field.repeats_record and not values.get(column.name):
            values[column.name] = value_on_record(column, present)


@LINE_RULES.register
def person_stays_the_same(
    values: Mapping[str, Any], present: Present, where: str
) -> Iterator[Detail]:
    """M8: an account is one person's; under a new name stands the same personal number."""
    digest = values.get("person_digest")
    if digest and digest != present.person_digest:
        yield Detail(
            f"{where}.citizen_id",
            "another_person",
            N_(
                "This is not the personal number of %(login_name)s: another person needs a new "
                "user, and this one is cancelled."
            ),
            {"login_name": present.login_name},
            "M8",
        )


@LINE_RULES.register
def name_changes(values: Mapping[str, Any], present: Present, where: str) -> Iterator[Detail]:
    """A change of name has another name."""
    if values.get("new_name") == present.name:
        yield Detail(
            f"{where}.new_name",
            "name_unchanged",
            N_("%(login_name)s bears this name already."),
            {"login_name": present.login_name},
            "M5",
        )


@LINE_RULES.register
def permissions_change(values: Mapping[str, Any], present: Present, where: str) -> Iterator[Detail]:
    """A change of permissions asks for something else than what is held."""
    asked = {item.code for item in values.get("requested_items") or ()}
    if asked and asked == {item.code for item in present.items}:
        yield Detail(
            f"{where}.requested_items",
            "items_unchanged",
            N_("%(login_name)s holds exactly these permissions already."),
            {"login_name": present.login_name},
            "M4",
        )


@LINE_RULES.register
def key_is_given_up(_values: Mapping[str, Any], present: Present, where: str) -> Iterator[Detail]:
    """第六条（三）: who still works ends the business; else it is deleted on application."""
    if present.holds_key and present.state != AccountState.CANCELLED:
        yield Detail(
            f"{where}.login_name",
            "key_in_use",
            N_("%(login_name)s still holds key %(serial)s and can end the business personally."),
            {"login_name": present.login_name, "serial": present.key_serial},
            "M6.3",
        )
