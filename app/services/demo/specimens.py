"""Papers of the demo: small real PDF, PNG and JPEG files that nobody can take for genuine ones."""

from functools import cache
from io import BytesIO
from math import cos, pi, sin

from noto_cjk_sans_otc import FONT_PATH
from PIL import Image, ImageDraw, ImageFont

from app.i18n import _

SIMPLIFIED_CHINESE = 2
"""Which face of the font collection."""

SIZE = (620, 440)
PAPER, INK, SEAL = "#fdfcf7", "#33363d", "#c8202a"
FORMATS = ("PDF", "PNG", "JPEG")
ENDINGS = {"PDF": "pdf", "PNG": "png", "JPEG": "jpg"}


def specimen(title: str, bearer: str, number: int) -> tuple[str, bytes]:
    """Return a file name's ending and the content of a paper called `title` of `bearer`."""
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((14, 14, SIZE[0] - 14, SIZE[1] - 14), outline=INK, width=2)
    draw.text((40, 38), title, font=_type(26), fill=INK)
    draw.text((40, 96), bearer, font=_type(20), fill=INK)
    draw.text((40, 136), f"No. {number:06d}", font=_type(18), fill=INK)
    for row in range(6):
        top = 190 + row * 26
        draw.line((40, top, SIZE[0] - (60 if row % 2 else 200), top), fill="#c9ccd3", width=6)
    draw.text((40, 372), _("SPECIMEN - NOT VALID"), font=_type(20), fill=SEAL)
    _seal(draw, (490, 320), 74)
    kind = FORMATS[number % len(FORMATS)]
    content = BytesIO()
    picture.save(content, kind)
    return ENDINGS[kind], content.getvalue()


@cache
def _type(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_PATH), size, index=SIMPLIFIED_CHINESE)


def _seal(draw: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=SEAL, width=5)
    points = [
        (
            x + (radius / 2.4 if corner % 2 == 0 else radius / 6) * sin(corner * pi / 5),
            y - (radius / 2.4 if corner % 2 == 0 else radius / 6) * cos(corner * pi / 5),
        )
        for corner in range(10)
    ]
    draw.polygon(points, fill=SEAL)
