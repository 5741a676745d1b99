"""Runs of jobs: what the scheduler has done, and the long work that a person has asked for."""

from http import HTTPStatus
from typing import Any

from flask import Response, flash, jsonify, redirect, send_file, url_for
from flask_appbuilder import expose

from app.catalog.enums import JobState
from app.catalog.event_words import told
from app.catalog.long_work import LONG_WORK
from app.catalog.permissions import Permission
from app.clock import now
from app.extensions import db
from app.i18n import _
from app.models.jobs import JobRun
from app.security.actor import Actor
from app.services import background, bulk
from app.services.commits import committing
from app.services.listing import Row, load
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires, settings, wants_json
from app.views.base import Answer, ConsoleView
from app.views.cells import row_url
from app.views.wording import label, size

TONES = {
    JobState.WAITING: "info",
    JobState.RUNNING: "info",
    JobState.STOPPED: "warn",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
}
UNDER_WAY = frozenset({JobState.WAITING, JobState.RUNNING})
WHOLE = 100


class JobRunView(ConsoleView):
    """Runs within reach; who asked for one stops it, lets it go on and fetches its result."""

    resource = RESOURCES["job_runs"]
    template_show = "job_show.html"

    @expose("/<pk>")
    def show(self, pk: str) -> Answer:
        """Show a run; a script that asks for JSON is told how far it has come."""
        if not wants_json():
            return super().show(pk)
        return jsonify(progress(load(self.session, self.resource, pk)))

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show how far the work is, and what came of it."""
        run: JobRun = load(self.session, self.resource, row.id)
        shown = super().record(row, record, actor)
        own = run.requested_by_id == actor.account_id
        shown["head"]["title"] = str(run)
        shown["head"]["state"] = {
            "value": run.state.value,
            "label": shown_state(run),
            "tone": TONES[run.state],
        }
        shown["head"]["actions"] = self._buttons(run, actor) if own else []
        return shown | {
            "progress": progress(run) | {"url": row_url("job_runs", run.id)},
            "counts": [
                {"label": told(name), "value": count} for name, count in sorted(run.counts.items())
            ],
            "result": _result(run) if own else None,
        }

    def _buttons(self, run: JobRun, actor: Actor) -> list[dict[str, Any]]:
        known = LONG_WORK.get(run.job)
        buttons: list[dict[str, Any]] = []
        if run.state in UNDER_WAY and not run.stop_wanted:
            buttons.append(
                {
                    "label": _("Stop"),
                    "url": row_url("job_runs", f"{run.id}/stop"),
                    "method": "post",
                    "tone": "danger",
                    "icon": "stop-circle",
                }
            )
        ended_badly = run.state in {JobState.STOPPED, JobState.FAILED}
        if ended_badly and known is not None and actor.may(known.permission):
            buttons.append(
                {
                    "label": _("Go on"),
                    "url": row_url("job_runs", f"{run.id}/go_on"),
                    "method": "post",
                    "icon": "play-circle",
                }
            )
        return buttons

    @expose("/<int:pk>/stop", methods=["POST"])
    @requires(Permission.JOB_RUNS_LIST)
    def stop(self, pk: int) -> Any:
        """Stop one's own work after the batch that it is at."""
        return self._change(pk, "job:stop_wanted")

    @expose("/<int:pk>/go_on", methods=["POST"])
    @requires(Permission.JOB_RUNS_LIST)
    def go_on(self, pk: int) -> Any:
        """Let one's own stopped or failed work go on."""
        return self._change(pk, "job:goes_on")

    def _change(self, pk: int, tag: str) -> Any:
        actor, moment = current_actor(), now()
        change, words = {
            "job:stop_wanted": (background.stop, _("The work stops after the rows it is at.")),
            "job:goes_on": (background.go_on, _("The work goes on.")),
        }[tag]
        with committing(
            self.session,
            tag=tag,
            actor=actor,
            now=moment,
            subject_type=JobRun.__tablename__,
            subject_id=pk,
        ):
            run = background.own_run(self.session, pk, actor)
            change(self.session, run, actor=actor, now=moment)
        flash(words, "success")
        return redirect(row_url("job_runs", pk), HTTPStatus.SEE_OTHER)

    @expose("/<int:pk>/result")
    @requires(Permission.JOB_RUNS_LIST)
    def result(self, pk: int) -> Response:
        """Hand over the file that one's own work has made."""
        return fetch(pk, current_actor())


def fetch(pk: int, actor: Actor) -> Response:
    """Return the result of the actor's own work as a download; the fetching is recorded."""
    session = db.session()
    run = background.own_run(session, pk, actor)
    name, kind = run.result_name, run.result_type
    file = background.result_of(session, run, settings().files_dir, actor=actor, now=now())
    session.commit()
    answer = send_file(file, mimetype=kind, as_attachment=True, download_name=name, etag=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def progress(run: JobRun) -> dict[str, Any]:
    """Return how far a run has come, as pages and scripts are told."""
    percent = None
    if run.total:
        percent = min(WHOLE, run.done * WHOLE // run.total)
    if run.state == JobState.DONE:
        percent = WHOLE
    return {
        "state": run.state.value,
        "label": shown_state(run),
        "done": run.done,
        "total": run.total,
        "percent": percent,
        "under_way": run.state in UNDER_WAY,
        "error": run.error,
    }


def shown_state(run: JobRun) -> str:
    """Return the state in words."""
    return label(run.state)


def _result(run: JobRun) -> dict[str, Any] | None:
    if run.state != JobState.DONE or not run.result_name or run.result_size is None:
        return None
    return {
        "name": run.result_name,
        "size": size(run.result_size),
        "url": row_url("job_runs", f"{run.id}/result"),
        "page_url": url_for("BulkView.outcomes", run_id=run.id) if run.job == bulk.WORK else None,
    }
