"""Pages of business and archives: forms, preview, boxes, acts (第六条, 第九条)."""

import html
import json
import re
from collections.abc import Callable
from io import BytesIO

import pytest

from app.clock import now, office_date
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.cases import Case
from tests.support.archives import PLACE, RESEARCH, SERVICE, opened, shelved
from tests.support.cases import INFO, case, case_of
from tests.support.factories import Office
from tests.support.pages import Browser, place

Enter = Callable[..., Browser]
GOOD = "number,business_type,owner,district_code\nJ-1,transfer_registration,east.admin,110101\n"
WRONG = GOOD + "J-2,castle,east.admin,110101\n"


def upload(there: Browser, text: str, name: str = "cases.csv") -> str:
    sent = {"file": (BytesIO(text.encode()), name)}
    answer = there.post("/cases/import", sent, content_type="multipart/form-data")
    return html.unescape(answer.text)


def kept(page: str) -> str:
    found = re.search(r'name="rows" value="(.*?)">\n', page)
    assert found is not None
    return found[1]


# --- Business


def test_business_is_recorded_and_corrected_at_the_page(browser: Enter, office: Office):
    there = browser("east.admin")
    page = there.get("/cases/add").text
    assert "transfer_registration" in page
    assert "presale_permit_transfer" in page
    assert "accepted_at" not in page
    sent = {
        "number": "",
        "business_type": "transfer_registration",
        "owner_id": str(office.account("east.admin").id),
        "district_code": "",
        "stage": "",
    }
    office.session.rollback()
    made = there.post("/cases/add", sent)
    assert made.status_code == 303
    identity = int(made.location.rsplit("/", 1)[1])
    edit = there.get(f"/cases/{identity}/edit").text
    changed = {"version": place(edit, "version"), "district_code": "110102", "stage": "apply"}
    assert there.post(f"/cases/{identity}/edit", changed).status_code == 303
    row = case_of(office, identity)
    assert (row.stage, row.district_code) == ("apply", "110102")


def test_what_is_wrong_is_said_beside_its_field(browser: Enter, office: Office):
    there = browser("bank.admin")
    own = str(office.account("bank.admin").id)
    office.session.rollback()
    answer = there.post("/cases/add", {"business_type": "presale_permit", "owner_id": own})
    assert answer.status_code == 422
    assert 'href="#business_type"' in answer.text
    assert office.count(Case) == 0


def test_what_was_accepted_is_said_by_the_information_centre_alone(browser: Enter, office: Office):
    there = browser(INFO)
    sent = {
        "business_type": "transfer_registration",
        "owner_id": str(office.account("east.admin").id),
        "district_code": "110101",
        "stage": "accept",
        "opened_at": "2026-02-01T09:00",
        "accepted_at": "2026-03-01T09:00",
    }
    office.session.rollback()
    early = there.post("/cases/add", {**sent, "opened_at": "2026-03-02T09:00"})
    assert early.status_code == 422
    assert 'href="#accepted_at"' in early.text
    made = there.post("/cases/add", sent)
    assert made.status_code == 303
    assert 'value="2026-03-01T09:00"' in there.get(f"{made.location}/edit").text
    intruder = browser("east.admin").post("/cases/add", sent)
    assert intruder.status_code == 422


@pytest.mark.rule("X6")
def test_a_spreadsheet_is_looked_over_before_anything_is_saved(browser: Enter, office: Office):
    there = browser(INFO)
    page = upload(there, WRONG)
    assert "B3" in page
    assert office.count(Case) == 0
    office.session.rollback()
    part = there.post("/cases/import", {"rows": kept(page), "save": "good_part"})
    assert part.status_code == 303
    assert [row.number for row in office.session.query(Case)] == ["J-1"]
    office.session.rollback()
    again = upload(there, GOOD)
    assert 'value="all"' not in again


@pytest.mark.rule("X6")
def test_a_wrong_row_is_not_saved_by_asking_for_all(browser: Enter, office: Office):
    there = browser(INFO)
    rows = kept(upload(there, WRONG))
    assert there.post("/cases/import", {"rows": rows, "save": "all"}).status_code == 422
    assert office.count(Case) == 0


@pytest.mark.parametrize(
    "rows",
    ["", "{", "[]]", "{}", '[["x", {}]]', '[[1, {"shoe": "1"}]]', '[[1, {"number": 1}]]', "[1]"],
)
def test_what_is_no_preview_is_refused(browser: Enter, office: Office, rows: str):
    answer = browser(INFO).post("/cases/import", {"rows": rows, "save": "good_part"})
    assert answer.status_code == 400
    assert office.count(Case) == 0


def test_too_long_a_preview_and_no_file_at_all(browser: Enter, office: Office):
    there = browser(INFO)
    rows = json.dumps([[n, {}] for n in range(1001)])
    assert there.post("/cases/import", {"rows": rows, "save": "all"}).status_code == 400
    assert there.post("/cases/import", {}).status_code == 422
    assert "error-summary" in upload(there, "PK", "x.xlsm")


@pytest.mark.parametrize("login", ["east.admin", "reg1", RESEARCH, "auditor"])
def test_the_takeover_opens_to_the_information_centre(browser: Enter, login: str):
    there = browser(login)
    assert there.get("/cases/import").status_code == 403
    assert 'href="/cases/import"' not in there.get("/cases/").text


# --- Archives


@pytest.mark.rule("M9")
def test_a_file_is_shelved_lent_and_taken_back_at_the_page(browser: Enter, office: Office):
    identity = opened(office)
    who = str(office.account("reg1").id)
    office.session.rollback()
    there = browser(RESEARCH)
    steps = [
        ("shelve", {**PLACE, "retention": "permanent"}, "filed"),
        ("move", {**PLACE, "box": "B-9", "retention": ""}, "filed"),
        ("lend", {"borrower_id": who, "purpose": "核对", "due_on": due(office)}, "lent"),
        ("give_back", {"condition": "完好"}, "filed"),
    ]
    for action, sent, state in steps:
        version = place(there.get(f"/archives/{identity}/actions/{action}").text, "version")
        done = there.post(f"/archives/{identity}/actions/{action}", {**sent, "version": version})
        assert done.status_code == 303, (action, done.text)
        file = office.session.get_one(ArchiveFile, identity)
        office.session.refresh(file)
        assert file.state == state
        office.session.rollback()
    page = there.get(f"/archives/{identity}").text
    assert "完好" in page
    assert "B-9" in page


def due(office: Office) -> str:
    """A day that lies within a loan from the real today on."""
    return office_date(now()).isoformat()


def test_a_loan_without_a_borrower_comes_back_with_what_was_typed(browser: Enter, office: Office):
    identity = shelved(office)
    there = browser(RESEARCH)
    page = there.get(f"/archives/{identity}/actions/lend").text
    sent = {
        "borrower_id": "",
        "purpose": "核对原件",
        "due_on": "",
        "version": place(page, "version"),
    }
    answer = there.post(f"/archives/{identity}/actions/lend", sent)
    assert answer.status_code == 422
    assert "核对原件" in answer.text
    assert office.count(ArchiveLoan) == 0


@pytest.mark.rule("M9")
def test_ticked_files_go_into_a_box_and_its_label_counts_them(browser: Enter, office: Office):
    ids = [opened(office), opened(office)]
    numbers = [office.session.get_one(ArchiveFile, i).number for i in ids]
    office.session.rollback()
    there = browser(RESEARCH)
    ticked = there.post("/archives/bulk", [("ids", str(i)) for i in ids] + [("action", "shelve")])
    assert ticked.status_code == 303
    page = there.get(ticked.location).text
    assert all(number in page for number in numbers)
    sent = {
        "numbers": " ".join([*numbers, "DA1"]),
        "box": "K-1",
        "place": "一号库房",
        "volume": "4",
    }
    done = there.post("/archives/shelve", sent)
    assert done.text.count("tone-good") >= 2
    assert re.search(r"<textarea[^>]*>DA1</textarea>", done.text)
    labels = there.get("/archives/boxes").text
    assert "K-1" in labels
    assert numbers[0] in labels
    assert "K-1" not in browser(SERVICE).get("/archives/boxes").text


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"numbers": "DA1", "volume": "x"},
        {"numbers": " ".join(f"DA{n}" for n in range(201))},
    ],
)
def test_shelving_at_the_page_refuses_what_it_cannot_read(browser: Enter, sent: dict[str, str]):
    answer = browser(RESEARCH).post("/archives/shelve", sent)
    assert answer.status_code == 422
    assert "error-summary" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/archives/",
        "/archives/boxes?after=%00%27",
        "/archives/?state=filed&retained_until__until=2026-01-01",
        "/archive_loans/?returned_at__null=1&due_on__until=2026-01-01",
        "/archives/?q=K-1",
    ],
)
def test_lists_and_their_links_open(browser: Enter, office: Office, path: str):
    shelved(office)
    assert browser(RESEARCH).get(path).status_code == 200


def test_the_search_box_finds_business_and_archives(browser: Enter, office: Office):
    identity = shelved(office)
    number = office.session.get_one(ArchiveFile, identity).number
    case(office, "east.admin", number="KD-CASE-7")
    there = browser(RESEARCH)
    assert "A-01" in there.get(f"/search/?q={number}&partial=1").text
    assert "KD-CASE-7" in there.get("/search/?q=KD-CASE").text


@pytest.mark.rule("M9")
@pytest.mark.parametrize("login", ["east.admin", "reg1", "system_administrator"])
def test_archives_open_to_their_keepers(browser: Enter, office: Office, login: str):
    identity = shelved(office)
    there = browser(login)
    for path in ("/archives/", f"/archives/{identity}", "/archives/boxes", "/archives/shelve"):
        assert there.get(path).status_code in {403, 404}, path


def test_the_history_says_stage_district_and_moment_in_words(browser: Enter, office: Office):
    identity = case(
        office, "east.admin", stage="accept", opened_at="2026-02-01", accepted_at="2026-03-01"
    )
    page = browser("east.admin").get(f"/cases/{identity}").text
    assert "受理" in page
    assert "东城区" in page
    assert "2026-03-01 00:00" in page
