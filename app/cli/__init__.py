"""Commands under `flask --app run`."""

from flask import Flask

from app.cli import catalog


def register(application: Flask) -> None:
    """Add every group of commands to the application."""
    catalog.register(application)
