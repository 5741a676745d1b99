"""Phone numbers as offices of this field write them."""

import re

from app.catalog.identity.problems import IdentityError, Problem, compact

_COUNTRY_CODE = re.compile(r"(?:\+|00)86")
_SEPARATORS = dict.fromkeys(map(ord, "-‐‑–—()."))
_MOBILE_LOCAL_SERVICE = re.compile(
    r"1[3-9][0-9]{9}|[1-9][0-9]{6,7}|[48]00[0-9]{7}|1[0-9]{4}|9[56][0-9]{3,4}"
)
_AREA_AND_NUMBER = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))([1-9][0-9]{6,7})")
_ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")
_EXTENSION = re.compile(r"(.*[0-9)])(?:转|EXT\.?|X|#|-)([0-9]{1,6})")


def normalise_phone(text: str) -> str:
    """Return a phone number in one spelling: 13800138000, 010-65883205, 010-65883205-8012.

    Mobile and landline numbers with or without +86, local and service numbers (4007001900, 12345)
    and numbers abroad with their country code are accepted.
    """
    entered = compact(text)
    for number in _readings(entered):
        if spelled := _spell(number):
            return spelled
        if found := _EXTENSION.fullmatch(number):
            line, extension = found.groups()
            if spelled := _spell(line):
                return f"{spelled}-{extension}"
    raise IdentityError(Problem.PHONE_FORMAT)


def _readings(entered: str) -> tuple[str, ...]:
    """Return how the number is dialled at home; after +86 an area code has lost its zero."""
    country = _COUNTRY_CODE.match(entered)
    if country is None:
        return (entered,)
    rest = entered[country.end() :].lstrip("-")
    with_zero = f"0{rest.lstrip('(')}"
    return (rest, with_zero)


def _spell(entered: str) -> str | None:
    """Return the stored spelling of a number without extension, `None` if it is not one."""
    number = entered.translate(_SEPARATORS)
    if _MOBILE_LOCAL_SERVICE.fullmatch(number) or _ABROAD.fullmatch(number):
        return number
    if found := _AREA_AND_NUMBER.fullmatch(number):
        return "-".join(found.groups())
    return None
