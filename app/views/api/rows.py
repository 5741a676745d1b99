"""Rows as REST tells them: declared columns by name, what they refer to beside them."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect

from app.catalog.identity import mask_citizen_id
from app.services.columns import Column
from app.services.listing import Reference, Row
from app.services.resources import RESOURCES, Resource
from app.views.api.query import relation_name


def plain(value: Any) -> Any:
    """Return a stored value as JSON knows it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def shown(column: Column, value: Any) -> Any:
    """Return a column's value, a personal number without its middle (M5)."""
    if column.field.masked and value:
        return mask_citizen_id(str(value))
    return plain(value)


def referred(reference: Reference) -> dict[str, Any]:
    """Return another row by its key and by the names that people know it by."""
    target = RESOURCES[reference.resource]
    names = (target.key.key, *target.title)
    return dict(zip(names, (plain(reference.id), reference.label, reference.sub), strict=False))


def told(row: Row, columns: Iterable[Column]) -> dict[str, Any]:
    """Return one row of a list."""
    found: dict[str, Any] = {"id": plain(row.id)}
    for column in columns:
        found[column.name] = shown(column, row.values[column.name])
        if column.name in row.references:
            found[relation_name(column.name)] = referred(row.references[column.name])
        elif column.field.kind == "reference":
            found[relation_name(column.name)] = None
    for name in ("state", "version"):
        if name in row.values:
            found.setdefault(name, plain(row.values[name]))
    return found


def row_schema(resource: Resource, extra: dict[str, Any]) -> dict[str, Any]:
    """Describe a row for the OpenAPI document."""
    from app.views.api.openapi import column_schema

    key = resource.key_column
    properties: dict[str, Any] = {
        "id": {"type": "integer" if key.stored == "integer" else "string"}
    }
    for column in resource.exported:
        properties[column.name] = column_schema(column)
        if column.field.kind == "reference":
            properties[relation_name(column.name)] = {"type": "object", "nullable": True}
    if "version" in inspect(resource.model).columns:
        properties["version"] = {"type": "integer"}
    return {"type": "object", "properties": properties | extra}
