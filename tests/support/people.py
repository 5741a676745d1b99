"""Made-up people and organisations whose numbers keep their check digits."""

from datetime import date, timedelta
from typing import Any

from app.catalog.enums import Sex
from app.catalog.identity import citizen_id_check_character, social_credit_check_character

FIRST_BIRTH = date(1960, 1, 1)
PEOPLE_A_DAY = 400
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"


def citizen_id(number: int, sex: Sex = Sex.MALE) -> str:
    """The valid number of made-up person `number`, a man or a woman."""
    born = FIRST_BIRTH + timedelta(days=number // PEOPLE_A_DAY)
    sequence = number % PEOPLE_A_DAY * 2 + (sex == Sex.MALE)
    body = f"110101{born:%Y%m%d}{sequence:03d}"
    return body + citizen_id_check_character(body)


def old_citizen_id(number: int, sex: Sex = Sex.MALE) -> str:
    """The same person's number as it was written before 1999, with 15 digits."""
    whole = citizen_id(number, sex)
    return whole[:6] + whole[8:17]


def wrong_citizen_id(number: int) -> str:
    """A number with one digit mistyped: the check digit does not fit."""
    whole = citizen_id(number)
    return whole[:-1] + ("1" if whole[-1] != "1" else "2")


def person_name(number: int) -> str:
    """A name of two or three characters."""
    first, rest = divmod(number, len(GIVEN))
    return SURNAMES[first % len(SURNAMES)] + GIVEN[rest] + (GIVEN[first % 7] if first % 3 else "")


def person(number: int, **said: Any) -> dict[str, Any]:
    """What a form says about made-up person `number`."""
    sex = Sex(said.pop("sex", Sex.MALE))
    return {
        "name": person_name(number),
        "sex": sex.value,
        "citizen_id": citizen_id(number, sex),
        **said,
    }


def social_credit_code(number: int) -> str:
    """The valid unified social credit code of made-up organisation `number`."""
    body = f"11110101{number:09d}"
    return body + social_credit_check_character(body)
