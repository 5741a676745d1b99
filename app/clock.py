"""Time enters here and only at a boundary (page, REST, CLI, job)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return datetime.now(UTC)


def office_date(instant: datetime) -> date:
    """Return the calendar date of `instant` where the office stands."""
    return instant.astimezone(OFFICE_ZONE).date()
