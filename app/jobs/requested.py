"""What each kind of long work does, under its name in `app/catalog/long_work.py`."""

from app.jobs.decisions import decide_applications
from app.jobs.prints import print_many
from app.jobs.scans import read_scans
from app.services.background import Work
from app.services.exports import export_work

REQUESTED: dict[str, Work] = {
    "decide_applications": decide_applications,
    "export": export_work,
    "print_forms": print_many,
    "read_scans": read_scans,
}
