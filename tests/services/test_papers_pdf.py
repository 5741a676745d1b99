"""Uploaded PDFs: counted, never run, never unpacked without bound (M5.2, A3)."""

import io
import time
import tracemalloc
import zipfile
import zlib
from contextlib import contextmanager

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.annotations import Link
from pypdf.generic import Fit

from app.errors import InvalidInput
from app.services.papers import inspect_upload, pdf

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"


def inspect(content):
    return inspect_upload(io.BytesIO(content), "form.pdf")


def refusal(content):
    with pytest.raises(InvalidInput) as caught:
        inspect(content)
    (detail,) = caught.value.details
    assert detail.rule == "M5.2"
    assert "%(" not in detail.msgid % detail.params
    return detail.code


def written(writer):
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def blank(pages=1):
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    return writer


def stream(data, entries=b""):
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def by_hand(*objects, head=b"%PDF-1.7\n", trailer=b""):
    """Return a PDF of these objects, numbered from 1, under a plain cross-reference table."""
    content, places = head, []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%b endobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n%btrailer<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(places) + 1, table, len(places) + 1, trailer, len(content))
    )


def packed(*objects, streams=1, padding=0, filters=b"/Filter/FlateDecode"):
    """Return a PDF whose objects lie in object streams, under a cross-reference stream."""
    content, entries, number = b"%PDF-1.7\n", {0: (0, 0, 255)}, len(objects)
    per_stream = -(-len(objects) // streams)
    for first in range(0, len(objects), per_stream):
        members = objects[first : first + per_stream]
        number += 1
        index, body = b"", b""
        for position, member in enumerate(members):
            index += b"%d %d " % (first + position + 1, len(body))
            body += member + b" "
            entries[first + position + 1] = (2, number, position)
        data = zlib.compress(index + body + b" " * padding, 9)
        entries[number] = (1, len(content), 0)
        head = b"/Type/ObjStm/N %d/First %d%b" % (len(members), len(index), filters)
        content += b"%d 0 obj%b endobj\n" % (number, stream(data, head))
    number += 1
    start = len(content)
    entries[number] = (1, start, 0)
    table = b"".join(
        bytes([kind]) + where.to_bytes(4, "big") + bytes([last])
        for _, (kind, where, last) in sorted(entries.items())
    )
    head = b"/Type/XRef/Size %d/W[1 4 1]/Root 1 0 R" % (number + 1)
    body = stream(zlib.compress(table), head + b"/Filter/FlateDecode")
    return content + b"%d 0 obj%b endobj\nstartxref\n%d\n%%%%EOF" % (number, body, start)


def acting(action):
    return CATALOG[:-2] + b"/OpenAction" + action + b">>"


# what is accepted


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize("pages", [1, 2, 200])
def test_a_pdf_is_accepted_with_its_pages(pages):
    paper = inspect(written(blank(pages)))
    assert (paper.content_type, paper.pages, paper.dimensions) == ("application/pdf", pages, None)
    assert paper.filename == "form.pdf"


def test_a_scan_in_a_pdf_is_accepted():
    target = io.BytesIO()
    scans = [Image.effect_noise((200, 300), 50) for _ in range(3)]
    scans[0].save(target, "PDF", save_all=True, append_images=scans[1:])
    assert inspect(target.getvalue()).pages == 3


def test_a_compressed_pdf_is_accepted():
    writer = blank()
    writer.compress_identical_objects()
    assert inspect(written(writer)).pages == 1


def test_objects_in_object_streams_are_read():
    assert inspect(packed(CATALOG, PAGES, PAGE)).pages == 1
    assert inspect(packed(CATALOG, PAGES, PAGE, streams=3)).pages == 1


def test_a_pdf_written_by_hand_is_accepted():
    assert inspect(by_hand(CATALOG, PAGES, PAGE)).pages == 1


def test_an_updated_pdf_is_accepted():
    first = by_hand(CATALOG, PAGES, PAGE)
    place, previous = len(first), int(first.split()[-2])
    update = b"3 0 obj%b endobj\n" % PAGE.replace(b"9 9", b"8 8")
    table = len(first) + len(update)
    update += b"xref\n3 1\n%010d 00000 n \ntrailer<</Size 4/Root 1 0 R/Prev %d>>\n" % (
        place,
        previous,
    )
    assert inspect(first + update + b"startxref\n%d\n%%%%EOF\n" % table).pages == 1


def test_links_and_an_opening_view_are_harmless():
    writer = blank(2)
    writer.add_uri(0, "https://example.org/", [0, 0, 10, 10])
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), target_page_index=1, fit=Fit.fit()))
    writer.open_destination = writer.pages[1]
    assert inspect(written(writer)).pages == 2
    assert inspect(by_hand(acting(b"[3 0 R/Fit]"), PAGES, PAGE)).pages == 1


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\x00" * 600, b" \n\n"])
def test_padding_behind_the_end_is_tolerated(behind):
    assert inspect(by_hand(CATALOG, PAGES, PAGE) + behind).pages == 1


# active content


def with_script():
    writer = blank()
    writer.add_open_action(JavaScript("app.alert('hello')"))
    return written(writer)


def with_attachment():
    writer = blank()
    writer.add_attachment("virus.exe", b"MZ")
    return written(writer)


SCRIPT = acting(b"<</S/JavaScript/JS(app.alert(1))>>")
ESCAPED = acting(b"<</S/J#61vaScript/J#53(app.alert(1))>>")
ANNOTATED = PAGE[:-2] + b"/Annots[<</Type/Annot/Subtype/Link/A<</S/La#75nch/F(calc.exe)>>>>]>>"


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    "content",
    [
        with_script(),
        with_attachment(),
        by_hand(SCRIPT, PAGES, PAGE),
        by_hand(ESCAPED, PAGES, PAGE),
        packed(SCRIPT, PAGES, PAGE),
        packed(ESCAPED, PAGES, PAGE),
        by_hand(CATALOG, PAGES, ANNOTATED),
        packed(CATALOG, PAGES, ANNOTATED),
        by_hand(acting(b"<</S 4 0 R>>"), PAGES, PAGE, b"/Java#53cript"),
        packed(acting(b"<</S 4 0 R>>"), PAGES, PAGE, b"/JavaScript"),
        by_hand(acting(b"<</S/SubmitForm/F(http://example.org)>>"), PAGES, PAGE),
        by_hand(acting(b"<</S/GoToR/F(other.pdf)>>"), PAGES, PAGE),
        by_hand(acting(b"<</S/GoToE>>"), PAGES, PAGE),
        by_hand(acting(b"<</S/ImportData/F(x)>>"), PAGES, PAGE),
        by_hand(CATALOG[:-2] + b"/AcroForm<</Fields[]/XFA[(a)4 0 R]>>>>", PAGES, PAGE, b"null"),
        by_hand(CATALOG, PAGES, PAGE, b"[[[<</Deep<</S/JavaScript>>>>]]]"),
        by_hand(CATALOG, PAGES, PAGE, b"<</Type/Filespec/E#46<<>>>>"),
        by_hand(CATALOG, PAGES, PAGE, stream(b"MZ", b"/Type/Embedded#46ile")),
        by_hand(CATALOG, PAGES, PAGE, b"<</Subtype/Rich#4dedia>>"),
        by_hand(CATALOG, PAGES, PAGE, trailer=b"/Hook<</J#53(1)>>"),
    ],
)
def test_a_pdf_that_does_something_is_refused(content):
    assert refusal(content) == "file_active_content"


def test_a_script_in_an_old_revision_is_refused():
    hidden = b"9 0 obj<</S/JavaScript/JS(1)>>endobj\n"
    assert refusal(by_hand(CATALOG, PAGES, PAGE, head=b"%PDF-1.7\n" + hidden)) == (
        "file_active_content"
    )


# protected, damaged, too long


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
@pytest.mark.parametrize("password", ["secret", ""])
def test_a_protected_pdf_is_refused(algorithm, password):
    writer = blank()
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    assert refusal(written(writer)) == "file_encrypted"


def test_too_many_pages_are_refused():
    assert refusal(written(blank(201))) == "file_pages"
    assert refusal(by_hand(CATALOG, PAGES.replace(b"/Count 1", b"/Count 9999"), PAGE)) == (
        "file_pages"
    )


def test_a_page_count_that_lies_hides_no_pages():
    kids = b"<</Type/Pages/Kids[%b]/Count 1>>" % (b"3 0 R " * 201)
    assert refusal(by_hand(CATALOG, kids, PAGE)) == "file_pages"
    assert refusal(by_hand(CATALOG, kids.replace(b"3 0 R " * 201, b"3 0 R " * 5000), PAGE)) == (
        "file_too_complex"
    )


def test_a_pdf_without_pages_is_refused():
    assert refusal(by_hand(CATALOG, b"<</Type/Pages/Kids[]/Count 0>>")) == "file_without_pages"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\nstartxref\n-5\n%%EOF",
        b"%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF",
        b"%PDF-1.7\n" + bytes(1000) + b"%%EOF",
        by_hand(b"<</Type/Catalog>>", PAGES, PAGE),
        by_hand(b"<</Type/Catalog/Pages 17 0 R>>", PAGES, PAGE),
        by_hand(CATALOG, b"(no dictionary)", PAGE),
        by_hand(b"1 0 R", PAGES, PAGE),
        by_hand(CATALOG, PAGES, PAGE).replace(b"1 0 obj", b"7 0 obj"),
        by_hand(CATALOG, PAGES, PAGE, b"[" * 100_000),
        by_hand(CATALOG, PAGES, PAGE, b"<</A" * 50_000),
        packed(CATALOG, PAGES, PAGE).replace(b"/ObjStm", b"/Objekt"),
        packed(CATALOG, PAGES, PAGE, filters=b"/Filter/LZWDecode"),
        packed(CATALOG, PAGES, PAGE, filters=b"/Filter/NoDecode"),
    ],
)
def test_a_damaged_pdf_is_refused(content):
    assert refusal(content) in {"file_damaged", "file_too_complex"}


def test_a_page_tree_that_bites_its_tail_is_refused():
    assert refusal(by_hand(CATALOG, PAGES.replace(b"3 0 R", b"2 0 R"))) in {
        "file_damaged",
        "file_too_complex",
    }


@pytest.mark.parametrize("content", [by_hand(CATALOG, PAGES, PAGE), packed(CATALOG, PAGES, PAGE)])
def test_a_truncated_pdf_is_refused_wherever_it_ends(content):
    for length in range(5, len(content.rstrip()) - 1):
        assert refusal(content[:length]) == "file_damaged", length


# files within files


@pytest.mark.parametrize(
    "behind", [b"<script>alert(1)</script>", b"MZ\x90\x00", b"%PDF-1.7\n", b"\x00" * 10 + b"more"]
)
def test_something_behind_the_end_is_refused(behind):
    assert refusal(by_hand(CATALOG, PAGES, PAGE) + behind) == "file_hidden_content"


@pytest.mark.rule("M5.2")
def test_an_archive_that_is_a_pdf_as_well_is_refused():
    content = by_hand(CATALOG, PAGES, PAGE)
    target = io.BytesIO()
    target.write(content)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("hidden.txt", "hidden")
        archive.comment = b"startxref\n%d\n%%%%EOF\n" % content.index(b"xref\n")
    assert refusal(target.getvalue()) == "file_hidden_content"


# bombs


@contextmanager
def bounded():
    """Fail the test if the block takes long or much memory."""
    tracemalloc.start()
    start = time.thread_time()
    try:
        yield
        assert time.thread_time() - start < 2 * pdf.MAX_SECONDS
        assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    finally:
        tracemalloc.stop()


def bounded_refusal(content):
    with bounded():
        return refusal(content)


@pytest.mark.rule("M5.2")
def test_an_object_stream_that_explodes_is_refused():
    bomb = packed(CATALOG, PAGES, PAGE, padding=200 * 1024 * 1024)
    assert len(bomb) < 300_000
    assert bounded_refusal(bomb) == "file_too_complex"


def test_an_object_stream_that_explodes_twice_over_is_refused():
    twice = zlib.compress(zlib.compress(b" " * 100 * 1024 * 1024, 9), 9)
    head = b"/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]"
    bomb = packed(CATALOG, PAGES, PAGE)
    start, end = bomb.index(b"4 0 obj"), bomb.index(b"5 0 obj")
    body = b"4 0 obj%b endobj\n" % stream(twice, head)
    bomb = bomb[:start] + body + bomb[end:]
    place = len(bomb[: bomb.rindex(b"5 0 obj")])
    bomb = bomb[: bomb.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF" % place
    assert bounded_refusal(bomb) in {"file_too_complex", "file_damaged"}


def test_object_streams_that_explode_together_are_refused():
    spare = [b"null"] * 40
    bomb = packed(CATALOG, PAGES, PAGE, *spare, streams=43, padding=1024 * 1024)
    assert bounded_refusal(bomb) == "file_too_complex"


def test_a_cross_reference_stream_that_explodes_is_refused():
    data = zlib.compress(bytes(100 * 1024 * 1024), 9)
    head = b"/Type/XRef/Size 9000000/W[1 4 1]/Root 1 0 R/Filter/FlateDecode"
    bomb = b"%%PDF-1.7\n1 0 obj%b endobj\nstartxref\n9\n%%%%EOF" % stream(data, head)
    assert bounded_refusal(bomb) in {"file_too_complex", "file_damaged"}


def test_a_page_whose_content_explodes_is_not_unpacked():
    data = zlib.compress(b" " * 200 * 1024 * 1024, 9)
    page = PAGE[:-2] + b"/Contents 4 0 R>>"
    content = by_hand(CATALOG, PAGES, page, stream(data, b"/Filter/FlateDecode"))
    with bounded():
        assert inspect(content).pages == 1


def test_too_many_objects_are_refused(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_OBJECTS", 100)
    assert bounded_refusal(by_hand(CATALOG, PAGES, PAGE, *[b"null"] * 100)) == "file_too_complex"


def test_references_into_nothing_do_not_search_the_file_for_ever():
    objects = [b"null"] * 5000
    content = by_hand(CATALOG, PAGES, PAGE, *objects, stream(bytes(2 * 1024 * 1024)))
    start = content.index(b"xref\n")
    table = b"".join(b"%010d 00000 n \n" % 9 for _ in range(5003))
    header = b"xref\n0 5005\n0000000000 65535 f \n"
    content = content[: start + len(header)] + table + content[start + len(header) + len(table) :]
    assert bounded_refusal(content) in {"file_too_complex", "file_damaged"}


def test_an_array_of_very_many_arrays_is_refused():
    row = b"[" + b"[]" * 90_000 + b"]"
    assert (
        bounded_refusal(by_hand(CATALOG, PAGES, PAGE, b"[" + row * 3 + b"]")) == "file_too_complex"
    )


def test_reading_stops_when_the_time_is_up(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_SECONDS", -1.0)
    assert refusal(by_hand(CATALOG, PAGES, PAGE)) == "file_too_complex"
