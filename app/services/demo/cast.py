"""Who and what is in the demo: `office.yaml` and `applications.yaml`, read and given numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from app.catalog.identity import (
    citizen_id_check_character,
    organization_code_check_character,
    social_credit_check_character,
)

FOLDER = Path(__file__).parent
REGION = "119900"
"""No region of GB/T 2260: nobody real bears a number that begins with it."""
BOOTSTRAPPED = 2
"""The first so many people are those of the bootstrap: administrator, key officer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation as it is registered."""

    key: str
    name: str
    type: str
    authority: str
    body: str
    legal_form: str | None = None
    district: str | None = None
    parent: str | None = None

    @property
    def code(self) -> str:
        """A social credit code whose check characters fit."""
        inner = self.body + organization_code_check_character(self.body)
        first = f"{self.authority}{REGION}{inner}"
        return first + social_credit_check_character(first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a name and a number; `login` and what follows only for opened accounts."""

    name: str
    sex: str
    born: date
    number: int
    login: str = ""
    organization: str = ""
    office: str | None = None
    roles: tuple[str, ...] = ()
    account: bool = False

    @property
    def citizen_id(self) -> str:
        """A citizen ID number that fits birth date, sex and check digit, of no region."""
        sequence = 2 * self.number + (self.sex == "male")
        body = f"{REGION}{self.born:%Y%m%d}{sequence:03d}"
        return body + citizen_id_check_character(body)

    def entries(self) -> dict[str, str]:
        """Return what a form asks of a person."""
        return {"name": self.name, "sex": self.sex, "citizen_id": self.citizen_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act: what, by whom, how many working days after the one before; the rest as it needs."""

    do: str
    days: int
    by: str | None = None
    subject: str = "application"
    line: int | None = None
    comment: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    keys: tuple[int, ...] = ()
    ticks: Any = None
    items: dict[int, list[str]] = field(default_factory=dict)
    responsible_person: str | None = None
    account: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One application from its draft on; `named` are lines on people who have accounts."""

    kind: str
    by: str
    ago: int
    header: dict[str, str]
    lines: tuple[tuple[Person, tuple[str, ...]], ...]
    named: tuple[dict[str, Any], ...]
    attach: Any
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everything of the demo."""

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    plots: tuple[Plot, ...]

    def unit(self, key: str) -> Unit:
        """Return the organisation that the files call `key`."""
        return next(unit for unit in self.units if unit.key == key)


@cache
def cast() -> Cast:
    """Read the two files."""
    office = _read("office.yaml")
    numbers = count(1)
    people = tuple(
        Person(**{**entry, "roles": tuple(entry["roles"])}, number=next(numbers))
        for entry in office["people"]
    )
    return Cast(
        units=tuple(Unit(**entry) for entry in office["organizations"]),
        people=people,
        plots=tuple(_plot(entry, numbers) for entry in _read("applications.yaml")),
    )


@cache
def records() -> dict[str, Any]:
    """Read what people record beside applications: business and archives."""
    told: dict[str, Any] = _read("records.yaml")
    return told


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def _plot(entry: dict[str, Any], numbers: Iterator[int]) -> Plot:
    contact, phone, responsible = entry["contact"]
    lines = tuple(
        (
            Person(name=name, sex=sex, born=born, number=next(numbers)),
            tuple(items[0]) if items else (),
        )
        for name, sex, born, *items in entry.get("lines", ())
    )
    return Plot(
        kind=entry["kind"],
        by=entry["by"],
        ago=entry["ago"],
        header={
            "contact_name": contact,
            "contact_phone": phone,
            "responsible_person": responsible,
        },
        lines=lines,
        named=tuple(entry.get("named", ())),
        attach=entry.get("attach", []),
        steps=tuple(_step(step) for step in entry["steps"]),
    )


def _step(entry: dict[str, Any]) -> Step:
    return Step(**{**entry, "keys": tuple(entry.get("keys", ()))})
