"""Long work: asked for by a person, done by the scheduler in small steps, its result fetched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, JobState
from app.catalog.long_work import LONG_WORK, LongWork
from app.catalog.permissions import Permission
from app.errors import Conflict, Forbidden, NotFound, Refused
from app.jobs import runner
from app.jobs.requested import REQUESTED
from app.models.audit import AuditEvent
from app.models.jobs import JobRun
from app.models.notices import Notice
from app.services import background
from app.services.background import Ticket
from app.services.job_runs import LEASE, claim_asked_for
from config import ROOT
from tests.api.conftest import staffed
from tests.support.factories import NOON, Office
from tests.support.office import database, office

__all__ = ["database", "office", "staffed"]

ASKER = "east.admin"
COUNT = LongWork(name="count", label="Count", permission=Permission.APPLICATIONS_ADD)


def count_up(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Write a line for each step; told where it stands, it goes on there."""
    done = ticket.place.get("done", 0)
    ticket.expect(ticket.params["steps"])
    while done < ticket.params["steps"]:
        done += 1
        if done == ticket.params.get("fail_at") and ticket.run.attempt == 1:
            message = "the secret is 42"
            raise RuntimeError(message)
        with (ticket.folder / "lines").open("a") as lines:
            lines.write(f"{done}\n")
        ticket.go_on_from(done=done)
        yield {"counted": 1}
    with ticket.deliver("数 count.txt", "text/plain") as result:
        result.write((ticket.folder / "lines").read_bytes())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LONG_WORK, "count", COUNT)


def ask(office: Office, login: str = ASKER, **params: int) -> JobRun:
    with office.acting(login) as actor:
        run = background.start(
            office.session, "count", title="Count", params=params, actor=actor, now=NOON
        )
        office.session.commit()
    return run


def work(session: Session, files: Path, **said: object) -> JobRun | None:
    said.setdefault("tick", lambda: NOON)
    return runner.run_asked_for(session, files=files, now=NOON, work={"count": count_up}, **said)


def result(office: Office, run: JobRun, files: Path, login: str = ASKER) -> str:
    with office.acting(login) as actor:
        kept = background.own_run(office.session, run.id, actor)
        with background.result_of(office.session, kept, files, actor=actor, now=NOON) as file:
            return file.read().decode()


def test_every_kind_of_long_work_is_declared_and_done_under_the_same_name():
    assert set(LONG_WORK) - {"count"} == set(REQUESTED)


def test_work_is_done_and_its_result_fetched(office: Office, files: Path):
    run = ask(office, steps=3)
    assert run.state == JobState.WAITING
    done = work(office.session, files)
    assert done is not None
    assert (done.state, done.done, done.total, done.counts) == (JobState.DONE, 3, 3, {"counted": 3})
    assert result(office, done, files) == "1\n2\n3\n"
    assert work(office.session, files) is None
    assert not list((files / "work").iterdir())
    tags = [e.tag for e in office.events(AuditEvent.subject_type == "job_run")]
    assert tags == ["job:asked_for", "job:done", "job:result_fetched"]
    notices = office.session.scalars(select(Notice).where(Notice.subject_type == "job_run")).all()
    assert [(n.code, n.account_id, n.subject_id) for n in notices] == [
        ("job_done", office.account(ASKER).id, run.id)
    ]


def test_who_may_not_do_the_work_cannot_ask_for_it(office: Office):
    with office.acting("reg1") as actor, pytest.raises(Forbidden):
        background.start(office.session, "count", title="", params={}, actor=actor, now=NOON)


def test_nobody_else_fetches_stops_or_goes_on(office: Office, files: Path):
    run = ask(office, steps=1)
    work(office.session, files)
    for login in ("west.admin", "auditor", "system_administrator"):
        with office.acting(login) as actor, pytest.raises(NotFound):
            background.own_run(office.session, run.id, actor)
    with office.acting("auditor") as actor, pytest.raises(NotFound):
        background.result_of(office.session, run, files, actor=actor, now=NOON)


def test_work_cut_off_goes_on_where_it_stood(office: Office, files: Path):
    ask(office, steps=4)
    run = work(office.session, files, stopped=lambda: True)
    assert run is not None
    assert (run.state, run.done) == (JobState.RUNNING, 1)
    run = work(office.session, files)
    assert run is not None
    assert (run.state, run.done, run.attempt) == (JobState.DONE, 4, 2)
    assert result(office, run, files) == "1\n2\n3\n4\n"


def test_failed_work_says_nothing_of_the_error_and_goes_on_when_asked(office: Office, files: Path):
    run = ask(office, steps=3, fail_at=2)
    work(office.session, files)
    assert run.state == JobState.FAILED
    assert "42" not in run.error
    assert office.last_event().tag == "job:failed"
    run.attempt = 2
    office.session.commit()
    with office.acting(ASKER) as actor:
        background.go_on(office.session, run, actor=actor, now=NOON)
        office.session.commit()
    work(office.session, files)
    assert (run.state, run.done) == (JobState.DONE, 3)


def test_stopped_work_ends_after_its_step_and_goes_on_when_asked(office: Office, files: Path):
    run = ask(office, steps=3)

    def stop_it() -> bool:
        with office.acting(ASKER) as actor:
            background.stop(office.session, run, actor=actor, now=NOON)
            office.session.commit()
        return False

    work(office.session, files, stopped=stop_it)
    assert (run.state, run.done) == (JobState.STOPPED, 2)
    with office.acting(ASKER) as actor:
        with pytest.raises(Conflict):
            background.stop(office.session, run, actor=actor, now=NOON)
        background.go_on(office.session, run, actor=actor, now=NOON)
        office.session.commit()
        with pytest.raises(Conflict):
            background.go_on(office.session, run, actor=actor, now=NOON)
    work(office.session, files)
    assert (run.state, run.done) == (JobState.DONE, 3)


def test_work_that_waits_can_be_stopped_before_it_begins(office: Office, files: Path):
    run = ask(office, steps=3)
    with office.acting(ASKER) as actor:
        background.stop(office.session, run, actor=actor, now=NOON)
        office.session.commit()
    assert work(office.session, files) is None
    assert run.state == JobState.STOPPED


def test_who_was_suspended_meanwhile_does_no_work(office: Office, files: Path):
    run = ask(office, steps=3)
    office.perform(
        "security_administrator",
        office.account(ASKER).id,
        "suspend",
        model=type(office.account(ASKER)),
        comment="left",
    )
    assert office.account(ASKER).state == AccountState.SUSPENDED
    work(office.session, files)
    assert (run.state, run.done) == (JobState.FAILED, 0)


def test_one_person_cannot_fill_the_queue(office: Office):
    for _ in range(background.MOST_WAITING):
        ask(office, steps=1)
    with pytest.raises(Refused):
        ask(office, steps=1)
    ask(office, "west.admin", steps=1)


def test_living_work_is_left_alone_and_dead_work_taken_over(office: Office):
    ask(office, steps=1)
    session = office.session
    alive = f"{runner.worker_name().rpartition(':')[0]}:1"
    assert claim_asked_for(session, worker=alive, now=NOON) is not None
    session.commit()
    assert claim_asked_for(session, worker="other:1", now=NOON + LEASE / 2) is None
    assert claim_asked_for(session, worker="other:1", now=NOON + LEASE) is not None
    session.commit()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run = session.scalars(select(JobRun)).one()
    run.worker = f"{alive.rpartition(':')[0]}:{gone.pid}"
    session.commit()
    assert claim_asked_for(session, worker="other:2", now=NOON + LEASE) is not None


def test_results_are_forgotten_after_thirty_days(office: Office, files: Path):
    run = ask(office, steps=1)
    work(office.session, files)
    early, late = NOON + timedelta(days=30), NOON + timedelta(days=30, seconds=1)
    assert background.forget_results(office.session, files, now=early) == 0
    assert background.forget_results(office.session, files, now=late) == 1
    assert not list((files / "results").iterdir())
    with pytest.raises(NotFound):
        result(office, run, files)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


KILLED = """
import sys, time
from pathlib import Path
from app import create_app, clock
from app.extensions import db
from app.catalog.long_work import LONG_WORK
from app.jobs import runner
sys.path.insert(0, {root!r})
from tests.jobs.test_long_work import COUNT, count_up
from config import Settings

def slow(ticket):
    for step in count_up(ticket):
        yield step
        time.sleep(0.3)

LONG_WORK["count"] = COUNT
with create_app(Settings.from_environment()).app_context():
    runner.run_asked_for(
        db.session(), files=Path({files!r}), now=clock.now(), work={{"count": slow}}
    )
"""


@pytest.mark.sqlite
def test_work_survives_a_kill_and_loses_nothing(office, files, database, settings):
    run = ask(office, steps=6)
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database.url,
        "SECRET_KEY": settings.secret_key,
        "FIELD_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AUDIT_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    }
    script = KILLED.format(root=str(ROOT), files=str(files))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)

    def begun() -> bool:
        office.session.rollback()
        office.session.refresh(run)
        return run.done >= 2

    wait_until(begun)
    process.send_signal(signal.SIGKILL)
    process.wait()
    office.session.rollback()
    done = work(office.session, files, tick=lambda: NOON)
    assert done is not None
    assert (done.state, done.counts, done.attempt) == (JobState.DONE, {"counted": 6}, 2)
    assert sorted(set(result(office, done, files).split())) == list("123456")
