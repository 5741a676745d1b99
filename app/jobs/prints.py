"""Many forms printed as one piece of work: a ZIP of PDFs, some forms in each (A3–A7)."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence

from app.errors import NotFound
from app.models.applications import Application
from app.models.prints import PrintCopy
from app.services import printing, sheets
from app.services.background import Ticket

FORMS_A_FILE = 25
"""So many forms share a PDF: few files to open, and little memory however many forms there are."""
ZIP = "application/zip"


def print_many(ticket: Ticket) -> Iterator[Mapping[str, int]]:
    """Print one more copy of every form that the ticket names; what is out of reach is left out.

    Begun anew it goes on with the files that are not written yet.
    """
    wanted: list[int] = ticket.params["applications"]
    ticket.expect(len(wanted))
    for start in range(ticket.place.get("done", 0), len(wanted), FORMS_A_FILE):
        batch = wanted[start : start + FORMS_A_FILE]
        copies = list(_copies(ticket, batch))
        if copies:
            content = printing.print_forms(ticket.session, copies, at=ticket.now)
            first, last = copies[0][0].number, copies[-1][0].number
            name = f"{start // FORMS_A_FILE + 1:03d} {first}-{last}.pdf"
            (ticket.folder / name).write_bytes(content)
        ticket.go_on_from(done=start + len(batch))
        counts = {"forms_printed": len(copies), "forms_left_out": len(batch) - len(copies)}
        yield {name: count for name, count in counts.items() if count}
    with (
        ticket.deliver(f"{ticket.run.title}.zip", ZIP) as result,
        zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as packed,
    ):
        for part in sorted(ticket.folder.glob("*.pdf")):
            packed.write(part, part.name)


def _copies(ticket: Ticket, batch: Sequence[int]) -> Iterator[tuple[Application, PrintCopy]]:
    session, actor, now = ticket.session, ticket.actor, ticket.now
    for identity in batch:
        try:
            application = sheets.load_sheet(session, identity, actor)
        except NotFound:
            continue
        yield application, printing.make_copy(session, application, actor=actor, now=now)
