"""The fixed words printed around a form's lines (A3–A7) and on sheets: data, as all their words."""

from dataclasses import asdict, dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWords:
    """What is printed on every sheet; `copy` and `page` have places for their numbers."""

    annex: str
    seal: str
    contact: str
    phone: str
    signature: str
    number: str
    opinion: str
    date: str
    copy: str
    page: str

    def as_dict(self) -> dict[str, str]:
        """Return them as a template reads them."""
        return asdict(self)


SHEET_WORDS = SheetWords(
    **yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
)
