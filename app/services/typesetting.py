"""PDF by typst: a template of `app/templates/print`, data, one embedded type (A3–A7).

The same data give the same bytes on any machine: no type of the system is used, and the time in the
document is the one that is given. The library is loaded with the first print.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "print"
TYPE_PACKAGE = "noto_cjk_sans_otc"
STANDARD: Literal["a-2b"] = "a-2b"
PLAIN: Literal["1.7"] = "1.7"
UNDISPLAYED = "could not be displayed"
"""What the typesetter says of a character that its type does not have."""

_one_at_a_time = threading.Lock()


@cache
def _compiler(template: str) -> "Compiler":
    from typst import Compiler

    found = find_spec(TYPE_PACKAGE)
    if found is None or found.origin is None:
        message = f"the package {TYPE_PACKAGE} with the printing type is not installed"
        raise RuntimeError(message)
    return Compiler(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=[Path(found.origin).parent],
        ignore_system_fonts=True,
    )


def typeset(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF that `template` makes of `data`, dated `at`; data are never markup.

    A compiler serves one thread at a time. PDF/A allows no character that the type does not have: a
    document with one, a rare name or what somebody sent to a log, is plain PDF and shows a box.
    """
    from typst import TypstError

    given = {"data": json.dumps(data, ensure_ascii=False)}
    made: Any = None
    with _one_at_a_time:
        for standard in (STANDARD, PLAIN):
            try:
                made = _compiler(template).compile(
                    format="pdf",
                    sys_inputs=given,
                    pdf_standards=standard,
                    timestamp=int(at.timestamp()),
                )
                break
            except TypstError as error:
                if standard == PLAIN or UNDISPLAYED not in str(error):
                    raise
    if not isinstance(made, bytes):
        message = f"{template} made no single document"
        raise TypeError(message)
    return made


def qr_code(text: str) -> str:
    """Return `text` as a QR code in SVG, with its quiet zone; a quarter of it may be spoilt."""
    import segno

    drawn = BytesIO()
    segno.make(text, error="q", micro=False).save(
        drawn, kind="svg", border=4, xmldecl=False, nl=False
    )
    return drawn.getvalue().decode()
