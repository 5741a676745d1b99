"""Between an entry, the mapping that a file writes for it, and the columns that a row holds.

The dataclasses of `app.catalog.types` are the only declaration; everything here follows from them.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from app.catalog.types import Text
from app.errors import Word
from app.i18n import N_

Entry = TypeVar("Entry")

_NAMES: dict[type, Word] = {
    str: Word(N_("text")),
    int: Word(N_("a whole number")),
    bool: Word(N_("true or false")),
    date: Word(N_("a date such as 2014-01-01")),
}


class ShapeError(Exception):
    """A value that an entry cannot take: at which field, and the msgid that says why."""

    def __init__(self, field: str, msgid: str, **params: Any) -> None:
        """Keep the words apart from their parameters, so that they come in any language."""
        super().__init__(msgid)
        self.field = field
        self.msgid = msgid
        self.params = params


_HINTS: dict[type, dict[str, Any]] = {}


def hints(entry: type) -> Mapping[str, Any]:
    """Return the resolved type of every field of `entry`, worked out once."""
    if entry not in _HINTS:
        _HINTS[entry] = get_type_hints(entry)
    return _HINTS[entry]


def declared(entry: Any) -> tuple[Field[Any], ...]:
    """Return the fields of `entry` in their order."""
    return fields(entry)


def parse(entry: type[Entry], written: Any, at: str = "") -> Entry:
    """Return the entry that `written` describes; ShapeError names the first field that is wrong."""
    if not isinstance(written, Mapping):
        raise ShapeError(at, N_("expected named fields, found %(found)s"), found=_found(written))
    known = {f.name for f in declared(entry)}
    for name in written:
        if name not in known:
            raise ShapeError(_join(at, str(name)), N_("unknown field"))
    values: dict[str, Any] = {}
    for f in declared(entry):
        place = _join(at, f.name)
        if f.name in written:
            value = written[f.name]
            if f.metadata.get("grouped"):
                value = _ungroup(value, place)
            values[f.name] = _convert(hints(entry)[f.name], value, place)
        elif f.default is MISSING and not _optional(hints(entry)[f.name]):
            raise ShapeError(place, N_("missing field"))
        elif f.default is MISSING:
            values[f.name] = None
    return entry(**values)


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _found(value: Any) -> str:
    return "null" if value is None else f"{type(value).__name__} {value!r}"[:60]


def _optional(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType} and type(None) in get_args(hint)


def _ungroup(value: Any, at: str) -> list[str]:
    if not isinstance(value, Mapping):
        raise ShapeError(at, N_("expected named lists, found %(found)s"), found=_found(value))
    pairs = []
    for head, tails in value.items():
        if not isinstance(tails, list):
            raise ShapeError(
                _join(at, str(head)), N_("expected a list, found %(found)s"), found=_found(tails)
            )
        pairs += [f"{head}:{tail}" for tail in tails]
    return pairs


def _convert(hint: Any, value: Any, at: str) -> Any:
    if _optional(hint):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return None if value is None else _convert(inner, value, at)
    if get_origin(hint) is tuple:
        return _sequence(get_args(hint)[0], value, at)
    if issubclass(hint, StrEnum):
        return _member(hint, value, at)
    if hint in _NAMES:
        return _scalar(hint, value, at)
    return parse(hint, value, at)


def _sequence(hint: Any, value: Any, at: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ShapeError(at, N_("expected a list, found %(found)s"), found=_found(value))
    return tuple(_convert(hint, each, f"{at}.{i}") for i, each in enumerate(value, 1))


def _member(members: type[StrEnum], value: Any, at: str) -> StrEnum:
    try:
        return members(value)
    except ValueError:
        raise ShapeError(
            at,
            N_("%(found)s is not one of %(known)s"),
            found=_found(value),
            known=", ".join(members),
        ) from None


def _scalar(hint: type, value: Any, at: str) -> Any:
    fits = isinstance(value, hint)
    if hint is int and isinstance(value, bool):
        fits = False
    if hint is date and isinstance(value, datetime):
        fits = False
    if not fits:
        raise ShapeError(
            at, N_("expected %(kind)s, found %(found)s"), kind=_NAMES[hint], found=_found(value)
        )
    if hint is str and "\x00" in value:
        raise ShapeError(at, N_("holds a NUL character"))
    return value


def plain(entry: Any) -> dict[str, Any]:
    """Return the mapping that a file writes for `entry`; `parse` takes it back."""
    written = {}
    for f in declared(type(entry)):
        value = getattr(entry, f.name)
        if f.default is None and value is None:
            continue
        written[f.name] = _group(value) if f.metadata.get("grouped") else _plain(value)
    return written


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return plain(value)
    return value


def _group(pairs: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for pair in pairs:
        head, _, tail = pair.partition(":")
        grouped.setdefault(head, []).append(tail)
    return grouped


def flatten(entry: Any, *leave: str) -> dict[str, Any]:
    """Return `entry` as columns: a Text `name` becomes `name_zh` and `name_en`."""
    columns: dict[str, Any] = {}
    for f in declared(type(entry)):
        if f.name in leave:
            continue
        value = getattr(entry, f.name)
        if isinstance(value, Text):
            columns[f"{f.name}_zh"], columns[f"{f.name}_en"] = value.zh, value.en
        elif isinstance(value, tuple):
            columns[f.name] = _plain(value)
        else:
            columns[f.name] = value
    return columns


def gather(entry: type[Entry], column: Callable[[str], Any]) -> Entry:
    """Return the entry whose columns `column` gives by name: what `flatten` took apart."""
    values: dict[str, Any] = {}
    for f in declared(entry):
        hint = hints(entry)[f.name]
        if hint is Text:
            values[f.name] = Text(zh=column(f"{f.name}_zh"), en=column(f"{f.name}_en"))
        elif get_origin(hint) is tuple:
            values[f.name] = _sequence(get_args(hint)[0], list(column(f.name)), f.name)
        else:
            values[f.name] = _convert(hint, column(f.name), f.name)
    return entry(**values)
