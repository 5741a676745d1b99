"""Every declared column can be filtered; nothing else can, and the refusal names it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.services.listing import MAX_SIZE
from app.services.resources import RESOURCES
from tests.support.lists import Ask, Fits, everybody, hours, ids, where


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        (("state", "eq", "active"), lambda a: a.state == "active"),
        (("state", "not", "active"), lambda a: a.state != "active"),
        (("state", "in", "active,pending"), lambda a: a.state in {"active", "pending"}),
        (("state", "in", ["suspended"]), lambda a: a.state == "suspended"),
        (("login_name", "eq", "Person007"), lambda a: a.login_name == "Person007"),
        (("login_name", "starts", "Person01"), lambda a: a.login_name.startswith("Person01")),
        (("login_name", "contains", "SON02"), lambda a: "son02" in a.login_name.lower()),
        (("name", "contains", "建国"), lambda a: "建国" in a.name),
        (("login_name", "not_contains", "SON02"), lambda a: "son02" not in a.login_name.lower()),
        (
            ("login_name", "not_starts", "Person01"),
            lambda a: not a.login_name.startswith("Person01"),
        ),
        (("login_name", "ends", "7"), lambda a: a.login_name.endswith("7")),
        (("login_name", "not_ends", "7"), lambda a: not a.login_name.endswith("7")),
        (("name", "not_contains", "%"), lambda a: "%" not in a.name),
        (("id", "between", "3..5"), lambda a: 3 <= a.id <= 5),
        (("id", "not", 4), lambda a: a.id != 4),
        (("name", "contains", "芳"), lambda a: "芳" in a.name),
        (("name", "contains", "%"), lambda a: "%" in a.name),
        (("name", "contains", "_"), lambda a: "_" in a.name),
        (("name", "starts", "王"), lambda a: a.name.startswith("王")),
        (("office_code", "null", "1"), lambda a: a.office_code is None),
        (("office_code", "null", "false"), lambda a: a.office_code is not None),
        (("office_code", "not", "REG"), lambda a: a.office_code != "REG"),
        (("last_login_at", "null", "true"), lambda a: a.last_login_at is None),
        (("created_at", "eq", "2026-03-03"), lambda a: 12 <= hours(a) < 36),
        (("created_at", "gt", "2026-03-03"), lambda a: hours(a) >= 36),
        (("created_at", "lt", "2026-03-03"), lambda a: hours(a) < 12),
        (("created_at", "from", "2026-03-03"), lambda a: hours(a) >= 12),
        (("created_at", "until", "2026-03-03"), lambda a: hours(a) < 36),
        (("created_at", "between", "2026-03-03..2026-03-03"), lambda a: 12 <= hours(a) < 36),
        (("created_at", "gt", "2026-03-02T14:00:00+08:00"), lambda a: hours(a) > 2),
        (("created_at", "until", "2026-03-02T14:00"), lambda a: hours(a) <= 2),
    ],
)
def test_a_filter_finds_what_it_says(
    ask: Ask, session: Session, asked: tuple[Any, ...], fits: Fits
) -> None:
    page = ask(filters=where(*asked), size=MAX_SIZE, order="id")

    assert ids(page) == [account.id for account in everybody(session) if fits(account)]
    assert page.count == len(page.rows)


@pytest.mark.parametrize(
    ("column", "operator", "value", "code"),
    [
        ("nothing", "eq", "1", "unknown_column"),
        ("organization", "eq", "1", "unknown_column"),
        ("organization.name", "eq", "x", "unknown_column"),
        ("roles", "eq", "1", "unknown_column"),
        ("password_hash", "starts", "scrypt", "unknown_column"),
        ("citizen_id_digest", "eq", "0", "unknown_column"),
        ("__class__", "eq", "1", "unknown_column"),
        ("metadata", "eq", "1", "unknown_column"),
        ("x\x00", "eq", "1", "unknown_column"),
        ("citizen_id", "eq", "110101199003070011", "unknown_operator"),
        ("state", "contains", "act", "unknown_operator"),
        ("created_at", "contains", "2026", "unknown_operator"),
        ("state", "eq", "asleep", "unfit_value"),
        ("state", "eq", ["active"], "unfit_value"),
        ("state", "in", "active,asleep", "unfit_value"),
        ("organization_id", "eq", "99999999999999999999", "unfit_value"),
        ("organization_id", "eq", "2147483648", "unfit_value"),
        ("organization_id", "eq", "-", "unfit_value"),
        ("organization_id", "eq", "１", "unfit_value"),
        ("organization_id", "eq", True, "unfit_value"),
        ("organization_id", "in", ",".join(["1"] * 101), "unfit_value"),
        ("organization_id", "between", "1", "unfit_value"),
        ("organization_id", "between", "1..2..3", "unfit_value"),
        ("name", "eq", "x\x00", "unfit_value"),
        ("name", "contains", "", "unfit_value"),
        ("name", "not_ends", "", "unfit_value"),
        ("state", "not_starts", "act", "unknown_operator"),
        ("id", "starts", "1", "unknown_operator"),
        ("id", "eq", "x", "unfit_value"),
        ("name", "contains", "x" * 501, "unfit_value"),
        ("created_at", "eq", "yesterday", "unfit_value"),
        ("created_at", "eq", "2026-02-30", "unfit_value"),
        ("created_at", "eq", "0001-01-01", "unfit_value"),
        ("created_at", "gt", "9999-12-31T23:59:59-12:00", "unfit_value"),
        ("office_code", "null", "perhaps", "unfit_value"),
    ],
)
def test_what_cannot_be_filtered_is_refused_by_name(
    ask: Ask, column: str, operator: str, value: Any, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(filters=where(column, operator, value))
    assert refused.value.code == code
    assert [d.field for d in refused.value.details] == [column.replace("\x00", "")]


@pytest.mark.parametrize("name", RESOURCES)
def test_every_filter_that_a_list_offers_can_be_asked(ask: Ask, name: str) -> None:
    resource = RESOURCES[name]
    for column in resource.columns.values():
        for operator in column.operators:
            value = {
                "choice": column.members and next(iter(column.members)).value,
                "boolean": "true",
                "integer": "1",
                "date": "2026-03-02",
                "datetime": "2026-03-02",
            }.get(column.stored, "x")
            asked = {"between": f"{value}..{value}", "null": "1"}.get(operator, value)
            ask(name, filters=where(column.name, operator, asked))


@pytest.mark.parametrize("name", RESOURCES)
def test_every_list_has_its_orders_tabs_and_columns(ask: Ask, name: str) -> None:
    resource = RESOURCES[name]
    for order in resource.orders:
        ask(name, order=order, tabs=True)
        ask(name, order=f"-{order.removeprefix('-')}", columns=tuple(resource.columns))
