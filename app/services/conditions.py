"""From what a list is asked for to SQL: filters on declared columns, and the search box.

A prefix is a range on the column's index, which holds because searched columns are kept in byte
order (on PostgreSQL by migration 0004). Two characters anywhere in a name are found through the
index of bigrams on PostgreSQL and by reading the table on SQLite, at whose size that is quick.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy.orm import Session

from app.errors import Detail, InvalidInput, Word
from app.i18n import N_
from app.services.columns import Column, Operator, UnfitValueError
from app.services.resources import Resource

MAX_TERM = 60
MAX_VALUES = 100
LAST_CHARACTER = "\U0010ffff"
BETWEEN = ".."

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One wish about one column; `value` is text as in an address, or already of the type."""

    column: str
    operator: Operator = Operator.EQ
    value: Any = ""


class Spelling(Enum):
    """How a condition is written, which decides how the database looks for it.

    `INDEXED` leads PostgreSQL along the index of what is looked for; `ESTIMATED` lets it know how
    common that is, so that it may as well walk in the order of the list; `PLAIN` is SQLite's.
    """

    PLAIN = auto()
    INDEXED = auto()
    ESTIMATED = auto()


OfText = Callable[[Column, str, Spelling], Condition]


def spelling_of(session: Session, *, common: bool = False) -> Spelling:
    """Return how conditions are written for this database; `common` where many rows are found."""
    if session.get_bind().dialect.name != "postgresql":
        return Spelling.PLAIN
    return Spelling.ESTIMATED if common else Spelling.INDEXED


def condition_of(
    resource: Resource, wish: Filter, spelling: Spelling, *, standing_for: Any = None
) -> Condition:
    """Return the SQL of a filter; InvalidInput names a wrong column, operator or value.

    `standing_for` is another expression that holds the column's values.
    """
    column = resource.column(wish.column)
    if standing_for is not None:
        column = replace(column, attribute=standing_for)
    if wish.operator not in column.operators:
        raise _refused(
            wish,
            "unknown_operator",
            N_("%(column)s cannot be filtered this way."),
            column=Word(column.field.label),
        )
    try:
        if (of_text := _OF_TEXT.get(wish.operator)) is not None:
            return of_text(column, _word(column, wish.value), spelling)
        return _CONDITIONS[wish.operator](column, wish.value)
    except UnfitValueError:
        raise _refused(
            wish,
            "unfit_value",
            N_("This value does not fit %(column)s."),
            column=Word(column.field.label),
        ) from None


def _refused(wish: Filter, code: str, msgid: str, **params: Any) -> InvalidInput:
    return InvalidInput(
        msgid, code=code, details=[Detail(wish.column, code, msgid, params)], **params
    )


def _equal(column: Column, raw: Any) -> Condition:
    first, after = column.span(raw)
    same: Condition = column.attribute == first
    return same if first == after else and_(column.attribute >= first, column.attribute < after)


def _not(column: Column, raw: Any) -> Condition:
    return _opposite(column, _equal(column, raw))


def _opposite(column: Column, condition: Condition) -> Condition:
    """Return what holds where `condition` does not: also where there is nothing."""
    return or_(~condition, column.attribute.is_(None)) if column.nullable else ~condition


def _in(column: Column, raw: Any) -> Condition:
    values = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(values, list | tuple | set | frozenset) or len(values) > MAX_VALUES:
        raise UnfitValueError
    if column.stored == "datetime":
        return or_(false(), *(_equal(column, value) for value in values))
    return column.attribute.in_([column.parse(value) for value in values])


def _after(column: Column, raw: Any) -> Condition:
    first, after = column.span(raw)
    beyond: Condition = column.attribute > first
    return beyond if first == after else column.attribute >= after


def _before(column: Column, raw: Any) -> Condition:
    earlier: Condition = column.attribute < column.span(raw)[0]
    return earlier


def _from(column: Column, raw: Any) -> Condition:
    since: Condition = column.attribute >= column.span(raw)[0]
    return since


def _until(column: Column, raw: Any) -> Condition:
    first, after = column.span(raw)
    upto: Condition = column.attribute <= first
    return upto if first == after else column.attribute < after


def _between(column: Column, raw: Any) -> Condition:
    ends = raw.split(BETWEEN) if isinstance(raw, str) else raw
    if not isinstance(ends, list | tuple) or len(ends) != len(("from", "to")):
        raise UnfitValueError
    return and_(_from(column, ends[0]), _until(column, ends[1]))


def _null(column: Column, raw: Any) -> Condition:
    wanted = raw if isinstance(raw, bool) else _flag(raw)
    return column.attribute.is_(None) if wanted else column.attribute.is_not(None)


def _flag(raw: Any) -> bool:
    try:
        return {"1": True, "true": True, "0": False, "false": False}[str(raw).strip().lower()]
    except KeyError:
        raise UnfitValueError from None


def _word(column: Column, raw: Any) -> str:
    word = str(column.parse(raw))
    if not word:
        raise UnfitValueError
    return word


_CONDITIONS: dict[Operator, Callable[[Column, Any], Condition]] = {
    Operator.EQ: _equal,
    Operator.NOT: _not,
    Operator.IN: _in,
    Operator.GT: _after,
    Operator.LT: _before,
    Operator.FROM: _from,
    Operator.UNTIL: _until,
    Operator.BETWEEN: _between,
    Operator.NULL: _null,
}


def prefix(attribute: Any, word: str, spelling: Spelling) -> Condition:
    """Return the condition of beginning with `word`."""
    if spelling == Spelling.ESTIMATED:
        pattern: Condition = attribute.startswith(word, autoescape=True)
        return pattern
    return and_(attribute >= word, attribute < word + LAST_CHARACTER)


def containing(column: Column, word: str, spelling: Spelling) -> Condition:
    """Return the condition that `word` stands somewhere in the column, whatever its case."""
    folded = word.lower()
    found = func.lower(column.attribute).contains(folded, autoescape=True)
    if spelling == Spelling.PLAIN or column.field.search != "contains" or len(folded) == 1:
        return found
    pairs = func.keydesk_bigrams(column.attribute).op("@>", is_comparison=True)
    # the cheap half first: where no index is used, the other is hardly ever asked
    return and_(found, pairs(func.keydesk_bigrams(folded)))


def _starting(column: Column, word: str, spelling: Spelling) -> Condition:
    return prefix(column.attribute, word, spelling)


def _ending(column: Column, word: str, _spelling: Spelling) -> Condition:
    found: Condition = column.attribute.endswith(word, autoescape=True)
    return found


def _unlike(of_text: OfText) -> OfText:
    """Return the opposite of a condition on text, for which no index is of use."""

    def opposite(column: Column, word: str, _spelling: Spelling) -> Condition:
        return _opposite(column, of_text(column, word, Spelling.PLAIN))

    return opposite


_OF_TEXT: dict[Operator, OfText] = {
    Operator.CONTAINS: containing,
    Operator.NOT_CONTAINS: _unlike(containing),
    Operator.STARTS: _starting,
    Operator.NOT_STARTS: _unlike(_starting),
    Operator.ENDS: _ending,
    Operator.NOT_ENDS: _unlike(_ending),
}


def read_term(term: str) -> str:
    """Return a search box's content as it is looked for; InvalidInput for what is none."""
    if "\x00" in term or len(term) > MAX_TERM:
        words = N_("At most %(limit)s characters.")
        details = [Detail("q", "unfit_term", words, {"limit": MAX_TERM})]
        raise InvalidInput(words, code="unfit_term", details=details, limit=MAX_TERM)
    return unicodedata.normalize("NFKC", term).strip()


def search_condition(resource: Resource, term: str, spelling: Spelling) -> Condition:
    """Return what the search box asks: any searched column that the term can stand in.

    A single character is a surname: names are then searched from their beginning.
    """
    word = read_term(term)
    wanted = [_searched(resource, column, word, spelling) for column in resource.searched]
    found = [condition for condition in wanted if condition is not None]
    return or_(*found) if word and found else false()


def _searched(
    resource: Resource, column: Column, word: str, spelling: Spelling
) -> Condition | None:
    if column.field.search == "contains":
        if len(word) == 1:
            return prefix(column.attribute, word, spelling)
        return containing(column, word, spelling)
    fold = resource.folds.get(column.name)
    if fold is not None and not word.isascii():
        return None
    return prefix(column.attribute, fold(word) if fold else word, spelling)
