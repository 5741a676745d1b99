"""Keys go between offices and take the place of others; whose a key was last stays with it.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = ("received", "in_stock", "issued", "returned", "lost", "destroyed")
SINCE = (
    "received",
    "in_stock",
    "in_transit",
    "issued",
    "returned",
    "lost",
    "replaced",
    "destroyed",
)
STATES = (
    ("key", "state", "key_state"),
    ("key_movement", "from_state", "from_state"),
    ("key_movement", "to_state", "to_state"),
)
CHECKS = (
    ("holder_is_the_last", "holder_id IS NULL OR holder_id = last_holder_id"),
    ("sent_somewhere", "(state = 'in_transit') = (destination_code IS NOT NULL)"),
    ("replaced_by_a_key", "state <> 'replaced' OR replaced_by_id IS NOT NULL"),
    ("not_replaced_by_itself", "replaced_by_id <> id"),
)
REFERENCES = (
    ("key", "last_holder_id", "account", "id"),
    ("key", "destination_code", "office", "code"),
    ("key", "replaced_by_id", "key", "id"),
    ("key_movement", "counterpart_code", "office", "code"),
)
LAST_HOLDER = """
UPDATE key SET last_holder_id = coalesce(holder_id, (
    SELECT holder_id FROM key_movement
    WHERE key_movement.key_id = key.id AND key_movement.holder_id IS NOT NULL
    AND key_movement.id > coalesce((
        SELECT max(stocked.id) FROM key_movement AS stocked
        WHERE stocked.key_id = key.id AND stocked.action = 'stock'
    ), 0)
    ORDER BY key_movement.id DESC LIMIT 1
)) WHERE state IN ('issued', 'returned', 'lost', 'destroyed')
"""


def upgrade() -> None:
    """Add columns and states; whose a key was last is read from the ledger."""
    for table in ("key", "key_movement"):
        with op.batch_alter_table(table) as batch:
            for owner, name, _target, _column in REFERENCES:
                if owner == table:
                    kind = sa.Integer() if name.endswith("_id") else sa.String(16)
                    batch.add_column(sa.Column(name, kind))
            for owner, name, target, column in REFERENCES:
                if owner == table:
                    batch.create_foreign_key(
                        op.f(f"fk_{table}_{name}_{target}"), target, [name], [column]
                    )
            _states(batch, table, SINCE)
    op.execute(LAST_HOLDER)
    with op.batch_alter_table("key") as batch:
        for name, condition in CHECKS:
            batch.create_check_constraint(op.f(f"ck_key_{name}"), condition)
    _watch_the_ledger()
    op.create_index("ix_key_last_holder_id", "key", ["last_holder_id"])
    _partial("ix_key_destination_code", "key", ["destination_code", "id"])
    _partial("uq_key_replaced_by_id", "key", ["replaced_by_id"], unique=True)
    op.create_index("ix_key_movement_holder_id_id", "key_movement", ["holder_id", "id"])
    _partial("ix_key_movement_counterpart_code_at", "key_movement", ["counterpart_code", "at"])


def downgrade() -> None:
    """Take them away again; refused while a key is in a state that did not exist before."""
    op.drop_index("ix_key_movement_counterpart_code_at", "key_movement")
    op.drop_index("ix_key_movement_holder_id_id", "key_movement")
    op.drop_index("uq_key_replaced_by_id", "key")
    op.drop_index("ix_key_destination_code", "key")
    op.drop_index("ix_key_last_holder_id", "key")
    for table in ("key_movement", "key"):
        with op.batch_alter_table(table) as batch:
            if table == "key":
                for name, _condition in reversed(CHECKS):
                    batch.drop_constraint(op.f(f"ck_key_{name}"), type_="check")
            _states(batch, table, BEFORE)
            for owner, name, target, _column in reversed(REFERENCES):
                if owner == table:
                    batch.drop_constraint(op.f(f"fk_{table}_{name}_{target}"), type_="foreignkey")
                    batch.drop_column(name)
    _watch_the_ledger()


def _states(batch: object, table: str, states: tuple[str, ...]) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    for owner, column, name in STATES:
        if owner == table:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), f"{column} IN ({words})")


def _partial(name: str, table: str, columns: list[str], *, unique: bool = False) -> None:
    where = sa.text(f"{columns[0]} IS NOT NULL")
    op.create_index(name, table, columns, unique=unique, postgresql_where=where, sqlite_where=where)


def _watch_the_ledger() -> None:
    """SQLite copied the ledger's table to alter it, and its triggers were left behind (0002)."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"DROP TRIGGER IF EXISTS key_movement_no_{verb.lower()}")
        op.execute(
            f"CREATE TRIGGER key_movement_no_{verb.lower()} BEFORE {verb} ON key_movement BEGIN "
            "SELECT RAISE(ABORT, 'rows of key_movement are never changed or deleted'); END"
        )
