"""The lists that a made-up office kept before: people, keys, items held."""

import csv
from pathlib import Path
from typing import Any

from app.catalog.enums import OrganizationType
from app.catalog.loader import load_catalog
from app.models.accounts import Account
from tests.support.factories import Office
from tests.support.people import person

CLI = {"LC_ALL": "en_GB.UTF-8"}
USERS = ["姓名", "性别", "身份证号码", "登录名", "单位代码", "启用日期", "最近登录日期"]
KEYS = ["密钥序列号", "登录名称", "发放日期"]
GRANTS = ["登录名称", "权限编码", "授权日期"]
DISTRICT = [i.code for i in load_catalog().permission_items if i.tier == OrganizationType.DISTRICT]

FIRST = 40_000


def user(office: Office, number: int, unit: str = "east", **changed: str) -> dict[str, str]:
    made = person(FIRST + number)
    values = {
        "name": made["name"],
        "sex": {"male": "男", "female": "女"}[made["sex"]],
        "citizen_id": made["citizen_id"],
        "login_name": f"Old.{number}",
        "organization": office.organization(unit).code,
        "activated": "2019/3/1",
        "seen": "2026-02-27",
    }
    return values | changed


def write(path: Path, head: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def lists(folder: Path, people: list[dict[str, str]], **more: list[list[str]]) -> dict[str, Path]:
    """Three lists: every person with a key and one item, but for what is said otherwise."""
    logins = [it["login_name"] for it in people]
    keys = more.get("keys", [[f"T-00{login[4:]}", login, "2019-03-02"] for login in logins])
    grants = more.get("grants", [[login, DISTRICT[0], "2019-03-03"] for login in logins])
    return {
        "users": write(folder / "users.csv", USERS, [list(it.values()) for it in people]),
        "keys": write(folder / "keys.csv", KEYS, keys),
        "grants": write(folder / "grants.csv", GRANTS, grants),
    }


def run(runner: Any, office: Office, files: dict[str, Path], *more: str) -> Any:
    office.session.commit()
    named = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    result = runner.invoke(args=["imports", "load", *named, *more], env=CLI)
    office.session.rollback()
    office.session.expire_all()
    return result


def taken(office: Office) -> int:
    return office.count(Account, Account.login_key.startswith("old."))
