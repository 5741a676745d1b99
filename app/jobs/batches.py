"""Rows that are worth nothing any more, deleted in batches; the runner commits each."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

BATCH = 1000


def delete_older(
    session: Session, moment: InstrumentedAttribute[datetime], bound: datetime
) -> Iterator[Mapping[str, int]]:
    """Delete the rows whose `moment` is before `bound`; yield how many after each batch."""
    model = moment.class_
    while old := list(
        session.scalars(select(model.id).where(moment < bound).order_by(moment).limit(BATCH))
    ):
        session.execute(delete(model).where(model.id.in_(old)))
        yield {"deleted": len(old)}
