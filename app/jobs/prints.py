"""Many forms printed as one piece of work: a ZIP of PDFs, some forms in each (A3–A7)."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from app.errors import NotFound
from app.models.applications import Application
from app.models.prints import PrintCopy
from app.services import printing, sheets
from app.services.background import Ticket
from app.services.pdf_pages import join

FORMS_AT_ONCE = 5
"""So many forms are set together: the typesetter keeps its last ten settings, a megabyte a form."""
FORMS_A_FILE = 100
"""So many forms share a file of the result: few files to open and to print."""
ZIP = "application/zip"


def print_many(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Print one more copy of every form that the ticket names; what is out of reach is left out.

    Begun anew it goes on with the files that are not written yet.
    """
    wanted: list[int] = ticket.params["applications"]
    ticket.expect(len(wanted))
    for start in range(ticket.place.get("done", 0), len(wanted), FORMS_AT_ONCE):
        batch = wanted[start : start + FORMS_AT_ONCE]
        copies = list(_copies(ticket, batch))
        if copies:
            content = printing.print_forms(ticket.session, copies, at=ticket.now)
            first, last = copies[0][0].number, copies[-1][0].number
            part = f"{start // FORMS_A_FILE + 1:03d} {start:06d} {first} {last}.pdf"
            (ticket.folder / part).write_bytes(content)
        ticket.go_on_from(done=start + len(batch))
        counts = {"forms_printed": len(copies), "forms_left_out": len(batch) - len(copies)}
        yield {name: count for name, count in counts.items() if count}
    with (
        ticket.deliver(f"{ticket.run.title}.zip", ZIP) as result,
        zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as packed,
    ):
        for name, parts in _files(ticket.folder):
            whole = ticket.folder / "whole"
            join(parts, whole)
            packed.write(whole, name)


def _files(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield each file of the result: its name by the first and last number, and its parts."""
    for number, group in groupby(sorted(folder.glob("*.pdf")), lambda part: part.name[:3]):
        parts = list(group)
        first, last = parts[0].stem.split(" ")[2], parts[-1].stem.split(" ")[3]
        yield f"{number} {first}-{last}.pdf", parts


def _copies(ticket: Ticket, batch: Sequence[int]) -> Iterator[tuple[Application, PrintCopy]]:
    session, actor, now = ticket.session, ticket.actor, ticket.now
    for identity in batch:
        try:
            application = sheets.load_sheet(session, identity, actor)
        except NotFound:
            continue
        yield application, printing.make_copy(session, application, actor=actor, now=now)
