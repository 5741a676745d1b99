"""Numbers of records: a prefix, the office's date, five digits."""

from datetime import date
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.models.audit import NumberSeries


def next_number(session: Session, prefix: str, day: date) -> str:
    """Return the next free number of the series, such as SQ2026112100001; waits for a rival."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(NumberSeries).values(prefix=prefix, day=f"{day:%Y%m%d}", last=1)
    statement = statement.on_conflict_do_update(
        index_elements=["prefix", "day"], set_={"last": NumberSeries.last + 1}
    ).returning(NumberSeries.last)
    last: int = session.execute(statement).scalar_one()
    return f"{prefix}{day:%Y%m%d}{last:05d}"
