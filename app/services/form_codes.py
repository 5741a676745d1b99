"""What the QR code on a printed page says: which form, copy and page, and that we printed it.

`KD:<number>:<copy>:<page>:<check>`; the check is keyed, so that nobody can make up a code that
leads to a form (A3).
"""

import hmac
import re
from dataclasses import dataclass

from app.models.encryption import blind_index, blind_index_candidates

CONTEXT = "form_code"
CHECK_LENGTH = 12
MAX_FIGURES = 4

_CODE = re.compile(
    rf"KD:([A-Z0-9]{{3,20}}):([1-9][0-9]{{0,{MAX_FIGURES}}}):([1-9][0-9]{{0,{MAX_FIGURES}}})"
    rf":([0-9A-F]{{{CHECK_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class FormCode:
    """One page of one copy of one form."""

    number: str
    copy: int
    page: int

    @property
    def text(self) -> str:
        """The code as it is printed."""
        check = blind_index(self._said, CONTEXT)[:CHECK_LENGTH]
        return f"KD:{self._said}:{check.upper()}"

    @property
    def _said(self) -> str:
        return f"{self.number}:{self.copy}:{self.page}"

    def _is_ours(self, check: str) -> bool:
        kept = blind_index_candidates(self._said, CONTEXT)
        return any(hmac.compare_digest(each[:CHECK_LENGTH].upper(), check) for each in kept)


def read_code(text: str) -> FormCode | None:
    """Return the page that `text` names, None for anything that this office did not print."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return None
    number, copy, page, check = found.groups()
    code = FormCode(number, int(copy), int(page))
    return code if code._is_ours(check) else None  # noqa: SLF001 - the same module's own
