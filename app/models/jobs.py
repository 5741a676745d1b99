"""Runs of scheduled jobs: one row for each job and period, whoever did it."""

from datetime import datetime

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import JobState
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type


class JobRun(Base):
    """One run of one job for one period; the pair is unique, so that no two schedulers do it both.

    `beat_at` moves while the run is alive: a run that has been silent for long can be taken over.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "period"),
        check("(state = 'running') = (finished_at IS NULL)", "ended_when_finished"),
        check("done >= 0 AND attempt >= 1", "counts"),
        Index("ix_job_run_started_at", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(
        String(48), info=field_info(label=N_("Job"), in_list=True, filterable=True)
    )
    period: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Period"), in_list=True)
    )
    state: Mapped[JobState] = mapped_column(
        enum_type(JobState),
        default=JobState.RUNNING,
        info=field_info(label=N_("State"), kind="choice", in_list=True, filterable=True),
    )
    attempt: Mapped[int] = mapped_column(
        default=1, info=field_info(label=N_("Attempt"), kind="integer")
    )
    worker: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Done by process"), in_list=True)
    )
    started_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Started at"), kind="datetime", in_list=True)
    )
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=field_info(label=N_("Finished at"), kind="datetime", in_list=True)
    )
    done: Mapped[int] = mapped_column(
        default=0, info=field_info(label=N_("Rows done"), kind="integer", in_list=True)
    )
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(
        String(500), default="", info=field_info(label=N_("Failure"), in_list=True)
    )

    def __str__(self) -> str:
        """Return the job and its period."""
        return f"{self.job} {self.period}"
