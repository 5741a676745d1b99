"""What the catalogue says of business types: which there are, what stages they have (B1)."""

from functools import cache

from app.catalog.enums import Category, OrganizationType
from app.catalog.loader import load_catalog
from app.catalog.types import Act, BusinessType

LOOKING = frozenset({Act.SEE_RESULTS, Act.BROWSE, Act.QUERY})
"""Acts that look at business and move none."""

OWN_STAGES = (Act.DRAFT, Act.APPLY)
"""How far business comes by its owner's hand; each step beyond is an office's."""


@cache
def business_types() -> dict[str, BusinessType]:
    """Return the business types by code, as the annexes name them."""
    return {business.code: business for business in load_catalog().business_types}


@cache
def types_of(category: Category) -> tuple[str, ...]:
    """Return the codes of the business types of one category."""
    return tuple(code for code, each in business_types().items() if each.category == category)


@cache
def stages_of(business_type: str) -> tuple[Act, ...]:
    """Return the stages of a type in their order: what items of annexes 1–2 open on it.

    Every type begins with its owner's two; KeyError for a type that nobody knows.
    """
    business = business_types()[business_type]
    opened = {
        act.partition(":")[2]
        for item in load_catalog().permission_items
        for act in item.acts
        if act.partition(":")[0] == business.code
    }
    return tuple(act for act in Act if act in OWN_STAGES or (act in opened - LOOKING))


@cache
def types_for(tier: OrganizationType) -> frozenset[str]:
    """Return the codes of the types that users of this tier work on, beyond looking (M4a, M4b)."""
    return frozenset(
        business
        for item in load_catalog().permission_items
        if item.tier == tier
        for business, _, act in (each.partition(":") for each in item.acts)
        if act not in LOOKING
    )
