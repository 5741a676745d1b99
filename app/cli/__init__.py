"""Commands under `flask --app run`."""

from flask import Flask


def register(application: Flask) -> None:
    """Add every group of commands to the application."""
