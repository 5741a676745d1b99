"""Scanned forms read in the background: many pages, the web's processes free of them (M9)."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from app.models.scans import Scan
from app.services.background import Ticket
from app.services.file_store import FileStore
from app.services.scan_filing import read_scan

BATCH = 10


def read_scans(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Read the files that the ticket names, one after the other; begun anew, those left."""
    store = FileStore(ticket.files)
    wanted = select(Scan).where(Scan.id.in_(ticket.params["scans"])).order_by(Scan.id)
    files = list(ticket.session.scalars(wanted))
    ticket.expect(sum(scan.pages for scan in files))
    for scan in files:
        if scan.read_at is not None:
            continue
        seen = told = ticket.place.get(str(scan.id), 0)
        for page in read_scan(
            ticket.session, scan, store=store, actor=ticket.actor, now=ticket.now
        ):
            seen = max(seen, page)
            if seen - told >= BATCH:
                ticket.go_on_from(**{str(scan.id): seen})
                yield {"pages_read": seen - told}
                told = seen
        yield {"pages_read": scan.pages - told} if scan.pages > told else {}
