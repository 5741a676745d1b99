"""Scanned forms that come back, page by page, and the tray of those that found no form.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OUTCOMES = ("waiting", "filed", "discarded")
PROBLEMS = (
    "unreadable",
    "too_large",
    "several",
    "not_ours",
    "unknown",
    "foreign",
    "void",
    "closed",
    "blank",
)


def upgrade() -> None:
    op.create_table(
        "scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("office_code", sa.String(length=16), nullable=True),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("size > 0 AND pages > 0", name=op.f("ck_scan_not_empty")),
        sa.CheckConstraint(
            "waiting >= 0 AND filed >= 0 AND waiting + filed <= pages",
            name=op.f("ck_scan_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scan_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["office_code"], ["office.code"], name=op.f("fk_scan_office_code_office")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["account.id"], name=op.f("fk_scan_uploaded_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index("ix_scan_organization_id_id", "scan", ["organization_id", "id"])
    op.create_index("ix_scan_office_code_id", "scan", ["office_code", "id"])
    op.create_index("ix_scan_sha256", "scan", ["sha256"])
    op.create_table(
        "scan_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                *OUTCOMES,
                name="scan_outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "problem",
            sa.Enum(
                *PROBLEMS,
                name="scan_problem",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=True),
        sa.Column("form_page", sa.Integer(), nullable=True),
        sa.Column("picture_sha256", sa.String(length=64), nullable=True),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("material_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("page >= 1", name=op.f("ck_scan_page_page_from_one")),
        sa.CheckConstraint(
            "(outcome = 'filed') = (application_id IS NOT NULL)",
            name=op.f("ck_scan_page_filed_has_application"),
        ),
        sa.CheckConstraint(
            "outcome <> 'waiting' OR problem IS NOT NULL",
            name=op.f("ck_scan_page_waiting_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"],
            ["scan.id"],
            name=op.f("fk_scan_page_scan_id_scan"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_scan_page_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["material.id"],
            name=op.f("fk_scan_page_material_id_material"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_scan_page_decided_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_page")),
        sa.UniqueConstraint("scan_id", "page", name=op.f("uq_scan_page_scan_id_page")),
    )
    op.create_index("ix_scan_page_application_id", "scan_page", ["application_id"])
    op.create_index("ix_scan_page_material_id", "scan_page", ["material_id"])


def downgrade() -> None:
    op.drop_table("scan_page")
    op.drop_table("scan")
