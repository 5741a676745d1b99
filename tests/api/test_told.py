"""What REST says of an act before it is done, and what becomes of one that cannot be recorded."""

import io

import pytest
from sqlalchemy import text

from app.models.materials import Material
from app.models.work import LineDecision
from tests.api.test_road import png
from tests.support.factories import administrator_of, staff_of
from tests.support.rest import fields

REVIEWER = staff_of("REG")


def reads(answer) -> dict[str, list[str]]:
    return {entry["action"]: entry["data"] for entry in answer.json["result"]}


def test_the_list_of_acts_names_what_each_reads(rest, office):
    identity = office.submitted("east")
    told = reads(rest(REVIEWER).get(f"applications/{identity}/actions"))
    assert told["approve"] == ["lines"]
    assert told["return"] == ["remarks"]
    assert told["reject"] == ["reason_code"]
    assert told["claim"] == []
    counter = rest(staff_of("SERVICE"))
    papers = office.submitted("developer")
    assert reads(counter.get(f"applications/{papers}/actions"))["check_papers"] == ["papers"]


def test_every_name_that_is_told_is_read_and_no_other(rest, office):
    identity = office.submitted("east")
    reviewer = rest(REVIEWER)
    for action, names in reads(reviewer.get(f"applications/{identity}/actions")).items():
        answer = reviewer.act(
            "applications", identity, action, data={"nothing": 1, **dict.fromkeys(names)}
        )
        assert answer.status_code != 200
        if answer.status_code == 422 and answer.json["code"] == "invalid_input":
            unknown = [f for f, code in fields(answer).items() if code == "unknown_field"]
            assert unknown == ["data.nothing"], action


def test_a_field_beside_a_paper_that_nobody_reads_is_named(rest, office):
    identity = office.draft("developer")
    applicant = rest(administrator_of("developer"))
    data = {"application_id": identity, "paper": "business_licence"}
    answer = applicant.ask(
        "POST", "materials/", data={**data, "file": (io.BytesIO(png()), "a.png")}
    )
    assert (answer.status_code, fields(answer)) == (422, {"paper": "unknown_field"})
    assert office.count(Material) == 0


@pytest.mark.rule("X2")
def test_an_act_that_cannot_be_put_on_record_is_not_done(rest, office, session):
    identity = office.submitted("east")
    reviewer = rest(REVIEWER)
    before = office.application(identity).version
    session.execute(
        text("ALTER TABLE audit_event ADD CONSTRAINT is_full CHECK (id < 0) NOT VALID")
        if session.get_bind().dialect.name == "postgresql"
        else text(
            "CREATE TRIGGER audit_event_is_full BEFORE INSERT ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'the trail is full'); END"
        )
    )
    session.commit()

    answer = reviewer.act("applications", identity, "approve")
    assert answer.status_code >= 400

    session.rollback()
    assert office.application(identity).version == before
    assert office.count(LineDecision) == 0
