"""Lines of the seven forms that name users an organisation has already, and business to delete.

Revision ID: 0010
Revises: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SEX = sa.Enum("male", "female", name="sex", native_enum=False, create_constraint=True, length=32)


Columns = tuple[tuple[str, sa.types.TypeEngine[Any]], ...]

LOGIN_NAME = ("login_name", sa.String(length=64))
LINES: dict[str, Columns] = {
    "key_replacement_line": (LOGIN_NAME, ("old_key_serial", sa.String(length=32))),
    "user_rename_line": (
        ("key_serial", sa.String(length=32)),
        ("old_name", sa.String(length=60)),
        ("old_login_name", sa.String(length=64)),
        ("new_name", sa.String(length=60)),
        ("sex", SEX),
        ("citizen_id", sa.LargeBinary()),
    ),
    "permission_change_line": (LOGIN_NAME,),
    "user_cancellation_line": (LOGIN_NAME,),
    "enterprise_cancellation_line": (LOGIN_NAME,),
    "login_restoration_line": (LOGIN_NAME,),
    "business_deletion_line": (LOGIN_NAME, ("case_numbers", sa.Text())),
}
NULLABLE = {"sex", "citizen_id"}
HELD = "permission_change_line_item_held"


def upgrade() -> None:
    """Add a table of lines for each kind, and the items held before a change."""
    for table, columns in LINES.items():
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            *(sa.Column(name, kind, nullable=name in NULLABLE) for name, kind in columns),
            sa.ForeignKeyConstraint(
                ["id"],
                ["application_line.id"],
                name=op.f(f"fk_{table}_id_application_line"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        HELD,
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["permission_item.id"], name=op.f(f"fk_{HELD}_item_id_permission_item")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["permission_change_line.id"],
            name=op.f(f"fk_{HELD}_line_id_permission_change_line"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("line_id", "item_id", name=op.f(f"pk_{HELD}")),
    )
    op.create_index(f"ix_{HELD}_item_id", HELD, ["item_id"])


def downgrade() -> None:
    """Take the tables away; of such forms only the heads and what all lines share stay."""
    op.drop_table(HELD)
    for table in reversed(LINES):
        op.drop_table(table)
