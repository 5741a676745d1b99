"""The catalogue as the rows say it, and the mark by which readers learn that it changed."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.loader import FILES
from app.catalog.types import Catalog
from app.models.regulations import REVISION_READ, CatalogueRevision
from app.services.catalog.tables import PUBLIC, STORED, stored_entries

HELD = "rules_of_this_transaction"
"""Where a session keeps the rules that its transaction has read."""


def stored_catalog(session: Session, shipped: Catalog) -> Catalog:
    """Return every version of every rule in the rows; what has no rows is taken from `shipped`."""
    return Catalog(
        **{
            file.name: stored_entries(session, file)
            if file.name in STORED
            else getattr(shipped, file.name)
            for file in FILES
        }
    )


def revision(session: Session) -> str | None:
    """Return the mark of the rules' present state; None before the first sync."""
    transaction, known = session.info.get(REVISION_READ, (None, None))
    if known is not None and transaction is session.get_transaction():
        return str(known)
    return session.scalar(select(CatalogueRevision.token).execution_options(**PUBLIC))


def hold(session: Session) -> CatalogueRevision | None:
    """Keep everyone else from changing the rules until this transaction ends."""
    return session.get(CatalogueRevision, 1, with_for_update=True)


def mark_changed(session: Session, *, now: datetime) -> None:
    """Say that the rules changed, so that whoever keeps them reads them again.

    To be called with every change of a rule's row, in the same transaction.
    """
    row = hold(session)
    if row is None:
        row = CatalogueRevision(id=1)
        session.add(row)
    # chance, not a counter: a number given back by a rollback would be given out twice
    row.token, row.changed_at = uuid.uuid4().hex, now
    session.info.pop(HELD, None)
    session.info.pop(REVISION_READ, None)
