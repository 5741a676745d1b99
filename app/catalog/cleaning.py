"""From what was typed, posted or imported to what is stored: one rule per kind of field."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from app.catalog.fields import Field
from app.catalog.identity import (
    IdentityError,
    normalise_key_serial,
    normalise_login_name,
    normalise_name,
    normalise_organization_name,
    normalise_phone,
    parse_citizen_id,
    parse_organization_identifier,
)
from app.i18n import N_

DEFAULT_LIMIT = 200


@dataclass(eq=False)
class Unfit(Exception):
    """Why a value cannot be taken: a stable code, the words, the rule."""

    code: str
    msgid: str
    params: dict[str, Any] = field(default_factory=dict)
    rule: str | None = None


def clean(
    declared: Field,
    raw: Any,
    *,
    today: date,
    members: type[StrEnum] | None = None,
    limit: int | None = None,
) -> Any:
    """Return the value to store for `raw`, None if it was left empty and may be; raise Unfit.

    `members` closes a choice, `limit` is the column's length in characters.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if declared.required:
            raise Unfit("required", N_("This must be filled in."), rule=declared.rule)
        return None
    if members is not None:
        return _member(declared, raw, members)
    if not isinstance(raw, str):
        if declared.kind in {"integer", "boolean"} and isinstance(raw, bool | int):
            return raw
        raise Unfit("not_text", N_("Text is expected here."), rule=declared.rule)
    return _text(declared, raw, today, limit or declared.max_length or DEFAULT_LIMIT)


def _text(declared: Field, raw: str, today: date, limit: int) -> Any:
    if "\x00" in raw:
        raise Unfit("nul_character", N_("The text holds a character that cannot be stored."))
    try:
        if declared.kind == "citizen_id":
            return parse_citizen_id(raw, today=today).number
        if checker := CHECKS.get(declared.kind):
            raw = checker(raw)
        elif declared.kind == "person_name":
            raw = normalise_name(raw, limit=limit)
        elif declared.kind == "organization_name":
            raw = normalise_organization_name(raw, limit=limit)
    except IdentityError as error:
        raise Unfit(
            error.code, error.msgid, dict(error.params), error.rule or declared.rule
        ) from error
    return plain_text(raw, limit=limit, long=declared.kind == "longtext")


CASE_MARKS = re.compile(r"[\s,;\u3001\uff0c\uff1b]+")
"""What people put between numbers: spaces, commas and semicolons of both scripts."""


def case_numbers(raw: str) -> str:
    """Return the case numbers that `raw` lists, each once, in capitals, parted by commas."""
    return ", ".join(dict.fromkeys(it.upper() for it in CASE_MARKS.split(raw) if it))


CHECKS: dict[str, Callable[[str], str]] = {
    "case_numbers": case_numbers,
    "phone": normalise_phone,
    "organization_code": lambda raw: parse_organization_identifier(raw).code,
    "login_name": lambda raw: normalise_login_name(raw).name,
    "serial": normalise_key_serial,
}


def plain_text(raw: str, *, limit: int, long: bool = False) -> str:
    """Return `raw` without spaces around it; refuse control characters and what is too long."""
    text = raw.replace("\r\n", "\n").strip()
    if len(text) > limit:
        raise Unfit("text_too_long", N_("At most %(limit)s characters."), {"limit": limit})
    allowed = "\n\t" if long else ""
    if any(
        (ord(c) < 32 and c not in allowed) or ord(c) == 127 or "\ud800" <= c <= "\udfff"  # noqa: PLR2004
        for c in text
    ):
        raise Unfit("control_character", N_("The text holds a character that cannot be stored."))
    return text


def _member(declared: Field, raw: Any, members: type[StrEnum]) -> StrEnum:
    try:
        return members(raw.strip() if isinstance(raw, str) else raw)
    except ValueError:
        raise Unfit(
            "unknown_choice",
            N_("Choose one of: %(choices)s."),
            {"choices": ", ".join(members)},
            declared.rule,
        ) from None
