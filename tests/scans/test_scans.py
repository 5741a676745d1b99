"""Paper that comes back: pages find their form by their codes, or wait in the tray, on record."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from app.catalog.enums import ApplicationState, Category
from app.jobs import runner
from app.models.audit import AuditEvent
from app.models.materials import Material
from app.models.scans import Scan
from app.services import scans
from app.services.applications import save_draft
from app.services.file_store import FileStore
from tests.scans.conftest import noisy, turned
from tests.support.factories import Office

FORM = "application_form"
ONE_PAGE = [("filed", None)]


def papers(office: Office, identity: int) -> list[Material]:
    """The stamped forms kept with an application."""
    office.session.expire_all()
    found = select(Material).where(Material.application_id == identity)
    return list(office.session.scalars(found.order_by(Material.id)))


@pytest.fixture
def handed_in(office: Office) -> int:
    return office.submitted("east", Category.REGISTRATION, people=6)


@pytest.mark.rule("A3", "M9")
def test_a_stamped_form_files_itself_as_its_applications_paper(office, desk, send, handed_in):
    paper = desk.printed(handed_in)
    content = desk.scanned(paper.picture(0), paper.picture(1))
    answer = send("reg1", content)
    assert answer.status_code == 303, answer.text
    (kept,) = papers(office, handed_in)
    assert (kept.paper_code, kept.pages, kept.content_type) == (FORM, 2, "application/pdf")
    (scan,) = desk.files()
    assert (scan.filed, scan.waiting, kept.sha256) == (2, 0, scan.sha256)
    event = office.events(AuditEvent.tag == "scan:filed")[0]
    assert event.new == {"application": office.application(handed_in).number, "scan_pages": [1, 2]}
    assert office.events(AuditEvent.tag == "material:added")[0].subject_id == handed_in


@pytest.mark.rule("A3")
@pytest.mark.parametrize("degrees", [0, 4, 90, 178, 271])
@pytest.mark.parametrize("dpi", [100, 200])
def test_turned_skewed_noisy_and_coarse_pages_are_read(office, desk, send, degrees, dpi):
    identity = office.submitted("east", Category.REGISTRATION)
    picture = noisy(turned(desk.printed(identity).picture(0, dpi), degrees), 30)
    send("reg1", desk.scanned(picture, kind="JPEG"), name="form.jpg")
    assert desk.pages() == ONE_PAGE
    assert papers(office, identity)[0].content_type == "image/jpeg"


@pytest.mark.rule("A3")
def test_one_pile_goes_to_many_forms_and_blank_backs_to_none(office, desk, send):
    forms = [office.submitted("east", Category.REGISTRATION) for _ in range(3)]
    sheets = [desk.printed(identity).picture(0) for identity in forms]
    blank = Image.new("L", sheets[0].size, 250)
    send("reg1", desk.scanned(*[each for sheet in sheets for each in (sheet, blank)]))
    assert desk.pages() == [("filed", None), ("discarded", "blank")] * 3
    for identity in forms:
        (kept,) = papers(office, identity)
        assert kept.pages == 1
        assert kept.filename == f"{office.application(identity).number}.pdf"


@pytest.mark.rule("A3")
def test_a_page_that_did_not_come_back_is_named(office, desk, send, browser, handed_in):
    send("reg1", desk.scanned(desk.printed(handed_in).picture(1)))
    assert office.events(AuditEvent.tag == "scan:filed")[0].new["missing"] == [1]
    page = browser("reg1").get(f"/scans/{desk.files()[0].id}?_l_=en")
    assert office.application(handed_in).number in page.text


# --- What waits


def waits(desk, why: str) -> Scan:
    assert desk.pages() == [("waiting", why)]
    (scan,) = desk.files()
    assert (scan.waiting, scan.filed) == (1, 0)
    assert scan.found[0].picture_sha256
    return scan


def test_a_page_without_a_code_waits(office, desk, send):
    picture = Image.new("L", (1200, 900), 255)
    ImageDraw.Draw(picture).text((100, 100), "a letter " * 40, fill=0)
    send("reg1", desk.scanned(picture))
    waits(desk, "unreadable")


@pytest.mark.rule("A3")
def test_a_made_up_code_waits(office, desk, send, handed_in):
    import segno

    number = office.application(handed_in).number
    made = BytesIO()
    segno.make(f"KD:{number}:1:1:0123456789AB").save(made, kind="png", scale=8)
    send("reg1", desk.scanned(Image.open(made)))
    waits(desk, "not_ours")
    assert papers(office, handed_in) == []


@pytest.mark.rule("A3", "M2")
def test_another_organizations_form_waits_for_whom_it_does_not_concern(office, desk, send):
    identity = office.draft("east")
    send("developer.admin", desk.scanned(desk.printed(identity).picture(0)))
    waits(desk, "foreign")
    assert papers(office, identity) == []


@pytest.mark.rule("A3")
def test_a_void_printout_is_recognized(office, desk, send):
    identity = office.draft("east")
    paper = desk.printed(identity)
    with office.acting("east.admin") as actor:
        raw = {
            "contact_name": "换人",
            "contact_phone": "13800138000",
            "lines": office.lines("east"),
        }
        form = office.application(identity)
        save_draft(office.session, form, raw, actor=actor, now=office.now, strict=False)
        office.session.commit()
    send("east.admin", desk.scanned(paper.picture(0)))
    scan = waits(desk, "void")
    assert scan.found[0].number == office.application(identity).number


def test_a_closed_form_takes_no_paper_from_its_applicant_but_from_the_office(office, desk, send):
    identity = office.standing_at(ApplicationState.COMPLETED, "east", Category.REGISTRATION)
    picture = desk.printed(identity).picture(0)
    send("east.admin", desk.scanned(picture))
    waits(desk, "closed")
    send("reg1", desk.scanned(picture, kind="PNG"), name="form.png")
    assert desk.pages()[1] == ("filed", None)


# --- By hand


def decide(browser: Callable, scan: Scan, act: str, who: str = "reg1", pages=(1,), **said):
    fields = [("act", act), *said.items(), *(("page", str(page)) for page in pages)]
    return browser(who).post(f"/scans/{scan.id}/pages", fields)


@pytest.fixture
def waiting(desk, send) -> Scan:
    picture = Image.new("L", (1200, 900), 255)
    ImageDraw.Draw(picture).text((100, 100), "a letter " * 40, fill=0)
    send("reg1", desk.scanned(picture, turned(picture, 90)))
    return desk.files()[0]


@pytest.mark.rule("A3", "M9")
def test_a_waiting_page_is_filed_by_hand(office, desk, browser, handed_in, waiting):
    number = office.application(handed_in).number
    answer = decide(browser, waiting, "file", number=f" {number.lower()} ", pages=(2, 1))
    assert answer.status_code == 303
    (kept,) = papers(office, handed_in)
    assert (kept.paper_code, kept.pages) == (FORM, 2)
    assert [outcome for outcome, _why in desk.pages()] == ["filed", "filed"]
    assert desk.files()[0].waiting == 0
    assert office.events(AuditEvent.tag == "scan:filed")[0].actor_id == office.account("reg1").id


def test_a_waiting_page_is_discarded_for_a_reason(office, desk, browser, waiting):
    decide(browser, waiting, "discard", reason=" ")
    assert [outcome for outcome, _why in desk.pages()] == ["waiting", "waiting"]
    decide(browser, waiting, "discard", reason="广告")
    assert [outcome for outcome, _why in desk.pages()] == ["discarded", "waiting"]
    event = office.events(AuditEvent.tag == "scan:discarded", AuditEvent.outcome == "done")[0]
    assert (event.comment, event.new) == ("广告", {"scan_pages": [1]})


def test_a_page_is_dealt_with_once(office, desk, browser, waiting):
    decide(browser, waiting, "discard", reason="广告")
    assert decide(browser, waiting, "discard", reason="广告").status_code == 409


def test_a_closed_form_takes_none_by_its_applicants_hand_either(office, desk, send, browser):
    identity = office.standing_at(ApplicationState.COMPLETED, "east", Category.REGISTRATION)
    send("east.admin", desk.scanned(desk.printed(identity).picture(0)))
    scan, number = waits(desk, "closed"), office.application(identity).number
    decide(browser, scan, "file", "east.admin", number=number)
    waits(desk, "closed")
    assert papers(office, identity) == []
    assert office.refusals()[-1].new["details"] == [
        {"field": "number", "code": "form_closed", "rule": "A3"}
    ]


@pytest.mark.parametrize("number", ["", "SQ0000000000000", "x" * 300, "SQ\x00"])
def test_a_number_beyond_reach_files_nothing(desk, browser, waiting, number):
    assert decide(browser, waiting, "file", number=number).status_code == 303
    assert [outcome for outcome, _why in desk.pages()] == ["waiting", "waiting"]


def test_the_tray_is_the_offices_own(desk, browser, waiting):
    for stranger in ("mkt1", "east.admin"):
        assert browser(stranger).get(f"/scans/{waiting.id}").status_code == 404
        assert browser(stranger).get(f"/scans/{waiting.id}/pages/1").status_code == 404
        assert decide(browser, waiting, "discard", stranger, reason="x").status_code == 404
    assert browser("reg2").get(f"/scans/{waiting.id}/pages/1").mimetype == "image/jpeg"
    assert "/pages/1" in browser("reg2").get(f"/scans/{waiting.id}").text
    auditor = browser("auditor")
    assert auditor.get(f"/scans/{waiting.id}").status_code == 200
    assert decide(browser, waiting, "discard", "auditor", reason="x").status_code == 403


# --- Many pages


@pytest.mark.rule("A3")
def test_a_long_scan_is_read_as_a_job_with_progress(office, desk, send, app):
    forms = [office.submitted("east", Category.REGISTRATION) for _ in range(12)]
    sheets = [desk.printed(identity).picture(0, 100) for identity in forms]
    answer = send("reg1", desk.scanned(*sheets))
    assert "/job_runs/" in answer.location
    assert desk.pages() == []
    run = runner.run_asked_for(
        office.session, files=app.config["KEYDESK"].files_dir, now=office.now
    )
    assert (run.state, run.total, run.counts) == ("done", 12, {"pages_read": 12})
    assert desk.pages() == [("filed", None)] * 12
    assert all(len(papers(office, identity)) == 1 for identity in forms)


def test_a_scan_cut_off_while_it_is_read_is_read_again(office, desk, app, handed_in):
    store = FileStore(app.config["KEYDESK"].files_dir)
    content = desk.scanned(desk.printed(handed_in).picture(0))
    with office.acting("reg1") as actor:
        scan = scans.receive_scan(
            office.session,
            stream=BytesIO(content),
            filename="a.pdf",
            store=store,
            actor=actor,
            now=office.now,
        )
        office.session.commit()
        begun = scans.read_scan(office.session, scan, store=store, actor=actor, now=office.now)
        next(begun)
        begun.close()
        office.session.rollback()
        assert desk.pages() == []
        list(scans.read_scan(office.session, scan, store=store, actor=actor, now=office.now))
        list(scans.read_scan(office.session, scan, store=store, actor=actor, now=office.now))
        office.session.commit()
    assert desk.pages() == ONE_PAGE


# --- What is refused


def encrypted(content: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt("secret")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def pages_of_nothing(count: int) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(200, 200)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"MZ" + b"\x00" * 500, "只接受"),
        (b"%PDF-1.4\n%%EOF", "损坏"),
        (encrypted(pages_of_nothing(1)), "密码"),
        (pages_of_nothing(201), "200"),
    ],
)
def test_what_is_no_paper_is_refused_in_words_and_nothing_is_kept(
    office, desk, send, content, words
):
    answer = send("reg1", content, name="../../\x00表\x00.pdf")
    assert answer.status_code == 422
    assert words in answer.text
    assert desk.files() == []


def test_a_scan_of_200_pages_is_taken(office, desk, send):
    assert send("reg1", pages_of_nothing(200)).status_code == 303
    assert desk.files()[0].pages == 200


def test_good_files_are_taken_though_others_beside_them_are_not(office, desk, send, handed_in):
    good = desk.scanned(desk.printed(handed_in).picture(0))
    assert send("reg1", b"no paper", good).status_code == 303
    assert desk.pages() == ONE_PAGE


def test_the_same_file_is_taken_once(office, desk, send, handed_in):
    content = desk.scanned(desk.printed(handed_in).picture(0))
    assert send("reg1", content).status_code == 303
    again = send("reg1", content)
    assert again.status_code == 422
    assert len(papers(office, handed_in)) == 1


def test_without_the_right_nothing_is_sent_in(office, desk, send, browser):
    assert send("auditor", pages_of_nothing(1)).status_code == 403
    assert browser("auditor").get("/scans/send").status_code == 403
    assert browser("reg1").get("/scans/send").status_code == 200
