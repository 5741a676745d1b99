"""Wrong moves of keys over REST: each a clear refusal, nothing half done, on record (M9, M8)."""

import pytest

from app.catalog.enums import KeyState
from app.models.keys import Key
from tests.support.factories import Office
from tests.support.rest import ask

KEYS = "/api/v1/keys"


def key(office: Office, serial: str) -> Key:
    office.session.expire_all()
    return office.session.query(Key).filter_by(serial=serial).one()


@pytest.mark.rule("M9")
@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (("research1", "RESEARCH-0001", "take_back", None), 409, "state_changed"),
        (("research1", "held", "transfer", {"office_code": "SERVICE"}), 409, "state_changed"),
        (("research1", "RESEARCH-0001", "transfer", {"office_code": "REG"}), 422, "keeps_no_stock"),
        (("research1", "RESEARCH-0001", "accept", None), 409, "state_changed"),
        (("service1", "RESEARCH-0001", "destroy", None), 404, "not_found"),
        (("west.admin", "held", "report_lost", None), 404, "not_found"),
        (("auditor", "held", "report_lost", None), 403, "not_your_key"),
        (("research1", "held", "replace", {"replaced_by_id": 1}), 403, "not_your_duty"),
    ],
)
def test_what_cannot_be_done_to_a_key_is_refused_in_words(rest, office, asked, status, code):
    who, serial, action, data = asked
    held = office.session.query(Key).filter_by(holder_id=office.account("east.admin").id).one()
    found = held if serial == "held" else key(office, serial)
    before = (found.state, found.office_code, found.version)

    body = {"comment": "因由", **({"data": data} if data else {})}
    answer = rest(who).post(f"{KEYS}/{found.id}/actions/{action}", body)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    office.session.expire_all()
    assert (found.state, found.office_code, found.version) == before
    assert office.refusals()[-1].subject_id == found.id


@pytest.mark.rule("M9")
def test_no_office_begins_a_count_of_anothers_stock(rest, office):
    answer = rest("service1").post("/api/v1/stock_takes/", {"office_code": "RESEARCH"})

    assert (answer.status_code, answer.json["code"]) == (403, "not_your_stock")
    assert office.refusals()[-1].tag == "stock_take:begun"


@pytest.mark.rule("M8")
def test_a_holder_reports_the_own_key_lost_and_still_sees_it(rest, office):
    holder = office.account("reg1")
    held = office.session.query(Key).filter_by(holder_id=holder.id).one()
    there = rest("reg1")

    answer = there.post(f"{KEYS}/{held.id}/actions/report_lost", {"comment": "遗失"})

    assert (answer.status_code, answer.json["state"]) == (200, "lost")
    assert key(office, held.serial).state == KeyState.LOST
    assert there.get(f"{KEYS}/{held.id}").status_code == 401


@pytest.mark.rule("M6.1")
def test_keys_that_were_not_returned_are_a_filter_away_until_they_are_back(rest, office):
    holder = office.account("mkt1")
    office.perform("info1", holder.id, "cancel", model=type(holder), comment="离职")
    there = rest("research1")
    query = {"filters": [{"col": "unreturned_since", "opr": "null", "value": False}]}

    (row,) = there.get(f"{KEYS}/{ask(**query)}").json["result"]
    assert row["holder_id"] == holder.id
    there.post(f"{KEYS}/{row['id']}/actions/take_back", {"comment": "补交"})

    assert there.get(f"{KEYS}/{ask(**query)}").json["result"] == []


@pytest.mark.rule("M9")
def test_the_account_of_a_stock_adds_up_over_rest(rest, office):
    address = "/api/v1/key_movements/account?since=2026-03-01&until=2026-03-31"

    told = rest("research1").get(address).json

    moved = sum(m["count"] for m in told["movements"] if m["to_state"] == "in_stock") - sum(
        m["count"] for m in told["movements"] if m["from_state"] == "in_stock"
    )
    assert told["opening"]["in_stock"] + moved == told["closing"]["in_stock"]
    assert told["closing"]["in_stock"] == len(office.free_serials("RESEARCH"))
    assert rest("research1").get(f"{address}&office=SERVICE").status_code == 403
    assert rest("reg1").get(address).status_code == 403
    assert rest("auditor").get(f"{address}&office=SERVICE").status_code == 200
