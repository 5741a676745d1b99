"""Archives over REST: search, shelving many, the log (第九条)."""

import pytest

from app.models.archives import ArchiveFile
from tests.support.archives import RESEARCH, SERVICE, lent, opened, shelved


def numbers(office, *ids):
    found = [office.session.get_one(ArchiveFile, identity).number for identity in ids]
    office.session.rollback()
    return found


@pytest.mark.rule("M9")
def test_a_file_is_found_by_number_application_person_organization_and_box(rest, office):
    wanted, _other = shelved(office), shelved(office, box="Z-99")
    found = office.session.get_one(ArchiveFile, wanted)
    terms = [found.number, found.application_number, found.people[:2], "东城区", "a-01"]
    office.session.rollback()
    for term in terms:
        listed = rest(RESEARCH).get(f"archives/?q=(search:'{term}')").json
        assert wanted in listed["ids"], term
    assert len(rest(RESEARCH).get("archives/?q=(search:'A-01')").json["ids"]) == 1


@pytest.mark.rule("M9")
def test_many_are_shelved_with_an_answer_for_each(rest, office):
    ids = [opened(office), opened(office), opened(office, "developer")]
    named = numbers(office, *ids)
    body = {"numbers": named, "box": "C-03", "place": "一号库房", "volume": "1"}
    answer = rest(RESEARCH).post("archives/shelve", body)
    assert answer.status_code == 200
    assert (answer.json["done"], answer.json["refused"]) == (2, 1)
    assert [bool(it["message"]) for it in answer.json["result"]] == [False, False, True]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "numbers"),
        ({"numbers": "DA1"}, "numbers"),
        ({"numbers": []}, "numbers"),
        ({"numbers": [{}]}, "numbers"),
        ({"numbers": ["DA1"], "shelf": "?"}, "shelf"),
        ({"numbers": ["DA1"], "volume": "x"}, "volume"),
    ],
)
def test_shelving_refuses_what_it_cannot_read(rest, body, field):
    answer = rest(RESEARCH).post("archives/shelve", body)
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["details"]] == [field]


@pytest.mark.rule("M9")
def test_a_place_that_is_missing_refuses_all(rest, office):
    (number,) = numbers(office, opened(office))
    answer = rest(RESEARCH).post("archives/shelve", {"numbers": [number], "box": "C"})
    assert [d["field"] for d in answer.json["details"]] == ["data.place"]


@pytest.mark.rule("M9")
def test_acts_by_rest_and_the_log_of_the_own_office_only(rest, office):
    identity = lent(office, RESEARCH)
    back = rest(RESEARCH).post(
        f"archives/{identity}/actions/give_back", {"data": {"condition": "完好"}}
    )
    assert (back.status_code, back.json["state"]) == (200, "filed")
    (loan,) = rest(RESEARCH).get("archive_loans/").json["result"]
    assert (loan["purpose"], loan["condition"]) == ("核对原件", "完好")
    assert rest(SERVICE).get("archive_loans/").json["ids"] == []
    assert rest("east.admin").get("archive_loans/").status_code == 403
    assert rest(SERVICE).post(f"archives/{identity}/actions/lend", {}).status_code == 404
