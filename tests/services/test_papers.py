"""Uploads judged by content: pictures and sizes (M5.2, A3)."""

import hashlib
import io
import itertools
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from app.errors import InvalidInput
from app.services.papers import MAX_BYTES, inspect_upload
from app.services.papers import shape as shapes

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(kind, size=(60, 40), mode="RGB", **options):
    target = io.BytesIO()
    Image.effect_noise(size, 50).convert(mode).save(target, kind, **options)
    return target.getvalue()


def zipped(text=b"hidden"):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("hidden.txt", text)
    return target.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*, width=60, height=40, dots=None, extra=b"", depth=8, color=0, interlaced=0):
    dots = bytes((width + 1) * height) if dots is None else dots
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return (
        PNG_SIGNATURE
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(dots, 9))
        + chunk(b"IEND", b"")
    )


def tiff(pages, *, order="<", data=b"\x00" * 100):
    """Return a TIFF whose directories are given as lists of (tag, type, count, value)."""
    content = {"<": b"II*\x00", ">": b"MM\x00*"}[order] + struct.pack(f"{order}I", 8 + len(data))
    content += data
    for number, entries in enumerate(pages, start=1):
        content += struct.pack(f"{order}H", len(entries))
        for tag, kind, count, value in entries:
            packed = struct.pack(f"{order}I", value)
            if kind == 3 and count == 1:
                packed = struct.pack(f"{order}HH", value, 0)
            content += struct.pack(f"{order}HHI", tag, kind, count) + packed
        following = len(content) + 4 if number < len(pages) else 0
        content += struct.pack(f"{order}I", following)
    return content


def tiff_page(width=10, height=10, *, start=8, length=100, compression=1):
    return [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, start),
        (277, 3, 1, 1),
        (278, 3, 1, height),
        (279, 4, 1, length),
    ]


def inspect(content, filename="scan", **options):
    return inspect_upload(io.BytesIO(content), filename, **options)


def refusal(content, **options):
    with pytest.raises(InvalidInput) as caught:
        inspect(content, **options)
    (detail,) = caught.value.details
    assert detail.rule == caught.value.rule == options.get("rule", "M5.2")
    assert detail.field == options.get("field", "file")
    assert "%(" not in detail.msgid % detail.params
    return detail.code


# what is accepted


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    ("content", "content_type", "ending"),
    [
        (picture("JPEG"), "image/jpeg", ".jpg"),
        (picture("JPEG", progressive=True), "image/jpeg", ".jpg"),
        (picture("JPEG", mode="L"), "image/jpeg", ".jpg"),
        (picture("JPEG", mode="CMYK"), "image/jpeg", ".jpg"),
        (
            picture("JPEG", exif=Image.Exif(), comment=b"scanned", dpi=(300, 300)),
            "image/jpeg",
            ".jpg",
        ),
        (picture("PNG"), "image/png", ".png"),
        (picture("PNG", mode="1"), "image/png", ".png"),
        (picture("PNG", mode="P"), "image/png", ".png"),
        (picture("PNG", mode="RGBA"), "image/png", ".png"),
        (picture("PNG", mode="I;16"), "image/png", ".png"),
        (png(), "image/png", ".png"),
        (picture("TIFF"), "image/tiff", ".tif"),
        (picture("TIFF", mode="1", compression="group4"), "image/tiff", ".tif"),
        (picture("TIFF", compression="tiff_lzw"), "image/tiff", ".tif"),
        (picture("TIFF", compression="tiff_adobe_deflate"), "image/tiff", ".tif"),
        (picture("TIFF", compression="jpeg"), "image/tiff", ".tif"),
        (picture("TIFF", compression="packbits"), "image/tiff", ".tif"),
    ],
)
def test_pictures_are_accepted_by_their_content(content, content_type, ending):
    paper = inspect(content, "whatever.exe")
    assert paper.content_type == content_type
    assert paper.filename == f"whatever.exe{ending}"
    assert paper.dimensions == (60, 40)
    assert paper.size == len(content)
    assert paper.sha256 == hashlib.sha256(content).hexdigest()
    assert paper.content == content
    assert paper.pages == (1 if content_type == "image/tiff" else None)


def test_an_interlaced_png_is_accepted():
    lines = bytearray()
    for left, top, across, down in [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]:
        columns, rows = len(range(left, 11, across)), len(range(top, 7, down))
        lines += bytes(rows * (columns + 1)) if columns else b""
    assert inspect(png(width=11, height=7, dots=bytes(lines), interlaced=1)).dimensions == (11, 7)


def test_a_tiff_of_several_pages_is_accepted():
    first, *others = [Image.new("1", (20, 30 + n)) for n in range(3)]
    target = io.BytesIO()
    first.save(target, "TIFF", save_all=True, append_images=others, compression="group4")
    paper = inspect(target.getvalue())
    assert (paper.pages, paper.dimensions) == (3, (20, 30))


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_of_tiff_are_accepted(order):
    assert inspect(tiff([tiff_page()], order=order)).dimensions == (10, 10)


def test_field_and_rule_are_named_as_the_caller_says():
    refusal(b"", field="lines.0.papers.licence", rule="A3")


# what is refused


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + bytes(100), "scan.pdf"),
        (b"<html><script>alert(1)</script>", "scan.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "scan.jpg"),
        (zipped(), "scan.pdf"),
        (picture("GIF"), "scan.jpg"),
        (picture("BMP"), "scan.jpg"),
        (picture("WEBP"), "scan.jpg"),
        (b"\n%PDF-1.4", "scan.pdf"),
        (b"II+\x00\x08\x00\x00\x00" + bytes(40), "scan.tif"),
        ("%PDF-1.4".encode("utf-16"), "scan.pdf"),
        (b"\x00", "scan.pdf"),
    ],
)
def test_another_type_is_refused_whatever_its_name_says(content, name):
    assert refusal(content, filename=name) == "file_type"


def test_an_empty_file_is_refused():
    assert refusal(b"") == "file_empty"


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG"),
        picture("JPEG", progressive=True),
        picture("PNG"),
        picture("TIFF"),
        picture("TIFF", compression="tiff_lzw"),
    ],
)
def test_a_truncated_picture_is_refused_wherever_it_ends(content):
    for length in [*range(9, 60), *range(60, len(content) - 1, max(1, len(content) // 150))]:
        assert refusal(content[:length]) in {"file_damaged", "file_type"}, length


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0" + bytes(1000),
        b"\xff\xd8\xff" + b"\xff" * 1000,
        b"\xff\xd8\xff\xd9",
        picture("JPEG")[:2] + picture("JPEG"),
        PNG_SIGNATURE + chunk(b"IEND", b""),
        png()[:-30] + b"\x00" * 30,
        png(dots=b"short"),
        png(color=5),
        png(depth=3),
        png(height=0),
        png().replace(b"IHDR", b"IHDX"),
        tiff([]),
        tiff([[]]),
        tiff([tiff_page(start=10_000)]),
        tiff([tiff_page(length=10_000)]),
        tiff([tiff_page(length=0)]),
        tiff([tiff_page(width=0)]),
        tiff([tiff_page(compression=5)]),
        tiff([tiff_page(compression=8)]),
        tiff([tiff_page(compression=9999)]),
        b"II*\x00" + struct.pack("<I", 8) + b"\xff\xff",
    ],
)
def test_a_damaged_picture_is_refused(content):
    assert refusal(content) in {"file_damaged", "file_without_pages", "file_too_complex"}


def test_a_changed_byte_of_a_png_is_noticed():
    content = bytearray(png(dots=bytes(itertools.islice(itertools.cycle(range(7)), 61 * 40))))
    content[-20] ^= 1
    assert refusal(bytes(content)) == "file_damaged"


def test_a_png_that_unpacks_to_more_than_its_dots_is_refused():
    bomb = png(dots=bytes(50 * 1024 * 1024))
    assert len(bomb) < 100_000
    assert refusal(bomb) == "file_too_complex"


@pytest.mark.parametrize(
    "content",
    [
        png(width=60_000, height=60_000, dots=b""),
        png(width=2**31 - 1, height=1, dots=b""),
        png(width=30_001, height=1, dots=b""),
        tiff([tiff_page(width=60_000, height=60_000)]),
        picture("JPEG")[:-2].replace(
            struct.pack(">BHH", 8, 40, 60), struct.pack(">BHH", 8, 65_000, 65_000)
        )
        + b"\xff\xd9",
    ],
)
def test_a_picture_of_too_many_dots_is_refused_unopened(content, monkeypatch):
    monkeypatch.setattr(Image, "open", None)
    assert refusal(content) == "file_dimensions"


def test_a3_at_600_dots_an_inch_is_not_too_many():
    assert shapes.check_dimensions(9921, 7016) == (9921, 7016)


def test_a_text_chunk_that_explodes_is_refused():
    bomb = chunk(b"zTXt", b"note\x00\x00" + zlib.compress(bytes(5 * 1024 * 1024), 9))
    assert refusal(png(extra=bomb)) == "file_damaged"


def test_a_moving_picture_is_refused():
    assert refusal(png(extra=chunk(b"acTL", struct.pack(">II", 2, 0)))) == "file_animated"


def test_a_jpeg_of_very_many_scans_is_refused():
    content = picture("JPEG")
    start = content.index(b"\xff\xda")
    scan = content[start:-2]
    assert refusal(content[:start] + scan * 65 + b"\xff\xd9") == "file_too_complex"


@pytest.mark.parametrize(
    "behind", [b"%PDF-1.4\n%%EOF", b"<script>alert(1)</script>", b"<HTML>", b"MZ\x90\x00", zipped()]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_another_file_behind_a_picture_is_refused(kind, behind):
    assert refusal(picture(kind) + behind) == "file_hidden_content"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_an_archive_behind_a_picture_is_refused(kind):
    assert refusal(picture(kind) + zipped()) == "file_hidden_content"


def test_a_pdf_in_the_head_of_a_picture_is_refused():
    assert refusal(picture("JPEG", comment=b"%PDF-1.4")) == "file_hidden_content"
    assert refusal(png(extra=chunk(b"tEXt", b"a\x00%PDF-1.4"))) == "file_hidden_content"


def test_dots_behind_the_dots_of_a_png_are_refused():
    content = png()
    second = chunk(b"IDAT", b"smuggled")
    assert refusal(content[:-12] + second + content[-12:]) == "file_hidden_content"


@pytest.mark.parametrize(
    "behind", [bytes(512), b"\r\n", picture("JPEG"), b"\x00\x00\x00\x18ftypmp42" + bytes(300)]
)
def test_what_phones_put_behind_a_jpeg_is_tolerated(behind):
    content = picture("JPEG") + behind
    paper = inspect(content)
    assert paper.dimensions == (60, 40)
    assert paper.content == content


def test_padding_behind_a_png_is_tolerated():
    assert inspect(png() + b"\x00\x00\r\n").dimensions == (60, 40)


def test_a_tiff_whose_pages_go_round_in_a_circle_is_refused():
    content = tiff([tiff_page()])
    assert refusal(content[:-4] + struct.pack("<I", 108)) == "file_damaged"


def test_a_tiff_of_too_many_pages_is_refused():
    assert refusal(tiff([tiff_page()] * 201)) == "file_pages"
    assert inspect(tiff([tiff_page()] * 200)).pages == 200


def test_a_tiff_directory_that_names_the_same_bytes_again_and_again_is_refused():
    entries = [(40_000 + n, 1, 5000, 0) for n in range(200)]
    assert refusal(tiff([tiff_page() + entries], data=bytes(10_000))) == "file_damaged"
    assert refusal(tiff([tiff_page() * 40])) == "file_too_complex"


# size


class Endless:
    """A stream without end that counts what is taken from it."""

    def __init__(self, start=b"\x89PNG\r\n\x1a\n"):
        self.start = start
        self.taken = 0

    def read(self, size=-1, /):
        assert size > 0, "the whole stream was asked for"
        piece = (self.start + bytes(size))[:size]
        self.start = self.start[size:]
        self.taken += len(piece)
        return piece


@pytest.mark.rule("M5.2")
def test_a_stream_of_unknown_length_is_read_to_the_limit_and_one_byte():
    stream = Endless()
    with pytest.raises(InvalidInput) as caught:
        inspect_upload(stream, "scan.png")
    assert stream.taken == MAX_BYTES + 1 == 20 * 1024 * 1024 + 1
    (detail,) = caught.value.details
    assert (detail.code, detail.params) == ("file_too_large", {"limit": 20})


def test_a_stream_that_comes_in_drops_is_read_whole():
    class Dripping(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(min(size, 7))

    content = picture("PNG")
    assert inspect_upload(Dripping(content), "scan.png").content == content


def test_a_file_of_exactly_the_limit_is_accepted():
    content = picture("PNG")
    padded = content + bytes(MAX_BYTES - len(content))
    assert inspect(padded).size == MAX_BYTES
    assert refusal(padded + b"\x00") == "file_too_large"
    assert refusal(content, max_bytes=len(content) - 1) == "file_too_large"


def test_a_missing_name_is_no_reason_to_refuse():
    assert inspect(png(), None).filename == "paper.png"
    assert inspect(picture("JPEG"), "photo.jpeg").filename == "photo.jpeg"
