"""`flask demo …`: an office to look at, made as a real one comes to be."""

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import clock
from app.catalog.permissions import ROLE_LABELS, RoleName
from app.cli.files import OWNER_ONLY, opened
from app.cli.terminal import fail_in_words, table
from app.extensions import db
from app.i18n import _
from app.security import narrowing, writes
from app.security.key_policy import holding, policy
from app.services.demo import DemoAccount, is_empty, load_demo
from app.services.demo.cast import cast
from app.services.file_store import FileStore

group = AppGroup("demo", help="A demo office.")


class ScopedSession(Session):
    """A session bound to one connection, with the row scopes and the guard of writes."""


narrowing.install(ScopedSession)
writes.install(ScopedSession)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("load")
@click.option(
    "--accounts-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write logins and passwords there too, as JSON that only its owner reads.",
)
@click.option("--seed", type=int, default=1, help="Decides at what time of day people act.")
@click.option("--if-empty", is_flag=True, help="Leave a database that is in use as it is.")
@fail_in_words
def load(accounts_file: Path | None, seed: int, *, if_empty: bool) -> None:
    """Fill an empty database with a demo office, through the same doors as people use."""
    engine = db.engine
    store = FileStore(current_app.config["KEYDESK"].files_dir)
    if if_empty and not _nothing_there(engine):
        click.echo(_("There are accounts already; nothing was loaded."))
        return
    if accounts_file is not None:
        _keep_for_owner(accounts_file, "", os.O_APPEND)  # or fail before anything is made
    with all_or_nothing(engine) as session, holding(required=False):
        accounts = load_demo(session, store=store, now=clock.now(), seed=seed)
    if accounts_file is not None:
        _keep_for_owner(accounts_file, as_json(accounts), os.O_TRUNC)
    click.echo(_printed(accounts))
    if policy().required:
        click.echo(
            _(
                "LOGIN_REQUIRES_KEY is on and nobody of the demo has a key to show: set it to "
                "false to sign in by password."
            )
        )


def _printed(accounts: list[DemoAccount]) -> str:
    """Return the list as a person reads it."""
    names = {unit.code: unit.name for unit in cast().units}
    return table(
        [_("Login name"), _("Password"), _("Role"), _("Organization"), _("Office")],
        [
            (
                account.login,
                account.password,
                _(ROLE_LABELS[RoleName(account.role)]),
                names[account.organization],
                account.office or "",
            )
            for account in accounts
        ],
    )


def as_json(accounts: list[DemoAccount]) -> str:
    """Return the list as the accounts file holds it."""
    entries = [dataclasses.asdict(account) for account in accounts]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def _nothing_there(engine: Engine) -> bool:
    with Session(engine) as session:
        return is_empty(session)


@contextmanager
def all_or_nothing(engine: Engine) -> Iterator[Session]:
    """Give a session whose commits are kept together at the end, or not at all."""
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "sqlite":
            # Python's driver opens no transaction for a savepoint; this one takes the write lock.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        with ScopedSession(connection, join_transaction_mode="create_savepoint") as session:
            yield session


def _keep_for_owner(path: Path, text: str, how: int) -> None:
    """Write `text` into a file that nobody but its owner may read."""
    with os.fdopen(opened(path, how), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), OWNER_ONLY)
        file.write(text)
