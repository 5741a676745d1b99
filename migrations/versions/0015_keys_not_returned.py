"""A key that its holder kept when cancelled says since when it is missed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CHECK = "ck_key_unreturned_while_issued"
KEPT = """
UPDATE key SET unreturned_since = CURRENT_TIMESTAMP WHERE state = 'issued' AND holder_id IN (
    SELECT id FROM account WHERE state = 'cancelled'
)
"""


def upgrade() -> None:
    """Add the column; what has been kept so far is missed from now on."""
    with op.batch_alter_table("key") as batch:
        batch.add_column(sa.Column("unreturned_since", sa.DateTime(timezone=True)))
    op.execute(KEPT)
    with op.batch_alter_table("key") as batch:
        batch.create_check_constraint(op.f(CHECK), "unreturned_since IS NULL OR state = 'issued'")
    where = sa.text("unreturned_since IS NOT NULL")
    op.create_index(
        "ix_key_unreturned_since",
        "key",
        ["unreturned_since"],
        postgresql_where=where,
        sqlite_where=where,
    )


def downgrade() -> None:
    """Take it away again; when a holder was cancelled stays in the audit trail."""
    op.drop_index("ix_key_unreturned_since", "key")
    with op.batch_alter_table("key") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        batch.drop_column("unreturned_since")
