"""The scheduler at the command line: what is due, done, tried, and how it says so."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.jobs.schedule import JOBS
from app.models.jobs import JobRun
from config import ROOT


def test_a_job_is_run_once_for_its_period_and_listed(flask, office):
    first = flask("jobs", "run", "expire_idempotency_keys", "--as-of", "2026-11-21")
    second = flask("jobs", "run", "expire_idempotency_keys", "--as-of", "2026-11-21")
    listed = flask("jobs", "list")
    runs = flask("jobs", "runs")

    assert [r.exit_code for r in (first, second, listed, runs)] == [0, 0, 0, 0]
    assert "already" in second.stdout
    assert "2026-11-21" in listed.stdout
    assert "Done" in runs.stdout
    assert office.session.scalars(select(JobRun.attempt)).all() == [1]


def test_a_dry_run_leaves_no_run(flask, office):
    result = flask("jobs", "run", "expire_idempotency_keys", "--dry-run")

    assert result.exit_code == 0
    assert office.count(JobRun) == 0


def test_what_is_due_is_done_once_without_a_scheduler(flask, office):
    flask("jobs", "run", "--once")
    flask("jobs", "run", "--once")

    assert office.count(JobRun) == len(JOBS)


def test_options_of_one_job_are_not_the_schedulers(flask):
    assert flask("jobs", "run", "--dry-run").exit_code == 2


@pytest.mark.sqlite
def test_the_scheduler_catches_up_at_its_start_and_ends_when_told(database, office, settings):
    office.session.commit()
    environment = {
        "PATH": str(Path(sys.executable).parent),
        "DATABASE_URL": database.url,
        "SECRET_KEY": settings.secret_key,
        "FIELD_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AUDIT_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    }
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "run", "jobs", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 60
        while office.count(JobRun) < len(JOBS) and time.monotonic() < deadline:
            office.session.rollback()
            time.sleep(0.2)
        scheduler.send_signal(signal.SIGTERM)
        _out, said = scheduler.communicate(timeout=30)
    finally:
        scheduler.kill()

    assert scheduler.returncode == 0, said.decode()
    assert office.count(JobRun) == len(JOBS)
