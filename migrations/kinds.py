"""What a migration does that makes a kind of application: the tables that hold kinds let it in."""

import re
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

CHECK = "application_kind"
RULES = ("kind_info", "pledge", "road_step")
"""Tables of the catalogue: `catalog sync` fills them, nothing of anybody's is in them."""


def add_kind(kind: str) -> None:
    """Let every table that lists the kinds hold `kind` too."""
    _rewrite(lambda kinds: [*kinds, kind])


def remove_kind(kind: str) -> None:
    """Take it away again with its rules; refused by the database while a form of it is there."""
    for table in RULES:
        rows = sa.table(table, sa.column("kind"))
        op.execute(sa.delete(rows).where(rows.c.kind == kind))
    _rewrite(lambda kinds: [it for it in kinds if it != kind])


def _rewrite(change: Callable[[list[str]], list[str]]) -> None:
    for table, kinds in list(_listed()):
        words = ", ".join(f"'{it}'" for it in change(kinds))
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_{CHECK}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{CHECK}"), f"kind IN ({words})")


def _listed() -> Iterator[tuple[str, list[str]]]:
    """Yield each table that has a CHECK of kinds, and the kinds that it lists."""
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        for check in inspector.get_check_constraints(table):
            if check["name"] == f"ck_{table}_{CHECK}":
                yield table, re.findall(r"'(\w+)'", check["sqltext"])
