"""Why a file is refused, and what its owner can do about it."""

from enum import Enum
from typing import Any

from app.i18n import N_


class PaperProblem(Enum):
    """Every reason with its stable code and its words."""

    EMPTY = ("file_empty", N_("The file is empty."))
    TOO_LARGE = (
        "file_too_large",
        N_("The file is larger than %(limit)s MB: scan it with fewer dots or split it."),
    )
    TYPE = (
        "file_type",
        N_(
            "Only PDF, JPEG, PNG and TIFF files are accepted; judged by its content, this file is "
            "none of them."
        ),
    )
    DAMAGED = (
        "file_damaged",
        N_("The file is damaged or incomplete: scan or save it again."),
    )
    HIDDEN = (
        "file_hidden_content",
        N_("Something else is hidden in this file: scan or save it again with another program."),
    )
    TOO_COMPLEX = (
        "file_too_complex",
        N_("The file unpacks to more than a paper needs: scan it or print it into a new PDF."),
    )
    DIMENSIONS = (
        "file_dimensions",
        N_(
            "The picture has %(width)s × %(height)s dots, more than %(limit)s million: "
            "scan it with fewer dots."
        ),
    )
    ANIMATED = ("file_animated", N_("A moving picture is no paper: save a single picture."))
    PAGES = (
        "file_pages",
        N_("The file has more than %(limit)s pages: split it."),
    )
    WITHOUT_PAGES = ("file_without_pages", N_("The file has no page."))
    ENCRYPTED = (
        "file_encrypted",
        N_("The PDF is protected by a password: save it without protection."),
    )
    ACTIVE = (
        "file_active_content",
        N_(
            "The PDF contains a script, a program call or an attached file (%(name)s): "
            "print it into a new PDF."
        ),
    )

    def __init__(self, code: str, msgid: str) -> None:
        self.code = code
        self.msgid = msgid


class PaperRefusal(Exception):
    """A file was refused; `inspect_upload` adds the field and the rule."""

    def __init__(self, problem: PaperProblem, **params: Any) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.params = params
