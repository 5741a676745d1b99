"""Papers over REST: onto the own draft, judged by content, opened within reach (M5.2)."""

import io
import zipfile

import pytest

from app.catalog.enums import AuditOutcome
from app.models.materials import Material
from tests.support.paper import png
from tests.support.rest import fields


def upload(somebody, identity, content, name="paper.png", **said):
    data = {"application_id": str(identity), "file": (io.BytesIO(content), name), **said}
    return somebody.ask("POST", "materials/", data=data)


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 5_000_000)
    return packed.getvalue()


@pytest.mark.rule("M5.2")
def test_a_paper_goes_onto_the_own_draft_and_comes_back_as_it_was(rest, office):
    identity = office.draft("developer")
    applicant = rest("developer.admin")
    sent = upload(
        applicant, identity, png(), "../../营业执照.png", paper_code="operator_id", position="1"
    )
    assert sent.status_code == 201, sent.json
    told = sent.json["result"]
    assert (told["paper_code"], told["content_type"], told["size"]) == (
        "operator_id",
        "image/png",
        len(png()),
    )
    assert "/" not in told["filename"]
    assert told["line_id"] == office.application(identity).lines[0].id
    event = office.last_event()
    assert (event.tag, event.subject_id) == ("material:added", identity)

    back = applicant.get(f"materials/{sent.json['id']}/content")
    assert back.data == png()
    assert back.headers["Content-Type"] == "image/png"
    assert back.headers["Content-Disposition"].startswith("attachment")
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in back.headers["Content-Security-Policy"]
    assert rest("bank.admin").get(f"materials/{sent.json['id']}/content").status_code == 404
    assert rest("service1").get(f"materials/{sent.json['id']}/content").status_code == 404

    gone = applicant.delete(f"materials/{sent.json['id']}")
    assert gone.status_code == 200
    assert office.count(Material) == 0
    assert office.last_event().tag == "material:removed"


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "empty.pdf", "file_empty"),
        (b"MZ\x90\x00" * 40, "program.pdf", "file_type"),
        (b"<html><script>alert(1)</script>", "page.png", "file_type"),
        (zipped(), "bomb.pdf", "file_type"),
        (b"%PDF-1.7\nnothing more", "torn.pdf", "file_damaged"),
        (png()[:50], "torn.png", "file_damaged"),
        (png() + zipped(), "hidden.png", None),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "x.png", None),
    ],
)
def test_what_is_no_paper_is_refused_by_its_content(rest, office, content, name, code):
    identity = office.draft("developer")
    answer = upload(rest("developer.admin"), identity, content, name)
    assert answer.status_code == 422, answer.json
    assert answer.json["rule"] == "M5.2"
    assert fields(answer).keys() == {"file"}
    assert code in {None, fields(answer)["file"]}
    assert office.count(Material) == 0
    event = office.last_event()
    assert (event.tag, event.outcome, event.subject_id) == (
        "material:added",
        AuditOutcome.REFUSED,
        identity,
    )


def test_a_paper_beyond_the_size_is_refused(rest, office):
    identity = office.draft("developer")
    answer = upload(rest("developer.admin"), identity, b"%PDF-1.7" + b"\0" * (21 * 1024 * 1024))
    assert (answer.status_code, fields(answer)) == (422, {"file": "file_too_large"})


def test_a_request_beyond_all_bounds_is_cut_off(rest, office):
    identity = office.draft("developer")
    answer = upload(rest("developer.admin"), identity, b"\0" * (26 * 1024 * 1024))
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"application_id": ""}, "application_id", "required"),
        ({"application_id": "abc"}, "application_id", "not_found"),
        ({"application_id": "9" * 40}, "application_id", "not_found"),
        ({"application_id": "\0"}, "application_id", "not_found"),
        ({"paper_code": "nothing"}, "paper_code", "unknown_paper"),
        ({"paper_code": "a\0b"}, "paper_code", "unknown_paper"),
        ({"position": "99"}, "position", "unknown_line"),
        ({"position": "x"}, "position", "unknown_line"),
    ],
)
def test_a_paper_without_its_place_is_refused(rest, office, said, field, code):
    identity = office.draft("developer")
    answer = upload(rest("developer.admin"), identity, png(), **said)
    assert answer.status_code in {404, 422}, answer.json
    assert fields(answer) == {field: code}
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_a_request_without_a_file_is_refused(rest, office):
    identity = office.draft("developer")
    somebody = rest("developer.admin")
    answer = somebody.ask("POST", "materials/", data={"application_id": str(identity)})
    assert fields(answer) == {"file": "required"}
    for words in ({"json": {}}, {"data": b"\xff", "content_type": "multipart/form-data"}):
        assert somebody.ask("POST", "materials/", **words).status_code in {400, 422}


def test_papers_stay_once_the_form_is_handed_in(rest, office):
    identity = office.draft("developer")
    applicant = rest("developer.admin")
    sent = upload(applicant, identity, png()).json["id"]
    assert applicant.act("applications", identity, "submit").status_code == 200
    assert upload(applicant, identity, png()).json["code"] == "not_editable"
    answer = applicant.delete(f"materials/{sent}")
    assert (answer.status_code, answer.json["code"]) == (409, "not_editable")
    assert office.count(Material) == 1
    assert rest("service1").get(f"materials/{sent}/content").status_code == 200
    assert rest("reg1").get(f"materials/{sent}/content").status_code == 404


@pytest.mark.rule("M2")
def test_nobody_attaches_to_another_s_form(rest, office):
    identity = office.draft("developer")
    answer = upload(rest("bank.admin"), identity, png())
    assert (answer.status_code, fields(answer)) == (404, {"application_id": "not_found"})
    assert upload(rest("reg1"), identity, png()).status_code == 403


def test_a_paper_whose_content_is_gone_says_so(rest, office, session):
    identity = office.draft("developer")
    applicant = rest("developer.admin")
    sent = upload(applicant, identity, png()).json["id"]
    session.get_one(Material, sent).sha256 = "0" * 64
    session.commit()
    answer = applicant.get(f"materials/{sent}/content")
    assert (answer.status_code, answer.json["code"]) == (404, "content_missing")
