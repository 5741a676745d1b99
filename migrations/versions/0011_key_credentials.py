"""A physical key is bound to its serial number and holder, and is asked before it is believed.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CURRENT = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add the two tables; no key that was issued before is bound yet."""
    _credentials()
    _challenges()


def _credentials() -> None:
    op.create_table(
        "key_credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=36), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_by_id", sa.Integer(), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_key_credential_count_not_negative")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)",
            name=op.f("ck_key_credential_ended_says_by_what"),
        ),
        *_references("key_credential", "key_id", "account_id", "bound_by_id", "application_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_credential")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_key_credential_credential_id")),
    )
    op.create_index(
        "uq_key_credential_current",
        "key_credential",
        ["key_id"],
        unique=True,
        postgresql_where=CURRENT,
        sqlite_where=CURRENT,
    )
    op.create_index("ix_key_credential_account_id_id", "key_credential", ["account_id", "id"])
    op.create_index("ix_key_credential_key_id_id", "key_credential", ["key_id", "id"])


def _challenges() -> None:
    op.create_table(
        "key_challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "bind",
                "enrol",
                "sign_in",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        *_references("key_challenge", "key_id", "account_id", "asked_by_id", "application_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_challenge")),
        sa.UniqueConstraint("ticket_digest", name=op.f("uq_key_challenge_ticket_digest")),
    )
    op.create_index("ix_key_challenge_expires_at", "key_challenge", ["expires_at"])


def _references(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    targets = {"key_id": "key", "application_id": "application"}
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{targets.get(column, 'account')}.id"],
            name=op.f(f"fk_{table}_{column}_{targets.get(column, 'account')}"),
        )
        for column in columns
    ]


def downgrade() -> None:
    """Forget every binding: keys are then known by their serial numbers alone."""
    op.drop_table("key_challenge")
    op.drop_table("key_credential")
