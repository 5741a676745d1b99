"""The lists of keys and items beside the people, found by login name at constant memory.

They are put into a small database file of their own first, thrown away in the end: whatever their
length and their order, a batch of people finds what is theirs at once.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.services.workbooks import SheetRow

SCHEMA = """
CREATE TABLE key (login TEXT, serial TEXT, office TEXT, issued TEXT, row INTEGER, why TEXT,
                  used INTEGER DEFAULT 0);
CREATE TABLE item (login TEXT, items TEXT, since TEXT, row INTEGER, used INTEGER DEFAULT 0);
CREATE TABLE seen (what TEXT, value TEXT, row INTEGER, PRIMARY KEY (what, value)) WITHOUT ROWID;
"""
INDEXES = """
CREATE INDEX key_login ON key (login);
CREATE INDEX key_serial ON key (serial);
CREATE INDEX item_login ON item (login);
"""
BATCH = 5000

KeyRow = tuple[str, str, str, str, int, str]
ItemRow = tuple[str, str, str, int]


class Staging:
    """What the lists of keys and items say, by login name in small letters."""

    def __init__(self, path: Path) -> None:
        """Begin an empty one at `path`."""
        self.db = sqlite3.connect(path)
        self.db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

    def take_keys(self, rows: Iterable[SheetRow]) -> int:
        """Keep the rows of the list of keys and return how many there are."""
        found = (
            (
                row.values["login_name"].lower(),
                row.values["serial"].upper(),
                row.values.get("office", ""),
                row.values.get("issued_on", ""),
                row.number,
                next((d.code for d in row.problems), ""),
            )
            for row in rows
        )
        return self._take(
            "INSERT INTO key (login, serial, office, issued, row, why) VALUES (?, ?, ?, ?, ?, ?)",
            found,
        )

    def take_items(self, rows: Iterable[SheetRow]) -> int:
        """Keep the rows of the list of items held and return how many there are."""
        found = (
            (
                row.values["login_name"].lower(),
                row.values["items"],
                row.values.get("valid_from", ""),
                row.number,
            )
            for row in rows
        )
        return self._take("INSERT INTO item (login, items, since, row) VALUES (?, ?, ?, ?)", found)

    def _take(self, statement: str, rows: Iterator[tuple[object, ...]]) -> int:
        count = 0
        part: list[tuple[object, ...]] = []
        for row in rows:
            part.append(row)
            if len(part) == BATCH:
                count += len(part)
                self.db.executemany(statement, part)
                part.clear()
        self.db.executemany(statement, part)
        return count + len(part)

    def ready(self) -> None:
        """Index what was taken."""
        self.db.executescript(INDEXES)

    def keys_of(self, logins: list[str]) -> dict[str, list[KeyRow]]:
        """Return the keys of each of these people, and note that somebody asked for them."""
        marks = ",".join("?" * len(logins))
        self.db.execute(f"UPDATE key SET used = 1 WHERE login IN ({marks})", logins)  # noqa: S608 - marks only
        rows = self.db.execute(
            f"SELECT login, serial, office, issued, row, why FROM key WHERE login IN ({marks})",  # noqa: S608 - as above
            logins,
        )
        return _by_login(rows)

    def items_of(self, logins: list[str]) -> dict[str, list[ItemRow]]:
        """Return the items of each of these people, and note that somebody asked for them."""
        marks = ",".join("?" * len(logins))
        self.db.execute(f"UPDATE item SET used = 1 WHERE login IN ({marks})", logins)  # noqa: S608 - as above
        rows = self.db.execute(
            f"SELECT login, items, since, row FROM item WHERE login IN ({marks})",  # noqa: S608 - as above
            logins,
        )
        return _by_login(rows)

    def first_row(self, what: str, value: str, row: int) -> int:
        """Return in which row a value stood first, this one if it is new."""
        self.db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (what, value, row))
        found = self.db.execute(
            "SELECT row FROM seen WHERE what = ? AND value = ?", (what, value)
        ).fetchone()
        return int(found[0])

    def serials_twice(self, serials: list[str]) -> set[str]:
        """Return which of these serial numbers stand in the list more than once."""
        marks = ",".join("?" * len(serials))
        rows = self.db.execute(
            f"SELECT serial FROM key WHERE serial IN ({marks}) GROUP BY serial HAVING count(*) > 1",  # noqa: S608 - as above
            serials,
        )
        return {row[0] for row in rows}

    def stock(self) -> Iterator[KeyRow]:
        """Yield the keys that nobody holds."""
        yield from self.db.execute(
            "SELECT login, serial, office, issued, row, why FROM key WHERE login = '' ORDER BY row"
        )

    def left_over(self) -> Iterator[tuple[str, int, str]]:
        """Yield file, row and login name of keys and items of people who are not in the list."""
        for file, table in (("keys", "key"), ("grants", "item")):
            rows = self.db.execute(
                f"SELECT row, login FROM {table} WHERE used = 0 AND login <> '' ORDER BY row"  # noqa: S608 - our own names
            )
            for row, login in rows:
                yield file, row, login


def _by_login(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(str(row[0]), []).append(row)
    return found
