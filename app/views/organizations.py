"""Organisations: list, record with its people, forms (M2, 第二条)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.catalog.permissions import Permission
from app.i18n import _
from app.models.organizations import Organization
from app.security.actor import Actor
from app.services.conditions import Filter
from app.services.listing import ListQuery, Row, list_page
from app.services.organizations import amend_organization, register_organization
from app.services.resources import RESOURCES
from app.views.base import ConsoleView
from app.views.cells import row_url
from app.views.tables import small_table

SHOWN = 8


class OrganizationView(ConsoleView):
    """Everything about organisations; which there are is decided by the service."""

    resource = RESOURCES["organizations"]
    tags = ("organization:registered", "organization:amended")

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> Organization:
        """Register what was typed."""
        return register_organization(self.session, raw=raw, actor=actor, now=moment)

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> Organization:
        """Correct what was typed."""
        return amend_organization(
            self.session, record, raw, actor=actor, now=moment, expected_version=version
        )

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Add the newest accounts and applications of the organisation."""
        shown = super().record(row, record, actor)
        shown["tables"] = [
            self._belonging(name, title, row, actor)
            for name, title, permission in (
                ("accounts", _("Accounts"), Permission.ACCOUNTS_LIST),
                ("applications", _("Applications"), Permission.APPLICATIONS_LIST),
            )
            if actor.may(permission)
        ]
        return shown

    def _belonging(self, name: str, title: str, row: Row, actor: Actor) -> dict[str, Any]:
        resource = RESOURCES[name]
        query = ListQuery(
            filters=(Filter(column="organization_id", value=row.id),), size=SHOWN, counted=False
        )
        page = list_page(self.session, resource, query)
        return {
            "title": title,
            "page": small_table(resource, page, actor, without=("organization_id",)),
            "more_url": f"{row_url(name, '')}?organization_id={row.id}" if page.rows else None,
        }
