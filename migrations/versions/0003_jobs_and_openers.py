"""Runs of scheduled jobs are rows; an account knows who opened it by hand.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPENED_BY = "fk_account_opened_by_id_account"


def upgrade() -> None:
    """Add the table and the column; what stands was opened by nobody in particular."""
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=48), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "done",
                "failed",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(state = 'running') = (finished_at IS NULL)",
            name=op.f("ck_job_run_ended_when_finished"),
        ),
        sa.CheckConstraint("done >= 0 AND attempt >= 1", name=op.f("ck_job_run_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_job_run_job_period")),
    )
    op.create_index("ix_job_run_started_at", "job_run", ["started_at"])
    # SQLite adds a reference together with its column, or copies the whole table for it.
    op.execute(
        f"ALTER TABLE account ADD COLUMN opened_by_id INTEGER CONSTRAINT {OPENED_BY} "
        "REFERENCES account (id)"
    )


def downgrade() -> None:
    """Take them away again; who opened an account stays in the audit trail."""
    op.drop_table("job_run")
    op.execute("ALTER TABLE account DROP COLUMN opened_by_id")
