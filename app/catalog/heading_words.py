"""Words over a spreadsheet's columns that mean one of ours: data, in both languages (X6)."""

from pathlib import Path

import yaml

HEADING_WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(words)
    for name, words in yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    ).items()
}
