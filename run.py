"""The web application, for gunicorn and for `flask --app run`."""

from app import create_app

app = create_app()
