"""How Alembic runs here: numbered revisions, one transaction each, short waits for locks.

Accounts are the product's own, so the framework's tables of users, groups and API keys are never
made; its roles and permissions are.
"""

import re
from collections.abc import Iterable, Iterator, MutableSequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

LOCK_TIMEOUT = "10s"
NOT_OURS = re.compile(r"^(ab_user.*|ab_group.*|ab_register_user|ab_api_key)$")
# Indexes over functions of our own exist on PostgreSQL only: a migration makes them by hand.
BY_HAND = re.compile(r"_bigrams$")

migrate = current_app.extensions["migrate"]


def include_object(
    item: Any, name: str | None, kind: str, _reflected: Any, _compare_to: Any
) -> bool:
    """Leave out what the framework would keep about users, and what is made by hand."""
    if kind == "index" and BY_HAND.search(name or ""):
        return False
    if kind == "index" and (name or "").endswith("_bigrams"):
        return False  # of PostgreSQL alone, on a function of our own: made by hand in 0002
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return not NOT_OURS.match(table or "")


def number_revision(
    _context: MigrationContext,
    _revision: str | Iterable[str | None] | Iterable[str],
    directives: MutableSequence[MigrationScript],
) -> None:
    """Name the new revision by the next number; write none where nothing has changed."""
    (script,) = directives
    if not getattr(context.config.cmd_opts, "autogenerate", False):
        return  # `db check` only looks
    if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives[:] = []
        return
    numbers = [
        int(r.revision) for r in ScriptDirectory.from_config(context.config).walk_revisions()
    ]
    script.rev_id = f"{max(numbers, default=0) + 1:04d}"


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | bool:
    """Write the product's own column types as what they are in the database."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


@contextmanager
def prepared(connection: sa.Connection) -> Iterator[None]:
    """Keep a migration from waiting long for locks, and on SQLite from being left half done.

    SQLite can take back DDL, but Python's driver does not open a transaction for it unasked; tables
    that are copied to be altered must not trip over foreign keys meanwhile.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.commit()
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    driver.isolation_level = None
    sa.event.listen(connection, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    yield
    broken = driver.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        message = f"the migration leaves {len(broken)} broken references: {broken[:5]}"
        raise RuntimeError(message)


def run() -> None:
    """Migrate the application's database, one transaction for each revision."""
    options = {
        **migrate.configure_args,
        "target_metadata": migrate.db.metadata,
        "compare_type": True,
        "compare_server_default": True,
        "include_object": include_object,
        "process_revision_directives": number_revision,
        "render_as_batch": True,
        "render_item": render_item,
        "transactional_ddl": True,
        "transaction_per_migration": True,
    }
    # A pool of its own: what is set on the connection for migrations stays with it.
    engine = sa.create_engine(migrate.db.engine.url, poolclass=sa.NullPool)
    with engine.connect() as connection, prepared(connection):
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
