"""Long work that a person asks for is a run of a job: who asked, what, where it stands, its result.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OLD_STATES = ("running", "done", "failed")
NEW_STATES = ("waiting", "running", "stopped", "done", "failed")
ASKED_FOR = "state IN ('waiting', 'running') AND requested_by_id IS NOT NULL"
ADDED = (
    ("title", sa.String(200), "''"),
    ("params", sa.JSON(), "'{}'"),
    ("place", sa.JSON(), "'{}'"),
    ("language", sa.String(2), "'zh'"),
    ("stop_wanted", sa.Boolean(), sa.false()),
    ("result_name", sa.String(200), "''"),
    ("result_type", sa.String(100), "''"),
)


def upgrade() -> None:
    """Add the columns; runs of the scheduler were asked for by nobody."""
    with op.batch_alter_table("job_run") as table:
        for name, kind, empty in ADDED:
            default = sa.text(empty) if isinstance(empty, str) else empty
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        table.add_column(sa.Column("total", sa.Integer()))
        table.add_column(sa.Column("result_size", sa.BigInteger()))
        table.add_column(sa.Column("requested_by_id", sa.Integer()))
        table.create_foreign_key(
            op.f("fk_job_run_requested_by_id_account"), "account", ["requested_by_id"], ["id"]
        )
        _states(table, OLD_STATES, NEW_STATES, "state IN ('waiting', 'running')")
        table.create_check_constraint(
            op.f("ck_job_run_somebody_waits"), "state <> 'waiting' OR requested_by_id IS NOT NULL"
        )
    with op.batch_alter_table("job_run") as table:
        for name, kind, _empty in ADDED:
            table.alter_column(
                name, existing_type=kind, existing_nullable=False, server_default=None
            )
    op.create_index("ix_job_run_requested_by_id_id", "job_run", ["requested_by_id", "id"])
    op.create_index(
        "ix_job_run_asked_for",
        "job_run",
        ["id"],
        postgresql_where=sa.text(ASKED_FOR),
        sqlite_where=sa.text(ASKED_FOR),
    )


def downgrade() -> None:
    """Forget what people asked for; what the scheduler did stays."""
    op.execute("DELETE FROM job_run WHERE requested_by_id IS NOT NULL")
    op.drop_index("ix_job_run_asked_for", "job_run")
    op.drop_index("ix_job_run_requested_by_id_id", "job_run")
    with op.batch_alter_table("job_run") as table:
        table.drop_constraint(op.f("ck_job_run_somebody_waits"), type_="check")
        _states(table, NEW_STATES, OLD_STATES, "state = 'running'")
        table.drop_constraint(op.f("fk_job_run_requested_by_id_account"), type_="foreignkey")
        for name in ("requested_by_id", "result_size", "total", *(name for name, _, _ in ADDED)):
            table.drop_column(name)


def _states(
    table: "op.BatchOperations",
    before: tuple[str, ...],
    after: tuple[str, ...],
    unfinished: str,
) -> None:
    """Let a run be in one of the states `after`, and be finished unless `unfinished`."""
    table.drop_constraint(op.f("ck_job_run_ended_when_finished"), type_="check")
    if op.get_bind().dialect.name == "postgresql":
        table.drop_constraint(op.f("ck_job_run_job_state"), type_="check")
        values = ", ".join(f"'{value}'" for value in after)
        table.create_check_constraint(op.f("ck_job_run_job_state"), f"state IN ({values})")
    else:
        kinds = (
            sa.Enum(*values, name="job_state", native_enum=False, create_constraint=True, length=32)
            for values in (before, after)
        )
        old, new = kinds
        table.alter_column("state", existing_type=old, type_=new, existing_nullable=False)
    table.create_check_constraint(
        op.f("ck_job_run_ended_when_finished"), f"({unfinished}) = (finished_at IS NULL)"
    )
