"""Many forms printed as one piece of long work."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.catalog.enums import Category
from app.errors import InvalidInput
from app.jobs import prints, runner
from app.models.jobs import JobRun
from app.models.prints import PrintCopy
from app.security.actor import Actor, acting
from app.services import background, printing, scans, sheets
from tests.api.conftest import staffed
from tests.support.factories import NOON, Office
from tests.support.office import database, office
from tests.support.paper import Paper
from tests.support.paper_desk import something_in_every_tray
from tests.support.threads import at_once
from tests.views.conftest import browser

__all__ = ["browser", "database", "office", "staffed"]


def ask(office: Office, forms: list[int], login: str = "reg1") -> JobRun:
    with office.acting(login) as actor:
        run = printing.ask_for_many(office.session, forms, actor=actor, now=NOON)
        office.session.commit()
    return run


def work(office: Office, files: Path, **said: object) -> JobRun:
    run = runner.run_asked_for(office.session, files=files, now=NOON, tick=lambda: NOON, **said)
    assert run is not None
    return run


def parts(office: Office, run: JobRun, files: Path, login: str = "reg1") -> dict[str, Paper]:
    """The files of the result, by name."""
    with office.acting(login) as actor:
        kept = background.result_of(office.session, run, files, actor=actor, now=NOON)
        office.session.commit()
    with kept, zipfile.ZipFile(BytesIO(kept.read())) as packed:
        return {name: Paper(packed.read(name)) for name in packed.namelist()}


@pytest.mark.rule("A3")
def test_many_forms_come_as_one_file_each_page_with_its_code(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prints, "FORMS_AT_ONCE", 1)
    monkeypatch.setattr(prints, "FORMS_A_FILE", 2)
    forms = [office.submitted("east", Category.REGISTRATION, people=n) for n in (1, 6, 1)]
    strange = office.submitted("east", Category.TRANSACTION)
    run = work(office, tmp_path) if ask(office, [*forms, strange]) else None
    assert run is not None
    assert (run.state, run.total) == ("done", 4)
    assert run.counts == {"forms_printed": 3, "forms_left_out": 1}
    made = parts(office, run, tmp_path)
    assert [name[:4] for name in made] == ["001 ", "002 "]
    codes = [code.number for paper in made.values() for code in paper.codes() if code]
    numbers = [office.application(identity).number for identity in forms]
    assert codes == [numbers[0], numbers[1], numbers[1], numbers[2]]
    assert list(made) == [
        f"001 {numbers[0]}-{numbers[1]}.pdf",
        f"002 {numbers[2]}-{numbers[2]}.pdf",
    ]
    assert office.count(PrintCopy) == 3


def test_cut_off_it_goes_on_with_what_is_not_printed(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prints, "FORMS_AT_ONCE", 1)
    monkeypatch.setattr(prints, "FORMS_A_FILE", 1)
    forms = [office.submitted("east", Category.REGISTRATION) for _ in range(3)]
    ask(office, forms)
    calls = iter([False, True])
    work(office, tmp_path, stopped=lambda: next(calls))
    run = work(office, tmp_path)
    assert (run.state, run.counts) == ("done", {"forms_printed": 3})
    assert len(parts(office, run, tmp_path)) == 3
    assert office.count(PrintCopy) == 3


@pytest.mark.parametrize("count", [0, printing.MOST_AT_ONCE + 1])
def test_none_or_too_many_are_refused(office: Office, count: int):
    with pytest.raises(InvalidInput):
        ask(office, list(range(1, count + 1)))


def test_the_list_prints_what_it_shows(office: Office, browser, tmp_path: Path):
    wanted = office.submitted("east", Category.REGISTRATION)
    office.submitted("west", Category.REGISTRATION)
    who = browser("reg1")
    query = f"organization_id={office.organization('east').id}"
    page = who.get(f"/applications/?{query}").text
    assert f"/applications/print?{query}" in page
    answer = who.post(f"/applications/print?{query}")
    assert "/job_runs/" in answer.location
    run = work(office, tmp_path)
    (paper,) = parts(office, run, tmp_path).values()
    assert [c.number for c in paper.codes()] == [office.application(wanted).number]
    assert browser("auditor").post("/applications/print").status_code == 403


@pytest.mark.postgresql
def test_printed_at_the_same_moment_copies_have_numbers_of_their_own(app: Flask, office: Office):
    identity = office.draft("east")
    actor = office.actor("east.admin")
    office.session.rollback()

    def press(session: Session) -> int:
        with acting(session, actor):
            form = sheets.load_sheet(session, identity, actor)
            number = printing.make_copy(session, form, actor=actor, now=NOON).copy_number
            session.commit()
            return number

    assert sorted(at_once(app, press, press, press)) == [1, 2, 3]


@pytest.mark.postgresql
def test_of_two_who_file_the_same_page_one_is_told_that_it_is_done(app: Flask, office: Office):
    something_in_every_tray(office)
    office.session.commit()
    actors = [office.actor(login) for login in ("reg1", "reg2")]
    office.session.rollback()

    def discard(actor: Actor):
        def act(session: Session) -> str:
            with acting(session, actor):
                scan = scans.load_scan(session, 1)
                scans.discard(session, scan, [1], "x", actor=actor, now=NOON)
                session.commit()
                return "done"

        return act

    results = at_once(app, *(discard(actor) for actor in actors))
    assert sorted(str(getattr(it, "code", it)) for it in results) == ["done", "page_not_waiting"]
