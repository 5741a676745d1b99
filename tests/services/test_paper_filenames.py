"""The names that uploaded papers are shown and downloaded under."""

import pytest

from app.services.papers.filenames import NAME_LENGTH, safe_filename


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("营业执照.png", "营业执照.png"),
        ("Licence.PNG", "Licence.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\zhang\\scan.png", "scan.png"),
        ("scan.png\x00.exe", "scan.png.exe.png"),
        ("scan\r\nSet-Cookie: a.png", "scanSet-Cookie_ a.png"),
        ("gnp\u202eexe.png", "gnpexe.png"),
        ("..", "paper.png"),
        ("", "paper.png"),
        (".png", "paper.png"),
        (".htaccess", "htaccess.png"),
        ("con.png", "_con.png"),
        ('a"b<c>.png', "a_b_c_.png"),
        ("photo.jpg", "photo.jpg.png"),
        ("a  b .png", "a b.png"),
        ("长" * 500 + ".png", "长" * (NAME_LENGTH - 4) + ".png"),
    ],
)
def test_a_name_is_made_safe_and_ends_as_the_content_does(given, shown):
    assert safe_filename(given, "image/png") == shown
