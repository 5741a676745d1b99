"""Stocks of keys are counted against the ledger; each office says when its stock is low.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "stock_level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office_code", sa.String(length=16), nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=False),
        sa.Column("is_low", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "low_at BETWEEN 0 AND 100000", name=op.f("ck_stock_level_low_at_is_a_count")
        ),
        sa.ForeignKeyConstraint(
            ["office_code"], ["office.code"], name=op.f("fk_stock_level_office_code_office")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_level")),
        sa.UniqueConstraint("office_code", name=op.f("uq_stock_level_office_code")),
    )
    op.create_table(
        "stock_take",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office_code", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "counting",
                "compared",
                "closed",
                "abandoned",
                name="stock_take_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'counting') = (compared_at IS NULL)",
            name=op.f("ck_stock_take_counting_until_compared"),
        ),
        sa.ForeignKeyConstraint(
            ["office_code"], ["office.code"], name=op.f("fk_stock_take_office_code_office")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["account.id"], name=op.f("fk_stock_take_opened_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_take")),
    )
    op.create_index("ix_stock_take_office_code_id", "stock_take", ["office_code", "id"])
    op.create_index(
        "uq_stock_take_one_open",
        "stock_take",
        ["office_code"],
        unique=True,
        postgresql_where=sa.text("state = 'counting'"),
        sqlite_where=sa.text("state = 'counting'"),
    )

    op.create_table(
        "stock_take_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stock_take_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "found",
                "missing",
                "wrong_state",
                "other_office",
                "unknown",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state_then",
            sa.Enum(
                "received",
                "in_stock",
                "in_transit",
                "issued",
                "returned",
                "lost",
                "replaced",
                "destroyed",
                name="state_then",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("counted_by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolution = '')",
            name=op.f("ck_stock_take_line_resolved_somehow"),
        ),
        sa.CheckConstraint(
            "verdict <> 'found' OR resolved_at IS NULL",
            name=op.f("ck_stock_take_line_nothing_to_resolve"),
        ),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["account.id"], name=op.f("fk_stock_take_line_counted_by_id_account")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["key.id"], name=op.f("fk_stock_take_line_key_id_key")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"],
            ["account.id"],
            name=op.f("fk_stock_take_line_resolved_by_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["stock_take_id"],
            ["stock_take.id"],
            name=op.f("fk_stock_take_line_stock_take_id_stock_take"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_take_line")),
        sa.UniqueConstraint(
            "stock_take_id", "serial", name=op.f("uq_stock_take_line_stock_take_id_serial")
        ),
    )
    op.create_index(
        "ix_stock_take_line_stock_take_id_verdict_id",
        "stock_take_line",
        ["stock_take_id", "verdict", "id"],
    )


def downgrade() -> None:
    """Take them away again; what was counted stays in the audit trail."""
    op.drop_index("ix_stock_take_line_stock_take_id_verdict_id", "stock_take_line")

    op.drop_table("stock_take_line")
    op.drop_index("uq_stock_take_one_open", "stock_take")
    op.drop_index("ix_stock_take_office_code_id", "stock_take")

    op.drop_table("stock_take")
    op.drop_table("stock_level")
