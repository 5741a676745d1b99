"""The contract walked from end to end by REST alone: from the form to the new person's sign-in."""

import io

import pytest

from app.catalog.enums import Category, OrganizationType
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.models.audit import AuditEvent
from tests.support.factories import HEADER, items
from tests.support.paper import png
from tests.support.people import person
from tests.support.rest import PASSWORD, Rest, fields

NEW = "Fresh-start-8"


def form(office, unit, *lines, **said):
    management = office.organization(unit).type.is_management
    kind = ApplicationKind.NEW_USER if management else ApplicationKind.ENTERPRISE_USER
    return {
        "kind": kind.value,
        "organization": office.organization(unit).code,
        **HEADER,
        "lines": list(lines),
        **said,
    }


def done(answer, state=None):
    assert answer.status_code == 200, answer.json
    assert state is None or answer.json["state"] == state
    return answer.json


def begin(rest, login, initial_password) -> Rest:
    """Sign in with the first password, choose one's own, go on with it."""
    somebody = rest(login, password=initial_password)
    assert somebody.get("accounts/").json["code"] == "password_change_required"
    said = {"old_password": initial_password, "new_password": NEW}
    somebody.token = somebody.post("security/password", said).json["access_token"]
    return rest(login, password=NEW)


def sees_the_own_account_only(somebody, login):
    told = somebody.get("accounts/").json
    assert [row["login_name"] for row in told["result"]] == [login]
    assert told["count"] == 1
    assert somebody.get("accounts/1").status_code == 404
    assert somebody.get("applications/").status_code == 403
    assert somebody.get("organizations/").status_code == 403
    assert len(somebody.get("keys/").json["result"]) == 1


@pytest.mark.rule("M4", "M5.1", "M3", "X4")
def test_new_users_of_a_management_unit_come_from_form_to_sign_in(rest, office):
    both = items(OrganizationType.DISTRICT, Category.TRANSACTION, Category.REGISTRATION)
    first, second = person(1, items=both), person(2, items=both[1:], remark="Window 3")
    applicant = rest("east.admin")

    drafted = applicant.post("applications/", form(office, "east", first, second))
    assert drafted.status_code == 201, drafted.json
    assert drafted.json["state"] == "draft"
    assert drafted.json["number"].startswith("SQ")
    pk = drafted.json["id"]

    amended = applicant.put(f"applications/{pk}", {"contact_phone": "13900139000"})
    assert amended.status_code == 200, amended.json
    done(applicant.act("applications", pk, "submit", comment="Two people"), "submitted")
    assert rest("reg1").get(f"applications/{pk}").json["result"]["contact_phone"] == "13900139000"

    ruling = {"lines": [{"position": 2, "verdict": "refused", "reason": "Not in this post"}]}
    done(rest("reg1").act("applications", pk, "approve", data=ruling), "under_review")
    done(rest("mkt1").act("applications", pk, "approve", comment="Agreed"), "passed")
    names = {"lines": [{"position": 1, "login_name": "wang.wei"}]}
    configured = done(rest("info1").act("applications", pk, "configure", data=names), "configured")
    assert configured["result"]["accounts"][0]["login_name"] == "wang.wei"

    counter = rest("research2")
    serial = office.free_serials("RESEARCH")[0]
    keys = {"lines": [{"position": 1, "key_serial": serial}]}
    once = {"data": keys, "idempotency_key": "issue-1"}
    issued = done(counter.act("applications", pk, "issue_key", **once), "completed")
    (told,) = issued["result"]["lines"]
    assert (told["key_serial"], told["login_name"]) == (serial, "wang.wei")
    again = done(counter.act("applications", pk, "issue_key", **once), "completed")
    assert again["replayed"] is True
    assert "initial_password" not in str(again)

    shown = applicant.get(f"applications/{pk}").json["result"]
    passed, refused = shown["lines"]
    assert (passed["verdict"], passed["login_name"], passed["key_serial"]) == (
        "passed",
        "wang.wei",
        serial,
    )
    assert passed["items"] == both
    assert (refused["verdict"], refused["reason"], refused["login_name"]) == (
        "refused",
        "Not in this post",
        None,
    )
    assert refused["remark"] == "Window 3"
    assert first["citizen_id"] not in str(shown)
    duties = [work["duty"] for work in shown["work_items"]]
    assert set(duties[:2]) == {"review_registration", "review_transaction"}
    assert duties[2:] == ["configure_permissions", "issue_management_keys"]
    assert {step["article"] for step in shown["road"]}

    newcomer = begin(rest, "WANG.Wei", told["initial_password"])
    sees_the_own_account_only(newcomer, "wang.wei")
    own = newcomer.get("accounts/").json["ids"][0]
    row = newcomer.get(f"accounts/{own}").json["result"]
    assert sorted(grant["item"] for grant in row["grants"]) == sorted(both)
    assert row["key_serial"] == serial
    assert row["roles"] == ["holder"]

    trail = office.events(AuditEvent.subject_type == "application", AuditEvent.subject_id == pk)
    assert {event.channel for event in trail} == {"rest"}
    assert all(event.remote_addr for event in trail)


@pytest.mark.rule("M5.2", "M4b", "X4")
def test_a_user_of_an_enterprise_comes_from_form_to_sign_in(rest, office):
    applicant = rest("developer.admin")
    drafted = applicant.post("applications/", form(office, "developer", person(3)))
    assert drafted.status_code == 201, drafted.json
    pk = drafted.json["id"]

    upload = {"application_id": str(pk), "paper_code": "business_licence"}
    sent = applicant.ask(
        "POST", "materials/", data={**upload, "file": (io.BytesIO(png()), "执照.png")}
    )
    assert sent.status_code == 201, sent.json
    assert sent.json["result"]["content_type"] == "image/png"
    done(applicant.act("applications", pk, "submit", data={"pledge": True}), "submitted")

    counter = rest("service1")
    shown = counter.get(f"applications/{pk}").json["result"]
    assert [paper["paper_code"] for paper in shown["materials"]] == ["business_licence"]
    assert counter.get(f"materials/{sent.json['id']}/content").data == png()
    assert "business_licence" in {paper["code"] for paper in shown["papers"]}

    early = counter.act("applications", pk, "approve")
    assert (early.status_code, early.json["code"], early.json["rule"]) == (
        422,
        "paper_lacking",
        "M5.2",
    )
    ticks = [
        {"id": paper["id"], "original_seen": True, "copy_kept": True, "copy_stamped": True}
        for paper in shown["papers"]
    ]
    lacking = ticks[0] | {"copy_stamped": False}
    done(counter.act("applications", pk, "check_papers", data={"papers": [lacking, *ticks[1:]]}))
    refused = counter.act("applications", pk, "approve")
    assert fields(refused) == {f"papers.{lacking['id']}.copy_stamped": "paper_lacking"}
    done(counter.act("applications", pk, "check_papers", data={"papers": ticks[:1]}))
    done(counter.act("applications", pk, "approve"), "configured")

    keys = {"lines": [{"position": 1, "key_serial": office.free_serials("SERVICE")[0]}]}
    reviewer = counter.act("applications", pk, "issue_key", data=keys)
    assert (reviewer.status_code, reviewer.json["code"], reviewer.json["rule"]) == (
        403,
        "reviewer_issues",
        "X4",
    )
    issued = done(rest("service2").act("applications", pk, "issue_key", data=keys), "completed")
    (told,) = issued["result"]["lines"]

    newcomer = begin(rest, told["login_name"], told["initial_password"])
    own = newcomer.get("accounts/").json["ids"][0]
    granted = {grant["item"] for grant in newcomer.get(f"accounts/{own}").json["result"]["grants"]}
    assert granted == {
        item.code
        for item in load_catalog().permission_items
        if item.tier == OrganizationType.DEVELOPER
    }


@pytest.mark.rule("M5.1")
def test_a_returned_form_is_mended_where_the_remark_points(rest, office):
    asked = items(OrganizationType.DISTRICT, Category.REGISTRATION)
    applicant, reviewer = rest("east.admin"), rest("reg1")
    pk = applicant.post("applications/", form(office, "east", person(4, items=asked))).json["id"]
    done(applicant.act("applications", pk, "submit"))
    remarks = {"remarks": [{"field": "lines.1.name", "text": "Not as on the card"}]}
    done(reviewer.act("applications", pk, "return", comment="One name", data=remarks), "returned")
    shown = applicant.get(f"applications/{pk}").json["result"]
    (remark,) = shown["remarks"]
    assert (remark["field"], remark["text"]) == ("lines.1.name", "Not as on the card")

    line = {key: shown["lines"][0][key] for key in ("id", "sex", "citizen_id", "items")}
    assert "*" in line["citizen_id"]
    mended = applicant.put(f"applications/{pk}", {"lines": [{**line, "name": "欧阳明"}]})
    assert mended.status_code == 200, mended.json
    done(applicant.act("applications", pk, "submit"), "submitted")
    done(reviewer.act("applications", pk, "approve"), "passed")
    (after,) = reviewer.get(f"applications/{pk}").json["result"]["lines"]
    assert after["name"] == "欧阳明"
    number = reviewer.post(f"applications/{pk}/lines/1/reveal")
    assert number.json["citizen_id"] == person(4)["citizen_id"]


@pytest.mark.rule("M5.1")
def test_an_application_is_withdrawn_and_ends(rest, office):
    pk = office.submitted("east")
    applicant = rest("east.admin")
    done(applicant.act("applications", pk, "withdraw", comment="Not needed"), "withdrawn")
    assert applicant.act("applications", pk, "submit").status_code == 409
    assert rest("reg1").act("applications", pk, "approve").status_code == 409


@pytest.mark.rule("M2", "M9")
def test_an_organisation_an_account_and_a_key_come_by_the_same_door(rest, office):
    from tests.support.people import social_credit_code

    security = rest("security_administrator")
    unit = {"code": social_credit_code(77), "name": "新开发公司", "type": "developer"}
    registered = security.post("organizations/", unit)
    assert registered.status_code == 201, registered.json
    assert registered.json["result"]["legal_form"] == "enterprise"

    opened = security.post(
        "accounts/",
        {
            **person(78),
            "login_name": "New.Admin",
            "organization": unit["code"],
            "roles": ["organization_administrator"],
        },
    )
    assert opened.status_code == 201, opened.json
    assert opened.json["result"]["state"] == "pending"
    pk = opened.json["id"]
    assert rest().sign_in("new.admin").status_code == 401

    counter = rest("service1")
    stocked = counter.post("keys/", {"serial": "NEW-000001", "comment": "From the maker"})
    assert stocked.status_code == 201, stocked.json
    assert stocked.json["result"]["state"] == "in_stock"
    issued = done(
        counter.act("accounts", pk, "issue_key", data={"key_serial": "NEW-000001"}), "active"
    )
    begin(rest, "new.admin", issued["result"]["initial_password"])
    moved = counter.get("key_movements/").json["result"]
    assert [row["action"] for row in moved[:3]] == ["issue", "stock", "receive"]
    assert moved[0]["key"]["serial"] == "NEW-000001"
    assert moved[1]["from_state"] == "received"


def test_nobody_else_s_password_opens_the_new_account(rest, office):
    assert rest().sign_in("east.admin", PASSWORD + "x").status_code == 401
