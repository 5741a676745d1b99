"""Business: list, record, forms, finishing (第六条, 第七条)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.catalog.business import OWN_STAGES, business_types, stages_of, types_for
from app.catalog.lifecycles import CASE
from app.catalog.permissions import Permission
from app.catalog.types import Act as Stage
from app.models.cases import Case
from app.security.actor import Actor
from app.services.cases import amend_case, record_case
from app.services.columns import Column
from app.services.resources import RESOURCES
from app.views.access import current_actor
from app.views.base import ConsoleView
from app.views.cells import offered
from app.views.record_forms import Fields


class CaseView(ConsoleView):
    """Everything about business; whose it may be is decided by the service."""

    resource = RESOURCES["cases"]
    lifecycle = CASE
    tags = ("cases:recorded", "cases:amended")

    def drawn(self, fields: Fields, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Offer the types that the reader's kind of unit works on, and the stages one may set."""
        actor = current_actor()
        takes_over = actor.may(Permission.CASES_IMPORT)
        tier = actor.organization_type
        types = set(business_types()) if takes_over or tier is None else types_for(tier)
        row = fields.row
        stages = tuple(Stage) if row is None else stages_of(row.business_type)
        shown = {
            "business_type": types,
            "stage": [s for s in stages if takes_over or s in OWN_STAGES],
        }
        drawn = super().drawn(fields, columns)
        for field in drawn:
            if (codes := shown.get(field["name"])) is not None:
                known = [it for it in offered("cases", field["name"]) if it["value"] in codes]
                field |= {"kind": "select", "choices": known, "maxlength": None}
            if field["name"] == "owner_id" and not field["value"] and fields.typed is None:
                own = str(actor.account_id)
                field |= {"value": own, **fields.reference("accounts", own)}
        return drawn

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> Case:
        """Record what was typed."""
        return record_case(self.session, raw=raw, actor=actor, now=moment)

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> Case:
        """Correct what was typed."""
        return amend_case(
            self.session, record, raw, actor=actor, now=moment, expected_version=version
        )
