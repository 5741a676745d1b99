"""What a page says, and what of it is in the wrong language."""

import re
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Page

from config import ROOT

CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
PLACE = re.compile(r"%\(\w+\)[sd]")
CHINESE = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uff00-\uffef]")
CODE = re.compile(r"[a-z]+(?:_[a-z]+)+|lines\.\d+\..+|papers\..+")
"""Names that the program gives to fields and values, and that no reader should meet."""

OWN_NAMES = ("中文", "·")

READ = """() => {
  const said = [];
  const seen = (it) => it.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: it, nodeValue } = walker.currentNode;
    if (it.closest(".avatar, script, style, noscript, option, code, kbd, textarea")) continue;
    if (nodeValue.trim() && seen(it)) said.push(nodeValue);
  }
  for (const it of document.querySelectorAll("main option")) said.push(it.textContent);
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const it of document.querySelectorAll(`body [${name}]`)) {
      if (!it.closest("noscript")) said.push(it.getAttribute(name));
    }
  }
  said.push(document.title);
  return said.map((it) => it.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


def said(page: Page) -> list[str]:
    """Every text that somebody can see or that is read out to them."""
    return sorted(set(page.evaluate(READ)))


@cache
def english() -> tuple[frozenset[str], re.Pattern[str]]:
    """The msgids that read otherwise in Chinese: whole ones, and those with places to fill."""
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh") if message.id]
    whole: set[str] = set()
    filled: list[str] = []
    for message in messages:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        told = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in ids:
            if text in told or not re.search(r"[A-Za-z]{2}", PLACE.sub("", text)):
                continue
            parts = [re.escape(part) for part in PLACE.split(" ".join(text.split()))]
            if len(parts) == 1:
                whole.add(text)
            else:
                filled.append(".+?".join(parts))
    return frozenset(whole), re.compile("|".join(filled) or "(?!)")


@cache
def codes_of(database: Path) -> frozenset[str]:
    """Every code by which the office itself calls a row: what a paper or a key is called by."""
    found: set[str] = set()
    with closing(sqlite3.connect(database)) as connection:
        for table in tables_of(connection):
            rows = connection.execute(f'select * from "{table}"')
            places = [at for at, told in enumerate(rows.description) if told[0] == "code"]
            found.update(str(row[at]) for row in rows for at in places)
    return frozenset(found)


def left_in_english(page: Page, codes: frozenset[str]) -> list[str]:
    """Texts of a Chinese page that nobody has translated, names within the program among them."""
    whole, filled = english()
    return [
        text
        for text in said(page)
        if text in whole or filled.fullmatch(text) or (CODE.fullmatch(text) and text not in codes)
    ]


def tables_of(connection: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
    ]


@cache
def data_of(database: Path) -> list[str]:
    """Every Chinese text that people have typed into the office, the longest first."""
    found: set[str] = set()
    with closing(sqlite3.connect(database)) as connection:
        for table in tables_of(connection):
            rows = connection.execute(f'select * from "{table}"')
            columns = [column[0] for column in rows.description]
            for row in rows:
                for name, value in zip(columns, row, strict=True):
                    if not name.endswith("_zh") and isinstance(value, str):
                        found.update(_pieces(value))
    return sorted(found, key=len, reverse=True)


def _pieces(value: str) -> list[str]:
    """A text, and where it is a record in JSON the texts within."""
    if value[:1] in {"{", "["}:
        texts = re.findall(r'"((?:[^"\\]|\\.)*)"', value)
        decoded = [
            text.encode().decode("unicode_escape") if "\\u" in text else text for text in texts
        ]
    else:
        decoded = [value]
    return [" ".join(text.split()) for text in decoded if CHINESE.search(text)]


def left_in_chinese(page: Page, data: list[str]) -> list[str]:
    """Texts of an English page that are neither English nor somebody's data."""
    found = []
    for text in said(page):
        rest = text
        for known in (*data, *OWN_NAMES) if CHINESE.search(text) else ():
            rest = rest.replace(known, "")
        if CHINESE.search(rest):
            found.append(text)
    return found
