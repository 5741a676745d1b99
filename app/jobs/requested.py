"""What each kind of long work does, under its name in `app/catalog/long_work.py`."""

from app.services.background import Work

REQUESTED: dict[str, Work] = {}
