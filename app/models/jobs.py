"""Runs of jobs: due by the clock, one row for each period, or asked for by a person."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.enums import JobState
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type

if TYPE_CHECKING:
    from app.models.accounts import Account

ASKED_FOR = "state IN ('waiting', 'running') AND requested_by_id IS NOT NULL"


class JobRun(Base):
    """One run of one job for one period; the pair is unique, so that no two schedulers do it both.

    `beat_at` moves while the run is alive: a run that has been silent for long can be taken over.
    What a person asks for is a run too, with a period of its own that names it: `params` say what
    was asked, `place` where to go on, `total` how much there is; the file that came of it lies
    under its period in the folder of results.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "period"),
        check("(state IN ('waiting', 'running')) = (finished_at IS NULL)", "ended_when_finished"),
        check("state <> 'waiting' OR requested_by_id IS NOT NULL", "somebody_waits"),
        check("done >= 0 AND attempt >= 1", "counts"),
        Index("ix_job_run_started_at", "started_at"),
        Index("ix_job_run_requested_by_id_id", "requested_by_id", "id"),
        Index(
            "ix_job_run_asked_for",
            "id",
            postgresql_where=text(ASKED_FOR),
            sqlite_where=text(ASKED_FOR),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(
        String(48), info=field_info(label=N_("Job"), in_list=True, filterable=True)
    )
    period: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Period"), in_list=True)
    )
    title: Mapped[str] = mapped_column(
        String(200), default="", info=field_info(label=N_("What was asked for"), in_list=True)
    )
    requested_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"),
        info=field_info(
            label=N_("Asked for by"), kind="reference", resource="accounts", in_list=True
        ),
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
    total: Mapped[int | None] = mapped_column(
        info=field_info(label=N_("Rows in all"), kind="integer")
    )
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    place: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str] = mapped_column(String(2), default="zh")
    stop_wanted: Mapped[bool] = mapped_column(default=False)
    result_name: Mapped[str] = mapped_column(
        String(200), default="", info=field_info(label=N_("Result file"))
    )
    result_type: Mapped[str] = mapped_column(String(100), default="")
    result_size: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str] = mapped_column(
        String(500), default="", info=field_info(label=N_("Failure"), in_list=True)
    )

    requested_by: Mapped["Account | None"] = relationship()

    def __str__(self) -> str:
        """Return what was asked for, else the job and its period."""
        return self.title or f"{self.job} {self.period}"
