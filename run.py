"""The web application, for gunicorn and for `flask --app run`."""

from app import create_app
from config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(str(error)) from None
