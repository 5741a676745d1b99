"""What an office's former lists say of a person, read field by field (M2, M4, M5, M9)."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from app.catalog.cleaning import Unfit
from app.catalog.enums import Sex
from app.catalog.heading_words import HEADING_WORDS
from app.catalog.identity import IdentityError, check_sex, parse_citizen_id
from app.clock import OFFICE_ZONE
from app.errors import Detail
from app.i18n import LANGUAGES, N_, speaking
from app.i18n import _ as said
from app.models.accounts import Account
from app.models.base import Base
from app.models.keys import Key
from app.models.organizations import Organization
from app.services.line_sheets import vocabulary
from app.services.workbooks import Heading
from app.workflow.columns import field_of
from app.workflow.form import person_digest, problem, read_value

FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")


def heading(name: str, model: type[Base] | None = None, *, essential: bool = True) -> Heading:
    """Return how a column of these lists may be called: our label in any language, or a custom."""
    titles = list(HEADING_WORDS.get(name, ()))
    if model is not None:
        label = field_of(model, name).label
        for code in LANGUAGES:
            with speaking(code):
                titles.insert(0, said(label))
    return Heading(name, tuple(dict.fromkeys(titles)), essential)


def users() -> list[Heading]:
    """Return the columns of the list of people."""
    return [
        *(heading(name, Account) for name in ("name", "sex", "citizen_id", "login_name")),
        heading("organization"),
        heading("activated_on", essential=False),
        heading("last_login_on", essential=False),
    ]


def keys() -> list[Heading]:
    """Return the columns of the list of keys; without a login name a key lies in stock."""
    return [
        Heading("serial", (*heading("serial", Key).titles, *HEADING_WORDS["key_serial"])),
        heading("login_name", Account),
        heading("office", essential=False),
        heading("issued_on", essential=False),
    ]


def grants() -> list[Heading]:
    """Return the columns of the list of items held: one row an item, or several in a cell."""
    return [
        heading("login_name", Account),
        heading("items"),
        heading("valid_from", essential=False),
    ]


def organizations() -> list[Heading]:
    """Return the columns of the list of organisations."""
    return [
        *(heading(name, Organization) for name in ("code", "name", "type")),
        heading("legal_form", Organization, essential=False),
        heading("district_code", Organization, essential=False),
    ]


@dataclass(slots=True)
class Person:
    """One person who worked before: what is known, or what is wrong with it."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, Detail]] = field(default_factory=list)
    """The file's name and what is wrong in it."""
    there: bool = False
    organization_id: int = 0
    digest: str = ""
    items: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    administers: bool = False
    since: datetime | None = None
    serial: str = ""
    office: str = ""
    issued_at: datetime | None = None
    comment: str = ""

    @property
    def login_key(self) -> str:
        """The login name in the spelling that must be unique."""
        return str(self.values.get("login_name", "")).lower()

    def refuse(self, file: str, detail: Detail) -> None:
        """Note what is wrong; of one field only the first thing said."""
        if all((f, d.field) != (file, detail.field) for f, d in self.problems):
            self.problems.append((file, detail))


SEXES = "sex"


class Reader:
    """Reads people out of rows on one day."""

    def __init__(self, today: date) -> None:
        """Keep the day and the words for man and woman."""
        self.today = today
        self.sexes = vocabulary(Sex)

    def person(self, row: int, cells: dict[str, str], found: tuple[Detail, ...]) -> Person:
        """Return the person of a row of the list of people."""
        person = Person(row)
        for detail in found:
            person.refuse("users", detail)
        sex = cells.get(SEXES, "")
        typed = {**cells, SEXES: self.sexes.get(sex.casefold(), sex)}
        for name in ("name", "sex", "citizen_id", "login_name"):
            try:
                person.values[name] = read_value(Account, name, typed.get(name), today=self.today)
            except Unfit as unfit:
                person.refuse("users", problem(name, unfit))
        self._agrees(person)
        if number := person.values.get("citizen_id"):
            person.digest = person_digest(number)
        for name, stored in (("activated_on", "activated_at"), ("last_login_on", "last_login_at")):
            person.values[stored] = self.moment(person, "users", name, cells.get(name, ""))
        return person

    def _agrees(self, person: Person) -> None:
        number, sex = person.values.get("citizen_id"), person.values.get("sex")
        if number and sex:
            try:
                check_sex(parse_citizen_id(number, today=self.today), Sex(sex))
            except IdentityError as error:
                person.refuse("users", error.detail("sex"))

    def moment(self, person: Person, file: str, name: str, text: str) -> datetime | None:
        """Return the beginning of a day where the office stands; None where nothing is said."""
        if not text:
            return None
        day = _day(text)
        if day is None:
            words = N_("Write a date as 2026-11-21.")
            person.refuse(file, Detail(name, "not_a_date", words, {}, "X6"))
            return None
        if day > self.today:
            words = N_("This day has not come yet.")
            person.refuse(file, Detail(name, "in_the_future", words, {}, "X6"))
            return None
        return datetime.combine(day, time(), OFFICE_ZONE)


@lru_cache(maxsize=8192)
def _day(text: str) -> date | None:
    head = text.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0]
    for form in FORMATS:
        try:
            return datetime.strptime(head, form).date()  # noqa: DTZ007 - a day, not an instant
        except ValueError:
            continue
    return None
