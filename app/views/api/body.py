"""Reading what was posted: an object whose texts can be stored, or a refusal that says where."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import request

from app.errors import BadRequest, Detail, InvalidInput
from app.i18n import N_

SURROGATES = range(0xD800, 0xE000)
MAX_KEY = 80


def read_object(*, optional: bool = False) -> dict[str, Any]:
    """Return the posted object; `optional` lets nothing at all stand for an empty one.

    Raises BadRequest for anything but an object, InvalidInput for texts that no database can hold.
    """
    posted = request.get_data(cache=True)
    if not posted and optional:
        return {}
    if not request.is_json:
        raise BadRequest(N_("A JSON body is expected here."), code="not_json")
    try:
        found = json.loads(posted)
    except (ValueError, RecursionError):
        raise BadRequest(N_("The body is not valid JSON."), code="not_json") from None
    if not isinstance(found, dict):
        raise BadRequest(N_("The body must be a JSON object."), code="not_an_object")
    try:
        problems = list(unfit_texts(found, ""))
    except RecursionError:
        raise BadRequest(N_("The body is not valid JSON."), code="not_json") from None
    if problems:
        raise InvalidInput(details=problems)
    return found


def unfit_texts(value: Any, where: str) -> Iterator[Detail]:
    """Yield every text with a NUL or half a character in it; lists count from 1, as lines do."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Detail(
                where,
                "nul_character",
                N_("The text holds a character that cannot be stored."),
            )
        elif not value.isascii() and any(ord(c) in SURROGATES for c in value):
            yield Detail(
                where,
                "control_character",
                N_("The text holds a character that cannot be stored."),
            )
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from unfit_texts(key, where or "body")
            yield from unfit_texts(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value, start=1):
            yield from unfit_texts(inner, f"{where}.{place}")


def only(body: Mapping[str, Any], known: frozenset[str], *, where: str = "") -> None:
    """Refuse fields that nobody reads, so that a slip of the pen is not silently dropped."""
    unknown = [
        Detail(f"{where}{name}", "unknown_field", N_("There is no such field here."))
        for name in body
        if name not in known
    ]
    if unknown:
        raise InvalidInput(details=unknown)


def flat(body: Mapping[str, Any], *, lists: tuple[str, ...] = ()) -> None:
    """Refuse values that are no plain words or numbers, but for lists of words in `lists`."""
    problems = []
    for name, value in body.items():
        if name in lists:
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                problems.append(Detail(name, "not_a_list", N_("A list of words is expected here.")))
        elif isinstance(value, list | dict | float):
            problems.append(Detail(name, "not_text", N_("Text is expected here.")))
    if problems:
        raise InvalidInput(details=problems)


def text_of(body: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    """Return the text in `body[name]`, empty if it is absent and may be."""
    value = body.get(name)
    if value is None or value == "":
        if required:
            raise InvalidInput(details=[Detail(name, "required", N_("This must be filled in."))])
        return ""
    if not isinstance(value, str):
        raise InvalidInput(details=[Detail(name, "not_text", N_("Text is expected here."))])
    return value


def object_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object in `body[name]`, empty if it is absent."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(
            details=[Detail(name, "not_an_object", N_("An object is expected here."))]
        )
    return value


def flag_of(body: Mapping[str, Any], name: str) -> bool:
    """Return the truth value in `body[name]`, False if it is absent."""
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidInput(
            details=[Detail(name, "not_boolean", N_("True or false is expected here."))]
        )
    return value


def version_of(body: Mapping[str, Any]) -> int | None:
    """Return the version that the caller has seen, None if none was named."""
    value = body.get("version")
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < MAX_KEY:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequest(N_("The version is a whole number."), code="bad_version")
    return value


def idempotency_key_of(body: Mapping[str, Any]) -> str | None:
    """Return the name that the caller gave this very request, None if none."""
    key = text_of(body, "idempotency_key").strip()
    if len(key) > MAX_KEY:
        raise InvalidInput(
            details=[
                Detail(
                    "idempotency_key",
                    "text_too_long",
                    N_("At most %(limit)s characters."),
                    {"limit": MAX_KEY},
                )
            ]
        )
    return key or None
