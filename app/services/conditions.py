"""From what a list is asked for to SQL: filters on declared columns, and the search box.

A prefix is a range on the column's index, which holds because searched columns are kept in byte
order (on PostgreSQL by migration 0003). Two characters anywhere in a name are found through the
index of bigrams on PostgreSQL and by reading the table on SQLite, at whose size that is quick.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy.orm import Session

from app.errors import Detail, InvalidInput
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


def speaks_postgresql(session: Session) -> bool:
    """Whether bigrams are indexed here."""
    return session.get_bind().dialect.name == "postgresql"


def condition_of(resource: Resource, wish: Filter, *, bigrams: bool) -> Condition:
    """Return the SQL of a filter; InvalidInput names a wrong column, operator or value."""
    column = resource.column(wish.column)
    if wish.operator not in column.operators:
        raise _refused(
            wish,
            "unknown_operator",
            N_("%(column)s cannot be filtered this way."),
            column=wish.column,
        )
    try:
        if wish.operator == Operator.CONTAINS:
            return containing(column, _word(column, wish.value), bigrams=bigrams)
        return _CONDITIONS[wish.operator](column, wish.value)
    except UnfitValueError:
        raise _refused(
            wish,
            "unfit_value",
            N_("This value does not fit %(column)s."),
            column=wish.column,
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
    other = ~_equal(column, raw)
    return or_(other, column.attribute.is_(None)) if column.nullable else other


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


def _starts(column: Column, raw: Any) -> Condition:
    return prefix(column.attribute, _word(column, raw))


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
    Operator.STARTS: _starts,
}


def prefix(attribute: Any, word: str) -> Condition:
    """Return the range of everything that begins with `word`."""
    return and_(attribute >= word, attribute < word + LAST_CHARACTER)


def containing(column: Column, word: str, *, bigrams: bool) -> Condition:
    """Return the condition that `word` stands somewhere in the column, whatever its case."""
    folded = word.lower()
    found = func.lower(column.attribute).contains(folded, autoescape=True)
    if bigrams and column.field.search == "contains" and len(folded) > 1:
        pairs = func.keydesk_bigrams(column.attribute).op("@>", is_comparison=True)
        return and_(pairs(func.keydesk_bigrams(folded)), found)
    return found


def search_condition(resource: Resource, term: str, *, bigrams: bool) -> Condition:
    """Return what the search box asks: any searched column that the term can stand in.

    A single character is a surname: names are then searched from their beginning.
    """
    if "\x00" in term or len(term) > MAX_TERM:
        raise InvalidInput(
            N_("At most %(limit)s characters."),
            code="unfit_term",
            details=[
                Detail("q", "unfit_term", N_("At most %(limit)s characters."), {"limit": MAX_TERM})
            ],
            limit=MAX_TERM,
        )
    word = term.strip()
    wanted = [
        found
        for column in resource.searched
        if (found := _searched(resource, column, word, bigrams=bigrams)) is not None
    ]
    return or_(*wanted) if wanted else false()


def _searched(resource: Resource, column: Column, word: str, *, bigrams: bool) -> Condition | None:
    if column.field.search == "contains":
        return (
            containing(column, word, bigrams=bigrams)
            if len(word) > 1
            else prefix(column.attribute, word)
        )
    fold = resource.folds.get(column.name)
    if fold is not None and not word.isascii():
        return None
    folded = fold(word) if fold else word
    return (
        column.attribute == folded
        if column.field.search == "exact"
        else prefix(column.attribute, folded)
    )
