"""An organisation's administrator and the own people: seen whole, helped at once, nobody else's."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, ApplicationState, Category, KeyState
from app.catalog.permissions import RoleName
from app.extensions import db
from app.models.accounts import Account
from app.models.keys import Key
from app.models.roles import Role
from tests.support.cases import case
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.pages import Browser, place
from tests.support.statements import statements

MOST_STATEMENTS = 8
Enter = Callable[..., Browser]
ROW = re.compile(r'<tr data-href="[^"]*/accounts/(\d+)".*?</tr>', re.DOTALL)
CELL = re.compile(r"<td [^>]*>(.*?)</td>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def section(page: str, name: str) -> str:
    """A part of a page by its id."""
    found = re.search(rf'<section[^>]* id="{name}".*?</section>', page, re.DOTALL)
    return unescape(found[0]) if found else ""


def people_on(page: str) -> dict[int, list[str]]:
    """The cells of the list of people, as text, by account."""
    rows = ROW.finditer(section(page, "people") or page)
    return {
        int(row[1]): [" ".join(TAG.sub(" ", cell).split()) for cell in CELL.findall(row[0])]
        for row in rows
    }


def newcomers(office: Office, unit: str, count: int, *categories: Category) -> list[Account]:
    """People of a unit who came by a form and hold their keys."""
    identity = office.standing_at(ApplicationState.COMPLETED, unit, *categories, people=count)
    return [office.session.get_one(Account, it.account_id) for it in lines(office, identity)]


def lines(office: Office, identity: int) -> list[Any]:
    return list(office.application(identity).lines)


@pytest.fixture
def english(browser: Enter) -> Callable[[str], Browser]:
    def enter(login: str) -> Browser:
        there = browser(login)
        there.get("/language/en")
        return there

    return enter


def test_each_of_the_own_people_stands_there_with_key_permissions_form_and_business(
    english: Callable[[str], Browser], office: Office
) -> None:
    one, two = newcomers(office, "east", 2, Category.REGISTRATION, Category.TRANSACTION)
    serial = office.session.scalars(select(Key.serial).where(Key.holder_id == one.id)).one()
    case(office, one.login_name)
    case(office, one.login_name)
    waiting = office.standing_at(ApplicationState.CONFIGURED, "east")
    (line,) = lines(office, waiting)
    number, coming, ids = office.application(waiting).number, line.account_id, (one.id, two.id)
    name = one.name
    office.session.commit()

    shown = people_on(english("east.admin").get("/").text)

    assert ids[0] in shown
    assert name in shown[ids[0]][0]
    assert shown[ids[0]][3:7] == [serial, "2", "", "2"]
    assert shown[ids[1]][6] == ""
    assert shown[coming][1] == "Waiting for key"
    assert number in shown[coming][5]
    administrator = office.account("east.admin").id
    assert "Administrator" in shown[administrator][0]
    assert set(shown) == {*ids, coming, administrator}


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    "address", ["/", "/?q=admin", "/?state=active", "/?organization_id=2", "/accounts/?size=200"]
)
def test_nobody_of_another_organization_is_ever_among_them(
    browser: Enter, office: Office, address: str
) -> None:
    newcomers(office, "west", 2)
    own = {office.account("east.admin").id}
    shown = people_on(browser("east.admin").get(address).text)
    assert set(shown) <= own


@pytest.mark.parametrize("path", ["/", "/?q=east", "/accounts/", "/accounts/?q=111"])
def test_however_many_people_a_page_asks_few_questions(
    app: Flask, browser: Enter, office: Office, path: str
) -> None:
    for person in newcomers(office, "east", 4):
        case(office, person.login_name)
    office.submitted("east", people=2)
    office.draft("east")
    there = browser("east.admin")
    there.get(path)
    with app.app_context(), statements(db.engine) as seen:
        assert there.get(path).status_code == 200
    assert len(seen) <= MOST_STATEMENTS, seen


def test_a_search_on_the_first_page_stays_there_and_words_of_others_do_no_harm(
    browser: Enter, office: Office
) -> None:
    one, two = newcomers(office, "east", 2)
    wanted, other, name = one.id, two.id, one.login_name
    there = browser("east.admin")
    shown = people_on(there.get("/", query_string={"q": name}).text)
    assert wanted in shown
    assert other not in shown
    assert there.get("/?sent=1&nothing=2").status_code == 200


# --- A lost key


@pytest.mark.rule("M8")
def test_a_lost_key_is_frozen_by_one_button_of_the_list(
    browser: Enter, office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1)
    key = session.scalars(select(Key).where(Key.holder_id == holder.id)).one()
    identity, holder_id, epoch = key.id, holder.id, holder.epoch
    there = browser("east.admin")
    page = section(there.get("/").text, "people")
    form = re.search(rf'action="(/keys/{identity}/actions/report_lost)".*?</form>', page, re.DOTALL)
    assert form is not None

    answer = there.post(form[1], {"comment": place(form[0], "comment")})

    session.expire_all()
    key = session.get_one(Key, identity)
    assert (key.state, key.holder_id) == (KeyState.LOST, None)
    assert session.get_one(Account, holder_id).epoch == epoch + 1
    assert answer.status_code == 303
    assert office.last_event().rule == "M8"
    assert key.serial in there.get(answer.location).text
    assert f"/keys/{identity}/actions" not in section(there.get("/").text, "people")


@pytest.mark.rule("M8")
def test_another_organization_s_key_is_not_there_to_be_frozen(
    browser: Enter, office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1)
    identity = session.scalars(select(Key.id).where(Key.holder_id == holder.id)).one()
    for stranger in ("west.admin", "bank.admin"):
        answer = browser(stranger).post(f"/keys/{identity}/actions/report_lost", {"comment": "x"})
        assert answer.status_code == 404
    session.expire_all()
    assert session.get_one(Key, identity).state == KeyState.ISSUED


@pytest.mark.rule("M8")
def test_a_holder_has_the_own_key_frozen_from_the_first_page(
    browser: Enter, office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "bank", 1)
    login = office.account("bank.admin")
    holder.password_hash, holder.must_change_password = login.password_hash, False
    holder.roles = [role for role in holder.roles if role.name == RoleName.HOLDER.value]
    session.commit()
    key = session.scalars(select(Key).where(Key.holder_id == holder.id)).one()
    identity = key.id
    there = browser(holder.login_name)
    page = section(there.get("/").text, "key")
    assert f'action="/keys/{identity}/actions/report_lost"' in page
    there.post(f"/keys/{identity}/actions/report_lost", {"comment": place(page, "comment")})
    session.expire_all()
    assert session.get_one(Key, identity).state == KeyState.LOST
    assert there.get("/").status_code == 302


# --- What needs the administrator


def test_who_cannot_work_without_a_key_is_named_until_somebody_applies(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1)
    name = holder.login_name
    key = session.scalars(select(Key).where(Key.holder_id == holder.id)).one()
    there = english("east.admin")
    assert section(there.get("/").text, "in-need") == ""
    office.perform("east.admin", key.id, "report_lost", model=Key, comment="丢失")
    need = section(there.get("/").text, "in-need")
    assert name in need
    assert key.serial in need


@pytest.mark.rule("M6.1")
def test_a_key_that_outlives_its_account_is_to_be_handed_back(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1)
    serial = session.scalars(select(Key.serial).where(Key.holder_id == holder.id)).one()
    office.perform(staff_of("INFO"), holder.id, "cancel", model=Account, comment="离职")
    need = section(english("east.admin").get("/").text, "in-need")
    assert "has to be handed back" in need
    assert serial in need


def test_one_administrator_alone_is_told_to_have_a_second(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    told = "You are the only administrator"
    there = english("east.admin")
    assert told in unescape(there.get("/").text)
    (second,) = newcomers(office, "east", 1)
    role = session.scalars(
        select(Role).where(Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value)
    ).one()
    second.roles.append(role)
    session.commit()
    assert told not in unescape(there.get("/").text)


def test_a_second_user_of_an_enterprise_administers_it_too(
    english: Callable[[str], Browser], office: Office
) -> None:
    there = english("bank.admin")
    assert "apply for a second user, who administers it too" in unescape(there.get("/").text)
    newcomers(office, "bank", 1)
    assert "You are the only administrator" not in unescape(there.get("/").text)


# --- One person


def test_what_was_held_before_and_the_keys_that_went_stay_on_a_person_s_page(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1, Category.REGISTRATION, Category.TRANSACTION)
    identity = holder.id
    key = session.scalars(select(Key).where(Key.holder_id == identity)).one()
    serial = key.serial
    office.perform("east.admin", key.id, "report_lost", model=Key, comment="落在出租车上")
    for login in ("east.admin", "research1", "reg1", "auditor"):
        page = english(login).get(f"/accounts/{identity}").text
        assert page.count('class="grant-name"') == 2
        assert "Held before" not in page
        if login != "reg1":
            assert "落在出租车上" in page
            assert serial in page
    office.perform(staff_of("INFO"), identity, "cancel", model=Account, comment="离职")
    page = unescape(english("east.admin").get(f"/accounts/{identity}").text)
    assert "Nothing is held now" in page
    assert "Held before" in page
    assert page.count('class="grant-name"') == 2


def test_why_somebody_may_do_something_is_told_to_who_decides(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    identity = office.standing_at(ApplicationState.COMPLETED, "east", Category.REGISTRATION)
    (line,) = lines(office, identity)
    number = office.application(identity).number
    page = unescape(english("research2").get(f"/accounts/{line.account_id}").text)
    assert number in section(page, "grants")
    assert "held since" in section(page, "grants")
    assert number in section(page, "table-2")


# --- Who else


@pytest.mark.rule("M4")
def test_a_member_without_the_role_sees_the_own_account_only(
    browser: Enter, office: Office, session: Session
) -> None:
    member, other = newcomers(office, "east", 2)
    login, own, others = member.login_name, member.id, other.id
    administrator = office.account(administrator_of("east"))
    member.password_hash, member.must_change_password = administrator.password_hash, False
    session.commit()
    there = browser(login)
    assert set(people_on(there.get("/accounts/").text)) == {own}
    assert there.get(f"/accounts/{own}").status_code == 200
    for address in (f"/accounts/{others}", f"/accounts/{administrator.id}"):
        assert there.get(address).status_code == 404
    assert there.get("/applications/new/new_user").status_code == 403
    assert session.get_one(Account, others).state == AccountState.ACTIVE


def test_on_the_holder_s_side_keys_have_no_columns_of_the_stock(
    english: Callable[[str], Browser], office: Office, session: Session
) -> None:
    (holder,) = newcomers(office, "east", 1)
    key = session.scalars(select(Key).where(Key.holder_id == holder.id)).one()
    inside, outside = english("research1"), english("east.admin")
    inner, outer = (it.get("/keys/").text for it in (inside, outside))
    for word in ("Issuing office", "On the way to", "In stock"):
        assert word in inner
        assert word not in outer
    inner, outer = (it.get(f"/keys/{key.id}").text for it in (inside, outside))
    assert "Received at" in inner
    assert "Received at" not in outer
    assert _moves(inner) == 3
    assert _moves(outer) == 1


def _moves(page: str) -> int:
    return len(list(_events(section(page, "custody"))))


def _events(part: str) -> Iterator[str]:
    yield from re.findall(r'class="event-head"', part)
