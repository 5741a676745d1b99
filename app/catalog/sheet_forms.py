"""Sheets that offices print beside the forms: their titles, columns and places to sign, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetForm:
    """One sheet; a column is a field, its heading and its breadth beside the others."""

    title: str
    rule: str
    article: str
    clause: str
    facts: Mapping[str, str]
    columns: tuple[tuple[str, str, float], ...]
    signatures: tuple[str, ...]
    seals: tuple[str, ...]
    date: str


def _read() -> dict[str, SheetForm]:
    found = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {
        name: SheetForm(
            **{
                **said,
                "columns": tuple(
                    (field, words, float(width)) for field, words, width in said["columns"]
                ),
                "signatures": tuple(said["signatures"]),
                "seals": tuple(said["seals"]),
            }
        )
        for name, said in found.items()
    }


SHEET_FORMS: dict[str, SheetForm] = _read()
