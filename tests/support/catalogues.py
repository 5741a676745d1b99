"""Catalogues that differ from the shipped one in a single place."""

from dataclasses import replace
from typing import Any

from app.catalog.types import Catalog


def entry_of(catalog: Catalog, file: str, /, **key: Any) -> Any:
    """The one entry of `file` that has these values."""
    (found,) = [
        entry
        for entry in getattr(catalog, file)
        if all(getattr(entry, field) == value for field, value in key.items())
    ]
    return found


def altered(catalog: Catalog, file: str, entry: Any, /, **changes: Any) -> Catalog:
    """The catalogue with `entry` of `file` changed."""
    entries = [replace(e, **changes) if e == entry else e for e in getattr(catalog, file)]
    return replace(catalog, **{file: tuple(entries)})


def without(catalog: Catalog, file: str, *entries: Any) -> Catalog:
    """The catalogue without these entries of `file`."""
    kept = tuple(e for e in getattr(catalog, file) if e not in entries)
    return replace(catalog, **{file: kept})


def with_more(catalog: Catalog, file: str, *entries: Any) -> Catalog:
    """The catalogue with further entries in `file`."""
    return replace(catalog, **{file: (*getattr(catalog, file), *entries)})
