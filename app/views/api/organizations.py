"""Organisations over REST (M2, 第二条)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from app.clock import now
from app.services.organizations import amend_organization, register_organization
from app.services.resources import RESOURCES
from app.views.api.base import CHANGE, CREATE, READ, ConsoleApi
from app.views.api.body import flat, text_of
from app.views.api.door import actor, asked, session


class OrganizationsApi(ConsoleApi):
    """Listed within reach, registered and corrected; never deleted."""

    resource = RESOURCES["organizations"]
    include_route_methods = READ | CREATE | CHANGE
    tags: ClassVar[Mapping[str, str]] = {
        "post": "organization:registered",
        "put": "organization:amended",
    }

    def add(self, body: dict[str, Any]) -> Any:
        """Register an organisation by its code."""
        asked().subject_label = str(body.get("code", ""))[:200]
        flat(body)
        return register_organization(session(), raw=body, actor=actor(), now=now())

    def change(self, row: Any, body: dict[str, Any], version: int | None) -> None:
        """Correct the fields that are named."""
        comment = asked().comment = text_of(body, "comment")
        body.pop("comment", None)
        flat(body)
        amend_organization(
            session(),
            row,
            body,
            actor=actor(),
            now=now(),
            comment=comment,
            expected_version=version,
        )
