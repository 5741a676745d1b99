"""A pledge stands on record as it was made: ticked, said, or accepted by submitting (M8, M6.2)."""

from typing import Any

import pytest

from app.catalog.enums import AuditOutcome, Pledged
from app.models.audit import AuditEvent
from app.models.regulations import Pledge
from tests.api.conftest import rest
from tests.support.factories import NOON, Office
from tests.support.pages import form, send

__all__ = ["rest"]

EAST = "east.admin"
UNTICKED = "未经勾选"
pytestmark = pytest.mark.rule("M8")


def on_record(office: Office, identity: int) -> tuple[Pledged | None, str]:
    """How the form's pledge was accepted: by the form itself, and by the trail."""
    office.session.rollback()
    event = (
        office.session.query(AuditEvent)
        .filter_by(subject_id=identity, tag="application:submitted", outcome=AuditOutcome.DONE)
        .one()
    )
    return office.application(identity).pledged, event.new["pledged"]


def test_the_page_is_not_sent_without_the_tick_and_says_that_it_was_ticked(browser, office: Office):
    identity, page = office.draft("east"), browser(EAST)
    line = {**office.lines("east")[0]}
    sent = form(line, action="submit")
    assert send(page, f"/applications/{identity}/edit", sent).status_code == 422
    assert office.application(identity).pledge_id is None
    sent = form(line, action="submit", pledge="1", key="again")
    assert send(page, f"/applications/{identity}/edit", sent).status_code == 303
    assert on_record(office, identity) == (Pledged.EXPRESSLY, "expressly")
    shown = page.get(f"/applications/{identity}").text
    assert "check2-square" in shown
    assert UNTICKED not in shown


def test_rest_tells_the_words_and_keeps_apart_who_said_yes_and_who_said_nothing(
    rest, browser, office: Office
):
    applicant = rest(EAST)
    for data, how in (({"pledge": True}, Pledged.EXPRESSLY), ({}, Pledged.BY_SUBMITTING)):
        identity = office.draft("east")
        actions = applicant.get(f"applications/{identity}/actions").json["result"]
        (words,) = [it["pledge"] for it in actions if "pledge" in it]
        pledge = office.session.query(Pledge).filter_by(kind="new_user").one()
        assert words == {
            "version": pledge.version,
            "text": pledge.text_zh,
            "article": pledge.article,
        }
        before = applicant.get(f"applications/{identity}").json["result"]
        assert (before["pledge"], before["pledged"]) == (None, None)
        no = applicant.act("applications", identity, "submit", data={"pledge": False})
        assert [it["field"] for it in no.json["details"]] == ["data.pledge"]
        assert applicant.act("applications", identity, "submit", data=data).status_code == 200
        assert on_record(office, identity) == (how, how.value)
        after = applicant.get(f"applications/{identity}").json["result"]
        assert after["pledge"] == {**words, "accepted": how.value}
        shown = browser("reg1").get(f"/applications/{identity}/decide").text
        assert (UNTICKED in shown) is (how == Pledged.BY_SUBMITTING)


def test_the_command_line_says_it_by_submitting_unless_it_is_said(runner, office: Office):
    for words, how in (((), "by_submitting"), (("--data", '{"pledge": true}'), "expressly")):
        identity = office.draft("east")
        number = office.application(identity).number
        office.session.rollback()
        command: list[Any] = ["applications", "act", number, "submit", "--as", EAST, *words]
        done = runner.invoke(args=command)
        assert done.exit_code == 0, done.output
        assert on_record(office, identity)[1] == how


def test_what_is_accepted_anew_is_what_stands_on_record(office: Office):
    identity = office.submitted("east")
    assert office.application(identity).pledged == Pledged.BY_SUBMITTING
    office.perform("reg1", identity, "return", comment="请补充", now=NOON)
    office.perform(EAST, identity, "submit", data={"pledge": True})
    assert office.application(identity).pledged == Pledged.EXPRESSLY
