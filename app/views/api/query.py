"""From the framework's Rison `q` to what a list is asked for, or a refusal that says why not."""

import json
from collections.abc import Mapping
from typing import Any

import prison
from flask import request
from prison.decoder import ParserException
from sqlalchemy import inspect

from app.errors import BadRequest, Detail, InvalidInput
from app.i18n import N_
from app.services.columns import Operator
from app.services.conditions import Filter
from app.services.listing import BOUND, DEFAULT_SIZE, MAX_SIZE, ListQuery
from app.services.resources import RESOURCES, Resource
from app.views.api.body import unfit_texts

MAX_QUERY = 8000
MAX_FILTERS = 20
SCALARS = (str, int, float, bool)

OPERATORS: dict[str, Operator] = {
    "eq": Operator.EQ,
    "neq": Operator.NOT,
    "sw": Operator.STARTS,
    "nsw": Operator.NOT_STARTS,
    "ew": Operator.ENDS,
    "new": Operator.NOT_ENDS,
    "ct": Operator.CONTAINS,
    "nct": Operator.NOT_CONTAINS,
    "gt": Operator.GT,
    "lt": Operator.LT,
    "in": Operator.IN,
    "rel_o_m": Operator.EQ,
    "nrel_o_m": Operator.NOT,
    "from": Operator.FROM,
    "until": Operator.UNTIL,
    "between": Operator.BETWEEN,
    "null": Operator.NULL,
}
"""The framework's names, and four of our own at the end."""

LIST_KEYS = (
    "list_columns",
    "order_columns",
    "label_columns",
    "description_columns",
    "list_title",
)
SHOW_KEYS = ("show_columns", "label_columns", "description_columns", "show_title")
INFO_KEYS = (
    "add_title",
    "edit_title",
    "permissions",
    "filters",
    "add_columns",
    "edit_columns",
    "label_columns",
    "list_columns",
)
KNOWN = frozenset(
    {
        "filters",
        "columns",
        "keys",
        "order_column",
        "order_direction",
        "page",
        "page_size",
        "after",
        "before",
        "search",
    }
)


def read_q() -> dict[str, Any]:
    """Return what `q` holds, as Rison or else as JSON; BadRequest for anything but an object."""
    text = request.args.get("q", "")
    if not text:
        return {}
    if len(text) > MAX_QUERY:
        raise BadRequest(N_("The query is too long."), code="bad_query")
    try:
        found = _parse(text)
        problems = list(unfit_texts(found, ""))
    except RecursionError:
        found, problems = None, []
    if not isinstance(found, dict):
        raise BadRequest(N_("The query is not valid Rison."), code="bad_query")
    if problems:
        raise InvalidInput(details=problems)
    return found


def _parse(text: str) -> Any:
    try:
        return prison.loads(text)
    except (ParserException, ValueError, IndexError, TypeError, AttributeError, KeyError):
        pass
    try:
        return json.loads(text)
    except ValueError:
        return None


def list_query(resource: Resource, asked: Mapping[str, Any]) -> ListQuery:
    """Return the list asked for; BadRequest for a wrong shape, InvalidInput for a wrong word."""
    for name in asked:
        if name not in KNOWN:
            raise _bad(name, N_("There is no such field here."), code="unknown_field")
    columns = _columns(resource, asked)
    size = size_of(asked)
    return ListQuery(
        filters=_filters(resource, asked.get("filters", [])),
        search=_word(asked, "search"),
        order=_order(asked),
        after=_word(asked, "after"),
        before=_word(asked, "before"),
        size=size,
        offset=offset_of(asked, size),
        columns=columns,
    )


def _columns(resource: Resource, asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that a row is to have; key and version it has in any case."""
    words = _words(asked, "columns")
    versioned = "version" in inspect(resource.model).columns
    named = [
        column_name(resource, _relation_of(resource, name))
        for name in words
        if not (name == "version" and versioned)
    ]
    return tuple(dict.fromkeys(named or ([str(resource.key.key)] if words else [])))


def shown_columns(
    resource: Resource, asked: Mapping[str, Any], row: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return which columns of one row are asked for, all unless some are named.

    InvalidInput for what `row` does not have.
    """
    for name in asked:
        if name not in {"columns", "keys"}:
            raise _bad(name, N_("There is no such field here."), code="unknown_field")
    names = tuple(_relation_of(resource, name) for name in _words(asked, "columns"))
    for name in names:
        if name not in row:
            resource.column(name)
    return names or tuple(row)


def column_name(resource: Resource, name: str) -> str:
    """Return the column of `name`; a relation is its foreign key's column."""
    if name in resource.columns:
        return name
    if name == "id":
        return str(resource.key.key)
    references = (c.name for c in resource.columns.values() if c.field.kind == "reference")
    return next((known for known in references if relation_name(known) == name), name)


def _relation_of(resource: Resource, name: str) -> str:
    """Return `organization` where `organization.name` is asked for: a row tells it with its names.

    What the row does not tell of its relation is given back as it is, and refused as unknown.
    """
    relation, _point, part = name.partition(".")
    for column in resource.columns.values():
        if part and column.relation == relation:
            target = RESOURCES[column.field.resource or ""]
            return relation if part in {"id", str(target.key.key), *target.title} else name
    return name


def relation_name(column: str) -> str:
    """Return how a row calls what a foreign key points to."""
    return column.removesuffix("_id").removesuffix("_code")


def size_of(asked: Mapping[str, Any]) -> int:
    """Return the page size: at most the bound, which -1 asks for too, as in the framework."""
    size = _number(asked, "page_size", DEFAULT_SIZE)
    if size == -1:
        return MAX_SIZE
    if size < 1:
        raise _bad("page_size", N_("A page has at least one row."), code="bad_page")
    return min(size, MAX_SIZE)


def offset_of(asked: Mapping[str, Any], size: int) -> int:
    """Return how many rows stand before the page; far down a list only `after` leads."""
    page = _number(asked, "page", 0)
    if page < 0:
        raise _bad("page", N_("Pages count from 0."), code="bad_page")
    if page * size > BOUND:
        raise InvalidInput(
            details=[
                Detail(
                    "page",
                    "bad_page",
                    N_("Page numbers reach %(limit)s rows deep; go on with the cursor `after`."),
                    {"limit": BOUND},
                )
            ]
        )
    return page * size


def keys_of(asked: Mapping[str, Any], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return which descriptions are asked for; all of them unless `keys` names some."""
    named = _words(asked, "keys")
    for name in named:
        if name not in known and name != "none":
            raise _bad("keys", N_("There is no such field here."), code="unknown_field")
    return tuple(name for name in known if not named or name in named)


def search_of(asked: Mapping[str, Any]) -> str:
    """Return what a related field is searched for."""
    return _word(asked, "filter")


def _order(asked: Mapping[str, Any]) -> str:
    name, direction = _word(asked, "order_column"), _word(asked, "order_direction") or "asc"
    if direction not in {"asc", "desc"}:
        raise _bad("order_direction", N_("An order is asc or desc."), code="bad_order")
    return f"{'-' if name and direction == 'desc' else ''}{name}"


def _filters(resource: Resource, raw: Any) -> tuple[Filter, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_FILTERS:
        raise _bad("filters", N_("A short list of filters is expected here."), code="bad_filter")
    return tuple(_filter(resource, place, entry) for place, entry in enumerate(raw, start=1))


def _filter(resource: Resource, place: int, raw: Any) -> Filter:
    where = f"filters.{place}"
    if not isinstance(raw, dict) or raw.keys() != {"col", "opr", "value"}:
        raise _bad(where, N_("A filter has col, opr and value."), code="bad_filter")
    name, operator, value = raw["col"], raw["opr"], raw["value"]
    if not isinstance(name, str) or not isinstance(operator, str):
        raise _bad(where, N_("A filter has col, opr and value."), code="bad_filter")
    if operator not in OPERATORS:
        raise InvalidInput(
            details=[
                Detail(
                    f"{where}.opr",
                    "unknown_operator",
                    N_("Choose one of: %(choices)s."),
                    {"choices": ", ".join(OPERATORS)},
                )
            ]
        )
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, SCALARS) for each in values):
        raise _bad(f"{where}.value", N_("Text is expected here."), code="bad_filter")
    return Filter(column=column_name(resource, name), operator=OPERATORS[operator], value=value)


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad(name, N_("A whole number is expected here."), code="bad_page")
    return value


def _word(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _bad(name, N_("Text is expected here."), code="not_text")
    return value


def _words(asked: Mapping[str, Any], name: str) -> list[str]:
    value = asked.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _bad(name, N_("A list of words is expected here."), code="not_a_list")
    return value


def _bad(where: str, msgid: str, *, code: str) -> BadRequest:
    return BadRequest(code=code, details=[Detail(where[:60], code, msgid)])
