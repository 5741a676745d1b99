"""What can be wrong with a form at the REST door: field, code and rule; refused and on record."""

from typing import Any

import pytest

from app.catalog.enums import AuditOutcome, Category, OrganizationType
from app.models.applications import Application, ApplicationLine
from app.models.audit import NumberSeries
from tests.support.factories import HEADER, items
from tests.support.people import old_citizen_id, person, wrong_citizen_id
from tests.support.rest import Rest, fields

DISTRICT = items(OrganizationType.DISTRICT, Category.REGISTRATION)
MUNICIPAL = items(OrganizationType.MUNICIPAL, Category.REGISTRATION)
LONG = "长" * 201
MISTYPED = wrong_citizen_id(10)


def line(**said: Any) -> dict[str, Any]:
    return person(10, items=DISTRICT) | said


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in line().items() if key != name}


def form(office, unit="east", *lines: Any, **said: Any) -> dict[str, Any]:
    return {
        "kind": "new_user",
        "organization": office.organization(unit).code,
        **HEADER,
        "lines": list(lines),
        **said,
    }


WRONG_LINES = [
    ("check digit", line(citizen_id=MISTYPED), "citizen_id", "citizen_id_check_digit", "M5"),
    ("future birth", line(citizen_id="110101299901010013"), "citizen_id", None, "M5"),
    ("number of another sex", line(sex="female"), "sex", "citizen_id_sex", "M5"),
    ("unknown sex", line(sex="unknown"), "sex", "unknown_choice", "M5"),
    ("no sex", without("sex"), "sex", "required", "M5"),
    ("no name", without("name"), "name", "required", "M5"),
    ("no number", without("citizen_id"), "citizen_id", "required", "M5"),
    ("no item", without("items"), "items", "required", "M4"),
    ("empty list of items", line(items=[]), "items", "required", "M4"),
    ("unknown item", line(items=["district.nothing.1"]), "items", "unknown_item", "M4"),
    ("municipal item", line(items=MUNICIPAL), "items", "item_of_another_tier", "M4a"),
    ("items no list", line(items="district.registration.1"), "items", None, None),
    ("items no words", line(items=[1, {"a": 1}]), "items", None, None),
    ("nested item", line(items=[["x"]]), "items", None, None),
    ("formula in a name", line(name="=HYPERLINK(1)"), "name", "name_formula", "M5"),
    ("formula with at", line(name="@SUM"), "name", None, "M5"),
    ("markup in a name", line(name="<b>王</b>"), "name", None, "M5"),
    ("over-long name", line(name="王" * 61), "name", None, None),
    ("over-long remark", line(remark=LONG), "remark", "text_too_long", None),
    ("NUL in a name", line(name="王\0伟"), "name", "nul_character", None),
    ("half a character", line(name="王\ud800"), "name", "control_character", None),
    ("bell in a remark", line(remark="\x07"), "remark", "control_character", None),
    ("name no text", line(name=7), "name", "not_text", None),
    ("name a list", line(name=["王"]), "name", "not_text", None),
    ("sex an object", line(sex={"a": 1}), "sex", None, None),
    ("number a number", line(citizen_id=110101196001010015), "citizen_id", "not_text", None),
    ("id no number", line(id="7"), "id", "not_an_id", None),
    ("huge id", line(id=10**30), "id", "not_an_id", None),
    ("field of another form", line(old_key_serial="K1"), "old_key_serial", "unknown_field", None),
    ("login name", line(login_name="me"), "login_name", "unknown_field", None),
]  # fmt: skip


def refused(rest: Rest, office: Any, said: Any, wrong: tuple[Any, ...]) -> dict[str, Any]:
    """Post a form that must be refused: field, code, rule named; on record; nothing of it kept."""
    field, code, rule = wrong
    before = [office.count(model) for model in (Application, ApplicationLine)]
    answer = rest.post("applications/", said)
    assert answer.status_code in {400, 403, 422}, answer.json
    found = answer.json["details"]
    named = [d for d in found if d["field"] == field]
    assert named, answer.json
    assert code is None or named[0]["code"] == code
    assert rule is None or named[0]["rule"] == rule
    assert all(detail["message"] for detail in named)
    assert [office.count(model) for model in (Application, ApplicationLine)] == before
    event = office.last_event()
    assert (event.tag, event.outcome) == ("application:drafted", AuditOutcome.REFUSED)
    assert event.actor_id
    assert event.new["status"] == answer.status_code
    return answer.json


@pytest.mark.rule("M5", "M4a")
@pytest.mark.parametrize(
    ("said", "wrong"),
    [(case[1], case[2:]) for case in WRONG_LINES],
    ids=[case[0] for case in WRONG_LINES],
)
def test_a_wrong_line_is_named_by_field_code_and_rule(rest, office, said, wrong):
    good = person(11, items=DISTRICT)
    column, *meaning = wrong
    answer = refused(
        rest("east.admin"),
        office,
        form(office, "east", good, said),
        (f"lines.2.{column}", *meaning),
    )
    assert not any(detail["field"].startswith("lines.1") for detail in answer["details"])


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"contact_name": ""}, ("contact_name", "required", "M5.1")),
        ({"contact_phone": "not a phone"}, ("contact_phone", None, None)),
        ({"responsible_person": None}, ("responsible_person", "required", "M5.1")),
        ({"contact_name": LONG}, ("contact_name", None, None)),
        ({"contact_name": "=1+1"}, ("contact_name", None, None)),
        ({"lines": []}, ("lines", "no_lines", "M5")),
        ({"lines": None}, ("lines", None, None)),
        ({"lines": {"1": {}}}, ("lines", "not_a_list", None)),
        ({"lines": ["王伟"]}, ("lines", "not_a_list", None)),
        ({"kind": "nothing"}, ("kind", "unknown_choice", None)),
        ({"kind": ["new_user"]}, ("kind", "unknown_choice", None)),
        ({"kind": None}, ("kind", "unknown_choice", None)),
        ({"kind": "enterprise_user"}, ("kind", "kind_not_for_organization", "M5")),
        ({"organization": 7}, ("organization", "not_text", None)),
        ({"organization": ["x"]}, ("organization", "not_text", None)),
        ({"state": "completed"}, ("state", "unknown_field", None)),
        ({"contact_name": "王\0"}, ("contact_name", "nul_character", None)),
    ],
)
def test_a_wrong_head_is_named_by_field_code_and_rule(rest, office, said, wrong):
    body = form(office, "east", line()) | said
    refused(rest("east.admin"), office, body, wrong)


def test_everything_wrong_is_named_at_once(rest, office):
    body = form(
        office, "east", line(citizen_id="1", name=""), line(items=MUNICIPAL), contact_phone="x"
    )
    answer = rest("east.admin").post("applications/", body)
    assert {
        "contact_phone",
        "lines.1.citizen_id",
        "lines.1.name",
        "lines.2.items",
    } <= fields(answer).keys()


@pytest.mark.rule("M5")
def test_the_same_person_twice_in_a_form_is_refused_15_digits_included(rest, office):
    said = line(citizen_id=old_citizen_id(10), name="王伟")
    refused(
        rest("east.admin"),
        office,
        form(office, "east", line(), said),
        ("lines.2.citizen_id", "same_person_twice", "M5"),
    )


@pytest.mark.rule("M5")
def test_a_person_already_active_in_the_organization_is_refused_at_submission(rest, office):
    identity = office.standing_at("completed", "east")
    named = office.application(identity).lines[0]
    taken = {
        "name": named.name,
        "sex": named.sex.value,
        "citizen_id": named.citizen_id,
        "items": DISTRICT,
    }
    applicant = rest("east.admin")
    drafted = applicant.post("applications/", form(office, "east", taken))
    answer = drafted
    if drafted.status_code == 201:
        answer = applicant.act("applications", drafted.json["id"], "submit")
    assert answer.status_code == 422
    assert fields(answer) == {"lines.1.citizen_id": "already_has_account"}
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.rule("M4b")
def test_items_chosen_by_an_enterprise_are_refused(rest, office):
    body = form(office, "developer", line(), kind="enterprise_user")
    refused(
        rest("developer.admin"),
        office,
        body,
        ("lines.1.items", "items_set_by_type", "M4b"),
    )


def test_five_thousand_and_one_lines_are_too_many(rest, office):
    many = [{"name": "王伟"}] * 5001
    answer = refused(
        rest("east.admin"),
        office,
        form(office, "east", *many),
        ("lines", "too_many_lines", "M5"),
    )
    assert len(answer["details"]) < 10


@pytest.mark.rule("M2")
def test_nobody_applies_for_another_organization(rest, office):
    refused(
        rest("east.admin"),
        office,
        form(office, "west", line()),
        ("organization", "not_your_organization", "M2"),
    )


def test_an_office_without_the_right_does_not_apply(rest, office):
    answer = rest("reg1").post("applications/", form(office, "commission", line()))
    assert (answer.status_code, answer.json["code"]) == (403, "not_your_duty")
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_a_refused_form_takes_no_number(rest, office):
    applicant = rest("east.admin")
    applicant.post("applications/", form(office, "east", line(name="")))
    first = applicant.post("applications/", form(office, "east", line())).json["number"]
    applicant.post("applications/", form(office, "east", line(name="")))
    second = applicant.post("applications/", form(office, "east", line())).json["number"]
    assert int(second[-5:]) == int(first[-5:]) + 1
    assert office.count(NumberSeries, NumberSeries.last > 2) == 0


# --- Changing a draft


def test_a_change_that_is_wrong_changes_nothing(rest, office):
    identity = office.draft("east")
    before = office.application(identity).version
    answer = rest("east.admin").put(
        f"applications/{identity}", {"contact_phone": "x", "lines": [line(items=MUNICIPAL)]}
    )
    assert fields(answer).keys() >= {"contact_phone", "lines.1.items"}
    after = office.application(identity)
    assert (after.version, after.contact_phone) == (before, HEADER["contact_phone"])
    assert office.last_event().tag == "application:edited"
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_a_stale_version_does_not_overwrite_a_colleague(rest, office):
    identity = office.draft("east")
    seen = office.application(identity).version
    applicant = rest("east.admin")
    fresh = applicant.put(f"applications/{identity}", {"contact_name": "甲", "version": seen})
    assert fresh.status_code == 200, fresh.json
    stale = applicant.put(f"applications/{identity}", {"contact_name": "乙", "version": seen})
    assert (stale.status_code, stale.json["code"]) == (409, "state_changed")
    assert office.application(identity).contact_name == "甲"
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.parametrize("version", ["one", -1, 1.5, [], True, 10**40])
def test_a_version_that_is_none_is_refused(rest, office, version):
    identity = office.draft("east")
    answer = rest("east.admin").put(f"applications/{identity}", {"version": version})
    assert answer.status_code in {400, 409}


def test_kind_and_organization_stay_as_drafted(rest, office):
    identity = office.draft("east")
    applicant = rest("east.admin")
    same = {"kind": "new_user", "organization": office.organization("east").code}
    assert applicant.put(f"applications/{identity}", same).status_code == 200
    other = {"kind": "enterprise_user", "organization": office.organization("west").code}
    answer = applicant.put(f"applications/{identity}", other)
    assert fields(answer) == {"kind": "fixed", "organization": "fixed"}


def test_a_form_that_was_handed_in_is_not_changed(rest, office):
    identity = office.submitted("east")
    answer = rest("east.admin").put(f"applications/{identity}", {"contact_name": "甲"})
    assert (answer.status_code, answer.json["code"]) == (409, "not_editable")


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"code": "91110101MA00000000"}, "code", None),
        ({"type": "nothing"}, "type", "unknown_choice"),
        ({"type": ["developer"]}, "type", "not_text"),
        ({"legal_form": []}, "legal_form", "not_text"),
        ({"legal_form": {}}, "legal_form", "not_text"),
        ({"name": ""}, "name", "required"),
        ({"name": "公" * 121}, "name", None),
        ({"name": "公\0"}, "name", "nul_character"),
        ({"district_code": "999999"}, "district_code", "unknown_district"),
        ({"parent_id": "9" * 40}, "parent_id", None),
        ({"parent_id": 1.5}, "parent_id", "not_text"),
        ({"state": "closed"}, "state", "unknown_field"),
        ({"id": 1}, "id", "unknown_field"),
    ],
)
def test_a_wrong_organization_is_named_by_field(rest, office, said, field, code):
    good = {
        "code": "12110000400000000A",
        "name": "某机构",
        "type": "other",
        "legal_form": "enterprise",
    }
    answer = rest("security_administrator").post("organizations/", good | said)
    assert answer.status_code == 422, answer.json
    assert code in {None, fields(answer).get(field)}
    assert field in fields(answer)
    assert office.last_event().tag == "organization:registered"
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"login_name": "REG1"}, "login_name", "login_name_taken"),
        ({"login_name": "a b"}, "login_name", None),
        ({"citizen_id": wrong_citizen_id(10)}, "citizen_id", "citizen_id_check_digit"),
        ({"organization": "nothing"}, "organization", "unknown_organization"),
        ({"organization_id": "9" * 5000, "organization": None}, "organization", None),
        ({"roles": []}, "roles", "required"),
        ({"roles": "auditor"}, "roles", "not_a_list"),
        ({"roles": [{}]}, "roles", "not_a_list"),
        ({"roles": ["nobody"]}, "roles", "unknown_choice"),
        ({"roles": ["auditor", "security_administrator"]}, "roles", "roles_separated"),
        ({"office_code": "NONE"}, "office_code", "unknown_office"),
        ({"state": "active"}, "state", "unknown_field"),
        ({"password_hash": "x"}, "password_hash", "unknown_field"),
    ],
)
def test_a_wrong_account_is_named_by_field(rest, office, said, field, code):
    good = {
        **person(500),
        "login_name": "somebody.new",
        "organization": office.organization("commission").code,
        "roles": ["system_administrator"],
    }
    answer = rest("security_administrator").post("accounts/", good | said)
    assert answer.status_code == 422, answer.json
    assert field in fields(answer)
    assert code in {None, fields(answer)[field]}
    assert office.last_event().tag == "account:opened"
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "serials", "required"),
        ({"serials": "K1"}, "serials", "not_a_list"),
        ({"serials": [1]}, "serials.1", None),
        ({"serials": ["=1+1"]}, "serials.1", None),
        ({"serials": ["ZZ-1", "zz-1"]}, "serials.2", "key_twice"),
        ({"serials": ["RESEARCH-0001"]}, "serials.1", "serial_taken"),
        ({"serials": ["Z" * 40]}, "serials.1", None),
        ({"serial": "ZZ-2", "office_code": "NONE"}, "office_code", "unknown_choice"),
    ],
)
def test_wrong_keys_are_named_by_row_and_none_is_taken(rest, office, said, field, code):
    answer = rest("research1").post("keys/", said)
    assert answer.status_code == 422, answer.json
    assert field in fields(answer)
    assert code in {None, fields(answer)[field]}
    assert office.last_event().tag == "key:received"
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_keys_go_into_the_own_stock_only(rest):
    answer = rest("research1").post("keys/", {"serial": "ZZ-3", "office_code": "SERVICE"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_your_stock")
