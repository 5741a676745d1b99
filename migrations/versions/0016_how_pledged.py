"""An application says how its pledge was accepted; of those handed in before nobody knows.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHECK = "ck_application_pledged"


def upgrade() -> None:
    with op.batch_alter_table("application") as batch:
        batch.add_column(sa.Column("pledged", sa.String(length=32)))
        batch.create_check_constraint(op.f(CHECK), "pledged IN ('expressly', 'by_submitting')")


def downgrade() -> None:
    with op.batch_alter_table("application") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        batch.drop_column("pledged")
