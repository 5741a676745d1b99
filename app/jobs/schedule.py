"""Which jobs there are and when each is due: one line a job."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from app.clock import OFFICE_ZONE
from app.i18n import N_
from app.jobs.idempotency_keys import expire_idempotency_keys
from app.jobs.key_challenges import forget_key_challenges
from app.jobs.results import expire_results
from app.services.archives import remind_overdue

Work = Callable[..., Iterator[Mapping[str, int]]]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """Due every day at `at`, by the office's clock."""

    at: time

    def latest(self, now: datetime) -> tuple[str, datetime]:
        """Return the last period that has become due by `now`, and when it did."""
        local = now.astimezone(OFFICE_ZONE)
        due = datetime.combine(local.date(), self.at, OFFICE_ZONE)
        if due > local:
            due -= DAY
        return due.date().isoformat(), due


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plain function and its time.

    `work(session, now=…)` yields how many rows it has dealt with, by what was done, after each
    batch; the runner commits there. Begun anew it goes on where it stopped.
    """

    name: str
    label: str
    work: Work
    schedule: Daily

    def begin(self, session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
        """Begin the work."""
        return self.work(session, now=now)


JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        Job(
            name="expire_idempotency_keys",
            label=N_("Forget the outcomes of repeated requests after 30 days"),
            work=expire_idempotency_keys,
            schedule=Daily(time(3, 10)),
        ),
        Job(
            name="forget_key_challenges",
            label=N_("Forget the questions put to keys, after a day"),
            work=forget_key_challenges,
            schedule=Daily(time(3, 15)),
        ),
        Job(
            name="expire_results",
            label=N_("Delete result files of long work after 30 days"),
            work=expire_results,
            schedule=Daily(time(3, 20)),
        ),
        Job(
            name="remind_overdue_archives",
            label=N_("Remind of archive files that are out beyond their day"),
            work=remind_overdue,
            schedule=Daily(time(8, 30)),
        ),
    )
}
