"""Many applications decided with one act: what is chosen, the question, what became of each."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.enums import ApplicationState
from app.catalog.lifecycles import Transition
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import BadRequest, DomainError, InvalidInput, NotFound
from app.extensions import db
from app.i18n import N_, _, ngettext
from app.security.actor import Actor
from app.services import background, bulk
from app.services.resources import RESOURCES
from app.services.worklists import Waiting
from app.views.access import current_actor, requires, settings
from app.views.addresses import Address
from app.views.cells import row_url
from app.views.wording import article, state

SHOWN = 20
"""So many of the chosen forms are named in the question."""
WHOLE = "whole"
VIEW = "view"


class BulkView(BaseView):
    """Where many ticked forms are decided."""

    route_base = "/applications/bulk"
    default_view = "question"

    @expose("/", methods=["POST"])
    @requires(Permission.APPLICATIONS_REVIEW)
    def question(self) -> str:
        """Say what will be done to how many, and ask for the words that go with it."""
        actor, action = current_actor(), request.form.get("action", "")
        ids = _whole(actor, action) if request.form.get(WHOLE) else _ticked()
        transition = bulk.transition_of(action)
        if not ids:
            raise BadRequest(N_("Nothing is chosen."), code="bad_selection")
        return _question(transition, ids)

    @expose("/carry_out", methods=["POST"])
    @requires(Permission.APPLICATIONS_REVIEW)
    def carry_out(self) -> Any:
        """Do it, a few at once, many as long work; show what became of each."""
        actor, action, ids = current_actor(), request.form.get("action", ""), _ticked()
        comment = request.form.get("comment", "")
        try:
            transition = bulk.check(action, ids, actor=actor, comment=comment)
        except InvalidInput as error:
            transition = bulk.transition_of(action)
            return _question(transition, ids, error), int(error.status)
        if len(ids) > bulk.AT_ONCE:
            return _as_long_work(transition, ids, comment, actor)
        key = request.form.get("key", "")[: bulk.MAX_KEY]
        outcomes = bulk.carry_out(
            db.session(), ids, action, actor=actor, now=now(), comment=comment, key=key
        )
        return _results(_title(transition, len(ids)), [bulk.told(it) for it in outcomes])

    @expose("/<int:run_id>")
    @requires(Permission.APPLICATIONS_REVIEW)
    def outcomes(self, run_id: int) -> str:
        """Show what became of each form of one's own long work."""
        session, actor = db.session(), current_actor()
        run = background.own_run(session, run_id, actor)
        if run.job != bulk.WORK:
            raise NotFound
        title, folder = run.title, settings().files_dir
        with background.result_of(session, run, folder, actor=actor, now=now()) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            rows = [_read(row) for row in csv.DictReader(text)]
        session.commit()
        return _results(title, rows)


def bar(actor: Actor, query: str, count: int | None, *, more: bool) -> dict[str, Any] | None:
    """Return the bar under a list of forms; `count` is how many there are in the whole view."""
    acts = bulk.acts_of(db.session(), actor)
    if not acts:
        return None
    url = url_for("BulkView.question")
    return {
        "url": f"{url}?{query}" if query else url,
        "actions": [
            {"name": t.action, "label": _(t.label), "tone": "", "confirm": None} for t in acts
        ],
        "whole": {"name": WHOLE, "count": count, "more": more} if count else None,
    }


def acts_for(row: Waiting, actor: Actor) -> list[str]:
    """Return the acts that fit a form at the step that it waits for."""
    acts = bulk.acts_of(db.session(), actor)
    return [t.action for t in acts if bulk.fits(t.action, row.action)]


def _ticked() -> list[int]:
    """Return the forms that were ticked, each once; BadRequest for what names none."""
    found = list(dict.fromkeys(request.form.getlist("ids")))
    if len(found) > bulk.MOST or not all(it.isascii() and it.isdigit() for it in found):
        raise BadRequest(
            N_("Choose between 1 and %(limit)s rows."), code="bad_selection", limit=bulk.MOST
        )
    resource = RESOURCES["applications"]
    return [resource.identity(it) for it in found]


def _whole(actor: Actor, action: str) -> list[int]:
    """Return every form of the view that the address names."""
    session = db.session()
    if request.args.get(VIEW):
        return bulk.of_work(session, actor, action)
    address = Address(RESOURCES["applications"], request.path, request.args)
    return bulk.of_view(session, address.query())


def _question(transition: Transition, ids: Sequence[int], error: DomainError | None = None) -> str:
    session = db.session()
    numbers = bulk.numbers(session, ids[:SHOWN])
    wrong = {detail.field: detail.message for detail in error.details} if error else {}
    field = {
        "name": "comment",
        "label": _("Common remark") if transition.comment_required else _("Common opinion"),
        "kind": "textarea",
        "required": transition.comment_required,
        "value": request.form.get("comment", ""),
        "error": wrong.get("comment"),
        "help": _("It stands on every one of these forms, and is kept on record."),
    }
    return render_template(
        "applications/bulk.html",
        head={"title": _title(transition, len(ids)), "crumbs": _crumbs(_(transition.label))},
        errors=[{"field": name, "message": words} for name, words in wrong.items()],
        ids=ids,
        action=transition.action,
        key=request.form.get("key") or token_urlsafe(16),
        named=[numbers[it] for it in ids[:SHOWN] if it in numbers],
        rest=max(0, len(ids) - SHOWN),
        confirm=_(transition.confirm) if transition.confirm else "",
        long_work=len(ids) > bulk.AT_ONCE,
        too_many=len(ids) > bulk.MOST,
        most=bulk.MOST,
        fields=[field],
        submit_label=_(transition.label),
        cancel_url=url_for("ApplicationView.list"),
        article_basis=article(session, transition.article, office_date(now())),
    )


def _as_long_work(transition: Transition, ids: Sequence[int], comment: str, actor: Actor) -> Any:
    session = db.session()
    title = _title(transition, len(ids))
    run = bulk.ask(
        session, ids, transition.action, title=title, actor=actor, now=now(), comment=comment
    )
    session.commit()
    flash(_("It is being done; what became of each form is shown when it has ended."), "success")
    return redirect(row_url("job_runs", run.id), HTTPStatus.SEE_OTHER)


def _title(transition: Transition, count: int) -> str:
    label = _(transition.label)
    return ngettext("%(act)s: %(num)s form", "%(act)s: %(num)s forms", count, act=label)


def _crumbs(label: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Applications"), "url": url_for("ApplicationView.list")},
        {"label": label},
    ]


def _read(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a line of the result file as an outcome is told."""
    return {**row, "id": int(row["id"]), "done": row["done"] == str(True)}


def _results(title: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Show what became of each form, those refused first."""
    told = sorted(rows, key=lambda row: row["done"])
    done = sum(1 for row in told if row["done"])
    table = {
        "name": "bulk_results",
        "caption": _("What was done, row by row"),
        "columns": [
            {"name": "number", "label": _("Form"), "primary": True},
            {"name": "outcome", "label": _("Outcome"), "kind": "state"},
            {"name": "reason", "label": _("State now, or why not")},
        ],
        "rows": [_row(row) for row in told],
    }
    return render_template(
        "applications/bulk_results.html",
        head={"title": title, "crumbs": _crumbs(_("What was done, row by row"))},
        tiles=[
            {"label": _("Done"), "value": done, "tone": "good"},
            {"label": _("Not done"), "value": len(told) - done, "tone": "warn"},
        ],
        table=table,
        home_url=url_for("HomeView.index"),
        list_url=url_for("ApplicationView.list"),
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    known = not str(row["number"]).startswith("#")
    ended = {"value": "passed" if row["done"] else "refused", "of": ""}
    ended["label"] = _("Done") if row["done"] else _("Not done")
    after: Any = row["message"]
    if row["done"]:
        after = {"state": state(ApplicationState(row["state"]))}
    return {
        "id": row["id"],
        "label": row["number"],
        "url": url_for("ApplicationView.show", pk=row["id"]) if known else None,
        "cells": [row["number"], {"state": ended}, after],
    }
