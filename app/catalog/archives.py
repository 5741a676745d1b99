"""How long application papers are kept: the periods of China's office archives (第九条).

永久, 30年 and 10年 are the periods of 国家档案局令第8号; a period runs from the first of January
after the year in which the papers were closed.
"""

from datetime import date

from app.catalog.enums import ApplicationState, RetentionPeriod

YEARS: dict[RetentionPeriod, int | None] = {
    RetentionPeriod.PERMANENT: None,
    RetentionPeriod.YEARS_30: 30,
    RetentionPeriod.YEARS_10: 10,
}

BY_OUTCOME: dict[ApplicationState, RetentionPeriod] = {
    ApplicationState.COMPLETED: RetentionPeriod.YEARS_30,
    ApplicationState.REJECTED: RetentionPeriod.YEARS_10,
    ApplicationState.WITHDRAWN: RetentionPeriod.YEARS_10,
}
"""What a closed application is kept for, until its keeper says otherwise: what gave somebody a
right is proof of it; what gave nothing is proof of having been asked."""

LONGEST_LOAN_DAYS = 60
REMINDED_EVERY_DAYS = 7


def retained_until(period: RetentionPeriod, closed_on: date) -> date | None:
    """Return the last day of keeping, None for papers that are kept for good."""
    years = YEARS[period]
    return None if years is None else date(closed_on.year + years, 12, 31)
