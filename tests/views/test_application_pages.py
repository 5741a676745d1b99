"""Writing an application: kept as typed, errors by cell, sent with the pledge, mended later."""

import re
from collections.abc import Callable
from html import unescape
from json import loads
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.catalog.enums import ApplicationState, Category
from app.models.applications import Application
from app.models.notices import Notice
from tests.support.factories import HEADER, MANAGEMENT, UNITS, Office, administrator_of, items
from tests.support.pages import Browser, place
from tests.support.people import wrong_citizen_id

Enter = Callable[..., Browser]
EDITOR = re.compile(r"<script type=\"application/json\" data-lines-data>(.*?)</script>", re.DOTALL)
NEW = "/applications/new/new_user"


def form(*lines: dict[str, Any], key: str = "page-1", **more: Any) -> MultiDict[str, Any]:
    """What a browser sends for these lines."""
    sent: MultiDict[str, Any] = MultiDict({**HEADER, "idempotency_key": key, **more})
    sent["lines-count"] = str(len(lines))
    for n, line in enumerate(lines):
        sent[f"lines-{n}-id"] = str(line.get("id", ""))
        for column in ("name", "sex", "citizen_id"):
            sent[f"lines-{n}-{column}"] = line.get(column, "")
        sent.setlist(f"lines-{n}-items", line.get("items", []))
    return sent


def send(who: Browser, path: str, sent: MultiDict[str, Any], **words: Any) -> TestResponse:
    return who.post(path, list(sent.items(multi=True)), **words)


def editor(answer: TestResponse) -> dict[str, Any]:
    found = EDITOR.search(answer.text)
    assert found is not None
    said: dict[str, Any] = loads(found[1])
    return said


def only(session: Session) -> Application:
    session.expire_all()
    return session.scalars(select(Application)).one()


@pytest.fixture
def east(browser: Enter) -> Browser:
    return browser(administrator_of("east"))


# --- What one can apply for


@pytest.mark.parametrize("unit", UNITS)
def test_each_organization_is_offered_the_forms_of_its_kind(browser: Enter, unit: str) -> None:
    who = browser(administrator_of(unit))
    mine, other = ("new_user", "enterprise_user")
    if unit not in MANAGEMENT:
        mine, other = other, mine

    page = who.get("/applications/start").text

    assert f"/applications/new/{mine}" in page
    assert f"/applications/new/{other}" not in page
    assert who.get(f"/applications/new/{mine}").status_code == 200
    assert who.get(f"/applications/new/{other}").status_code == 403
    assert who.get("/applications/new/nothing").status_code == 422


@pytest.mark.rule("M4a")
def test_a_district_unit_is_offered_its_own_items_only(east: Browser) -> None:
    offered = {it["code"] for it in editor(east.get(NEW))["choices"]}

    assert len(offered) == 22
    assert all(code.startswith("district.") for code in offered)


@pytest.mark.rule("M4b")
def test_an_enterprise_sees_what_its_type_gets_and_chooses_nothing(browser: Enter) -> None:
    answer = browser(administrator_of("developer")).get("/applications/new/enterprise_user")

    assert editor(answer)["choices"] == []
    assert [it["name"] for it in editor(answer)["columns"]] == ["name", "sex", "citizen_id"]
    assert "预售许可草拟、申请权限" in answer.text


# --- Kept as typed


def test_a_page_opens_one_draft_however_often_it_is_sent(
    east: Browser, office: Office, session: Session
) -> None:
    line = office.lines("east")[0]
    first = send(east, NEW, form(line, action="save"))
    again = send(east, NEW, form({**line, "name": "改过的名"}, action="save"))

    draft = only(session)
    assert first.location == again.location == f"/applications/{draft.id}/edit"
    assert [it.name for it in draft.lines] == ["改过的名"]
    assert draft.state == ApplicationState.DRAFT


def test_a_form_is_kept_as_it_is_typed(east: Browser, office: Office, session: Session) -> None:
    json = {"Accept": "application/json"}
    half = form({"name": "张", "citizen_id": "1101"}, contact_phone="")

    first = send(east, NEW, half, headers=json)

    draft = only(session)
    assert first.status_code == 200
    assert first.json["version"] == draft.version
    assert first.json["line_ids"] == [draft.lines[0].id]
    more = form(
        {"id": draft.lines[0].id, "name": "张三", "citizen_id": "1101"},
        version=first.json["version"],
    )
    second = send(east, NEW, more, headers=json)
    assert second.json["line_ids"] == first.json["line_ids"]
    assert editor(east.get(f"/applications/{draft.id}/edit"))["rows"][0]["cells"] == {
        "name": "张三",
        "sex": "",
        "citizen_id": "1101",
        "items": [],
    }


def test_a_colleagues_save_is_not_overwritten_unseen(
    east: Browser, office: Office, session: Session
) -> None:
    identity = office.draft("east")
    version = office.application(identity).version
    edit = f"/applications/{identity}/edit"
    send(east, edit, form(office.person(), action="save", version=version))

    late = send(east, edit, form({"name": "后来的人"}, action="save", version=version))

    assert late.status_code == 409
    assert editor(late)["rows"][0]["cells"]["name"] == "后来的人"
    assert office.application(identity).lines[0].name != "后来的人"
    newest = place(late.text, "version")
    assert send(east, edit, form({"name": "后来的人"}, version=newest)).status_code == 303


def test_what_cannot_be_kept_is_shown_again_with_everything_typed(
    east: Browser, session: Session
) -> None:
    long = "长" * 61

    answer = send(east, NEW, form({"name": long, "citizen_id": "1101"}, contact_name="写的人"))

    assert answer.status_code == 422
    assert editor(answer)["rows"][0]["cells"] == {
        "name": long,
        "sex": "",
        "citizen_id": "1101",
        "items": [],
    }
    assert "name" in editor(answer)["errors"]["0"]
    assert 'value="写的人"' in answer.text
    assert session.scalars(select(Application)).all() == []


@pytest.mark.parametrize("bad", ["\x00", "=cmd|calc", "<script>alert(1)</script>", "x" * 100_000])
def test_hostile_names_harm_nothing(east: Browser, bad: str) -> None:
    answer = send(east, NEW, form({"name": bad}, action="save"))

    assert answer.status_code in {303, 422}
    assert "<script>alert(1)" not in answer.text


def test_five_thousand_lines_can_be_typed_and_one_more_is_told(
    east: Browser, office: Office, session: Session
) -> None:
    lines = [{"name": f"人{n}"} for n in range(5001)]

    answer = send(east, NEW, form(*lines, action="save"))

    assert answer.status_code == 422
    assert "5,000" in answer.text or "5000" in answer.text
    assert len(editor(answer)["rows"]) == 5001
    assert session.scalars(select(Application)).all() == []


# --- Sending


@pytest.mark.rule("M5.1", "M8")
def test_a_whole_form_is_sent_with_the_pledge_and_gets_its_number(
    east: Browser, office: Office, session: Session
) -> None:
    answer = send(east, NEW, form(*office.lines("east", people=3), action="submit", pledge="1"))

    sent = only(session)
    assert answer.status_code == 303
    assert answer.location == f"/applications/{sent.id}?sent=1"
    assert sent.state == ApplicationState.SUBMITTED
    page = east.get(answer.location).text
    assert sent.number in page
    assert 'class="receipt"' in page
    assert "房屋登记管理处" in page
    told = session.scalars(select(Notice).where(Notice.code == "application_submitted")).one()
    assert told.account_id == office.account("east.admin").id


@pytest.mark.rule("M8")
def test_without_the_pledge_nothing_is_sent_and_nothing_lost(
    east: Browser, office: Office, session: Session
) -> None:
    answer = send(east, NEW, form(*office.lines("east"), action="submit"))

    assert answer.status_code == 422
    assert 'href="#pledge"' in answer.text
    assert 'id="pledge-error"' in answer.text
    assert only(session).state == ApplicationState.DRAFT
    assert len(only(session).lines) == 1


@pytest.mark.rule("M5")
def test_errors_stand_beside_their_cells(east: Browser, office: Office, session: Session) -> None:
    good, bad = office.lines("east", people=2)
    bad["citizen_id"] = wrong_citizen_id(7)

    answer = send(
        east, NEW, form(good, bad, {"name": "无证"}, action="submit", pledge="1", contact_phone="1")
    )

    assert answer.status_code == 422
    wrong = editor(answer)["errors"]
    assert set(wrong) == {"1", "2"}
    assert set(wrong["1"]) == {"citizen_id"}
    assert {"sex", "citizen_id", "items"} <= set(wrong["2"])
    assert 'id="contact_phone-error"' in answer.text
    assert 'href="#lines-1-citizen_id"' in answer.text
    assert only(session).state == ApplicationState.DRAFT


@pytest.mark.rule("M5")
def test_a_person_who_has_an_account_is_told_at_the_line(
    east: Browser, office: Office, session: Session
) -> None:
    identity = office.standing_at(ApplicationState.COMPLETED, "east")
    known = office.application(identity).lines[0]
    line = {
        "name": known.name,
        "sex": "male",
        "citizen_id": known.citizen_id,
        "items": items(UNITS["east"].type, Category.REGISTRATION),
    }

    answer = send(east, NEW, form(line, action="submit", pledge="1"))

    assert answer.status_code == 422
    assert "citizen_id" in editor(answer)["errors"]["0"]


@pytest.mark.rule("M5")
def test_an_empty_form_is_kept_but_not_sent(east: Browser, session: Session) -> None:
    answer = send(east, NEW, form(action="submit", pledge="1"))

    assert answer.status_code == 422
    assert 'href="#lines"' in answer.text
    assert only(session).state == ApplicationState.DRAFT


def test_a_form_sent_twice_is_sent_once(east: Browser, office: Office, session: Session) -> None:
    sent = form(*office.lines("east"), action="submit", pledge="1")
    first = send(east, NEW, sent)

    second = send(east, NEW, sent)

    assert first.status_code == 303
    assert second.status_code in {303, 409}
    assert only(session).state == ApplicationState.SUBMITTED


# --- Whose form it is


@pytest.mark.rule("M2")
def test_another_organizations_forms_are_not_there(browser: Enter, office: Office) -> None:
    draft, sent = office.draft("east"), office.submitted("east")
    who = browser(administrator_of("west"))

    for path in (f"/applications/{draft}", f"/applications/{draft}/edit", f"/applications/{sent}"):
        assert who.get(path).status_code == 404
    assert send(who, f"/applications/{draft}/edit", form(action="save")).status_code == 404
    assert who.post(f"/applications/{sent}/acts/withdraw").status_code == 404
    assert office.application(sent).state == ApplicationState.SUBMITTED


@pytest.mark.parametrize("login", ["reg1", "auditor", "security_administrator", "info1"])
def test_who_does_not_apply_cannot_write_forms(browser: Enter, office: Office, login: str) -> None:
    draft = office.draft("east")
    who = browser(login)

    for path in ("/applications/start", NEW, f"/applications/{draft}/edit"):
        assert who.get(path).status_code == 403


def test_a_form_handed_in_can_be_read_and_not_changed(east: Browser, office: Office) -> None:
    sent = office.submitted("east")

    answer = send(east, f"/applications/{sent}/edit", form({"name": "新人"}, action="save"))

    assert answer.location == f"/applications/{sent}"
    assert office.application(sent).lines[0].name != "新人"


def test_an_applicant_withdraws_with_one_button(east: Browser, office: Office) -> None:
    sent = office.submitted("east")
    assert f"/applications/{sent}/acts/withdraw" in east.get(f"/applications/{sent}").text

    answer = east.post(f"/applications/{sent}/acts/withdraw")

    assert answer.status_code == 303
    assert office.application(sent).state == ApplicationState.WITHDRAWN
    assert office.last_event().tag == "application:withdrawn"


def test_a_link_withdraws_nothing(east: Browser, office: Office) -> None:
    sent = office.submitted("east")

    assert east.get(f"/applications/{sent}/acts/withdraw").status_code == 405
    assert office.application(sent).state == ApplicationState.SUBMITTED


# --- Returned


def test_remarks_stand_on_the_very_field_and_go_along_with_their_line(
    east: Browser, office: Office
) -> None:
    sent = office.submitted("east", people=2)
    remarks = [
        {"field": "contact_phone", "text": "电话打不通"},
        {"field": "lines.2.citizen_id", "text": "与复印件不符"},
    ]
    office.perform("reg1", sent, "return", data={"remarks": remarks}, comment="请更正")
    edit = f"/applications/{sent}/edit"

    page = east.get(edit)

    assert 'id="contact_phone-remark"' in page.text
    assert "电话打不通" in page.text
    assert "请更正" in page.text
    assert editor(page)["remarks"] == {"1": {"citizen_id": "与复印件不符"}}

    first, second = office.application(sent).lines
    gone = first.id
    row = {
        "id": second.id,
        "name": second.name,
        "sex": "male",
        "citizen_id": second.citizen_id,
        "items": [it.code for it in second.items],
    }
    send(east, edit, form(row, action="save"))
    assert editor(east.get(edit))["remarks"] == {"0": {"citizen_id": "与复印件不符"}}
    assert gone not in {line.id for line in office.application(sent).lines}


def test_a_mended_form_goes_back_to_the_office(east: Browser, office: Office) -> None:
    sent = office.submitted("east")
    office.perform("reg1", sent, "return", data={"remarks": []}, comment="请更正")
    line = office.application(sent).lines[0]
    row = {
        "id": line.id,
        "name": line.name,
        "sex": "male",
        "citizen_id": line.citizen_id,
        "items": [it.code for it in line.items],
    }

    answer = send(
        east, f"/applications/{sent}/edit", form(row, action="submit", pledge="1", key="again")
    )

    assert answer.status_code == 303
    mended = office.application(sent)
    assert (mended.state, mended.round) == (ApplicationState.SUBMITTED, 2)


# --- Reading


def test_the_applicant_sees_where_the_form_is_and_who_decided(
    east: Browser, office: Office
) -> None:
    sent = office.submitted("east", Category.REGISTRATION, Category.TRANSACTION)
    office.perform("reg1", sent, "approve")
    reviewer = office.account("reg1").name

    page = unescape(east.get(f"/applications/{sent}").text)

    assert reviewer in page
    assert "step-done" in page
    assert "step-current" in page
    assert "房屋市场管理处" in page


@pytest.mark.rule("M5")
def test_a_personal_number_is_masked_until_it_is_revealed_on_record(
    browser: Enter, office: Office
) -> None:
    sent = office.submitted("east")
    line = office.application(sent).lines[0]
    number = line.citizen_id
    who = browser("reg1")
    assert number not in who.get(f"/applications/{sent}/decide").text

    answer = who.post(
        f"/applications/{sent}/lines/{line.id}/reveal", headers={"Accept": "application/json"}
    )

    assert answer.json == {"value": number}
    assert office.last_event().tag == "application:person_revealed"
    other = office.submitted("west")
    foreign = f"/applications/{sent}/lines/{office.application(other).lines[0].id}/reveal"
    assert who.post(foreign).status_code == 404
