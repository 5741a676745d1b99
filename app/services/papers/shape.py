"""How large a paper is, and how large it may be."""

from dataclasses import dataclass

from app.services.papers.problems import PaperProblem, PaperRefusal

MAX_PAGES = 200
MEGAPIXEL = 1_000_000
MAX_MEGAPIXELS = 72  # A3 at 600 dots an inch
MAX_SIDE = 30_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Pages of a document, dots of a picture."""

    pages: int | None = None
    dimensions: tuple[int, int] | None = None


def check_dimensions(width: int, height: int) -> tuple[int, int]:
    """Return the dimensions if a picture of that size can be unpacked safely."""
    if width < 1 or height < 1:
        raise PaperRefusal(PaperProblem.DAMAGED)
    if width * height > MAX_MEGAPIXELS * MEGAPIXEL or max(width, height) > MAX_SIDE:
        raise PaperRefusal(
            PaperProblem.DIMENSIONS, width=width, height=height, limit=MAX_MEGAPIXELS
        )
    return width, height
