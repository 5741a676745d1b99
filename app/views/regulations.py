"""The Measures as rows to read: articles, pledges, checklists, offices, roads as drawn."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import render_template
from flask_appbuilder import expose

from app.catalog.enums import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.i18n import _, pick
from app.models.regulations import Article
from app.security.actor import Actor
from app.services import regulations
from app.services.listing import Row, load
from app.services.resources import RESOURCES
from app.views.access import requires
from app.views.base import Answer, ConsoleView
from app.views.cells import row_url
from app.views.road import ahead, usual_time
from app.views.wording import article, cited


def _ways(actor: Actor, *names: str) -> list[dict[str, Any]]:
    """Return the ways to other lists that the actor may open."""
    return [
        {"label": _(RESOURCES[name].plural), "url": row_url(name, "")}
        for name in names
        if actor.may(RESOURCES[name].permission)
    ]


class ArticleView(ConsoleView):
    """The articles in the Measures' own words, with their dates of effect (M11)."""

    resource = RESOURCES["articles"]

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to what belongs to the articles."""
        return _ways(actor, "pledges", "paper_requirements")

    def head(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Call the article as it is cited."""
        head = super().head(row, record, actor)
        clause: Article = load(self.session, self.resource, row.id)
        title = cited(clause.reference)
        head["crumbs"][-1] = {"label": title}
        return head | {"title": title}


class PledgeView(ConsoleView):
    """The pledges of the forms, every version."""

    resource = RESOURCES["pledges"]
    has_records = False


class PaperRequirementView(ConsoleView):
    """Which papers are asked of whom (M5.2)."""

    resource = RESOURCES["paper_requirements"]
    has_records = False


class OfficeView(ConsoleView):
    """The offices of 第三条 and their duties (M3)."""

    resource = RESOURCES["offices"]
    has_records = False

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to who does which duty."""
        return _ways(actor, "office_duties")


class OfficeDutyView(ConsoleView):
    """Who does which duty (M3)."""

    resource = RESOURCES["office_duties"]
    has_records = False


class RoadStepView(ConsoleView):
    """The roads that applications go, as rows and as they are drawn (M5.1)."""

    resource = RESOURCES["road_steps"]

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to the drawing."""
        if not actor.may(Permission.CATALOGUE_LIST):
            return ()
        return [{"label": _("Draw the roads"), "url": row_url("road_steps", "drawn")}]

    @expose("/drawn")
    @requires(Permission.CATALOGUE_LIST)
    def drawn_roads(self) -> Answer:
        """Draw the road of every kind of application as it is today."""
        today = office_date(now())
        return render_template(
            "roads.html",
            head={
                "title": _("Roads"),
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("road_steps", "")},
                    {"label": _("Draw the roads")},
                ],
            },
            roads=[road for road in map(self._road(today), ApplicationKind) if road["steps"]],
        )

    def _road(self, day: date) -> Any:
        def drawn(kind: ApplicationKind) -> dict[str, Any]:
            described = regulations.kind_on(self.session, kind, day)
            steps = regulations.road_for(self.session, kind, day)
            return {
                "title": pick(described, "name") if described else kind.value,
                "about": usual_time(steps),
                "steps": ahead(self.session, steps),
                "article": article(self.session, described.article, day) if described else None,
            }

        return drawn
