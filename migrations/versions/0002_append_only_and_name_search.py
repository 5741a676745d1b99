"""The audit trail and the ledger of keys only grow; names are found by two characters.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_event", "key_movement")

# No immutable function of PostgreSQL's own cuts a name into pairs of characters.
BIGRAMS = """
CREATE FUNCTION keydesk_bigrams(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT lower(substr(word, place, 2))
    FROM generate_series(1, greatest(length(word) - 1, 1)) AS place
)
"""
REFUSE = """
CREATE FUNCTION keydesk_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    """Add triggers on both databases, the bigram indexes on PostgreSQL."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN "
                    f"SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted'); END"
                )
        return
    op.execute(REFUSE)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keydesk_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION keydesk_append_only()"
        )
    op.execute(BIGRAMS)
    for table in ("account", "organization"):
        op.execute(
            f"CREATE INDEX ix_{table}_name_bigrams ON {table} USING gin (keydesk_bigrams(name))"
        )


def downgrade() -> None:
    """Take them away again; no row is lost."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        return
    for table in ("account", "organization"):
        op.execute(f"DROP INDEX ix_{table}_name_bigrams")
    op.execute("DROP FUNCTION keydesk_bigrams(text)")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION keydesk_append_only()")
