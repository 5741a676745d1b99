"""Forms printed and stamped paper sent in at the command line, as at the pages (A3, M9)."""

import io
import stat

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from app.catalog.enums import Channel, ScanOutcome
from app.models.archives import ArchiveFile
from app.models.jobs import JobRun
from app.models.keys import Key
from app.models.materials import Material
from app.models.prints import PrintCopy
from app.models.scans import Scan
from tests.support.factories import administrator_of, staff_of
from tests.support.paper import Paper

EAST = administrator_of("east")
COUNTER = staff_of("REG")
KEEPER = staff_of("RESEARCH")


def letter(pages: int = 2) -> bytes:
    """A scan that belongs to no form."""
    page = Image.new("L", (900, 600), 255)
    ImageDraw.Draw(page).text((50, 50), "a letter " * 30, fill=0)
    made = io.BytesIO()
    page.save(made, "PDF", save_all=True, append_images=[page] * (pages - 1))
    return made.getvalue()


@pytest.fixture
def waiting(flask, office, at_work, tmp_path):
    """A scan of one page that waits in the tray of an office."""
    at_work(COUNTER)
    path = tmp_path / "letter.pdf"
    path.write_bytes(letter(1))
    flask("scans", "add", path, "--as", COUNTER)
    return office.session.scalars(select(Scan)).one()


@pytest.mark.rule("A3")
def test_a_form_is_printed_numbered_and_handed_out_again(flask, office, at_work, tmp_path):
    at_work(EAST)
    number = office.application(office.draft("east")).number
    first, again = tmp_path / "first.pdf", tmp_path / "again.pdf"

    printed = flask("prints", "form", number.lower(), "--as", EAST, "--to", first)
    opened = flask("prints", "form", number, "--as", EAST, "--copy", 1, "--to", again)

    assert (printed.exit_code, opened.exit_code) == (0, 0), printed.stderr + opened.stderr
    assert [(c.number, c.copy) for c in Paper(first.read_bytes()).codes()] == [(number, 1)]
    assert again.read_bytes() == first.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert office.count(PrintCopy) == 1
    event = office.last_event()
    assert (event.tag, event.channel) == ("application:printed", Channel.CLI)
    listed = flask("prints", "list", "--as", EAST)
    assert number in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("form", "SQ0000000000000"), "no such record"),
        (("form", "SQ\x00"), "no such record"),
        (("cover", "DA0"), "does not do this"),
        (("sheet", "hand-over", "--key", "NOPE-1"), "does not do this"),
        (("many", "SQ1", "SQ2"), "no such record"),
    ],
)
def test_what_cannot_be_printed_is_refused_in_words(flask, office, at_work, arguments, words):
    at_work(EAST)
    result = flask("prints", *arguments, "--as", EAST)
    assert result.exit_code == 1
    assert words in result.stderr.lower()
    assert (office.count(PrintCopy), office.count(JobRun)) == (0, 0)


def test_a_sheet_names_a_key_or_a_form_and_not_both(flask, at_work):
    at_work(KEEPER)
    for named in ((), ("--key", "A", "--form", "B")):
        result = flask("prints", "sheet", "return", "--as", KEEPER, *named)
        assert result.exit_code == 2


def test_another_units_form_is_not_printed(flask, office, at_work):
    bank = administrator_of("bank")
    at_work(bank)
    number = office.application(office.draft("east")).number
    for arguments in (("form", number), ("many", number)):
        result = flask("prints", *arguments, "--as", bank)
        assert result.exit_code == 1
    assert (office.count(PrintCopy), office.count(JobRun)) == (0, 0)


@pytest.mark.rule("M9")
def test_the_papers_of_a_key_and_of_an_archive_file_are_printed(flask, office, at_work, tmp_path):
    at_work(EAST, KEEPER)
    office.walk(office.submitted("east"), until=lambda form: form.state.is_closed)
    key = office.session.scalars(select(Key).where(Key.holder_id == office.account(EAST).id)).one()
    file = office.session.scalars(select(ArchiveFile)).first()
    sheet, cover = tmp_path / "sheet.pdf", tmp_path / "cover.pdf"

    handed = flask(
        "prints", "sheet", "hand-over", "--key", key.serial, "--as", KEEPER, "--to", sheet
    )
    covered = flask("prints", "cover", file.number, "--as", KEEPER, "--to", cover)

    assert (handed.exit_code, covered.exit_code) == (0, 0), handed.stderr + covered.stderr
    assert key.serial in Paper(sheet.read_bytes()).text(0)
    assert file.number in Paper(cover.read_bytes()).text(0)
    assert office.last_event().tag == "archive:cover_printed"


def test_many_forms_are_asked_for_as_one_piece_of_work(flask, office, at_work):
    at_work(EAST)
    numbers = [office.application(office.draft("east")).number for _ in range(2)]
    asked = flask("prints", "many", *numbers, numbers[0], "--as", EAST)
    assert asked.exit_code == 0, asked.stderr
    assert office.session.scalars(select(JobRun)).one().total == 2


@pytest.mark.rule("A3", "M9")
def test_a_stamped_form_files_itself(flask, office, at_work, tmp_path):
    at_work(EAST, COUNTER)
    identity = office.submitted("east")
    number = office.application(identity).number
    form, picture = tmp_path / "form.pdf", tmp_path / "scan.png"
    flask("prints", "form", number, "--as", EAST, "--to", form)
    Paper(form.read_bytes()).picture(0).save(picture, "PNG")

    sent = flask("scans", "add", picture, "--as", COUNTER)

    assert sent.exit_code == 0, sent.stderr
    assert "1 filed, 0 waiting" in sent.stdout
    assert number in sent.stdout
    assert office.count(Material, Material.application_id == identity) == 1
    again = flask("scans", "add", picture, "--as", COUNTER)
    assert again.exit_code == 1
    assert "sent in already" in again.stderr


@pytest.mark.rule("M9")
def test_what_found_no_form_is_filed_or_discarded_by_hand(flask, office, at_work, tmp_path):
    at_work(COUNTER)
    number = office.application(office.submitted("east")).number
    path = tmp_path / "letter.pdf"
    path.write_bytes(letter(3))
    flask("scans", "add", path, "--as", COUNTER)
    scan = office.session.scalars(select(Scan)).one()

    filed = flask("scans", "file", scan.id, "--pages", "1-2", "--form", number, "--as", COUNTER)
    gone = flask("scans", "discard", scan.id, "--pages", "3", "--reason", "广告", "--as", COUNTER)

    assert (filed.exit_code, gone.exit_code) == (0, 0), filed.stderr + gone.stderr
    found = office.session.scalars(select(Scan)).one().found
    assert [page.outcome for page in found] == [
        ScanOutcome.FILED,
        ScanOutcome.FILED,
        ScanOutcome.DISCARDED,
    ]
    shown = flask("scans", "show", scan.id, "--as", COUNTER)
    assert "2 filed, 0 waiting" in shown.stdout
    late = flask("scans", "file", scan.id, "--pages", "1", "--form", number, "--as", COUNTER)
    assert late.exit_code == 1
    assert "Somebody else has dealt with these pages" in late.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("file", "--pages", "0", "--form", "SQ1"), "Pages are written like"),
        (("file", "--pages", "2-1", "--form", "SQ1"), "Pages are written like"),
        (("file", "--pages", "1-999999999", "--form", "SQ1"), "Pages are written like"),
        (("file", "--pages", "1,,2", "--form", "SQ1"), "Pages are written like"),
        (("file", "--pages", "9", "--form", "SQ1"), "Tick the pages"),
        (("file", "--pages", "1", "--form", "SQ1"), "no form with this number"),
        (("discard", "--pages", "1"), "Say why"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(flask, office, waiting, command, words):
    action, *options = command

    result = flask("scans", action, waiting.id, *options, "--as", COUNTER)

    assert result.exit_code == 1
    assert words in result.stderr
    assert office.session.scalars(select(Scan)).one().waiting == 1


def test_a_scan_of_another_tray_or_none_is_not_found(flask, office, at_work, waiting, tmp_path):
    at_work(EAST)
    for identity in (waiting.id, 999):
        for command in (("show",), ("discard", "--pages", "1", "--reason", "x")):
            result = flask("scans", command[0], identity, *command[1:], "--as", EAST)
            assert result.exit_code == 1
            assert "no such record" in result.stderr.lower()
    path = tmp_path / "letter.txt"
    path.write_bytes(b"no paper")
    refused = flask("scans", "add", path, "--as", COUNTER)
    assert refused.exit_code == 1
    assert office.count(Scan) == 1
