"""Pages of stock-takes: count with a scanner, compare, settle each difference, print (M9)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import expose

from app.catalog.enums import CountVerdict, OfficeCode, StockTakeState
from app.catalog.lifecycles import KEY, STOCK_TAKE
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import Conflict, DomainError
from app.i18n import N_, _, ngettext, pick
from app.models.stock import StockLevel, StockTake
from app.security.actor import Actor
from app.services import regulations
from app.services.acts import perform
from app.services.columns import Column
from app.services.listing import Row
from app.services.resources import RESOURCES
from app.services.stock_takes import (
    LATEST,
    MOST_LISTED,
    Line,
    begin_count,
    figures_of,
    lines_of,
    set_level,
)
from app.views.access import current_actor, requires, wants_json
from app.views.acts import mendable
from app.views.base import Answer, ConsoleView
from app.views.cells import row_url
from app.views.wording import article, label, on_day, state, when
from app.workflow.stock_takes import EXPLAIN

ARTICLE = "第九条"
OWN_PLACE = frozenset({"count", "settle"})
"""Acts that have a place of their own on the page instead of a button over it."""


class StockTakeView(ConsoleView):
    """Counts of the own stock."""

    resource = RESOURCES["stock_takes"]
    template_show = "stock_take.html"
    lifecycle = None
    tags = ("stock_take:begun", "")
    add_label = N_("Begin a stock-take")

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> StockTake:
        """Begin to count."""
        return begin_count(self.session, raw, actor=actor, now=moment)

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show what was counted last while it is counted, and afterwards what differs."""
        count: StockTake = record
        shown = super().record(row, record, actor)
        counting = count.state == StockTakeState.COUNTING
        own = actor.office == count.office_code and actor.may(Permission.STOCK_TAKES_ADD)
        figures = figures_of(self.session, count)
        lines = lines_of(
            self.session, count, differing=not counting, limit=LATEST if counting else MOST_LISTED
        )
        here = row_url("stock_takes", row.id)
        head = shown["head"]
        head["title"] = _(self.resource.singular)
        office = regulations.offices(self.session).get(OfficeCode(count.office_code))
        called = pick(office, "short_name") if office else count.office_code
        head["number"] = f"{called} {on_day(count.opened_at)}"
        head["crumbs"][-1]["label"] = head["number"]
        return shown | {
            "counting": counting,
            "scan": {"url": f"{here}/count", "version": count.version}
            if counting and own
            else None,
            "figures": _tiles(count, figures),
            "lines": [
                _line(it, here, may=own and count.state == StockTakeState.COMPARED) for it in lines
            ],
            "articles": [it for it in [article(self.session, ARTICLE, office_date(now()))] if it],
        }

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Leave out what the title and the figures over the page say."""
        above = {"office_code", "expected", "counted", "differing"}
        return [c for c in super().fact_columns(row, actor) if c.name not in above]

    @expose("/<pk>/count", methods=["POST"])
    @requires(Permission.STOCK_TAKES_ADD)
    def count(self, pk: str) -> Answer:
        """Take down what a scanner typed and come back for more."""
        serials = request.form.get("serials", "")
        back = redirect(row_url("stock_takes", pk) + "#scan", HTTPStatus.SEE_OTHER)
        try:
            outcome = self._do(pk, "count", {"serials": serials})
        except DomainError as error:
            if wants_json() or not mendable(error):
                raise
            for words in [d.message for d in error.details] or [str(error)]:
                flash(words, "danger")
            return back
        told = outcome.result["lines"]
        if wants_json():
            return jsonify({"lines": [_scanned(it) for it in told], "version": outcome.version})
        fresh = [it for it in told if not it["again"]]
        for it in told:
            if it["verdict"] != CountVerdict.FOUND:
                verdict = label(CountVerdict(it["verdict"]))
                flash(_("%(title)s: %(text)s", title=it["serial"], text=verdict), "warning")
        flash(
            ngettext("%(num)s key taken down.", "%(num)s keys taken down.", len(fresh)), "success"
        )
        return back

    @expose("/<pk>/settle", methods=["POST"])
    @requires(Permission.STOCK_TAKES_ADD)
    def settle(self, pk: str) -> Answer:
        """Settle one difference."""
        data = {name: request.form.get(name, "") for name in ("serial", "by")}
        back = redirect(row_url("stock_takes", pk) + "#lines", HTTPStatus.SEE_OTHER)
        try:
            self._do(pk, "settle", data, comment=request.form.get("comment", ""))
        except DomainError as error:
            if not mendable(error):
                raise
            for words in [d.message for d in error.details] or [str(error)]:
                flash(words, "danger")
            return back
        flash(_("Done, and on record."), "success")
        return back

    def _do(self, pk: str, action: str, data: dict[str, Any], comment: str = "") -> Any:
        return perform(
            self.session,
            StockTake,
            self.resource.identity(pk),
            action,
            actor=current_actor(),
            now=now(),
            data=data,
            comment=comment,
        )

    def buttons(self, row: Row, record: Any, actor: Actor) -> list[dict[str, Any]]:
        """Return the acts that stand over the page."""
        labels = {_(str(STOCK_TAKE.find(name).label)) for name in OWN_PLACE}  # type: ignore[union-attr]
        return [it for it in super().buttons(row, record, actor) if it["label"] not in labels]


def _scanned(told: Mapping[str, Any]) -> dict[str, str]:
    verdict = CountVerdict(told["verdict"])
    words = label(verdict)
    return {
        "serial": told["serial"],
        "label": _("%(text)s, taken down already", text=words) if told["again"] else words,
        "tone": "good" if verdict == CountVerdict.FOUND else "bad",
    }


def _tiles(count: StockTake, figures: Mapping[CountVerdict, int]) -> list[dict[str, Any]]:
    tiles: list[dict[str, Any]] = [
        {"label": _("Counted"), "value": count.counted},
        {"label": label(CountVerdict.FOUND), "value": figures[CountVerdict.FOUND], "tone": "good"},
    ]
    if count.expected is not None:
        tiles.insert(0, {"label": _("By the ledger"), "value": count.expected})
    for verdict in CountVerdict:
        if verdict != CountVerdict.FOUND and (figures[verdict] or verdict == CountVerdict.MISSING):
            if verdict == CountVerdict.MISSING and count.expected is None:
                continue
            tone = "bad" if figures[verdict] else ""
            tiles.append({"label": label(verdict), "value": figures[verdict], "tone": tone})
    return tiles


def _line(line: Line, here: str, *, may: bool) -> dict[str, Any]:
    return {
        "serial": line.serial,
        "url": row_url("keys", line.key_id) if line.key_id else None,
        "verdict": state(line.verdict),
        "state_then": state(line.state_then) if line.state_then else None,
        "when": when(line.at),
        "by": line.by,
        "settled": _settled(line) if line.resolved_at else None,
        "settle": {
            "url": f"{here}/settle",
            "choices": [{"value": it, "label": _way(it)} for it in line.settles],
        }
        if may and line.settles
        else None,
    }


def _settled(line: Line) -> dict[str, str]:
    return {
        "what": _way(line.resolution),
        "why": line.reason,
        "who": line.resolved_by,
        "when": when(line.resolved_at),
    }


def _way(action: str) -> str:
    if action == EXPLAIN:
        return _("Explain in words")
    act = KEY.find(action)
    return _(act.label) if act else action


class StockTakeLineView(ConsoleView):
    """Lines of every count, to search and to export."""

    resource = RESOURCES["stock_take_lines"]
    has_records = False


class StockLevelView(ConsoleView):
    """Below how many keys the own stock is low."""

    resource = RESOURCES["stock_levels"]
    tags = ("", "stock_level:set")

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> StockLevel:
        """Set the threshold."""
        if version != record.version:
            raise Conflict
        return set_level(self.session, record, raw, actor=actor, now=moment)
