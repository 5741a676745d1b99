"""Forms on paper over REST."""

import pytest

from app.models.prints import PrintCopy
from tests.support.paper import Paper


@pytest.mark.rule("A3")
def test_a_copy_is_printed_numbered_and_read_back(rest, office):
    identity = office.draft("east")
    applicant = rest("east.admin")
    made = applicant.post("print_copies/", {"application_id": identity})
    assert made.status_code == 201, made.json
    told = made.json["result"]
    assert (told["copy_number"], told["pages"], told["voided_at"]) == (1, 1, None)
    document = applicant.get(f"print_copies/{made.json['id']}/content")
    assert document.mimetype == "application/pdf"
    number = office.application(identity).number
    assert [(c.number, c.copy) for c in Paper(document.data).codes()] == [(number, 1)]


@pytest.mark.parametrize("body", [{}, {"application_id": "1"}, {"application_id": True}])
def test_what_names_no_form_prints_nothing(rest, office, body):
    answer = rest("east.admin").post("print_copies/", body)
    assert answer.status_code == 422
    assert office.count(PrintCopy) == 0


def test_another_units_form_is_not_printed(rest, office):
    identity = office.draft("east")
    answer = rest("bank.admin").post("print_copies/", {"application_id": identity})
    assert answer.status_code == 404
    assert rest("auditor").post("print_copies/", {"application_id": identity}).status_code == 403
    assert office.count(PrintCopy) == 0
