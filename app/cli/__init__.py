"""Commands under `flask --app run`."""

from flask import Flask

from app.cli import catalog, demo

ROOMS = (catalog, demo)


def register(application: Flask) -> None:
    """Add every group of commands to the application."""
    for room in ROOMS:
        room.register(application)
