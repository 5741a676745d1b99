"""`flask cases …`: business, and what happens to one piece of it (第六条, 第七条)."""

from flask import Flask
from flask.cli import AppGroup

from app.catalog.lifecycles import CASE
from app.cli.acts import add_acts
from app.cli.lists import list_command
from app.models.cases import Case

group = AppGroup("cases", help="Business that accounts answer for.")
group.add_command(list_command("cases"))
add_acts(group, CASE, named="NUMBER", by=Case.number, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)
