"""Lines of the form for longer hours.

Revision ID: %(number)s
Revises: %(before)s
"""

import sqlalchemy as sa
from alembic import op

from migrations.kinds import add_kind, remove_kind

revision = "%(number)s"
down_revision = "%(before)s"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the tables hold the kind, and add its lines."""
    add_kind("hours_extension")
    op.create_table(
        "hours_extension_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login_name", sa.String(length=64), nullable=False),
        sa.Column("until", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["application_line.id"],
            name=op.f("fk_hours_extension_line_id_application_line"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_extension_line")),
    )


def downgrade() -> None:
    """Take both away; refused while a form of the kind is there."""
    op.drop_table("hours_extension_line")
    remove_kind("hours_extension")
