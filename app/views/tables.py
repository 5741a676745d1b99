"""A few rows of a resource inside another page, as the templates' small tables draw them."""

from collections.abc import Collection
from typing import Any

from app.i18n import _
from app.security.actor import Actor
from app.services.listing import Page
from app.services.resources import Resource
from app.views.cells import Reading, cell_kind, may_open, row_url


def small_table(
    resource: Resource, page: Page, actor: Actor, *, without: Collection[str] = ()
) -> dict[str, Any]:
    """Return the rows of `page` without the columns that the page around them says already."""
    reading = Reading(resource, actor)
    left_out = {*without, *resource.under.values()}
    columns = [reading.column(c) for c in page.columns if c.name not in left_out]
    readers = [reading.reader(column) for column in columns]
    opens = may_open(actor, resource.name)
    return {
        "name": resource.name,
        "caption": _(resource.plural),
        "columns": [
            {
                "name": column.name,
                "label": reading.heading(column),
                "kind": cell_kind(resource, column),
                "primary": place == 0,
            }
            for place, column in enumerate(columns)
        ],
        "rows": [
            {
                "id": row.id,
                "label": row.label,
                "url": row_url(resource.name, row.id) if opens else None,
                "cells": [read(row) for read in readers],
            }
            for row in page.rows
        ],
        "empty": {"title": _("Nothing here yet"), "icon": "inbox"},
    }
