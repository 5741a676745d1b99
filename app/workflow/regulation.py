"""What the regulation says on a day: road, papers, pledge, items of a tier (M11, 第十一条)."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import Category, OrganizationType
from app.catalog.lifecycles import ApplicationKind
from app.catalog.types import PaperGroup
from app.models.organizations import Organization
from app.models.permissions import PermissionItem
from app.models.regulations import PaperRequirement, Pledge, RoadStep


def road_on(session: Session, kind: ApplicationKind, day: date) -> list[RoadStep]:
    """Return the steps that an application of `kind` goes, in order."""
    return list(
        session.scalars(
            select(RoadStep)
            .where(RoadStep.kind == kind, RoadStep.covering(day))
            .order_by(RoadStep.position, RoadStep.id)
        )
    )


def papers_on(session: Session, organization: Organization, day: date) -> list[PaperRequirement]:
    """Return the papers that `organization` hands in, by its legal form and type (M5.2)."""
    names = {organization.legal_form.value, organization.type.value}
    groups = [group for group in PaperGroup if group.value in names]
    found = session.scalars(
        select(PaperRequirement)
        .where(PaperRequirement.applies_to.in_(groups), PaperRequirement.covering(day))
        .order_by(PaperRequirement.position, PaperRequirement.id)
    )
    unique: dict[str, PaperRequirement] = {}
    for paper in found:
        unique.setdefault(paper.code, paper)
    return list(unique.values())


def pledge_on(session: Session, kind: ApplicationKind, day: date) -> Pledge | None:
    """Return the pledge that a form of `kind` carries (M8)."""
    return session.scalar(
        select(Pledge).where(Pledge.kind == kind, Pledge.covering(day)).order_by(Pledge.id.desc())
    )


def items_on(session: Session, tier: OrganizationType, day: date) -> list[PermissionItem]:
    """Return the items of a tier in the annex's order (M4a, M4b)."""
    found = session.scalars(
        select(PermissionItem).where(PermissionItem.tier == tier, PermissionItem.covering(day))
    )
    groups = list(Category)
    return sorted(found, key=lambda item: (groups.index(item.category), item.number))
