"""What can be asked for a person: what is offered can be handed in, what is not says why not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.permissions import RoleName
from app.clock import office_date
from app.errors import DomainError
from app.extensions import db
from app.models.accounts import Account
from app.models.cases import Case
from app.models.keys import Key
from app.models.roles import Role
from app.services.applications import class_of
from app.services.offers import Offer, of_own_person
from app.workflow.columns import finder_of
from tests.support.cases import case
from tests.support.factories import Office, administrator_of
from tests.support.kinds import drafted, employed, key_of, keyless, sent, suspended
from tests.support.pages import Browser, editor
from tests.support.rest import Rest
from tests.support.statements import statements
from tests.views.test_people import section

K = ApplicationKind
MOST_STATEMENTS = 14
Enter = Callable[..., Browser]
Situation = Callable[[Office, str], Account]


def offered(office: Office, account: Account) -> dict[ApplicationKind, Offer]:
    """What the person's own administrator is offered for the person."""
    login = administrator_of(unit_of_account(office, account))
    with office.acting(login) as actor:
        _person, found = of_own_person(office.session, account, actor, day=office_date(office.now))
    return {it.entry.kind: it for it in found}


def unit_of_account(office: Office, account: Account) -> str:
    return next(
        unit
        for unit in ("east", "west", "bank", "developer")
        if office.organization(unit).id == account.organization_id
    )


def why_not(offer: Offer) -> list[str]:
    return [it.detail.code for it in offer.obstacles]


def busy(office: Office, unit: str) -> Account:
    account = employed(office, unit)
    case(office, account.login_name)
    return account


def lost(office: Office, unit: str) -> Account:
    account = employed(office, unit)
    key = office.session.scalars(select(Key).where(Key.holder_id == account.id)).one()
    office.perform(administrator_of(unit), key.id, "report_lost", model=Key, comment="丢失")
    return account


def asked_for(office: Office, unit: str) -> Account:
    account = employed(office, unit)
    kind = K.USER_CANCELLATION if unit == "east" else K.ENTERPRISE_CANCELLATION
    sent(office, kind, [{"login_name": account.login_name}], unit=unit)
    return account


def only_administrator(office: Office, unit: str) -> Account:
    return office.account(administrator_of(unit))


def idle_and_busy(office: Office, unit: str) -> Account:
    account = keyless(office, unit)
    case(office, account.login_name)
    return account


SITUATIONS: dict[str, Situation] = {
    "works": employed,
    "has business": busy,
    "key lost": lost,
    "suspended": suspended,
    "on a form": asked_for,
    "last administrator": only_administrator,
    "no key, business": idle_and_busy,
}


def line_for(office: Office, kind: ApplicationKind, account: Account) -> dict[str, Any]:
    """A line that says of the person what the form asks."""
    if kind == K.USER_RENAME:
        return {
            "old_login_name": account.login_name,
            "new_name": "王改名",
            "sex": account.sex.value,
            "citizen_id": account.citizen_id,
        }
    line: dict[str, Any] = {"login_name": account.login_name}
    if kind == K.PERMISSION_CHANGE:
        line["requested_items"] = ["district.transaction.1"]
    if kind == K.BUSINESS_DELETION:
        line["case_numbers"] = numbers_of(office, account)
    return line


def numbers_of(office: Office, account: Account) -> str:
    """The numbers of a person's business, as they are typed."""
    return ", ".join(office.session.scalars(select(Case.number).where(Case.owner_id == account.id)))


def can_be_handed_in(office: Office, kind: ApplicationKind, account: Account, unit: str) -> bool:
    try:
        sent(office, kind, [line_for(office, kind, account)], unit=unit)
    except DomainError:
        return False
    return True


@pytest.mark.rule("M6")
@pytest.mark.parametrize("unit", ["east", "bank"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_exactly_what_is_offered_can_be_handed_in(
    office: Office, situation: str, unit: str
) -> None:
    tier = office.organization(unit).type
    kinds = [
        entry.kind
        for entry in load_catalog().kinds
        if tier in entry.applicants and names_somebody(entry.kind)
    ]
    for kind in kinds:
        account = SITUATIONS[situation](office, unit)
        found = offered(office, account)
        said = kind in found and found[kind].possible
        assert can_be_handed_in(office, kind, account, unit) == said, (kind, found.get(kind))
        office.session.rollback()
        if situation == "last administrator":
            break


def names_somebody(kind: ApplicationKind) -> bool:
    return finder_of(class_of(kind).line_class) is not None


# --- Words and ways out, at the page


def apply_part(there: Browser, identity: int) -> str:
    there.get("/language/en")
    return section(there.get(f"/accounts/{identity}").text, "apply")


def test_each_button_opens_the_form_with_the_person_on_it(browser: Enter, office: Office) -> None:
    account = employed(office)
    identity, login = account.id, account.login_name
    office.session.commit()
    there = browser("east.admin")
    part = apply_part(there, identity)
    links = re.findall(r'href="(/applications/new/(\w+)\?account=\d+)"', part)
    assert [kind for _url, kind in links] == [
        K.KEY_REPLACEMENT,
        K.USER_RENAME,
        K.PERMISSION_CHANGE,
        K.USER_CANCELLATION,
    ]
    for url, _kind in links:
        (line,) = editor(there.get(url))["rows"]
        assert login in line["cells"].values()


@pytest.mark.rule("M6")
def test_who_has_unfinished_business_is_not_cancelled_and_the_page_leads_there(
    browser: Enter, office: Office
) -> None:
    account = busy(office, "east")
    identity = account.id
    there = browser("east.admin")
    part = apply_part(there, identity)
    assert "user_cancellation?account" not in part
    assert "It has to be finished or deleted first." in part
    (url,) = re.findall(r'href="(/cases/[^"]+)"', part)
    assert "YW" in there.get(url).text


def test_who_stands_on_an_open_form_is_not_asked_for_again_and_the_page_leads_there(
    browser: Enter, office: Office
) -> None:
    account = asked_for(office, "east")
    identity = account.id
    there = browser("east.admin")
    part = apply_part(there, identity)
    assert "?account=" not in part
    assert "concerns this person and is still open" in part
    url = re.findall(r'href="(/applications/\d+)"', part)[0]
    assert there.get(url).status_code == 200


def test_a_form_that_was_begun_goes_on_and_is_not_begun_again(
    browser: Enter, office: Office
) -> None:
    account = employed(office)
    identity = account.id
    line = {"login_name": account.login_name}
    draft = drafted(office, K.USER_CANCELLATION, [line], unit="east")
    part = apply_part(browser("east.admin"), identity)
    assert f'href="/applications/{draft}/edit"' in part
    assert "user_cancellation?account" not in part
    assert "key_replacement?account" in part


@pytest.mark.rule("M8")
def test_after_a_loss_the_form_for_a_new_key_is_open_with_the_person_on_it(
    browser: Enter, office: Office, session: Session
) -> None:
    account = employed(office)
    serial, login = key_of(office, account), account.login_name
    key = session.scalars(select(Key).where(Key.serial == serial)).one()
    there = browser("east.admin")
    answer = there.post(f"/keys/{key.id}/actions/report_lost", {"comment": "丢失"})
    assert answer.location == f"/applications/new/key_replacement?account={account.id}"
    (line,) = editor(there.get(answer.location))["rows"]
    assert {serial, login} <= {it for it in line["cells"].values() if isinstance(it, str)}


@pytest.mark.rule("M5.2")
def test_an_enterprise_is_led_to_its_form_for_another_key(
    browser: Enter, office: Office, session: Session
) -> None:
    account = employed(office, "bank")
    key = session.scalars(select(Key).where(Key.holder_id == account.id)).one()
    name = account.name
    there = browser("bank.admin")
    answer = there.post(f"/keys/{key.id}/actions/report_lost", {"comment": "丢失"})
    assert answer.location == f"/applications/new/enterprise_user?account={account.id}"
    (line,) = editor(there.get(answer.location))["rows"]
    assert line["cells"]["name"] == name


@pytest.mark.rule("M6.4")
def test_a_suspended_person_is_offered_to_be_restored_first_of_all(
    browser: Enter, office: Office
) -> None:
    account = suspended(office, "bank")
    identity = account.id
    part = apply_part(browser("bank.admin"), identity)
    assert (
        f'class="btn btn-primary" href="/applications/new/login_restoration?account={identity}"'
        in part
    )


# --- Nobody else's, through every door


@pytest.mark.rule("M2")
@pytest.mark.parametrize("stranger", ["west.admin", "bank.admin"])
def test_another_organization_s_administrator_finds_nothing_at_any_door(
    browser: Enter, client: Any, runner: Any, office: Office, stranger: str
) -> None:
    account = employed(office)
    identity, login, name = account.id, account.login_name, account.name
    serial = key_of(office, account)
    office.session.commit()

    there = browser(stranger)
    assert there.get(f"/accounts/{identity}").status_code == 404
    for kind in (K.KEY_REPLACEMENT, K.USER_CANCELLATION, K.LOGIN_RESTORATION):
        answer = there.get(f"/applications/new/{kind}?account={identity}")
        assert answer.status_code in {200, 403, 404}
        for word in (login, name, serial):
            assert word not in answer.text

    rest = Rest(client, stranger)
    assert rest.get(f"accounts/{identity}/forms").status_code == 404
    assert rest.get(f"accounts/{identity}").status_code == 404

    told = runner.invoke(args=["accounts", "forms", login, "--as", stranger])
    assert told.exit_code == 1
    assert name not in told.output


def test_offices_and_members_are_offered_nothing_for_a_person(
    browser: Enter, client: Any, office: Office, session: Session
) -> None:
    account = employed(office)
    member = employed(office)
    administrator = office.account("east.admin")
    member.password_hash, member.must_change_password = administrator.password_hash, False
    identity, login, own = account.id, member.login_name, member.id
    session.commit()
    for somebody in ("info1", "research1", "auditor"):
        assert section(browser(somebody).get(f"/accounts/{identity}").text, "apply") == ""
        assert Rest(client, somebody).get(f"accounts/{identity}/forms").status_code == 403
    assert section(browser(login).get(f"/accounts/{own}").text, "apply") == ""
    assert Rest(client, login).get(f"accounts/{identity}/forms").status_code in {403, 404}


@pytest.mark.rule("M2")
def test_who_sees_everybody_applies_for_the_own_organization_s_people_alone(
    browser: Enter, client: Any, office: Office, session: Session
) -> None:
    identity = employed(office).id
    officer = office.account("research1")
    officer.roles.append(
        session.scalars(
            select(Role).where(Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value)
        ).one()
    )
    own = officer.id
    session.commit()
    assert Rest(client, "research1").get(f"accounts/{identity}").status_code == 200
    assert Rest(client, "research1").get(f"accounts/{identity}/forms").status_code == 404
    assert Rest(client, "research1").get(f"accounts/{own}/forms").status_code == 200
    assert section(browser("research1").get(f"/accounts/{identity}").text, "apply") == ""


def test_rest_and_the_command_line_tell_the_same(client: Any, runner: Any, office: Office) -> None:
    account = busy(office, "east")
    identity, login, serial = account.id, account.login_name, key_of(office, account)
    office.session.commit()

    told = Rest(client, "east.admin").get(f"accounts/{identity}/forms")
    assert told.status_code == 200
    assert told.json["key"]["serial"] == serial
    assert told.json["unfinished_business"] == 1
    cancellation = next(it for it in told.json["result"] if it["kind"] == K.USER_CANCELLATION)
    assert cancellation["possible"] is False
    assert [it["code"] for it in cancellation["why_not"]] == ["unfinished_business"]

    said = runner.invoke(args=["accounts", "forms", login, "--as", "east.admin"])
    assert said.exit_code == 0
    for kind in (K.KEY_REPLACEMENT, K.USER_CANCELLATION):
        assert kind in said.output


@pytest.mark.rule("M4b")
def test_the_role_cannot_be_handed_out_within_the_organization(
    browser: Enter, client: Any, office: Office, session: Session
) -> None:
    account = employed(office)
    identity, before = account.id, sorted(role.name for role in account.roles)
    session.commit()
    there = browser("east.admin")
    sent_roles = {"roles": RoleName.ORGANIZATION_ADMINISTRATOR.value, "version": "1"}
    assert there.get(f"/accounts/{identity}/roles").status_code == 403
    assert there.post(f"/accounts/{identity}/roles", sent_roles).status_code == 403
    body = {"roles": [RoleName.ORGANIZATION_ADMINISTRATOR.value]}
    assert Rest(client, "east.admin").put(f"accounts/{identity}", body).status_code == 403
    session.expire_all()
    assert sorted(role.name for role in session.get_one(Account, identity).roles) == before
    second = employed(office, "bank")
    assert RoleName.ORGANIZATION_ADMINISTRATOR in {role.name for role in second.roles}


def test_a_person_s_page_asks_few_questions(app: Flask, browser: Enter, office: Office) -> None:
    account = busy(office, "east")
    identity = account.id
    there = browser("east.admin")
    there.get(f"/accounts/{identity}")
    with app.app_context(), statements(db.engine) as seen:
        assert there.get(f"/accounts/{identity}").status_code == 200
    assert len(seen) <= MOST_STATEMENTS, seen
