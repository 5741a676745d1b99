"""What the scheduler has done: every run with its counts and failures, to read."""

from app.services.resources import RESOURCES
from app.views.base import ConsoleView


class JobRunView(ConsoleView):
    """Runs of jobs; a run is never changed by hand."""

    resource = RESOURCES["job_runs"]
    has_records = False
