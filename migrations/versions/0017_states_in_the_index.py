"""The states of an organisation's accounts are counted in an index, without a look at the rows.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEFORE, NOW = "ix_account_organization_id_id", "ix_account_organization_id_id_state"


def upgrade() -> None:
    op.create_index(NOW, "account", ["organization_id", "id", "state"])
    op.drop_index(BEFORE, "account")


def downgrade() -> None:
    op.create_index(BEFORE, "account", ["organization_id", "id"])
    op.drop_index(NOW, "account")
