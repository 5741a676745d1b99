"""Permission items: the words of annexes 1–2, what each opens, who holds it (M4a, M4b)."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.permissions import Permission
from app.i18n import _, pick
from app.models.permissions import PermissionItem
from app.security.actor import Actor
from app.services.biography import holders_of
from app.services.columns import Column
from app.services.listing import Row, load
from app.services.resources import RESOURCES
from app.views.base import ConsoleView
from app.views.cells import row_url
from app.views.wording import cited, on_day


class PermissionItemView(ConsoleView):
    """The items, to read."""

    resource = RESOURCES["permission_items"]

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to the posts that bundle the items."""
        way = {"label": _("Posts"), "url": row_url("posts", "")}
        return [way, *super().list_actions(actor)]

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show where the annex prints the item and who holds it now."""
        item: PermissionItem = load(self.session, self.resource, row.id)
        shown = super().record(row, record, actor)
        title = pick(item, "title")
        shown["head"] |= {"title": title, "sub": cited(item.source)}
        shown["head"]["crumbs"][-1] = {"label": title}
        shown["events"] = []
        if actor.may(Permission.ACCOUNTS_LIST):
            shown["tables"] = [{"title": _("Who holds it now"), "page": self._holders(item)}]
        return shown

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Leave out what the place in the annex says already."""
        return [c for c in super().fact_columns(row, actor) if c.name not in {"annex", "number"}]

    def _holders(self, item: PermissionItem) -> dict[str, Any]:
        return {
            "name": "holders",
            "caption": _("Who holds it now"),
            "columns": [
                {"name": "name", "label": _("Name"), "primary": True},
                {"name": "organization", "label": _("Organization")},
                {"name": "since", "label": _("since"), "kind": "time"},
            ],
            "rows": [
                {
                    "id": holder.id,
                    "label": holder.name,
                    "url": row_url("accounts", holder.id),
                    "cells": [
                        {"text": holder.name, "sub": holder.login_name},
                        holder.organization,
                        on_day(holder.since),
                    ],
                }
                for holder in holders_of(self.session, item.code)
            ],
            "empty": {"title": _("Nobody within your reach holds it"), "icon": "people"},
        }


class PostView(ConsoleView):
    """Posts and the items that go with each, to read; the catalogue's files say them (第四条)."""

    resource = RESOURCES["posts"]
