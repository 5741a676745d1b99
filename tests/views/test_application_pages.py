"""Writing an application: what is offered, kept as typed, sent with the pledge, errors by cell."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, Category
from app.extensions import db
from app.models.applications import Application
from app.models.notices import Notice
from tests.support.factories import MANAGEMENT, UNITS, Office, administrator_of, items
from tests.support.pages import Browser, editor, form, place, send
from tests.support.people import wrong_citizen_id
from tests.support.statements import statements

Enter = Callable[..., Browser]
NEW = "/applications/new/new_user"
MOST_STATEMENTS = 20


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


def test_a_save_asks_few_things_of_the_database_and_not_line_by_line(
    app: Flask, east: Browser, office: Office
) -> None:
    with app.app_context():
        engine = db.engine
    seen = {}
    for people in (1, 9):
        draft = office.draft("east", people=people)
        lines = [{"id": line.id, "name": line.name} for line in office.application(draft).lines]
        page, typed = f"/applications/{draft}/edit", form(*lines, action="save")
        send(east, page, typed)
        with statements(engine) as asked:
            assert send(east, page, typed).status_code == 303
        seen[people] = len(asked)

    assert seen[1] == seen[9] <= MOST_STATEMENTS


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


@pytest.mark.parametrize("before", ["the page", "the record"])
def test_a_page_sent_before_its_lines_stood_there_takes_none_away(
    east: Browser, office: Office, session: Session, before: str
) -> None:
    path = NEW
    if before == "the record":
        path = f"/applications/{office.draft('east')}/edit"
    else:
        send(east, NEW, form(office.person(), action="save"))
    names = [it.name for it in only(session).lines]
    early = form(action="save", contact_phone="010-65000177")
    del early["lines-count"]

    send(east, path, early)

    assert only(session).contact_phone == "010-65000177"
    assert [it.name for it in only(session).lines] == names != []


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
def test_a_draft_says_what_is_in_the_way_before_it_is_sent(
    east: Browser, office: Office, session: Session
) -> None:
    identity = office.standing_at(ApplicationState.COMPLETED, "east")
    known = office.application(identity).lines[0]
    line = {"name": known.name, "sex": "male", "citizen_id": known.citizen_id}

    send(east, NEW, form(line, action="save"))
    draft = session.scalars(
        select(Application).where(Application.state == ApplicationState.DRAFT)
    ).one()
    page = east.get(f"/applications/{draft.id}/edit").text

    said = page.partition('id="conflicts"')[2].partition("</ul>")[0]
    assert said.count("<li>") == 1
    assert 'href="#lines-0-citizen_id"' in said


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
