"""What a resource says of itself over REST: `_info`, related rows, closed vocabularies."""

import pytest

from app.catalog.enums import Category, OrganizationType
from tests.support.factories import UNITS
from tests.support.rest import ask


def test_info_tells_rights_filters_and_fields_by_actor(rest):
    administrator = rest("security_administrator").get("organizations/_info").json
    assert administrator["permissions"] == ["can_add", "can_edit", "can_list"]
    assert administrator["add_columns"][0]["name"] == "code"
    assert administrator["filters"]["state"] == [
        {"name": name, "operator": name} for name in ("eq", "neq", "in", "null")
    ]
    kinds = {field["name"]: field for field in administrator["add_columns"]}
    assert {choice["value"] for choice in kinds["type"]["values"]} == set(OrganizationType)
    applicant = rest("east.admin").get("organizations/_info").json
    assert applicant["permissions"] == ["can_list"]
    assert applicant["add_columns"] == applicant["edit_columns"] == []
    assert "citizen_id" not in rest("auditor").get("accounts/_info").json["filters"]


def test_related_rows_are_searched_and_within_reach(rest, office):
    everybody = rest("reg1").get("accounts/related/organization").json
    assert everybody["count"] == len(UNITS)
    found = rest("reg1").get("accounts/related/organization_id" + ask(filter="东城")).json
    assert found["result"] == [
        {"value": office.organization("east").id, "text": UNITS["east"].name}
    ]
    own = rest("east.admin").get("accounts/related/organization_id").json
    assert [row["text"] for row in own["result"]] == [UNITS["east"].name]


def test_related_rows_need_the_right_to_list_them(rest):
    assert rest("research1").get("keys/related/holder").status_code == 200
    answer = rest("east.admin").get("accounts/related/office_code")
    assert answer.status_code == 403


@pytest.mark.parametrize("column", ["name", "nothing", "password_hash", "%00", "a" * 5000])
def test_only_references_are_related(rest, column):
    answer = rest("reg1").get(f"accounts/related/{column}")
    assert answer.status_code in {400, 404, 414, 422}, answer.json


def test_distinct_answers_closed_vocabularies(rest):
    answer = rest("reg1").get("permission_items/distinct/category?_l_=en").json
    assert [choice["value"] for choice in answer["result"]] == list(Category)
    assert answer["result"][0]["text"] == "Housing transaction"
    assert rest("reg1").get("accounts/distinct/name").status_code == 422


def test_labels_are_in_the_language_asked_for(rest):
    told = rest("reg1").get("accounts/?_l_=en").json
    assert told["label_columns"]["citizen_id"] == "Citizen ID number"
    assert told["list_title"] == "Accounts"
