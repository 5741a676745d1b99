"""The OpenAPI document: valid, whole, and what the endpoints really do."""

import re

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from app.services.resources import RESOURCES
from tests.support.rest import Rest

CONTRACT = (
    "organizations",
    "accounts",
    "permission_items",
    "keys",
    "key_movements",
    "applications",
    "materials",
    "print_copies",
    "scans",
    "audit_events",
    "job_runs",
)
ERRORS = {"400", "401", "403", "404", "409", "422"}


@pytest.fixture
def document(client):
    answer = Rest(client).get("_openapi")
    assert answer.status_code == 200
    return answer.json


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid(document):
    validate(document, cls=OpenAPIV30SpecValidator)


def test_every_route_of_rest_is_described(app, document):
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith("/api/"):
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", str(rule))
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert (path, method) in described


def test_the_contract_s_resources_are_there(document):
    for name in CONTRACT:
        assert f"/api/v1/{name}/" in document["paths"]
        assert f"/api/v1/{name}/{{pk}}" in document["paths"]
        assert f"/api/v1/{name}/_info" in document["paths"]


def test_every_operation_has_a_name_a_summary_and_the_errors(document):
    names = set()
    for path, _method, operation in operations(document):
        assert operation["summary"]
        assert operation["operationId"] not in names
        names.add(operation["operationId"])
        if not path.endswith("_openapi"):
            assert operation["responses"].keys() >= ERRORS
        if operation["security"]:
            assert {"jwt": []} in operation["security"] or {"jwt_refresh": []} in operation[
                "security"
            ]


@pytest.mark.parametrize("name", CONTRACT)
def test_rows_have_what_the_document_says(document, rest, busy, name):
    who = {
        "key_movements": "research1",
        "audit_events": "auditor",
        "job_runs": "auditor",
        "keys": "research1",
    }
    schema = document["components"]["schemas"][
        "".join(word.title() for word in name.removesuffix("s").split("_"))
    ]
    somebody = rest(who.get(name, "reg1"))
    found = somebody.get(f"{name}/").json["result"]
    assert found, "an empty list proves nothing"
    for row in found:
        assert row.keys() <= schema["properties"].keys()
    for identity in somebody.get(f"{name}/").json["ids"][:1]:
        shown = somebody.get(f"{name}/{identity}").json["result"]
        assert shown.keys() <= schema["properties"].keys()


def test_a_personal_number_is_never_filtered_by(document):
    query = document["paths"]["/api/v1/accounts/"]["get"]["parameters"]
    (shape,) = [
        each["content"]["application/json"]["schema"] for each in query if each["name"] == "q"
    ]
    columns = shape["properties"]["filters"]["items"]["properties"]["col"]["enum"]
    assert "citizen_id" not in columns
    assert set(columns) <= {"id", *RESOURCES["accounts"].columns}


def test_an_unknown_version_has_no_document(client):
    answer = Rest(client).get("/api/v9/_openapi")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
