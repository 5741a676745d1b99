"""Ages in working days of the office: Monday to Friday, Asia/Shanghai."""

from datetime import date, datetime, time, timedelta

from app.clock import OFFICE_ZONE, office_date

SATURDAY = 5
DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether the offices are open on `day`."""
    return day.weekday() < SATURDAY


def working_days(since: datetime, now: datetime) -> int:
    """Return how many working days have begun after the day of `since`, up to today."""
    first, last = office_date(since), office_date(now)
    if last <= first:
        return 0
    weeks, rest = divmod((last - first).days, 7)
    return weeks * SATURDAY + sum(is_working_day(last - DAY * n) for n in range(rest))


def late_before(now: datetime, norm: int) -> datetime:
    """Return the instant before which something must have begun to be older than `norm` days."""
    day, passed = office_date(now), 0
    while passed <= norm:
        passed += is_working_day(day)
        day -= DAY
    return datetime.combine(day + DAY, time.min, OFFICE_ZONE)


def start_of_day(now: datetime) -> datetime:
    """Return the midnight with which the office's day began."""
    return datetime.combine(office_date(now), time.min, OFFICE_ZONE)


def start_of_week(now: datetime) -> datetime:
    """Return the midnight with which the office's week began."""
    return start_of_day(now) - DAY * office_date(now).weekday()
