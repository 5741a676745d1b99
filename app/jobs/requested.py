"""What each kind of long work does, under its name in `app/catalog/long_work.py`."""

from app.services.background import Work
from app.services.exports import export_work

REQUESTED: dict[str, Work] = {
    "export": export_work,
}
