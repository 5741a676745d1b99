"""The fixed words that annexes 3–7 print around a form's lines (A3): data, as all their words."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWords:
    """What is printed on every sheet."""

    annex: str
    seal: str
    contact: str
    phone: str
    signature: str
    number: str
    opinion: str
    date: str


SHEET_WORDS = SheetWords(
    **yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
)
