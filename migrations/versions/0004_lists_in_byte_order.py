"""Lists are searched by prefix and paged by key: searched text stands in byte order, indexed.

A prefix is a range of the index only where the index is in byte order, which on PostgreSQL is the
collation "C" and on SQLite the ordinary one. Chinese names keep the order that they had.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEARCHED = (
    ("account", "login_key", 64),
    ("account", "name", 60),
    ("application", "number", 20),
    ("audit_event", "subject_label", 200),
    ("district", "code", 6),
    ("key", "serial", 32),
    ("organization", "code", 18),
    ("organization", "name", 120),
    ("permission_item", "code", 40),
)
INDEXES = (
    ("ix_audit_event_subject_label_id", "audit_event", ["subject_label", "id"]),
    ("ix_key_state_id", "key", ["state", "id"]),
    ("ix_key_holder_id", "key", ["holder_id"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    _collate("C")


def downgrade() -> None:
    _collate("default")
    for name, table, _columns in reversed(INDEXES):
        op.drop_index(name, table)


def _collate(collation: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    quote = sa.dialects.postgresql.dialect().identifier_preparer.quote_identifier
    for table, column, length in SEARCHED:
        op.execute(
            f"ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} "
            f"TYPE varchar({length}) COLLATE {quote(collation)}"
        )
