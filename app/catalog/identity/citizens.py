"""Citizen ID numbers (M5, 第五条: real names only), after GB 11643-1999."""

import re
from dataclasses import dataclass, field
from datetime import date

from app.catalog.enums import Sex
from app.catalog.identity.problems import IdentityError, Problem, compact

LENGTH = 18
OLD_LENGTH = 15
EARLIEST_BIRTH = date(1900, 1, 1)

# GB/T 2260 by province; 81, 82 and 83 are the residence permits of people from Hong Kong, Macao and
# Taiwan, numbered in the same way.
PROVINCES = frozenset(
    f"{first}{second}"
    for first, seconds in {
        1: "12345",
        2: "123",
        3: "1234567",
        4: "123456",
        5: "01234",
        6: "12345",
        7: "1",
        8: "123",
    }.items()
    for second in seconds
)

CHECK_CHARACTERS = "10X98765432"
WEIGHTS = tuple(pow(2, LENGTH - position, 11) for position in range(1, LENGTH))

_NEW_FORM = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FORM = re.compile(r"[0-9]{15}")
_MASK = "*" * 8
_KEPT_IN_FRONT = 6
_KEPT_AT_THE_END = 4


@dataclass(frozen=True, slots=True, repr=False)
class CitizenId:
    """A checked citizen ID number of 18 characters; `upgraded` if 15 were entered.

    Its `repr` is masked, so that it can stand in a log.
    """

    number: str
    upgraded: bool = field(default=False, compare=False)

    @property
    def birth_date(self) -> date:
        """The birth date that the number carries."""
        return _birth_date(self.number)

    @property
    def sex(self) -> Sex:
        """The sex that the number carries: an odd sequence number is a man's."""
        return Sex.MALE if int(self.number[16]) % 2 else Sex.FEMALE

    @property
    def masked(self) -> str:
        """The number as lists and prints show it."""
        return mask_citizen_id(self.number)

    def __repr__(self) -> str:
        return f"CitizenId({self.masked})"


def parse_citizen_id(text: str, *, today: date) -> CitizenId:
    """Check a citizen ID number as typed and return it with 18 characters (M5, 第五条).

    Full-width characters, a small x and spaces are taken as meant; an old number of 15 digits is
    given its century and check digit. `today` is the office's date; no birth date may pass it.
    """
    number = compact(text)
    upgraded = len(number) == OLD_LENGTH
    if upgraded:
        number = _upgrade(number)
    elif len(number) != LENGTH:
        raise IdentityError(Problem.CITIZEN_ID_LENGTH, length=len(number))
    if not _NEW_FORM.fullmatch(number):
        raise IdentityError(Problem.CITIZEN_ID_CHARACTERS)
    if number[:2] not in PROVINCES:
        raise IdentityError(Problem.CITIZEN_ID_REGION, region=number[:2])
    try:
        born = _birth_date(number)
    except ValueError:
        born = date.min
    if born < EARLIEST_BIRTH:
        old, new = Problem.CITIZEN_ID_BIRTH_DATE_OLD, Problem.CITIZEN_ID_BIRTH_DATE
        raise IdentityError(old if upgraded else new)
    if born > today:
        raise IdentityError(Problem.CITIZEN_ID_FUTURE)
    if number[-1] != citizen_id_check_character(number[:-1]):
        raise IdentityError(Problem.CITIZEN_ID_CHECK_DIGIT)
    return CitizenId(number, upgraded)


def check_sex(citizen_id: CitizenId, sex: Sex) -> None:
    """Refuse a form on which the sex contradicts the citizen ID number (M5)."""
    if citizen_id.sex is not sex:
        raise IdentityError(Problem.CITIZEN_ID_SEX)


def citizen_id_check_character(body: str) -> str:
    """Return the 18th character that belongs to the 17 digits of `body` (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def mask_citizen_id(number: str) -> str:
    """Return "110101********1234"; anything that is not 18 characters long is hidden whole."""
    if len(number) != LENGTH:
        return _MASK
    return number[:_KEPT_IN_FRONT] + _MASK + number[-_KEPT_AT_THE_END:]


def _upgrade(old: str) -> str:
    if not _OLD_FORM.fullmatch(old):
        raise IdentityError(Problem.CITIZEN_ID_CHARACTERS)
    body = f"{old[:6]}19{old[6:]}"
    return body + citizen_id_check_character(body)


def _birth_date(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
