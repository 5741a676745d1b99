"""A whole office's former lists, and how long it takes to take them over (M4, X6).

Seeded: a million people of two thousand units, each with a key, the management units' people with
two items each; one in ten thousand has no key and has to be refused. `flask imports load` reads the
lists into an empty database in a process of its own; what it leaves is counted past it.
"""

import csv
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.catalog.identity import social_credit_check_character
from bench.databases import BENCH, empty, environment, say
from bench.generate import citizen_id, login_of, name_of
from bench.report import Row
from config import ROOT

PEOPLE = 1_000_000
UNITS = 2_000
KEYLESS = 10_000
"""One person in so many has no key."""
STOCK = 2_000
ITEMS = 2
MEBI = 1024
AT_MOST_SECONDS = 900.0
AT_MOST_MEMORY = 400.0
TRAIL_OF_A_PERSON = 5
LINES_OF_A_KEY = 2

ORGANIZATIONS = ("代码", "名称", "单位类型", "单位性质", "行政区划")
USERS = ("姓名", "性别", "身份证号码", "登录名", "单位代码", "启用日期", "最近登录日期")
KEYS = ("密钥序列号", "登录名称", "发放机构", "发放日期")
GRANTS = ("登录名称", "权限编码", "授权日期")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """How large the former office was."""

    people: int = PEOPLE

    @property
    def refused(self) -> int:
        """How many people have no key."""
        return self.people // KEYLESS

    @property
    def taken(self) -> int:
        """How many people can be taken over."""
        return self.people - self.refused

    @property
    def stock(self) -> int:
        """How many keys nobody holds."""
        return min(STOCK, self.people // 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What it took: seconds, seconds of CPU of the command itself, its largest size in MB."""

    seconds: float
    cpu: float
    peak: float


def type_of(unit: int) -> str:
    """Return what kind the `unit`-th unit is: in turns a management unit and two enterprises."""
    return ("district", "developer", "other")[unit % 3]


def code_of(unit: int) -> str:
    """Return the `unit`-th unit's social credit code."""
    body = f"91110105MB{unit:07d}"
    return body + social_credit_check_character(body)


def write_lists(office: Office, folder: Path, codes: list[str]) -> dict[str, Path]:
    """Write the four lists and return where they are; `codes` are a district unit's items."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, tuple[tuple[str, ...], Iterable[Iterable[str]]]] = {
        "organizations": (ORGANIZATIONS, _units()),
        "users": (USERS, _users(office)),
        "keys": (KEYS, _keys(office)),
        "grants": (GRANTS, _grants(office, codes)),
    }
    paths = {}
    for name, (heads, lines) in rows.items():
        paths[name] = folder / f"{name}.csv"
        with paths[name].open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(heads)
            table.writerows(lines)
    return paths


def _units() -> Iterator[tuple[str, ...]]:
    for unit in range(UNITS):
        legal_form = "government" if type_of(unit) == "district" else "enterprise"
        yield code_of(unit), f"第{unit + 1}单位", type_of(unit), legal_form, "110101"


def _users(office: Office) -> Iterator[tuple[str, ...]]:
    chance = random.Random(1)  # noqa: S311 - repeatable on purpose
    codes = [code_of(unit) for unit in range(UNITS)]
    for n in range(1, office.people + 1):
        number = citizen_id(n)
        sex = "男" if int(number[16]) % 2 else "女"
        unit = codes[n % UNITS]
        yield name_of(chance), sex, number, login_of(n), unit, "2019-03-01", "2026-02-27"


def _has_key(number: int) -> bool:
    return number % KEYLESS != 0


def _keys(office: Office) -> Iterator[tuple[str, ...]]:
    for n in range(1, office.people + 1):
        if _has_key(n):
            yield f"BK{n:08d}", login_of(n), "", "2019-03-02"
    for n in range(1, office.stock + 1):
        yield f"ST{n:08d}", "", ("RESEARCH", "SERVICE")[n % 2], ""


def _grants(office: Office, codes: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield what people of district units hold; enterprises' people hold their type's set."""
    for n in range(1, office.people + 1):
        if type_of(n % UNITS) == "district":
            held = (codes[(n + step) % len(codes)] for step in range(ITEMS))
            yield login_of(n), ";".join(held), "2019-03-03"


def rows(address: str, *, people: int) -> Iterator[Row]:
    """Yield what taking over an office of so many people takes."""
    taken = take_over(address, Office(people=people))
    say(f"{taken.cpu:.0f} s of CPU by the command itself")
    words = f"switch-over of {people:,} people, keys and items"
    yield Row.alone(f"{words}, s", taken.seconds, AT_MOST_SECONDS)
    yield Row.alone("memory of it at most, MB", taken.peak, AT_MOST_MEMORY)


def take_over(address: str, office: Office) -> Taken:
    """Take the office over into an empty database, and fail unless everything is there."""
    filled = empty(address, "keydesk_bench_office")
    with psycopg.connect(filled.address) as connection:
        codes = [
            row[0]
            for row in connection.execute(
                "SELECT code FROM permission_item WHERE tier = 'district' ORDER BY id"
            )
        ]
    say(f"Writing the lists of {office.people} people …")
    paths = write_lists(office, BENCH / "lists", codes)
    say("Taking them over …")
    taken = _timed(filled.url, paths)
    _prove(filled.address, office)
    return taken


def _timed(url: str, paths: dict[str, Path]) -> Taken:
    flask = str(Path(sys.executable).with_name("flask"))
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - this project's own command
        [flask, "--app", "run", "imports", "load", *named], cwd=ROOT, env=environment(url)
    )
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        message = f"the load ended with {os.waitstatus_to_exitcode(status)}"
        raise RuntimeError(message)
    return Taken(
        seconds=time.perf_counter() - begun,
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss / MEBI,
    )


COUNTS = {
    "accounts": "SELECT count(*) FROM account WHERE state = 'active' AND login_name LIKE 'user%'",
    "roles": "SELECT count(DISTINCT account_id) FROM account_role",
    "keys in hand": "SELECT count(*) FROM key WHERE state = 'issued' AND holder_id IS NOT NULL",
    "keys in stock": "SELECT count(*) FROM key WHERE state = 'in_stock'",
    "movements": "SELECT count(*) FROM key_movement",
    "people with items": "SELECT count(DISTINCT account_id) FROM account_grant",
    "items of district units": (
        "SELECT count(*) FROM account_grant g JOIN account a ON a.id = g.account_id "
        "JOIN organization o ON o.id = a.organization_id WHERE o.type = 'district'"
    ),
    "events of people": "SELECT count(*) FROM audit_event WHERE tag IN ('account:opened', "
    "'account:granted', 'account:taken_over', 'key:taken_over')",
    "keys at odds with the ledger": (
        "SELECT count(*) FROM key k JOIN LATERAL (SELECT * FROM key_movement m "
        "WHERE m.key_id = k.id ORDER BY m.id DESC LIMIT 1) m ON true WHERE m.to_state <> k.state "
        "OR m.holder_id IS DISTINCT FROM k.holder_id OR m.office_code <> k.office_code"
    ),
    "enterprise people without exactly their set": (
        "SELECT count(*) FROM (SELECT a.id, o.type, count(g.item_id) AS held FROM account a "
        "JOIN organization o ON o.id = a.organization_id JOIN account_grant g "
        "ON g.account_id = a.id WHERE o.type IN ('developer', 'other') GROUP BY a.id, o.type) h "
        "WHERE held <> (SELECT count(*) FROM permission_item i WHERE i.tier = h.type)"
    ),
}


def _prove(address: str, office: Office) -> None:
    """Hold what is there against the lists; RuntimeError names every difference."""
    of_districts = sum(
        type_of(n % UNITS) == "district" and _has_key(n) for n in range(1, office.people + 1)
    )
    expected = {
        "accounts": office.taken,
        "roles": office.taken,
        "keys in hand": office.taken,
        "keys in stock": office.stock,
        "movements": LINES_OF_A_KEY * (office.taken + office.stock),
        "items of district units": ITEMS * of_districts,
        "events of people": (TRAIL_OF_A_PERSON - 1) * office.taken,
        "keys at odds with the ledger": 0,
        "enterprise people without exactly their set": 0,
    }
    with psycopg.connect(address) as connection:
        found = {}
        for name, statement in COUNTS.items():
            row = connection.execute(statement).fetchone()
            found[name] = row[0] if row else 0
            say(f"{name}: {found[name]:,}")
    wrong = {name: found[name] for name, count in expected.items() if found[name] != count}
    if wrong:
        message = f"not as the lists have it: {wrong}"
        raise RuntimeError(message)
