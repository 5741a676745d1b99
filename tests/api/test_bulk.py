"""One act on many applications over REST."""

import pytest

from app.catalog.enums import ApplicationState, Category
from app.models.jobs import JobRun
from app.services import bulk

S = ApplicationState


def post(rest, action, **body):
    return rest.post(f"applications/actions/{action}", json=body)


def test_a_result_for_each(rest, office):
    ids = [office.submitted("east"), office.draft("east"), office.submitted("west")]
    answer = post(rest("reg1"), "approve", ids=ids, comment="同意")
    assert answer.status_code == 200, answer.json
    assert (answer.json["done"], answer.json["refused"]) == (2, 1)
    told = answer.json["result"]
    assert [it["id"] for it in told] == ids
    assert [it["done"] for it in told] == [True, False, True]
    assert told[0]["state"] == "passed"
    assert told[0]["version"] == office.application(ids[0]).version
    assert (told[1]["code"], told[1]["rule"], told[1]["number"]) == (
        "not_your_duty",
        "M3",
        f"#{ids[1]}",
    )
    assert told[1]["message"]
    assert [office.application(it).state for it in ids] == [S.PASSED, S.DRAFT, S.PASSED]
    assert {it.channel for it in office.refusals()} == {"rest"}


def test_the_same_request_again(rest, office):
    ids = [office.submitted("east") for _ in range(2)]
    who = rest("reg1")
    first = post(who, "approve", ids=ids, idempotency_key="mine").json
    assert post(who, "approve", ids=ids, idempotency_key="mine").json == first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": ["1"]}, "ids"),
        ({"ids": [True]}, "ids"),
        ({"ids": [0]}, "ids"),
        ({"ids": list(range(1, bulk.MOST + 2))}, "ids"),
        ({"ids": [1], "data": {}}, "data"),
        ({"ids": [1], "idempotency_key": "k" * 61}, "idempotency_key"),
        ({"ids": [1]}, "comment"),
    ],
)
def test_bad_input_does_nothing(rest, office, body, field):
    answer = post(
        rest("reg1"), "return", **({"comment": "x"} if field != "comment" else {}), **body
    )
    assert answer.status_code == 422, answer.json
    assert field in [it["field"] for it in answer.json["details"]]
    assert office.last_event().new["status"] == 422


@pytest.mark.parametrize("action", ["reject", "issue_key", "nothing"])
def test_acts_that_are_not_for_many_are_unknown(rest, action):
    answer = post(rest("reg1"), action, ids=[1], comment="x")
    assert (answer.status_code, answer.json["code"]) == (400, "unknown_action")


@pytest.mark.rule("M3")
def test_who_decides_nothing_decides_no_many(rest, office):
    identity = office.submitted("east")
    for login in ("east.admin", "auditor", "system_administrator"):
        answer = post(rest(login), "approve", ids=[identity])
        assert (answer.status_code, answer.json["code"]) == (403, "not_your_duty")
    told = post(rest("mkt1"), "approve", ids=[identity]).json["result"][0]
    assert (told["done"], told["code"]) == (False, "not_your_duty")
    assert office.application(identity).state == S.SUBMITTED


def test_very_many_are_long_work(rest, office, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    ids = [office.submitted("east", Category.REGISTRATION) for _ in range(2)]
    who = rest("reg1")
    answer = post(who, "approve", ids=ids)
    assert answer.status_code == 202, answer.json
    run = answer.json["job_run"]
    assert (run["state"], run["total"]) == ("waiting", 2)
    assert who.get(f"job_runs/{run['id']}").json["result"]["state"] == "waiting"
    assert office.session.get_one(JobRun, run["id"]).params["ids"] == ids
    assert office.application(ids[0]).state == S.SUBMITTED
