"""Scanned forms over REST: sent in, filed, discarded."""

import io

import pytest

from app.services import printing, sheets
from tests.support.paper import Paper, png


def picture_of(office, identity):
    """The first page of a form as a scanner would see it."""
    with office.acting("east.admin") as actor:
        application = sheets.load_sheet(office.session, identity, actor)
        copy = printing.make_copy(office.session, application, actor=actor, now=office.now)
        office.session.commit()
        content = printing.print_form(office.session, application, copy)
    made = io.BytesIO()
    Paper(content).picture(0).save(made, "PNG")
    return made.getvalue()


def send(somebody, content, name="form.png"):
    return somebody.ask("POST", "scans/", data={"file": (io.BytesIO(content), name)})


@pytest.mark.rule("A3", "M9")
def test_a_scan_sent_in_files_itself(rest, office):
    identity = office.submitted("east")
    sent = send(rest("reg1"), picture_of(office, identity))
    assert sent.status_code == 201, sent.json
    told = sent.json["result"]
    assert (sent.json["job_run"], told["filed"], told["waiting"]) == (None, 1, 0)
    (page,) = told["pages_found"]
    assert (page["outcome"], page["number"]) == ("filed", office.application(identity).number)
    shown = rest("reg1").get(f"applications/{identity}").json["result"]
    assert [paper["paper_code"] for paper in shown["materials"]] == ["application_form"]


def test_what_found_no_form_is_filed_or_discarded_by_hand(rest, office):
    identity = office.submitted("east")
    counter = rest("reg1")
    content = io.BytesIO()
    from PIL import Image, ImageDraw

    letter = Image.new("L", (900, 600), 255)
    ImageDraw.Draw(letter).text((50, 50), "a letter " * 30, fill=0)
    letter.save(content, "PDF", save_all=True, append_images=[letter])
    scan = send(counter, content.getvalue(), "letter.pdf").json["id"]
    assert counter.get(f"scans/{scan}/pages/1").mimetype == "image/jpeg"
    number = office.application(identity).number
    filed = counter.post(f"scans/{scan}/file", {"pages": [1], "number": number})
    assert filed.status_code == 200, filed.json
    assert filed.json["result"]["filed"] == 1
    again = counter.post(f"scans/{scan}/file", {"pages": [1], "number": number})
    assert (again.status_code, again.json["code"]) == (409, "page_not_waiting")
    gone = counter.post(f"scans/{scan}/discard", {"pages": [2], "reason": "广告"})
    assert gone.json["result"]["waiting"] == 0


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("file", {}),
        ("file", {"pages": [], "number": "SQ1"}),
        ("file", {"pages": ["1"], "number": "SQ1"}),
        ("file", {"pages": [9], "number": "SQ1"}),
        ("file", {"pages": [True], "number": "SQ1"}),
        ("discard", {"pages": [1]}),
        ("discard", {"pages": [1], "reason": "x" * 201}),
        ("discard", {"pages": [10**30], "reason": "x"}),
    ],
)
def test_what_cannot_be_meant_changes_nothing(rest, office, act, body):
    counter = rest("reg1")
    scan = send(counter, png()).json["id"]
    answer = counter.post(f"scans/{scan}/{act}", body)
    assert answer.status_code == 422, answer.json


def test_a_missing_or_unfit_file_is_refused(rest, office):
    assert rest("reg1").ask("POST", "scans/", data={}).status_code == 422
    refused = send(rest("reg1"), b"no paper")
    assert (refused.status_code, refused.json["details"][0]["code"]) == (422, "file_type")
