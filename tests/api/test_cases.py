"""Business over REST: who records what, what is refused and why (第六条, 第七条)."""

import pytest
from sqlalchemy import select

from app.catalog.enums import OfficeCode
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.models.roles import Role
from tests.support.cases import case, case_of, delete_case
from tests.support.factories import staff_of

INFO = staff_of(OfficeCode.INFO)
TITLE = {"business_type": "transfer_registration", "district_code": "110101"}


def fields(answer):
    return [(d["field"], d["code"]) for d in answer.json["details"]]


@pytest.mark.rule("M6")
def test_a_unit_records_business_of_its_own_people(rest, office):
    answer = rest("east.admin").post("cases/", {**TITLE, "owner": "East.Admin"})
    assert answer.status_code == 201
    row = answer.json["result"]
    assert (row["state"], row["stage"], row["number"][:2]) == ("open", "draft", "YW")
    kept = case_of(office, answer.json["id"])
    assert kept.owner.login_name == "east.admin"
    assert kept.organization_id == office.organization("east").id
    (told,) = office.events(AuditEvent.tag == "cases:recorded")
    assert (told.subject_id, told.rule, told.new["owner"]) == (kept.id, "M6", "east.admin")


@pytest.mark.rule("M6")
def test_without_an_owner_it_is_the_callers_and_the_units_district_counts(rest, office):
    answer = rest("west.admin").post("cases/", {"business_type": "building_table"})
    assert fields(answer) == [("business_type", "type_of_another_tier")]
    answer = rest("west.admin").post("cases/", {"business_type": "certificate_change"})
    kept = case_of(office, answer.json["id"])
    assert (kept.owner.login_name, kept.district_code) == ("west.admin", "110102")


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", ["west.admin", "bank.admin", "developer.admin"])
def test_nobody_records_business_of_another_unit(rest, office, login):
    answer = rest(login).post("cases/", {**TITLE, "owner": "east.admin"})
    assert answer.status_code == 422
    assert ("owner", "unknown_account") in fields(answer)
    assert office.count(Case) == 0


@pytest.mark.rule("M2")
def test_a_holder_records_the_own_business_and_sees_no_other(rest, office, session):
    holder = office.account("bank.admin")
    holder.roles = list(session.scalars(select(Role).where(Role.name == "holder")))
    session.commit()
    foreign = case(office, "agency.admin", "existing_sale")
    somebody = rest("bank.admin")
    made = somebody.post("cases/", TITLE)
    assert made.status_code == 201
    listed = somebody.get("cases/").json
    assert listed["ids"] == [made.json["id"]]
    assert somebody.get(f"cases/{foreign}").status_code == 404
    refused = somebody.post(f"cases/{foreign}/actions/close", {"comment": "办结"})
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"business_type": "castle"}, "business_type", "unknown_business_type"),
        ({"business_type": ""}, "business_type", "required"),
        ({"business_type": "presale_permit"}, "business_type", "type_of_another_tier"),
        ({"district_code": "999999"}, "district_code", "unknown_district"),
        ({"stage": "flying"}, "stage", "unknown_stage"),
        ({"stage": "approve"}, "stage", "stage_is_an_offices"),
        ({"accepted_at": "2026-03-01"}, "accepted_at", "not_yours_to_say"),
        ({"opened_at": "2020-01-01"}, "opened_at", "not_yours_to_say"),
        ({"owner": "nobody"}, "owner", "unknown_account"),
        ({"owner": None}, "owner", "required"),
        ({"owner_id": True}, "owner_id", "not_text"),
        ({"owner_id": "1e9"}, "owner_id", "unknown_account"),
        ({"number": "YW2026030299999"}, "number", "own_series"),
        ({"number": "N" * 33}, "number", "text_too_long"),
        ({"number": "a\tb"}, "number", "control_character"),
        ({"state": "closed"}, "state", "unknown_field"),
        ({"organization_id": 1}, "organization_id", "unknown_field"),
    ],
)
def test_what_cannot_be_recorded_is_named_by_field(rest, office, said, field, code):
    body = {"business_type": "transfer_registration", "district_code": "110101", **said}
    answer = rest("bank.admin").post("cases/", body)
    assert answer.status_code == 422
    assert (field, code) in fields(answer)
    assert office.count(Case) == 0


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"stage": "approve"}, "accepted_at", "required"),
        ({"stage": "apply", "accepted_at": "2026-03-01"}, "stage", "stage_before_acceptance"),
        (
            {"opened_at": "2026-03-01", "accepted_at": "2026-02-01"},
            "accepted_at",
            "accepted_too_early",
        ),
        ({"opened_at": "2126-03-01"}, "opened_at", "in_the_future"),
        ({"opened_at": "yesterday"}, "opened_at", "not_a_moment"),
        ({"opened_at": "0001-01-01T00:00:00+14:00"}, "opened_at", "not_a_moment"),
    ],
)
def test_what_the_running_system_says_must_hang_together(rest, office, said, field, code):
    answer = rest(INFO).post("cases/", {**TITLE, "owner": "bank.admin", **said})
    assert answer.status_code == 422
    assert fields(answer) == [(field, code)]


@pytest.mark.rule("B1")
def test_a_number_stands_once_over_all_units(rest, office):
    assert rest(INFO).post("cases/", {**TITLE, "owner": "east.admin", "number": "京-1"}).json["id"]
    again = rest("bank.admin").post("cases/", {**TITLE, "number": "京-1"})
    assert fields(again) == [("number", "number_taken")]
    assert "east" not in again.get_data(as_text=True)


@pytest.mark.rule("M6.3")
def test_business_found_after_cancellation_is_taken_over_but_no_longer_recorded(rest, office):
    identity = office.standing_at("completed", "bank")
    account = office.application(identity).lines[0].account
    key = account.keys[0]
    office.perform(
        staff_of(OfficeCode.SERVICE), key.id, "take_back", model=type(key), comment="交回"
    )
    office.perform(INFO, account.id, "cancel", model=type(account), comment="离职")
    said = {**TITLE, "owner": account.login_name}
    office.session.rollback()
    refused = rest("bank.admin").post("cases/", said)
    assert fields(refused) == [("owner", "account_cancelled")]
    assert rest(INFO).post("cases/", said).status_code == 201


def test_a_correction_is_on_record_and_a_stale_one_refused(rest, office):
    identity = case(office, "east.admin")
    unit = rest("east.admin")
    version = unit.get(f"cases/{identity}").json["result"].get("version", 1)
    done = unit.put(f"cases/{identity}", {"stage": "apply", "version": version})
    assert done.status_code == 200
    told = office.last_event()
    assert (told.tag, told.old, told.new) == (
        "cases:amended",
        {"stage": "draft"},
        {"stage": "apply"},
    )
    stale = unit.put(f"cases/{identity}", {"stage": "draft", "version": version})
    assert stale.status_code == 409
    fixed = unit.put(f"cases/{identity}", {"owner_id": 1})
    assert fields(fixed) == [("owner_id", "unknown_field")]


@pytest.mark.rule("M6")
def test_finishing_needs_a_reason_and_is_the_owners(rest, office):
    identity = case(office, "east.admin")
    assert rest("east.admin").post(f"cases/{identity}/actions/close", {}).status_code == 422
    foreign = rest("west.admin").post(f"cases/{identity}/actions/close", {"comment": "?"})
    assert foreign.status_code == 404
    reviewer = rest(staff_of(OfficeCode.REG))
    assert reviewer.post(f"cases/{identity}/actions/close", {"comment": "?"}).status_code == 403
    done = rest("east.admin").post(f"cases/{identity}/actions/close", {"comment": "办结"})
    assert (done.status_code, done.json["state"]) == (200, "closed")
    again = rest("east.admin").put(f"cases/{identity}", {"stage": "apply"})
    assert again.status_code == 409


@pytest.mark.rule("M6.3")
def test_nobody_deletes_by_rest_and_what_was_deleted_can_still_be_read(rest, office):
    identity = case(office, "east.admin")
    for login in ("east.admin", INFO, staff_of(OfficeCode.RESEARCH)):
        answer = rest(login).post(f"cases/{identity}/actions/delete", {"comment": "?"})
        assert answer.status_code == 403
    delete_case(office, identity)
    office.session.rollback()
    row = rest("east.admin").get(f"cases/{identity}").json["result"]
    assert (row["state"], row["business_type"]) == ("deleted", "transfer_registration")
