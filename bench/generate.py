"""Fill an empty, migrated database with a seeded office of any size, by COPY where there is one.

Rows go in past the doors on purpose: what is measured is reading and deciding, not loading. Never
for a product database.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, text
from werkzeug.security import generate_password_hash

from app.catalog.identity import citizen_id_check_character, social_credit_check_character
from app.models.accounts import Account, account_role
from app.models.applications import Application, ApplicationLine, line_item
from app.models.audit import AuditEvent
from app.models.base import Base
from app.models.encryption import EncryptedText, encrypt
from app.models.keys import Key
from app.models.kinds.new_user import NewUserLine
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.workflow.form import person_digest

EPOCH = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
PASSWORD = "bench-Passw0rd"  # noqa: S105 - of a throw-away database
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史"
    "顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华建国志宇浩然子轩雨欣梓涵思远佳怡"
    "俊杰晓东海燕春梅玉兰红梅文博天佑嘉豪一诺雅婷"
)
BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many rows to make."""

    accounts: int
    organizations: int
    applications: int
    events: int


FULL = Size(accounts=1_000_000, organizations=2_000, applications=40_000, events=5_000_000)
SMALL = Size(accounts=10_000, organizations=200, applications=2_000, events=50_000)


def fill(
    connection: Connection,
    size: Size,
    *,
    seed: int = 1,
    around: Callable[[Connection], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Fill the tables; the same `size` and `seed` give the same rows but for sealed numbers.

    `around` is entered before the rows and left before the tables are analysed.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    makers: list[tuple[Table, Iterable[dict[str, Any]]]] = [
        (_table(Organization), _organizations(size, chance)),
        (_table(Account), _accounts(size, chance)),
        (account_role, _roles(connection, size)),
        (_table(Application), _applications(connection, size, chance)),
        (_table(ApplicationLine), _lines(size, chance)),
        (_table(NewUserLine), _line_details(size)),
        (line_item, _line_items(connection, size)),
        (_table(WorkItem), _work(size)),
        (_table(Key), _keys(size)),
        (_table(AuditEvent), _events(size, chance)),
    ]
    with around(connection):
        for table, rows in makers:
            _load(connection, table, rows)
    _settle(connection)


def _table(model: type[Base]) -> Table:
    return model.__table__


def _load(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            _write(connection, table, batch)
            batch = []
    if batch:
        _write(connection, table, batch)
    connection.commit()


def _write(connection: Connection, table: Table, batch: list[dict[str, Any]]) -> None:
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), batch)
        return
    names = list(batch[0])
    driver = connection.connection.driver_connection
    if driver is None:
        message = "no driver connection"
        raise RuntimeError(message)
    columns = ", ".join(f'"{name}"' for name in names)
    sealed = {c.name: c.type.context for c in table.c if isinstance(c.type, EncryptedText)}
    with driver.cursor().copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in batch:
            copy.write_row([_plain(row[name], sealed.get(name)) for name in names])


def _plain(value: Any, sealed: str | None) -> Any:
    if sealed is not None:
        return encrypt(value, sealed)
    return json.dumps(value) if isinstance(value, dict | list) else value


def citizen_id(number: int) -> str:
    """Return the valid number of the `number`-th person."""
    day = datetime(1960, 1, 1, tzinfo=UTC) + timedelta(days=number // 999 % 15_000)
    body = f"1101{number // 14_985_000 + 1:02d}{day:%Y%m%d}{number % 999 + 1:03d}"
    return body + citizen_id_check_character(body)


def _organizations(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    for n in range(1, size.organizations + 1):
        kind = "municipal" if n == 1 else ("district", "developer", "other")[n % 3]
        body = f"91110105MA{n:07d}"
        yield {
            "id": n,
            "code": body + social_credit_check_character(body),
            "code_kind": "social_credit",
            "name": f"{chance.choice(SURNAMES)}{chance.choice(GIVEN)}第{n}单位",
            "type": kind,
            "legal_form": "enterprise" if kind in {"developer", "other"} else "government",
            "district_code": "110101" if kind != "municipal" else None,
            "state": "active",
            "created_at": EPOCH,
            "version": 1,
        }


def name_of(chance: random.Random) -> str:
    """Return a Chinese name of two or three characters."""
    return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2))))


STAFF = {
    1: ("auditor", None),
    2: ("reviewer", "REG"),
    3: ("reviewer", "MKT"),
    4: ("configurator", "INFO"),
    5: ("key_officer", "RESEARCH"),
    6: ("organization_administrator", None),
}
"""Accounts that the bench signs in as; the sixth belongs to the first district unit."""
FIRST_DISTRICT = 3


def login_of(number: int) -> str:
    """Return the login name of the `number`-th account."""
    return f"user{number:07d}"


def _accounts(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    secret = generate_password_hash(PASSWORD)
    states = ("active",) * 8 + ("suspended", "cancelled")
    for n in range(1, size.accounts + 1):
        number = citizen_id(n)
        staff = STAFF.get(n)
        organization = 1 + n % size.organizations
        if staff:
            organization = FIRST_DISTRICT if n == max(STAFF) else 1
        yield {
            "id": n,
            "name": name_of(chance),
            "login_name": login_of(n),
            "login_key": login_of(n),
            "sex": "male" if int(number[16]) % 2 else "female",
            "citizen_id": number,
            "citizen_id_digest": person_digest(number),
            "organization_id": organization,
            "office_code": staff[1] if staff else None,
            "state": "active" if staff else chance.choice(states),
            "password_hash": secret if staff else None,
            "must_change_password": False,
            "epoch": 0,
            "created_at": EPOCH,
            "activated_at": EPOCH,
            "last_login_at": EPOCH + timedelta(minutes=n % 400_000),
            "version": 1,
        }


def _roles(connection: Connection, size: Size) -> Iterator[dict[str, Any]]:
    found = connection.execute(text("SELECT name, id FROM ab_role")).all()
    ids = {name: identity for name, identity in found}  # noqa: C416 - a row is not a pair to mypy
    for n in range(1, size.accounts + 1):
        yield {"account_id": n, "role_id": ids[STAFF[n][0] if n in STAFF else "holder"]}


def _keys(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.accounts + 1):
        yield {
            "id": n,
            "serial": f"BK{n:08d}",
            "office_code": "RESEARCH",
            "state": "issued",
            "holder_id": n,
            "issued_at": EPOCH,
            "received_at": EPOCH,
            "version": 1,
        }


def state_of(number: int) -> str:
    """Return the state of the `number`-th application."""
    return ("completed", "completed", "passed", "submitted", "draft", "rejected")[number % 6]


def organization_of(number: int, size: Size) -> int:
    """Return the district unit that handed in the `number`-th application."""
    return FIRST_DISTRICT if number % 40 == 0 else 3 * (1 + number % (size.organizations // 3))


def _applications(
    connection: Connection, size: Size, chance: random.Random
) -> Iterator[dict[str, Any]]:
    pledge = connection.execute(
        text("SELECT id FROM pledge WHERE kind = 'new_user' AND valid_until IS NULL")
    ).scalar_one()
    steps = connection.execute(
        text(
            "SELECT position, action, duty, category, name_zh, name_en, article, rule "
            "FROM road_step WHERE kind = 'new_user' AND valid_until IS NULL ORDER BY position, id"
        )
    ).mappings()
    road = [dict(step) for step in steps]
    for n in range(1, size.applications + 1):
        state = state_of(n)
        at = EPOCH + timedelta(minutes=n)
        yield {
            "id": n,
            "number": f"SQ{at:%Y%m%d}{n:05d}",
            "kind": "new_user",
            "organization_id": organization_of(n, size),
            "contact_name": name_of(chance),
            "contact_phone": "13800138000",
            "responsible_person": name_of(chance),
            "state": state,
            "round": 0 if state == "draft" else 1,
            "created_by_id": max(STAFF),
            "created_at": at,
            "submitted_by_id": None if state == "draft" else max(STAFF),
            "submitted_at": None if state == "draft" else at,
            "closed_at": at if state in {"completed", "rejected"} else None,
            "rules_on": at.date(),
            "pledge_id": pledge,
            "comment": "",
            "road": road,
            "version": 1,
        }


LINES = 5


def _lines(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    verdicts = {"completed": "passed", "passed": "passed", "rejected": "refused"}
    for n in range(1, size.applications + 1):
        verdict = verdicts.get(state_of(n), "pending")
        for position in range(1, LINES + 1):
            person = size.accounts + (n - 1) * LINES + position
            yield {
                "id": (n - 1) * LINES + position,
                "kind": "new_user",
                "application_id": n,
                "position": position,
                "name": name_of(chance),
                "remark": "",
                "person_digest": person_digest(citizen_id(person)),
                "verdict": verdict,
                "reason": "不在岗" if verdict == "refused" else "",
                "reason_code": "not_in_post" if verdict == "refused" else None,
            }


def _line_details(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.applications * LINES + 1):
        number = citizen_id(size.accounts + n)
        yield {
            "id": n,
            "sex": "male" if int(number[16]) % 2 else "female",
            "citizen_id": number,
        }


def _line_items(connection: Connection, size: Size) -> Iterator[dict[str, Any]]:
    items = connection.execute(
        text("SELECT id FROM permission_item WHERE tier = 'district' AND category = 'registration'")
    ).scalars()
    ids = list(items)
    for n in range(1, size.applications * LINES + 1):
        for step in range(2):
            yield {"line_id": n, "item_id": ids[(n + step) % len(ids)]}


WAITS_FOR = {
    "submitted": ("approve", "review_registration", "registration"),
    "passed": ("configure", "configure_permissions", None),
}


def _work(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.applications + 1):
        waiting = WAITS_FOR.get(state_of(n))
        if waiting is None:
            continue
        action, duty, category = waiting
        yield {
            "id": n,
            "application_id": n,
            "round": 1,
            "step": 1,
            "action": action,
            "duty": duty,
            "category": category,
            "opened_at": EPOCH + timedelta(minutes=n),
            "comment": "",
        }


def _events(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    tags = ("session:signed_in", "account:opened", "account:granted", "application:approved")
    for n in range(1, size.events + 1):
        person = 1 + chance.randrange(size.accounts)
        yield {
            "at": EPOCH + timedelta(seconds=n * 5),
            "tag": tags[n % len(tags)],
            "outcome": "done",
            "subject_type": "account",
            "subject_id": person,
            "subject_label": login_of(person),
            "organization_id": 1 + person % size.organizations,
            "person_id": person,
            "actor_id": 1 + n % 6,
            "actor_label": login_of(1 + n % 6),
            "channel": "page",
            "remote_addr": "192.0.2.1",
            "rule": "M4",
            "article": "第四条",
            "comment": "",
        }


def _settle(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        connection.execute(text("ANALYZE"))
        connection.commit()
        return
    for table in (Organization, Account, Key, Application, ApplicationLine, WorkItem, AuditEvent):
        name = table.__tablename__
        newest = f'(SELECT max(id) FROM "{name}")'  # noqa: S608 - names of our own tables
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), {newest})")
        )
    connection.commit()
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.autocommit = False
