"""Commands under `flask --app run`, loaded when one is asked for: a server needs none of them."""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

from app.extensions import db

ROOMS = (
    "catalog",
    "organizations",
    "accounts",
    "keys",
    "key_bindings",
    "applications",
    "cases",
    "archives",
    "prints",
    "scans",
    "audit",
    "exports",
    "imports",
    "jobs",
    "demo",
)


class Rooms(AppGroup):
    """The application's commands, those of migrations among them."""

    def __init__(self, application: Flask) -> None:
        """Take over what others have added already."""
        super().__init__(name=application.name, commands=application.cli.commands)
        self.application = application
        self.opened = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name."""
        self._open()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        self._open()
        return super().get_command(ctx, cmd_name)

    def _open(self) -> None:
        if self.opened:
            return
        self.opened = True
        from flask_migrate import Migrate

        Migrate(self.application, db, directory="migrations", render_as_batch=True)
        for room in ROOMS:
            import_module(f"app.cli.{room}").register(self.application)


def register(application: Flask) -> None:
    """Let the application find its commands."""
    application.cli = Rooms(application)
