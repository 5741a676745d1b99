"""Scanned forms: an office whose people print, scan and send in."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from app.models.scans import Scan
from app.services import printing, sheets
from tests.api.conftest import rest, staffed
from tests.support.factories import Office
from tests.support.office import database, office
from tests.support.paper import Paper
from tests.views.conftest import browser

__all__ = ["browser", "database", "office", "rest", "staffed"]


class Desk:
    """Where forms are printed, stamped and laid on the scanner."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def printed(self, identity: int, by: str = "east.admin") -> Paper:
        """Print one more copy of a form."""
        session = self.office.session
        with self.office.acting(by) as actor:
            application = sheets.load_sheet(session, identity, actor)
            copy = printing.make_copy(session, application, actor=actor, now=self.office.now)
            session.commit()
            return Paper(printing.print_form(session, application, copy))

    def scanned(self, *pictures: Image.Image, kind: str = "PDF") -> bytes:
        """What the scanner makes of sheets of paper, in one file."""
        made = BytesIO()
        first, *more = [picture.convert("RGB") for picture in pictures]
        several = {"save_all": True, "append_images": more} if kind in {"PDF", "TIFF"} else {}
        first.save(made, kind, resolution=150, **several)
        return made.getvalue()

    def files(self) -> list[Scan]:
        self.office.session.expire_all()
        return self.office.session.query(Scan).order_by(Scan.id).all()

    def pages(self) -> list[tuple[str, str | None]]:
        """What became of each page: outcome and problem."""
        return [
            (page.outcome.value, page.problem.value if page.problem else None)
            for scan in self.files()
            for page in scan.found
        ]


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


@pytest.fixture
def send(browser: Callable):
    """`send("reg1", content)` sends files in through the page."""

    def send_in(login: str, *contents: bytes, name: str = "扫描.pdf"):
        who = browser(login)
        files = [("file", (BytesIO(content), name)) for content in contents]
        return who.post("/scans/send", files, content_type="multipart/form-data")

    return send_in


def noisy(picture: Image.Image, sigma: float) -> Image.Image:
    """The same sheet under a bad scanner."""
    grey = picture.convert("L")
    made = ImageChops.add(grey, Image.effect_noise(grey.size, sigma), 1, -128)
    squeezed = BytesIO()
    made.save(squeezed, "JPEG", quality=50)
    return Image.open(squeezed)


def turned(picture: Image.Image, degrees: float) -> Image.Image:
    """The same sheet laid askew."""
    return picture.rotate(
        degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
    )
