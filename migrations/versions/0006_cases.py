"""Business is rows: whose, of which type, at which stage, finished or deleted.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("business_type", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.String(length=6), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "deleted",
                name="case_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_cases_ended_unless_open")
        ),
        sa.CheckConstraint(
            "application_id IS NULL OR state = 'deleted'",
            name=op.f("ck_cases_deleted_by_application"),
        ),
        sa.CheckConstraint(
            "accepted_at IS NULL OR accepted_at >= opened_at",
            name=op.f("ck_cases_accepted_after_opening"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name=op.f("fk_cases_owner_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_cases_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_cases_district_code_district")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_cases_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_cases_unfinished",
        "cases",
        ["owner_id", "id"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_cases_owner_id_id", "cases", ["owner_id", "id"])
    op.create_index("ix_cases_organization_id_id", "cases", ["organization_id", "id"])
    op.create_index("ix_cases_district_code_id", "cases", ["district_code", "id"])
    op.create_index("ix_cases_business_type_id", "cases", ["business_type", "id"])
    op.create_index("ix_cases_state_id", "cases", ["state", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE cases ALTER COLUMN number TYPE varchar(32) COLLATE "C"')


def downgrade() -> None:
    op.drop_table("cases")
