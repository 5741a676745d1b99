"""Many forms decided with one act at the pages: the bar, the question, what became of each."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask

from app.catalog.enums import ApplicationState, Category
from app.jobs import runner
from app.services import bulk
from tests.support.factories import NOON, Office
from tests.support.pages import Browser, place

Enter = Callable[..., Browser]
S = ApplicationState


def ticked(ids: Iterable[int], action: str, **more: Any) -> list[tuple[str, Any]]:
    return [*(("ids", str(it)) for it in ids), ("action", action), *more.items()]


def offered(page: str) -> list[str]:
    return re.findall(r'data-bulk-act="(\w+)"', page)


def fitting(page: str) -> dict[int, list[str]]:
    boxes = re.findall(r'name="ids" value="(\d+)" data-acts="([^"]*)"', page)
    return {int(identity): acts.split() for identity, acts in boxes}


def test_the_bar_offers_what_the_reader_may_do(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")

    page = browser("reg1").get("/applications/").text
    assert offered(page) == ["approve", "claim", "return"]
    assert fitting(page) == {identity: ["approve", "claim", "return"]}
    waiting = browser("reg1").get("/applications/?view=waiting").text
    assert fitting(waiting) == {identity: ["approve", "claim", "return"]}
    passed = office.standing_at(S.PASSED, "west")
    assert fitting(browser("info1").get("/applications/").text)[passed] == ["configure", "claim"]
    assert offered(browser("east.admin").get("/applications/").text) == []
    assert offered(browser("auditor").get("/applications/").text) == []


def test_ticked_forms_are_asked_about_and_decided(browser: Enter, office: Office) -> None:
    ids = [office.submitted("east"), office.submitted("west")]
    office.perform("reg2", ids[1], "claim")
    who = browser("reg1")

    question = who.post("/applications/bulk/", ticked(ids, "approve"))
    assert question.status_code == 200
    for identity in ids:
        assert office.application(identity).number in question.text
    assert [office.application(it).state for it in ids] == [S.SUBMITTED] * 2

    sent = ticked(ids, "approve", comment="同意", key=place(question.text, "key"))
    result = who.post("/applications/bulk/carry_out", sent)
    assert result.status_code == 200
    assert office.account("reg2").name in result.text
    assert [office.application(it).state for it in ids] == [S.PASSED, S.SUBMITTED]

    again = who.post("/applications/bulk/carry_out", sent)
    assert again.text.count("tone-good") == result.text.count("tone-good")


def test_a_return_without_words_comes_back_with_what_was_typed(
    browser: Enter, office: Office
) -> None:
    identity = office.submitted("east")

    answer = browser("reg1").post(
        "/applications/bulk/carry_out", ticked([identity], "return", comment=" ")
    )

    assert answer.status_code == 422
    assert 'id="comment-error"' in answer.text
    assert office.application(identity).state == S.SUBMITTED


def test_all_of_the_view_are_chosen(browser: Enter, office: Office) -> None:
    east = [office.submitted("east") for _ in range(2)]
    west = office.submitted("west")
    office.submitted("east", Category.TRANSACTION)
    who = browser("reg1")

    def chosen(query: str) -> set[int]:
        form = [("whole", "1"), ("action", "approve")]
        page = who.post(f"/applications/bulk/?{query}", form).text
        return {int(it) for it in re.findall(r'name="ids" value="(\d+)"', page)}

    assert chosen("") == {*east, west}
    assert chosen(f"organization_id={office.organization('west').id}") == {west}
    assert chosen("view=waiting") == {*east, west}
    nothing = who.post("/applications/bulk/?state=passed", [("whole", "1"), ("action", "claim")])
    assert nothing.status_code == 400


@pytest.mark.parametrize(
    "form",
    [
        [("action", "approve")],
        [("action", "reject"), ("ids", "1")],
        [("action", "approve"), ("ids", "x")],
        [("action", "approve"), ("ids", "9" * 30)],
    ],
)
def test_nothing_or_nonsense_chosen_is_refused(browser: Enter, form: Any) -> None:
    who = browser("reg1")
    assert who.post("/applications/bulk/", form).status_code in {400, 404}
    assert who.post("/applications/bulk/carry_out", form).status_code in {400, 404, 422}


def test_very_many_are_long_work_whose_outcomes_are_a_page(
    app: Flask, browser: Enter, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    ids = [office.submitted("east") for _ in range(3)]
    office.perform("reg2", ids[2], "claim")
    who = browser("reg1")

    sent = who.post("/applications/bulk/carry_out", ticked(ids, "approve"))
    assert sent.status_code == 303
    run_id = int(sent.location.rsplit("/", 1)[1])
    files = app.config["KEYDESK"].files_dir
    runner.run_asked_for(office.session, files=files, now=NOON, run_id=run_id)

    run = who.get(sent.location).text
    assert f"/applications/bulk/{run_id}" in run
    page = who.get(f"/applications/bulk/{run_id}").text
    assert office.account("reg2").name in page
    assert page.index(office.application(ids[2]).number) < page.index(
        office.application(ids[0]).number
    )
    assert browser("reg2").get(f"/applications/bulk/{run_id}").status_code == 404
