"""Forms of every kind in the made-up office: people to name on them, lines that are right."""

from collections.abc import Callable
from itertools import count
from typing import Any

from app.catalog.enums import AccountState, ApplicationState, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.models.accounts import Account
from app.models.applications import Application
from app.models.cases import Case
from app.models.keys import Key
from app.services.applications import open_draft
from app.services.keys import receive_keys
from tests.support.cases import case
from tests.support.factories import HEADER, UNITS, Office, administrator_of, staff_of
from tests.support.people import person

K = ApplicationKind
INFO, RESEARCH, SERVICE = OfficeCode.INFO, OfficeCode.RESEARCH, OfficeCode.SERVICE
WHY = "因工作需要"
OLD, NEW = "district.registration.1", "district.transaction.1"
_people = count(70_000)


def unit_of(kind: ApplicationKind) -> str:
    """A unit that applies by this form."""
    (entry,) = [entry for entry in load_catalog().kinds if entry.kind == kind]
    return next(
        name
        for name, unit in UNITS.items()
        if name != "commission" and unit.type in entry.applicants
    )


def key_office(unit: str) -> OfficeCode:
    """The office that gives this unit its keys (第三条)."""
    return RESEARCH if UNITS[unit].type.is_management else SERVICE


def stock_up(office: Office, keeper: OfficeCode, number: int = 5) -> list[str]:
    """Put keys into an office's stock; their serial numbers."""
    serials = [f"{keeper.value}-X{next(_people)}" for _ in range(number)]
    with office.acting(staff_of(keeper)) as actor:
        receive_keys(office.session, serials, actor=actor, now=office.now)
        office.session.commit()
    return serials


def employed(office: Office, unit: str = "east", items: tuple[str, ...] = (OLD,)) -> Account:
    """Somebody of the unit who works there with account, key and items, by an application."""
    line = person(next(_people))
    if UNITS[unit].type.is_management:
        line["items"] = list(items)
    stock_up(office, key_office(unit), 1)
    identity = office.submitted(unit, lines=[line])
    done = office.walk(identity, until=lambda it: it.state == ApplicationState.COMPLETED)
    account = done.lines[0].account
    assert account is not None
    assert account.state == AccountState.ACTIVE
    return account


def key_of(office: Office, account: Account) -> str:
    """The serial number of the key that somebody holds."""
    return office.session.query(Key.serial).filter_by(holder_id=account.id).scalar() or ""


def suspended(office: Office, unit: str) -> Account:
    account = employed(office, unit)
    office.perform(staff_of(INFO), account.id, "suspend", model=Account, comment=WHY)
    return account


def keyless(office: Office, unit: str) -> Account:
    """Somebody whose key has come back, with business that nobody has finished."""
    account = employed(office, unit)
    key = office.session.query(Key).filter_by(holder_id=account.id).one()
    keeper = staff_of(key_office(unit))
    office.perform(keeper, key.id, "take_back", model=Key, comment=WHY)
    return account


def _named(office: Office, unit: str) -> dict[str, Any]:
    return {"login_name": employed(office, unit).login_name}


def _renamed(office: Office, unit: str) -> dict[str, Any]:
    account = employed(office, unit)
    return {
        "old_login_name": account.login_name,
        "new_name": f"{account.name}新"[-4:],
        "sex": account.sex.value,
        "citizen_id": account.citizen_id,
    }


def _deleted(office: Office, unit: str) -> dict[str, Any]:
    login = keyless(office, unit).login_name
    number = office.session.get_one(Case, case(office, login)).number
    return {"login_name": login, "case_numbers": number}


LINES: dict[ApplicationKind, Callable[[Office, str], dict[str, Any]]] = {
    K.NEW_USER: lambda office, _unit: office.person(items=[OLD]),
    K.KEY_REPLACEMENT: _named,
    K.USER_RENAME: _renamed,
    K.PERMISSION_CHANGE: lambda office, unit: {**_named(office, unit), "requested_items": [NEW]},
    K.USER_CANCELLATION: _named,
    K.ENTERPRISE_USER: lambda office, _unit: office.person(),
    K.ENTERPRISE_CANCELLATION: _named,
    K.BUSINESS_DELETION: _deleted,
    K.LOGIN_RESTORATION: lambda office, unit: {"login_name": suspended(office, unit).login_name},
}
"""A line that is right, for each kind."""


def drafted(
    office: Office,
    kind: ApplicationKind,
    lines: list[dict[str, Any]] | None = None,
    *,
    unit: str = "",
    strict: bool = True,
    by: str = "",
) -> int:
    """Draft a form of this kind, by default with one line that is right; its id."""
    unit = unit or unit_of(kind)
    lines = [LINES[kind](office, unit)] if lines is None else lines
    with office.acting(by or administrator_of(unit)) as actor:
        application, _ = open_draft(
            office.session,
            kind=kind,
            organization=office.organization(unit),
            raw={**HEADER, "lines": lines},
            actor=actor,
            now=office.now,
            strict=strict,
        )
        office.session.commit()
        return application.id


def sent(
    office: Office, kind: ApplicationKind, lines: list[dict[str, Any]] | None = None, **said: Any
) -> int:
    """Draft a form and hand it in; its id."""
    identity = drafted(office, kind, lines, **said)
    office.perform(administrator_of(said.get("unit") or unit_of(kind)), identity, "submit")
    return identity


def finished(office: Office, identity: int) -> Application:
    """Let the offices do all that is left."""
    stock_up(office, RESEARCH)
    return office.walk(identity, until=lambda it: it.state.is_closed)
