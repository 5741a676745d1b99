"""An application after it was sent: whose it is, returned with remarks, mended, read."""

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category
from app.models.applications import Application
from tests.support.factories import Office, administrator_of
from tests.support.pages import Browser, editor, form, send

Enter = Callable[..., Browser]
NEW = "/applications/new/new_user"


def only(session: Session) -> Application:
    session.expire_all()
    return session.scalars(select(Application)).one()


@pytest.fixture
def east(browser: Enter) -> Browser:
    return browser(administrator_of("east"))


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
