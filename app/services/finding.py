"""One question to everything that has a number or a name; each answer within the actor's reach."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.security.actor import Actor
from app.services.conditions import read_term
from app.services.listing import ListQuery, Row, list_page
from app.services.resources import RESOURCES, Resource

LEAST = 2
MOST = 5
SOUGHT: dict[str, tuple[str, ...]] = {
    "accounts": ("name", "organization_id", "state"),
    "keys": ("serial", "state", "holder_id", "issued_at", "application_id"),
    "applications": ("number", "kind", "organization_id", "state", "submitted_at"),
    "cases": ("number", "business_type", "owner_id", "state"),
    "archives": ("number", "organization_id", "state", "box", "place"),
    "organizations": ("name", "type", "district_code"),
}
"""Where is looked, in the order of the answer, and what an answer tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The first rows of one resource that fit; `more` when there are others."""

    resource: Resource
    rows: list[Row]
    more: bool


def find_everywhere(session: Session, term: str, *, actor: Actor, most: int = MOST) -> list[Found]:
    """Return what fits `term`, by resource; nothing for less than two characters.

    InvalidInput for a term that is none.
    """
    if len(read_term(term)) < LEAST:
        return []
    found = []
    for name, columns in SOUGHT.items():
        resource = RESOURCES[name]
        if not actor.may(resource.permission):
            continue
        query = ListQuery(search=term, size=most, columns=columns, counted=False)
        page = list_page(session, resource, query)
        if page.rows:
            found.append(Found(resource=resource, rows=page.rows, more=page.older is not None))
    return found
