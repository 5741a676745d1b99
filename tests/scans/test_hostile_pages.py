"""Pages made to take time and memory: drawn within bounds, or left to be filed by hand (A3)."""

from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from app.services.scan_reading import drawn_pages

ENDLESS = b"0 0 m 600 400 l S\n" * 2_000_000


def test_a_page_of_monstrous_size_is_drawn_small_or_waits(office, desk, send):
    writer = PdfWriter()
    writer.add_blank_page(14_400, 14_400)
    made = BytesIO()
    writer.write(made)
    assert send("reg1", made.getvalue()).status_code == 303
    assert desk.pages() == [("discarded", "blank")]


def test_a_picture_that_unpacks_without_end_is_not_unpacked(office, desk, send):
    writer = PdfWriter()
    page = writer.add_blank_page(600, 400)
    bomb = StreamObject()
    bomb._data = b"\x00" * 1000
    for key, value in {"/Width": 60_000, "/Height": 60_000, "/BitsPerComponent": 8}.items():
        bomb[NameObject(key)] = NumberObject(value)
    bomb[NameObject("/Type")] = NameObject("/XObject")
    bomb[NameObject("/Subtype")] = NameObject("/Image")
    bomb[NameObject("/ColorSpace")] = NameObject("/DeviceRGB")
    held = writer._add_object(bomb)
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/Im0"): held})}
    )
    drawing = DecodedStreamObject()
    drawing.set_data(b"600 0 0 400 0 0 cm /Im0 Do")
    page[NameObject("/Contents")] = writer._add_object(drawing)
    made = BytesIO()
    writer.write(made)
    assert send("reg1", made.getvalue()).status_code == 303
    assert desk.pages() == [("waiting", "too_large")]


def test_a_page_that_draws_without_end_is_not_drawn_to_its_end(office, desk, send):
    writer = PdfWriter()
    page = writer.add_blank_page(600, 400)
    drawing = DecodedStreamObject()
    drawing.set_data(ENDLESS)
    page[NameObject("/Contents")] = writer._add_object(drawing.flate_encode())
    made = BytesIO()
    writer.write(made)
    assert len(made.getvalue()) < 200_000
    assert send("reg1", made.getvalue()).status_code == 303
    assert desk.pages() == [("waiting", "too_large")]


def test_a_page_that_cannot_be_drawn_stands_in_nobodys_way(office, desk):
    writer = PdfWriter()
    for _ in range(2):
        writer.add_blank_page(600, 400)
    drawing = DecodedStreamObject()
    drawing.set_data(ENDLESS)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(drawing.flate_encode())
    made = BytesIO()
    writer.write(made)
    first, second = drawn_pages(made.getvalue(), "application/pdf", 2)
    assert first is None
    assert second is not None
    assert second.size == (1250, 834)
