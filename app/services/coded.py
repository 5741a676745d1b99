"""Columns of text that hold a code, and how each code reads: on pages and in files alike."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.catalog.business import LOOKING, business_types
from app.catalog.event_words import MOVEMENTS, TOLD, movement, told
from app.catalog.labels import words_of
from app.catalog.types import Act as Stage
from app.i18n import _, pick
from app.services.resources import BY_TABLE

STAGES = tuple(each.value for each in Stage if each not in LOOKING)


@dataclass(frozen=True, slots=True)
class Coded:
    """How a code reads, and every code that there is."""

    read: Callable[[str], str]
    codes: Collection[str]


def kind_of_record(table: str) -> str:
    """Return what a record of `table` is called; the table's name where it has no page."""
    return _(BY_TABLE[table].singular) if table in BY_TABLE else table


def business_type(code: str) -> str:
    """Return what a business type is called."""
    known = business_types().get(code)
    return pick(known, "name") if known else code


def stage(code: str) -> str:
    """Return what a stage of business is called."""
    return words_of(Stage(code)) if code in STAGES else code


CODED: dict[tuple[str, str], Coded] = {
    ("audit_events", "tag"): Coded(told, TOLD.keys()),
    ("audit_events", "subject_type"): Coded(kind_of_record, BY_TABLE.keys()),
    ("cases", "business_type"): Coded(business_type, business_types().keys()),
    ("cases", "stage"): Coded(stage, STAGES),
    ("key_movements", "action"): Coded(movement, MOVEMENTS.keys()),
}
"""By resource and column."""
