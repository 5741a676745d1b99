"""How many rows a table has, and how many in each state: counted along an index, up to a bound.

What was seen to go beyond its bound is taken to do so for a while: a list of a million rows need
not count ten thousand of them for every page. What stays below is counted every time.
"""

import time
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Select, func, select
from sqlalchemy.orm import Session

from app.services.resources import RESOURCES, Resource

PLENTY_FOR = 30.0
"""So many seconds "more than the bound" holds without counting again."""

Part = tuple[StrEnum | None, int]
"""A tab of the list, or None for all rows, and the bound at which counting stops."""

_plenty: WeakKeyDictionary[Engine, dict[tuple[str, Part], float]] = WeakKeyDictionary()


def bounded(resource: Resource, conditions: Sequence[ColumnElement[bool]], bound: int) -> Any:
    """Return the count of the rows that fit, one more than `bound` at most, as a value."""
    rows = select(resource.key).where(*conditions).limit(bound + 1).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def count_parts(session: Session, resource: Resource, parts: Sequence[Part]) -> list[int]:
    """Return the count of each part, more than its bound where there are more, in one statement.

    Only for an actor whose reach is the whole table: what is kept is everybody's.
    """
    kept = _plenty.setdefault(session.get_bind().engine, {})
    now = time.monotonic()
    counts = {part: part[1] + 1 for part in parts if kept.get((resource.name, part), 0.0) > now}
    unknown = tuple(part for part in parts if part not in counts)
    if unknown:
        statement = _statement(resource.name, unknown)
        found = session.execute(statement, execution_options={"prepared": False}).one()
        counts.update(zip(unknown, found, strict=True))
        for part in unknown:
            if counts[part] > part[1]:
                kept[resource.name, part] = now + PLENTY_FOR
    return [counts[part] for part in parts]


@lru_cache(maxsize=256)
def _statement(name: str, parts: tuple[Part, ...]) -> Select[Any]:
    resource = RESOURCES[name]
    by = resource.columns[resource.tabs].attribute if resource.tabs else None
    return select(
        *(
            bounded(resource, [] if by is None or member is None else [by == member], bound)
            for member, bound in parts
        )
    )
