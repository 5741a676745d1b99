"""What a resource says of itself: `_info`, the heads of lists, its part of the OpenAPI document."""

from typing import TYPE_CHECKING, Any

from app.catalog.labels import words_of
from app.i18n import _
from app.security.actor import Actor
from app.services.columns import Column, Operator
from app.services.exports import CONTENT_TYPES, Format
from app.services.resources import Resource
from app.views.api.openapi import (
    ERROR_ANSWERS,
    Spec,
    column_schema,
    json_answer,
    json_body,
    reference,
    rison,
)
from app.views.api.query import INFO_KEYS, LIST_KEYS, OPERATORS, SHOW_KEYS, relation_name
from app.views.api.rows import row_schema

if TYPE_CHECKING:
    from app.views.api.base import ConsoleApi

FRAMEWORK_TYPES = {
    "text": "String",
    "choice": "String",
    "sealed": "String",
    "integer": "Integer",
    "boolean": "Boolean",
    "date": "Date",
    "datetime": "DateTime",
    "json": "Raw",
}
OPERATOR_NAMES: dict[Operator, str] = {
    operator: name for name, operator in reversed(OPERATORS.items())
}
WORD: Spec = {"type": "string"}
WORDS: Spec = {"type": "array", "items": WORD}
COUNT: Spec = {"type": "integer", "nullable": True}


def label(column: Column) -> str:
    """Return what a column is called in the reader's language."""
    return _(column.field.label) if column.field.label else column.name


def listing(resource: Resource) -> dict[str, Any]:
    """Return the descriptions that the framework puts beside a list."""
    columns = resource.exported
    return {
        "list_columns": [column.name for column in resource.list_columns],
        "order_columns": list(resource.ordered_by),
        "label_columns": {column.name: label(column) for column in columns},
        "description_columns": {c.name: _(c.field.help) for c in columns if c.field.help},
        "list_title": _(resource.plural),
    }


def showing(resource: Resource, columns: list[str]) -> dict[str, Any]:
    """Return the descriptions that the framework puts beside one row."""
    heads = listing(resource)
    return {
        "show_columns": columns,
        "label_columns": heads["label_columns"],
        "description_columns": heads["description_columns"],
        "show_title": _(resource.singular),
    }


def information(resource: Resource, permissions: list[str], actor: Actor) -> dict[str, Any]:
    """Return what `_info` tells this actor: rights, filters and the fields of the forms."""
    noun = resource.permission.noun
    held = {f"can_{p.verb}" for p in actor.permissions if p.noun == noun}
    may_add = resource.add in actor.permissions
    may_edit = resource.edit in actor.permissions
    heads = listing(resource)
    return {
        "add_title": _(resource.singular),
        "edit_title": _(resource.singular),
        "permissions": sorted(held & set(permissions)),
        "filters": {c.name: _filters(c) for c in resource.asked},
        "add_columns": [entry(resource, c) for c in resource.new_form] if may_add else [],
        "edit_columns": [entry(resource, c) for c in resource.edit_form] if may_edit else [],
        "label_columns": heads["label_columns"],
        "list_columns": heads["list_columns"],
    }


def _filters(column: Column) -> list[dict[str, str]]:
    return [
        {"name": OPERATOR_NAMES[operator], "operator": OPERATOR_NAMES[operator]}
        for operator in Operator
        if operator in column.operators
    ]


def entry(resource: Resource, column: Column) -> dict[str, Any]:
    """Describe one field of a form, as the framework's `_info` does."""
    found: dict[str, Any] = {
        "name": column.name,
        "label": label(column),
        "description": _(column.field.help) if column.field.help else "",
        "required": column.field.required,
        "type": FRAMEWORK_TYPES[column.stored],
        "unique": False,
        "rule": column.field.rule,
    }
    if column.members is not None:
        found["values"] = choices(column)
        found["count"] = len(found["values"])
    if column.field.kind == "reference":
        found["related"] = f"/api/v1/{resource.name}/related/{column.name}"
    return found


def choices(column: Column) -> list[dict[str, str]]:
    """Return the closed vocabulary of a column with its words."""
    return [{"value": m.value, "text": words_of(m)} for m in column.members or ()]


# --- The OpenAPI document


def schema_name(resource: Resource) -> str:
    """Return how the document calls a row."""
    return "".join(word.title() for word in resource.name.removesuffix("s").split("_"))


def schemas(api: "ConsoleApi") -> dict[str, Spec]:
    """Return the schema of the resource's rows."""
    extra: Spec = {name: {} for name in api.extra}
    return {schema_name(api.resource): row_schema(api.resource, extra | api.more_properties)}


def form(resource: Resource, method: str) -> tuple[Spec, list[str]]:
    """Return properties and required names of the fields that can be entered."""
    columns = resource.new_form if method == "post" else resource.edit_form
    properties: Spec = {}
    for column in columns:
        properties[column.name] = column_schema(column)
        if column.field.kind == "reference" and column.name.endswith("_id"):
            properties[relation_name(column.name)] = {
                **WORD,
                "description": "The code, instead of the id",
            }
    if method == "put":
        return properties | {"version": {"type": "integer"}, "comment": WORD}, []
    by_code = {c.name for c in columns if c.name.endswith("_id")}
    return properties, [c.name for c in columns if c.field.required and c.name not in by_code]


def operation(api: "ConsoleApi", method: str) -> Spec:
    """Describe one endpoint."""
    found: Spec = {"responses": {**_success(api, method), **ERROR_ANSWERS}}
    found["parameters"] = _parameters(api.resource, method)
    body = api.posted(method)
    if body is not None:
        found["requestBody"] = json_body(*body)
    return found


def _success(api: "ConsoleApi", method: str) -> Spec:
    row = reference(schema_name(api.resource))
    identity = api.resource.key_column.stored
    key: Spec = {"type": "integer" if identity == "integer" else "string"}
    one: Spec = {"type": "object", "properties": {"id": key, "result": row}}
    many: Spec = {"type": "array", "items": row}
    pairs: Spec = {
        "type": "object",
        "properties": {
            "count": COUNT,
            "result": {
                "type": "array",
                "items": {"type": "object", "properties": {"value": {}, "text": WORD}},
            },
        },
    }
    bodies: dict[str, tuple[str, str, Spec]] = {
        "get_list": (
            "200",
            "One page",
            {
                "type": "object",
                "properties": {
                    "count": COUNT,
                    "count_is_bound": {"type": "boolean"},
                    "ids": {"type": "array", "items": key},
                    "result": many,
                    "after": {**WORD, "nullable": True, "description": "The next page's cursor"},
                    "before": {**WORD, "nullable": True},
                },
            },
        ),
        "get": ("200", "The row", one),
        "post": ("201", "Added", one),
        "put": ("200", "Changed", one),
        "related": ("200", "Rows that can be referred to", pairs),
        "distinct": ("200", "Values", pairs),
    }
    if method == "export":
        return _files()
    code, words, schema = bodies.get(method, ("200", "Done", {"type": "object"}))
    return {code: json_answer(words, schema)}


def _files() -> Spec:
    binary: Spec = {"schema": {**WORD, "format": "binary"}}
    run: Spec = {"type": "object", "properties": {"id": {"type": "integer"}, "job_run": WORD}}
    return {
        "200": {
            "description": "The file",
            "content": {kind.partition(";")[0]: binary for kind in CONTENT_TYPES.values()},
        },
        "202": json_answer("The run that makes the file", run),
    }


def _parameters(resource: Resource, method: str) -> list[Spec]:
    if method == "get_list":
        return [rison(_list_q(resource))]
    if method == "export":
        return [
            rison(_list_q(resource)),
            {"name": "format", "in": "query", "schema": {**WORD, "enum": list(Format)}},
            {"name": "later", "in": "query", "schema": {"type": "boolean"}},
        ]
    if method == "get":
        return [rison(_object(keys=_keys(SHOW_KEYS), columns=WORDS))]
    if method == "info":
        return [rison(_object(keys=_keys(INFO_KEYS)))]
    if method == "related":
        return [rison(_object(filter=WORD, **_PAGES))]
    return []


_PAGES: Spec = {
    "page": {"type": "integer", "minimum": 0},
    "page_size": {"type": "integer", "minimum": -1, "maximum": 200},
}


def _object(**properties: Spec) -> Spec:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _keys(known: tuple[str, ...]) -> Spec:
    return {"type": "array", "items": {**WORD, "enum": [*known, "none"]}}


def _list_q(resource: Resource) -> Spec:
    scalar: Spec = {"anyOf": [WORD, {"type": "number"}, {"type": "boolean"}]}
    wish: Spec = {
        "type": "object",
        "required": ["col", "opr", "value"],
        "additionalProperties": False,
        "properties": {
            "col": {**WORD, "enum": [c.name for c in resource.asked]},
            "opr": {**WORD, "enum": list(OPERATORS)},
            "value": {"anyOf": [*scalar["anyOf"], {"type": "array", "items": scalar}]},
        },
    }
    return _object(
        filters={"type": "array", "items": wish},
        columns={"type": "array", "items": {**WORD, "enum": ["id", *resource.columns]}},
        keys=_keys(LIST_KEYS),
        order_column={**WORD, "enum": list(resource.ordered_by)},
        order_direction={**WORD, "enum": ["asc", "desc"]},
        after=WORD,
        before=WORD,
        search=WORD,
        **_PAGES,
    )
