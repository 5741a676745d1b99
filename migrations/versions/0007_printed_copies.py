"""Printed copies of forms, numbered, each with the digest of what it says.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "print_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("printed_by_id", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "copy_number >= 1 AND pages >= 1", name=op.f("ck_print_copy_counted_from_one")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_print_copy_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["printed_by_id"], ["account.id"], name=op.f("fk_print_copy_printed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_copy")),
        sa.UniqueConstraint(
            "application_id",
            "copy_number",
            name=op.f("uq_print_copy_application_id_copy_number"),
        ),
    )
    op.create_index("ix_print_copy_printed_by_id", "print_copy", ["printed_by_id"])


def downgrade() -> None:
    op.drop_index("ix_print_copy_printed_by_id", table_name="print_copy")
    op.drop_table("print_copy")
