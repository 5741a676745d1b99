"""A job is done once for a period, goes on where it stopped, and says how it ended."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.enums import CodeKind, JobState, LegalForm, OrganizationType, Sex
from app.extensions import db
from app.jobs import batches, runner
from app.jobs.schedule import JOBS, Daily, Job
from app.models.accounts import Account
from app.models.audit import AuditEvent, IdempotencyKey
from app.models.jobs import JobRun
from app.models.organizations import Organization
from app.services.job_runs import LEASE
from tests.support.people import citizen_id, social_credit_code

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
JOB = JOBS["expire_idempotency_keys"]


def run(session: Session, job: Job = JOB, *, now: datetime = NOW, **said: object) -> JobRun | None:
    return runner.run_job(session, job, now=now, worker="test:1", tick=lambda: now, **said)


def counting(*steps: int, fail_after: int | None = None) -> Job:
    """A job that has so many rows to deal with at each step."""

    def work(session: Session, *, now: datetime) -> Iterator[Mapping[str, int]]:
        for number, rows in enumerate(steps):
            if fail_after is not None and number == fail_after:
                message = "the secret is 42"
                raise RuntimeError(message)
            yield {"counted": rows}

    return Job(name="counting", label="Count", work=work, schedule=Daily(time(3, 10)))


@pytest.fixture
def keys(session: Session) -> int:
    """Five remembered requests, three of them older than 30 days; who asked."""
    unit = Organization(
        code=social_credit_code(1),
        code_kind=CodeKind.SOCIAL_CREDIT,
        name="某银行",
        type=OrganizationType.FINANCIAL,
        legal_form=LegalForm.FINANCIAL,
        created_at=NOW,
    )
    account = Account(
        name="某人",
        login_name="somebody",
        login_key="somebody",
        sex=Sex.MALE,
        citizen_id=citizen_id(1),
        citizen_id_digest="0" * 64,
        organization=unit,
        created_at=NOW,
    )
    session.add(account)
    session.flush()
    for number, age in enumerate((31, 40, 90, 30, 1)):
        session.add(
            IdempotencyKey(
                actor_id=account.id,
                key=f"k{number}",
                subject_type="account",
                subject_id=1,
                action="suspend",
                outcome={},
                created_at=NOW - timedelta(days=age),
            )
        )
    session.commit()
    return account.id


def left(session: Session) -> list[str]:
    return list(session.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key)))


# --- What is due when


@pytest.mark.parametrize(
    ("local", "period"),
    [
        ("2026-11-21T03:09:59", "2026-11-20"),
        ("2026-11-21T03:10:00", "2026-11-21"),
        ("2026-11-21T23:59:59", "2026-11-21"),
        ("2026-11-22T00:00:00", "2026-11-21"),
        ("2027-01-01T03:10:00", "2027-01-01"),
        ("2028-03-01T00:30:00", "2028-02-29"),
    ],
)
def test_a_period_begins_by_the_offices_clock(local, period):
    moment = datetime.fromisoformat(f"{local}+08:00")

    found, due = Daily(time(3, 10)).latest(moment.astimezone(UTC))

    assert found == period
    assert due <= moment < due + timedelta(days=1)


# --- Once


def test_idempotency_keys_are_forgotten_after_30_days_and_not_a_day_before(session, keys):
    done = run(session)

    assert left(session) == ["k3", "k4"]
    assert (done.state, done.counts, done.done) == (JobState.DONE, {"deleted": 3}, 3)
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.tag, event.actor_label) == ("job:done", "expire_idempotency_keys")
    assert event.new == {"period": "2026-11-21", "deleted": 3}


def test_running_twice_equals_running_once(session, keys):
    run(session)
    events = session.scalar(select(func.count()).select_from(AuditEvent))

    assert run(session) is None
    assert left(session) == ["k3", "k4"]
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == events
    assert session.scalar(select(func.count()).select_from(JobRun)) == 1


def test_the_next_day_is_a_period_of_its_own(session, keys):
    run(session)

    done = run(session, now=NOW + timedelta(days=1))

    assert done.period == "2026-11-22"
    assert left(session) == ["k4"]


def test_small_batches_are_committed_one_by_one(session, keys, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 2)

    done = run(session)

    assert (done.counts, left(session)) == ({"deleted": 3}, ["k3", "k4"])


def test_a_preview_changes_nothing(session, keys):
    assert runner.preview(session, JOB, now=NOW) == {"deleted": 3}
    assert len(left(session)) == 5
    assert session.scalar(select(func.count()).select_from(JobRun)) == 0


@pytest.mark.postgresql
def test_three_schedulers_that_race_do_a_job_once(app, session):
    work = counting(1, 1)
    together = Barrier(3)

    def scheduler(number: int) -> bool:
        with app.app_context():
            together.wait()
            done = runner.run_job(db.session(), work, now=NOW, worker=f"race:{number}")
            return done is not None

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(scheduler, range(3)))

    assert sorted(outcomes) == [False, False, True]
    (kept,) = session.scalars(select(JobRun)).all()
    assert (kept.state, kept.attempt, kept.counts) == (JobState.DONE, 1, {"counted": 2})


# --- Ends


def test_a_job_that_fails_says_so_and_tells_no_secret(session):
    done = run(session, counting(2, 3, fail_after=1))

    assert done.state == JobState.FAILED
    assert done.counts == {"counted": 2}
    assert "42" not in done.error
    assert done.error


def test_a_failed_job_is_done_again_only_if_asked_for(session):
    run(session, counting(2, fail_after=0))

    assert run(session, counting(2)) is None
    done = run(session, counting(2), again=True)
    assert (done.state, done.attempt, done.error) == (JobState.DONE, 2, "")


def test_a_run_that_was_stopped_between_two_steps_is_gone_on_with(session):
    stopped = run(session, counting(2, 3), stopped=lambda: True)
    assert (stopped.state, stopped.counts) == (JobState.RUNNING, {"counted": 2})

    done = run(session, counting(3), now=NOW + timedelta(seconds=1))

    assert (done.state, done.attempt, done.counts) == (JobState.DONE, 2, {"counted": 5})


def test_a_run_whose_process_died_is_taken_over_after_the_lease_and_not_before(session):
    step = counting(2, 3).begin(session, now=NOW)
    assert next(step) == {"counted": 2}
    session.add(
        JobRun(
            job="counting",
            period="2026-11-21",
            worker="dead:1",
            started_at=NOW,
            beat_at=NOW,
            counts={"counted": 2},
            done=2,
        )
    )
    session.commit()

    assert run(session, counting(3), now=NOW + LEASE - timedelta(seconds=1)) is None
    done = run(session, counting(3), now=NOW + LEASE)

    assert (done.worker, done.attempt) == ("test:1", 2)
    assert (done.state, done.done) == (JobState.DONE, 5)


def test_every_job_has_a_name_of_its_own_and_words_for_what_it_does():
    assert all(name == job.name and job.label for name, job in JOBS.items())
