"""The one place where a picture is unpacked, one at a time in a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from app.services.papers.problems import PaperProblem, PaperRefusal

if TYPE_CHECKING:
    from PIL.Image import Image

_one_at_a_time = threading.Lock()


@contextmanager
def opened_picture(content: bytes, kind: str) -> Iterator["Image"]:
    """Open `content` as a picture of exactly `kind` (Pillow's name) for the block.

    Dimensions have to be checked before. Whatever the decoder stumbles over is a damaged file. The
    lock bounds the memory that unpacking takes, whatever arrives at once.
    """
    from PIL import Image  # loaded when the first picture comes, not at the start of the server

    with _one_at_a_time:
        try:
            with Image.open(BytesIO(content), formats=[kind]) as picture:
                yield picture
        except PaperRefusal:
            raise
        except Exception as error:
            # decoders answer hostile bytes with almost any exception
            raise PaperRefusal(PaperProblem.DAMAGED) from error
