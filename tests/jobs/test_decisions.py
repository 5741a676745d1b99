"""One act on many applications as long work: a line for each, cut off and gone on with."""

from pathlib import Path
from typing import Any

import pytest

from app.catalog.enums import ApplicationState, AuditOutcome, JobState
from app.jobs import decisions, runner
from app.models.audit import AuditEvent
from app.models.jobs import JobRun
from app.models.work import LineDecision, WorkItem
from app.services import background, bulk
from tests.api.conftest import staffed
from tests.support.factories import NOON, Office
from tests.support.office import database, office

__all__ = ["database", "office", "staffed"]

S = ApplicationState


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "BATCH", 2)


def states(office: Office, ids: list[int]) -> list[ApplicationState]:
    return [office.application(it).state for it in ids]


def asked(office: Office, ids: list[int], action: str = "approve", login: str = "reg1") -> JobRun:
    with office.acting(login) as actor:
        run = bulk.ask(office.session, ids, action, title="T", actor=actor, now=NOON)
        office.session.commit()
    return run


def work(office: Office, files: Path, **said: Any) -> JobRun:
    said.setdefault("tick", lambda: NOON)
    run = runner.run_asked_for(office.session, files=files, now=NOON, **said)
    assert run is not None
    return run


def lines(office: Office, run: JobRun, files: Path, login: str = "reg1") -> list[str]:
    with office.acting(login) as actor:
        kept = background.own_run(office.session, run.id, actor)
        with background.result_of(office.session, kept, files, actor=actor, now=NOON) as file:
            return file.read().decode("utf-8-sig").splitlines()


@pytest.mark.usefixtures("small")
def test_long_work_tells_every_outcome(office: Office, tmp_path: Path):
    ids = [office.submitted("east") for _ in range(5)]
    office.perform("reg2", ids[1], "claim")

    asked(office, ids)
    run = work(office, tmp_path)

    assert (run.state, run.done, run.total) == (JobState.DONE, 5, 5)
    assert run.counts == {"done": 4, "refused": 1}
    head, *rows = lines(office, run, tmp_path)
    assert head == "id,number,done,state,code,rule,message"
    assert [row.split(",")[2] for row in rows] == ["True", "False", "True", "True", "True"]
    assert "claimed_by_other" in rows[1]
    done = office.events(AuditEvent.tag == "application:approved", AuditEvent.outcome == "done")
    assert {it.channel for it in done} == {"job"}
    assert {it.actor_id for it in done} == {office.account("reg1").id}


@pytest.mark.usefixtures("small")
def test_long_work_cut_off_or_stopped_goes_on_and_does_nothing_twice(
    office: Office, tmp_path: Path
):
    ids = [office.submitted("east") for _ in range(5)]
    asked(office, ids)

    run = work(office, tmp_path, stopped=lambda: True)
    assert (run.state, run.done) == (JobState.RUNNING, 2)
    assert states(office, ids) == [S.PASSED, S.PASSED, *[S.SUBMITTED] * 3]

    place, run.place = run.place, {}  # as if the batch had been done and its end not noted
    assert place["at"] == 2
    run.done, run.counts = 0, {}
    office.session.commit()
    run = work(office, tmp_path)

    assert (run.state, run.counts) == (JobState.DONE, {"done": 5})
    assert len(lines(office, run, tmp_path)) == 6
    assert office.count(AuditEvent, AuditEvent.outcome == AuditOutcome.REFUSED) == 0
    assert office.count(LineDecision) == 5
    assert office.count(WorkItem, WorkItem.action == "configure") == 5


def test_who_lost_the_right_meanwhile_does_nothing(office: Office, tmp_path: Path):
    ids = [office.submitted("east")]
    asked(office, ids)
    account = office.account("reg1")
    account.roles.clear()
    office.session.commit()

    run = work(office, tmp_path)

    assert run.counts == {"refused": 1}
    assert states(office, ids) == [S.SUBMITTED]
