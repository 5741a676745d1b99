"""Long work on its pages and over REST: who asked sees how far it is, stops it, fetches it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.catalog.long_work import LONG_WORK, LongWork
from app.catalog.permissions import Permission
from app.jobs import runner
from app.models.jobs import JobRun
from app.services import background
from app.services.background import Ticket
from tests.api.conftest import rest
from tests.support.factories import NOON, Office
from tests.support.pages import Browser
from tests.support.rest import Rest

__all__ = ["rest"]

ASKER = "east.admin"
HELLO = LongWork(name="hello", label="Hello", permission=Permission.APPLICATIONS_ADD)


def hello(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    with ticket.deliver("您好.txt", "text/plain") as result:
        result.write(b"hello")
    yield {"told": 1}


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> JobRun:
    monkeypatch.setitem(LONG_WORK, "hello", HELLO)
    with office.acting(ASKER) as actor:
        asked = background.start(
            office.session, "hello", title="Say hello", params={}, actor=actor, now=NOON
        )
        office.session.commit()
    return asked


@pytest.fixture
def files(app) -> Path:
    return app.config["KEYDESK"].files_dir


def test_page_tells_how_far_the_work_is_and_hands_the_result_over(
    browser: Callable[..., Browser], office: Office, run: JobRun, files: Path
):
    asker = browser(ASKER)
    page = asker.get(f"/job_runs/{run.id}")
    assert page.status_code == 200
    assert "data-under-way" in page.text
    assert f"/job_runs/{run.id}/stop" in page.text
    told = asker.get(f"/job_runs/{run.id}", headers={"Accept": "application/json"}).json
    assert (told["state"], told["under_way"]) == ("waiting", True)
    assert asker.get(f"/job_runs/{run.id}/result").status_code == 404
    runner.run_asked_for(office.session, files=files, now=NOON, work={"hello": hello})
    page = asker.get(f"/job_runs/{run.id}")
    assert f"/job_runs/{run.id}/result" in page.text
    answer = asker.get(f"/job_runs/{run.id}/result")
    assert (answer.data, answer.mimetype) == (b"hello", "text/plain")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Say hello" in asker.get("/inbox/").text
    assert "Say hello" in asker.get("/job_runs/").text


def test_somebody_else_finds_nothing(browser: Callable[..., Browser], run: JobRun):
    other = browser("west.admin")
    assert other.get(f"/job_runs/{run.id}").status_code == 404
    assert other.get(f"/job_runs/{run.id}/result").status_code == 404
    assert other.post(f"/job_runs/{run.id}/stop").status_code == 404
    reader = browser("system_administrator")
    assert reader.get(f"/job_runs/{run.id}").status_code == 200
    assert reader.get(f"/job_runs/{run.id}/result").status_code == 404


def test_rest_stops_goes_on_and_fetches(
    rest: Callable[..., Rest], office: Office, run: JobRun, files: Path
):
    asker = rest(ASKER)
    address = f"job_runs/{run.id}"
    assert asker.ask("POST", f"{address}/stop").json["result"]["state"] == "stopped"
    assert asker.ask("POST", f"{address}/stop").status_code == 409
    assert asker.ask("POST", f"{address}/go_on").json["result"]["state"] == "waiting"
    assert asker.get(f"{address}/result").status_code == 404
    runner.run_asked_for(office.session, files=files, now=NOON, work={"hello": hello})
    assert asker.get(f"{address}/result").data == b"hello"
    assert rest("west.admin").get(f"{address}/result").status_code == 404
