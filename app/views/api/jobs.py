"""Runs of jobs over REST: what was done when, its counts; one's own long work and its result."""

from typing import ClassVar

from flask import Response
from flask_appbuilder.api import expose

from app.clock import now
from app.services import background
from app.services.resources import RESOURCES
from app.views.api.base import LIST, READ, ConsoleApi, json_of
from app.views.api.door import actor, asked, serves, session
from app.views.api.openapi import Spec
from app.views.jobs import fetch

BINARY: Spec = {"type": "string", "format": "binary"}


class JobRunsApi(ConsoleApi):
    """Who reads the catalogue reads every run; everybody the own, and its result."""

    resource = RESOURCES["job_runs"]
    include_route_methods = READ | {"result", "stop", "go_on"}
    extra: ClassVar[tuple[str, ...]] = ("beat_at", "counts")

    @expose("/<int:pk>/result", methods=("GET",))
    @serves(LIST, tag="job:result_fetched")
    def result(self, pk: int) -> Response:
        """Return the file that one's own work has made."""
        return fetch(pk, actor())

    @expose("/<int:pk>/stop", methods=("POST",))
    @serves(LIST, tag="job:stop_wanted")
    def stop(self, pk: int) -> Response:
        """Stop one's own work after the batch that it is at."""
        run = background.own_run(session(), pk, actor())
        asked().concerns(run)
        background.stop(session(), run, actor=actor(), now=now())
        session().commit()
        return json_of({"id": pk, "result": self.show(pk)})

    @expose("/<int:pk>/go_on", methods=("POST",))
    @serves(LIST, tag="job:goes_on")
    def go_on(self, pk: int) -> Response:
        """Let one's own stopped or failed work go on where it stood."""
        run = background.own_run(session(), pk, actor())
        asked().concerns(run)
        background.go_on(session(), run, actor=actor(), now=now())
        session().commit()
        return json_of({"id": pk, "result": self.show(pk)})

    def specify(self, method: str) -> Spec:
        """Describe the download, which is not JSON."""
        found = super().specify(method)
        if method == "result":
            found["responses"]["200"] = {
                "description": "The file",
                "content": {"application/octet-stream": {"schema": BINARY}},
            }
        return found
