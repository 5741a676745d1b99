"""Business over REST (第六条, 第七条)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from app.catalog.lifecycles import CASE
from app.clock import now
from app.services.cases import amend_case, record_case
from app.services.resources import RESOURCES
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, CHANGE, CREATE, READ
from app.views.api.body import flat, text_of
from app.views.api.door import actor, asked, session
from app.views.api.openapi import Spec


class CasesApi(ActingApi):
    """Listed within reach, recorded and corrected; finished and deleted by acts."""

    resource = RESOURCES["cases"]
    include_route_methods = READ | CREATE | CHANGE | ACT
    tags: ClassVar[Mapping[str, str]] = {"post": "cases:recorded", "put": "cases:amended"}

    def add(self, body: dict[str, Any]) -> Any:
        """Record business of the actor's own, unless another owner is named."""
        asked().subject_label = str(body.get("number", ""))[:200]
        flat(body)
        if "owner" not in body and "owner_id" not in body:
            body = {**body, "owner_id": actor().account_id}
        return record_case(session(), raw=body, actor=actor(), now=now())

    def change(self, row: Any, body: dict[str, Any], version: int | None) -> None:
        """Correct the fields that are named."""
        comment = asked().comment = text_of(body, "comment")
        body.pop("comment", None)
        flat(body)
        amend_case(
            session(),
            row,
            body,
            actor=actor(),
            now=now(),
            comment=comment,
            expected_version=version,
        )

    def act_names(self) -> set[str]:
        """Return the acts of a case's life."""
        return {transition.action for transition in CASE.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what recording reads beside the columns of the form."""
        described = super().posted(method)
        if method != "post" or described is None:
            return described
        properties, required = described
        more = {
            "opened_at": {"type": "string", "format": "date-time"},
            "accepted_at": {"type": "string", "format": "date-time"},
        }
        return properties | more, [name for name in required if name == "business_type"]
