"""Ages in working days, at the edges of days, weekends and the office's time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import OFFICE_ZONE, office_date
from app.services.working_time import (
    is_working_day,
    late_before,
    start_of_day,
    start_of_week,
    working_days,
)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of March 2026 in the office; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=OFFICE_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "now", "days"),
    [
        (at(2, 0), at(2, 23, 59), 0),
        (at(2, 23, 59), at(3, 0), 1),
        (at(6, 17), at(7, 9), 0),
        (at(6, 17), at(8, 23, 59), 0),
        (at(6, 17), at(9, 0), 1),
        (at(7), at(8), 0),
        (at(2), at(9), 5),
        (at(2), at(16), 10),
        (at(3), at(2), 0),
    ],
)
def test_a_working_day_has_passed_when_another_has_begun(
    since: datetime, now: datetime, days: int
) -> None:
    assert working_days(since, now) == days


def test_days_begin_where_the_office_stands() -> None:
    evening_in_london = datetime(2026, 3, 2, 17, tzinfo=UTC)

    assert working_days(at(2), evening_in_london) == 1
    assert start_of_day(evening_in_london) == at(3, 0)
    assert start_of_week(at(8, 23, 59)) == at(2, 0)
    assert start_of_week(at(9, 0)) == at(9, 0)


INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


@given(INSTANTS, st.integers(0, 90 * 24))
def test_counting_agrees_with_walking_day_by_day(since: datetime, hours: int) -> None:
    now = since + timedelta(hours=hours)
    first, last = office_date(since), office_date(now)
    walked = sum(
        is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1)
    )

    assert working_days(since, now) == walked


@given(INSTANTS, st.integers(0, 60 * 24), st.integers(0, 10))
def test_the_line_between_late_and_in_time_is_the_count_itself(
    since: datetime, hours: int, norm: int
) -> None:
    now = since + timedelta(hours=hours)

    assert (since < late_before(now, norm)) == (working_days(since, now) > norm)


def test_saturday_and_sunday_are_free() -> None:
    week = [date(2026, 3, 2) + timedelta(days=n) for n in range(7)]

    assert [is_working_day(day) for day in week] == [True] * 5 + [False] * 2
