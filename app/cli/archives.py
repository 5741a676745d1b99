"""`flask archives …`: archive files, and what happens to one (第九条)."""

from flask import Flask
from flask.cli import AppGroup

from app.catalog.lifecycles import ARCHIVE
from app.cli.acts import add_acts
from app.cli.lists import list_command
from app.models.archives import ArchiveFile

group = AppGroup("archives", help="The archives of application papers.")
group.add_command(list_command("archives"))
add_acts(group, ARCHIVE, named="NUMBER", by=ArchiveFile.number, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)
