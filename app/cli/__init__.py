"""Commands under `flask --app run`."""

from flask import Flask

from app.cli import accounts, applications, audit, catalog, demo, jobs, keys, organizations

ROOMS = (catalog, organizations, accounts, keys, applications, audit, jobs, demo)


def register(application: Flask) -> None:
    """Add every group of commands to the application."""
    for room in ROOMS:
        room.register(application)
