"""Pages."""

from flask import Flask
from flask_appbuilder import AppBuilder


def register(application: Flask, builder: AppBuilder) -> None:
    """Add every page and REST resource to the application."""
