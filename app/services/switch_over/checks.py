"""Whether people can be taken over as their lists say: batch by batch, with the rules of one (M4).

What must be unique is asked of the database and of the lists, what must agree of the regulation:
organisations exist and are open, items are of their tier, enterprises hold exactly their type's
set, keys come from the office that issues to this kind of unit (第三条).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.cleaning import Unfit
from app.catalog.enums import AccountState, Duty, KeyState, OrganizationState, OrganizationType
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.keys import Key
from app.models.offices import OfficeDuty
from app.models.organizations import Organization
from app.services.switch_over.rows import Person, Reader
from app.services.switch_over.staging import ItemRow, KeyRow, Staging
from app.services.workbooks import CellProblem, SheetRow
from app.workflow.effects.accounts import UNIT_ADMINISTRATION
from app.workflow.form import problem, read_value, wrong_tier
from app.workflow.regulation import items_on

WHOLE = {"unscoped": "what must be unique is looked for everywhere"}
CODE = re.compile(r"\b[a-z_]+(?:\.[a-z0-9_]+)+\b")


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation as far as its people depend on it."""

    id: int
    type: OrganizationType
    open: bool


@dataclass(frozen=True, slots=True)
class Item:
    """An item as far as its holders depend on it."""

    id: int
    code: str
    tier: OrganizationType
    administers: bool


class Checker:
    """Knows the regulation and the organisations; looks batches of people over."""

    def __init__(self, session: Session, staging: Staging, *, now: datetime, today: date) -> None:
        """Read what every batch needs."""
        self.session = session
        self.staging = staging
        self.now = now
        self.today = today
        self.reader = Reader(today)
        self.units = self._units()
        self.items = self._items()
        self.sets = {
            tier: [item for item in self.items.values() if item.tier == tier]
            for tier in OrganizationType
        }
        self.offices = self._offices()

    def _units(self) -> dict[str, Unit]:
        rows = self.session.execute(
            select(Organization.code, Organization.id, Organization.type, Organization.state)
        )
        return {
            code: Unit(identity, type_, state == OrganizationState.ACTIVE)
            for code, identity, type_, state in rows
        }

    def _items(self) -> dict[str, Item]:
        return {
            row.code: Item(row.id, row.code, tier, UNIT_ADMINISTRATION in row.acts)
            for tier in OrganizationType
            for row in items_on(self.session, tier, self.today)
        }

    def _offices(self) -> dict[bool, str]:
        """Return which office issues keys to management units, which to enterprises (第三条)."""
        rows = self.session.execute(select(OfficeDuty.duty, OfficeDuty.office_code))
        duties: dict[Any, str] = dict(list(rows))
        return {
            True: duties.get(Duty.ISSUE_MANAGEMENT_KEYS, ""),
            False: duties.get(Duty.ISSUE_ENTERPRISE_KEYS, ""),
        }

    def look_over(self, rows: list[SheetRow]) -> list[Person]:
        """Return the people of these rows, each with what is wrong."""
        people = [self.reader.person(row.number, row.values, row.problems) for row in rows]
        logins = [person.login_key for person in people if person.login_key]
        keys, items = self.staging.keys_of(logins), self.staging.items_of(logins)
        serials = [key[1] for own in keys.values() for key in own]
        twice = self.staging.serials_twice(serials)
        for person, row in zip(people, rows, strict=True):
            unit = self._unit(person, row.values.get("organization", ""))
            self._once(person, row.number)
            if unit is not None:
                self._key(person, unit, keys.get(person.login_key, []), twice)
                self._hold(person, unit, items.get(person.login_key, []))
        self._against_record(people)
        return people

    def _unit(self, person: Person, code: str) -> Unit | None:
        unit = self.units.get(code.strip().upper())
        if unit is None:
            words = N_("There is no organization %(code)s.")
            detail = Detail("organization", "unknown_organization", words, {"code": code}, "M2")
            person.refuse("users", detail)
            return None
        if not unit.open:
            words = N_("This organization is closed.")
            person.refuse("users", Detail("organization", "organization_closed", words, {}, "M2"))
        person.organization_id = unit.id
        return unit

    def _once(self, person: Person, row: int) -> None:
        """M5: a login name once, a person once in an organisation."""
        words = N_("The same stands in row %(row)s already.")
        for field, value in (
            ("login_name", person.login_key),
            ("citizen_id", f"{person.organization_id}:{person.digest}" if person.digest else ""),
        ):
            if value and (first := self.staging.first_row(field, value, row)) != row:
                person.refuse("users", Detail(field, "twice_in_file", words, {"row": first}, "M5"))

    def _key(self, person: Person, unit: Unit, found: list[KeyRow], twice: set[str]) -> None:
        """M4: nobody works without a key, and nobody has two; M3: each office its own."""
        if not found:
            words = N_("There is no key for this person: nobody works without one.")
            person.refuse("keys", Detail("serial", "no_key", words, {}, "M4"))
            return
        if len(found) > 1:
            words = N_("The list has %(count)s keys for this person: one at a time.")
            detail = Detail("serial", "two_keys", words, {"count": len(found)}, "M9")
            person.refuse("keys", detail)
            return
        _login, serial, office, issued, _row, why = found[0]
        if why:
            person.refuse("keys", CellProblem.ROUNDED.detail("serial"))
            return
        try:
            person.serial = read_value(Key, "serial", serial, today=self.today)
        except Unfit as unfit:
            person.refuse("keys", problem("serial", unfit))
        if serial in twice:
            words = N_("%(serial)s stands in the list of keys twice.")
            person.refuse("keys", Detail("serial", "key_twice", words, {"serial": serial}, "M9"))
        person.office = self.offices[unit.type.is_management]
        if office and office.upper() != person.office:
            words = N_("Keys of this kind of organization are issued by %(office)s.")
            detail = Detail("office", "not_issuing_office", words, {"office": person.office}, "M3")
            person.refuse("keys", detail)
        person.issued_at = self.reader.moment(person, "keys", "issued_on", issued)

    def _hold(self, person: Person, unit: Unit, found: list[ItemRow]) -> None:
        """M4a, M4b: items of the tier; an enterprise's people hold exactly their type's set."""
        named: dict[str, Item] = {}
        for _login, text, since, _row in found:
            person.since = self.reader.moment(person, "grants", "valid_from", since) or person.since
            for code in CODE.findall(text.casefold()) or [text.strip()[:60]]:
                item = self.items.get(code)
                if item is None:
                    words = N_("There is no permission item %(code)s.")
                    detail = Detail("items", "unknown_item", words, {"code": code}, "M4")
                    person.refuse("grants", detail)
                elif item.tier != unit.type:
                    person.refuse("grants", wrong_tier("items", code))
                else:
                    named[code] = item
        held = list(named.values()) if unit.type.is_management else self.sets[unit.type]
        held.sort(key=lambda item: item.id)
        person.items = [item.id for item in held]
        person.codes = [item.code for item in held]
        person.administers = any(item.administers for item in held)

    def _against_record(self, people: list[Person]) -> None:
        """Refuse what the record has already; who is there as the lists say is there already."""
        whole = [person for person in people if person.login_key and person.digest]
        logins = self._logins(whole)
        persons = self._persons(whole)
        serials = self._serials(whole)
        for person in whole:
            key = serials.get(person.serial)
            known = logins.get(person.login_key)
            same = (person.organization_id, person.digest)
            if known is not None and (known[1], known[2]) == same and key == (known[0],):
                person.there = True
                continue
            if known is not None:
                words = N_("This login name is taken, whatever the case of its letters.")
                person.refuse("users", Detail("login_name", "login_name_taken", words, {}, "M5"))
            elif same in persons:
                words = N_("This person has an account in this organization already.")
                person.refuse("users", Detail("citizen_id", "already_has_account", words, {}, "M5"))
            if key is not None:
                words = N_("A key with the serial number %(serial)s is on record already.")
                detail = Detail("serial", "serial_taken", words, {"serial": person.serial}, "M9")
                person.refuse("keys", detail)

    def _logins(self, people: list[Person]) -> dict[str, tuple[int, int, str]]:
        rows = self.session.execute(
            select(
                Account.login_key, Account.id, Account.organization_id, Account.citizen_id_digest
            )
            .where(Account.login_key.in_([person.login_key for person in people]))
            .execution_options(**WHOLE)
        )
        return {login: (identity, unit, digest) for login, identity, unit, digest in rows}

    def _persons(self, people: list[Person]) -> set[tuple[int, str]]:
        """Return who has an account where; asked with the units, by which the index begins."""
        rows = self.session.execute(
            select(Account.organization_id, Account.citizen_id_digest)
            .where(
                Account.organization_id.in_({person.organization_id for person in people}),
                Account.citizen_id_digest.in_([person.digest for person in people]),
                Account.state != AccountState.CANCELLED,
            )
            .execution_options(**WHOLE)
        )
        return {(unit, digest) for unit, digest in rows}

    def _serials(self, people: list[Person]) -> dict[str, tuple[int | None]]:
        """Return who holds each of these keys, None for a key that nobody holds now."""
        rows = self.session.execute(
            select(Key.serial, Key.holder_id, Key.state)
            .where(Key.serial.in_([person.serial for person in people if person.serial]))
            .execution_options(**WHOLE)
        )
        return {
            serial: (holder if state == KeyState.ISSUED else None,)
            for serial, holder, state in rows
        }
