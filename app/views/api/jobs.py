"""Runs of scheduled jobs over REST: what was done when, for which period, with which counts."""

from typing import ClassVar

from app.services.resources import RESOURCES
from app.views.api.base import ConsoleApi


class JobRunsApi(ConsoleApi):
    """Read by whoever reads the catalogue; the scheduler and the command line run jobs."""

    resource = RESOURCES["job_runs"]
    extra: ClassVar[tuple[str, ...]] = ("beat_at", "counts")
