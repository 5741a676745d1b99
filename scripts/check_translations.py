"""Hold the Chinese catalogue against the texts of the program and the glossary.

Extracts every msgid from app/ and fails on one that is missing, stale, fuzzy or empty in a
catalogue, on placeholders or tags that differ, and on a glossary term said otherwise.
`--update` brings the catalogues up to date first: new texts are added, gone ones removed.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "translations"
GLOSSARY = ROOT / "app" / "glossary.toml"
LANGUAGES = ("zh",)
KEYWORDS = ("N_", "Word")
UPDATE = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date", "--no-wrap")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdrf]|%[sdrf]|\{\w*\}|</?[a-z]\w*[^>]*>")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary: how it is said in Chinese, how not, and where it is another word."""

    english: str
    chinese: tuple[str, ...]
    avoid: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    def problems(self, english: str, chinese: str) -> Iterator[str]:
        """Say what `chinese` does to this term."""
        said = any(word in chinese for word in self.chinese)
        for synonym in self.synonyms:
            if synonym in english.lower():
                yield f"the glossary's word is “{self.english}”, not “{synonym}”"
        for word in self.avoid:
            if word in chinese and not any(word in right for right in self.chinese):
                yield f"says {word}; the glossary says {self.chinese[0]}"
        if self.is_in(english) and not said:
            yield f"lacks {self.chinese[0]} for “{self.english}”"

    def is_in(self, english: str) -> bool:
        """Whether the word or its plural stands in `english`, other phrases apart."""
        rest = PLACEHOLDER.sub(" ", english).lower()
        for phrase in self.not_in:
            rest = rest.replace(phrase.lower(), " ")
        stem = re.escape(self.english.lower())
        if self.english.endswith("y"):
            stem = f"{stem[:-1]}(?:y|ie)"
        return re.search(rf"\b{stem}(?:e?s)?\b", rest) is not None


def read_glossary(path: Path = GLOSSARY) -> list[Term]:
    """Return the terms of `path`, each a table `[terms."key"]` with zh and what else it needs."""
    entries: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["terms"]
    return [
        Term(
            english=english,
            chinese=(entry["zh"], *entry.get("also", ())),
            avoid=tuple(entry.get("avoid", ())),
            not_in=tuple(entry.get("not_in", ())),
            synonyms=tuple(entry.get("synonyms", ())),
        )
        for english, entry in entries.items()
    ]


def check(template: Catalog, catalogue: Catalog, glossary: list[Term]) -> Iterator[str]:
    """Say everything that is wrong with `catalogue`, one line each."""
    wanted = {_key(message): message for message in template if message.id}
    present = {_key(message): message for message in catalogue if message.id}
    for key in wanted.keys() - present.keys():
        yield f"missing: {_where(wanted[key])}"
    for key in present.keys() - wanted.keys():
        yield f"stale: {_quoted(present[key])}"
    for message in catalogue.obsolete.values():
        yield f"stale: {_quoted(message)}"
    for key in wanted.keys() & present.keys():
        for problem in _entry_problems(present[key], glossary):
            yield f"{problem}: {_where(wanted[key])}"


def _entry_problems(message: Message, glossary: list[Term]) -> Iterator[str]:
    texts = _texts(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(text.strip() for text in texts):
        yield "empty"
        return
    english = _texts(message.id)[-1]
    for text in texts:
        if Counter(PLACEHOLDER.findall(english)) != Counter(PLACEHOLDER.findall(text)):
            yield "placeholders or tags differ"
        for term in glossary:
            yield from term.problems(english, text)


def _texts(entry: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (entry or "",) if entry is None or isinstance(entry, str) else tuple(entry)


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, _texts(message.id)[0]


def _quoted(message: Message) -> str:
    return f"“{_texts(message.id)[0]}”"


def _where(message: Message) -> str:
    files = sorted({file for file, _ in message.locations})
    return f"{_quoted(message)} ({', '.join(files[:2])})"


def extract(target: Path) -> Catalog:
    """Write every msgid of the program to `target` and return them."""
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    form = ("--no-wrap", "--add-location", "file", "--project", "Keydesk", "--version", "")
    _pybabel("extract", "-F", "babel.cfg", *keywords, *form, "-o", str(target), ".")
    with target.open("rb") as file:
        return read_po(file)


def update(template: Path, language: str) -> None:
    """Add new texts to the language's catalogue, untranslated, and take gone ones out."""
    path = catalogue_path(language)
    words = ("-i", str(template), "-d", str(TRANSLATIONS), "-l", language)
    if path.exists():
        _pybabel("update", *words, *UPDATE)
    else:
        _pybabel("init", *words, "--no-wrap")


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of `language` stands."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def _pybabel(*arguments: str) -> None:
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> int:
    """Check, after bringing up to date if asked; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--update", action="store_true", help="add new texts, remove gone ones")
    arguments = parser.parse_args()
    glossary = read_glossary()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        template_path = Path(folder) / "messages.pot"
        template = extract(template_path)
        for language in LANGUAGES:
            if arguments.update:
                update(template_path, language)
            with catalogue_path(language).open("rb") as file:
                catalogue = read_po(file, locale=language)
            found = sorted(check(template, catalogue, glossary))
            problems += [f"{language}: {problem}" for problem in found]
    if arguments.update:
        print(f"{len(problems)} entries of translations/ need work")
        return 0
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
