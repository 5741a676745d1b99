"""The Measures as rows to read: articles, pledges, checklists, offices, roads as drawn."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request
from flask_appbuilder import expose

from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import Conflict, DomainError
from app.i18n import _, pick
from app.models.regulations import Article, RoadStep
from app.security.actor import Actor
from app.services import regulations
from app.services.columns import Column
from app.services.commits import committing
from app.services.listing import Row, load
from app.services.resources import RESOURCES
from app.services.roads import add_step, change_step, end_step
from app.views.access import current_actor, requires
from app.views.acts import mendable
from app.views.base import Answer, ConsoleView
from app.views.cells import row_url
from app.views.record_forms import Fields, errors_of, typed_fields
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
    tags = ("catalogue:added", "catalogue:reworded")

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> RoadStep:
        """Add a step from a day on."""
        return add_step(self.session, raw, actor=actor, now=moment)

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> RoadStep:
        """Let a step go on changed from a day on; the row that was stays as it was (M11)."""
        if version != self.version_of(record):
            raise Conflict
        return change_step(self.session, record, raw, actor=actor, now=moment)

    def version_of(self, record: Any) -> int:
        """A step is changed by closing its row: a row is always as it was shown, or closed."""
        identity: int = record.id
        return identity

    def drawn(self, fields: Fields, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Offer tomorrow as the day of effect."""
        drawn = super().drawn(fields, columns)
        for field in drawn:
            if field["name"] == "valid_from" and fields.typed is None:
                field["value"] = (office_date(now()) + timedelta(days=1)).isoformat()
        return drawn

    def head(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Offer to take a step off the road while it is on it."""
        head = super().head(row, record, actor)
        if row.values["valid_until"] is not None:
            return head | {"actions": []}
        if actor.may(Permission.CATALOGUE_EDIT):
            url = row_url("road_steps", f"{row.id}/end")
            head["actions"].append({"label": _("Take off the road"), "url": url, "tone": "danger"})
        return head

    @expose("/<pk>/end", methods=["GET", "POST"])
    @requires(Permission.CATALOGUE_EDIT)
    def end(self, pk: str) -> Answer:
        """Ask from which day on the step is off the road, and why; end it."""
        step: RoadStep = load(self.session, self.resource, pk)
        if request.method == "GET":
            return self._ending(step, None)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields((), "valid_until", "comment")
            comment = str(raw.pop("comment", ""))
            with committing(
                self.session,
                tag="catalogue:ended",
                actor=actor,
                now=moment,
                subject_type="road_step",
                subject_id=step.id,
                subject_label=str(step),
                comment=comment,
            ):
                end_step(self.session, step, raw, actor=actor, now=moment, comment=comment)
        except DomainError as error:
            if not mendable(error):
                raise
            return self._ending(load(self.session, self.resource, pk), error), int(error.status)
        return self.saved(step.id, _("Saved, and on record."))

    def _ending(self, step: RoadStep, error: DomainError | None) -> str:
        tomorrow = (office_date(now()) + timedelta(days=1)).isoformat()
        wrong = {d.field: d.message for d in error.details} if error else {}
        fields: list[dict[str, Any]] = [
            {
                "name": "valid_until",
                "label": _("Off the road from"),
                "kind": "date",
                "required": True,
                "value": request.form.get("valid_until", tomorrow),
                "error": wrong.get("valid_until") or wrong.get("position"),
            },
            {
                "name": "comment",
                "label": _("Reason"),
                "kind": "textarea",
                "value": request.form.get("comment", ""),
            },
        ]
        back = row_url("road_steps", step.id)
        name = pick(step, "name")
        return render_template(
            "form.html",
            head={
                "title": _("Take off the road"),
                "sub": name,
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("road_steps", "")},
                    {"label": name, "url": back},
                    {"label": _("Take off the road")},
                ],
            },
            errors=errors_of(error, fields),
            groups=[{"title": name, "fields": fields}],
            form={"url": f"{back}/end", "cancel_url": back},
        )

    @expose("/drawn")
    @requires(Permission.CATALOGUE_LIST)
    def drawn_roads(self) -> Answer:
        """Draw the road of every kind of application as it is today."""
        today = office_date(now())
        return render_template(
            "roads.html",
            head={
                "title": _("Roads"),
                "actions": [
                    {"label": _("As a table"), "url": row_url("road_steps", ""), "icon": "table"}
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
