"""Which times are free."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._scheduling import (
    SLOT,
    Closure,
    Diary,
    Hours,
    all_times,
    free_times,
    nearest,
    next_free,
    spread,
    why_closed,
)
from actors.agents.hospital._times import AFTERNOON, MORNING, TimeWish

TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 22, 10)
WEEK = tuple(Hours(day, *span) for day in range(5) for span in ((time(14), time(16)), (time(9), time(11))))


def diary(*taken: datetime, now: datetime = NOW, closures: tuple[Closure, ...] = ()) -> Diary:
    return Diary(WEEK, closures, frozenset(taken), now)


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute))


def test_a_free_day() -> None:
    assert free_times(diary(), TUESDAY) == [
        *(time(9), time(9, 30), time(10), time(10, 30)),
        *(time(14), time(14, 30), time(15), time(15, 30)),
    ]


def test_taken_and_past_times_are_not_offered() -> None:
    assert free_times(diary(at(9), at(14), now=at(10)), TUESDAY) == [time(10, 30), time(14, 30), time(15), time(15, 30)]


def test_wishes() -> None:
    assert free_times(diary(), TUESDAY, MORNING) == [time(9), time(9, 30), time(10), time(10, 30)]
    assert free_times(diary(), TUESDAY, AFTERNOON)[0] == time(14)
    assert free_times(diary(), TUESDAY, TimeWish(time(10), time(10))) == [time(10)]


def test_closed_days_say_why() -> None:
    closed = diary(closures=(Closure(TUESDAY, TUESDAY, "closed for Thanksgiving"),))
    assert why_closed(closed, TUESDAY) == "closed for Thanksgiving"
    assert free_times(closed, TUESDAY) == []
    assert why_closed(diary(), date(2026, 11, 28)) == "no appointments on a Saturday"
    assert why_closed(diary(), date(2026, 11, 21)) == "that day is in the past"
    assert why_closed(diary(), TUESDAY) is None


def test_the_next_free_day() -> None:
    assert next_free(diary(), date(2026, 11, 21), TUESDAY) == (
        date(2026, 11, 23),
        free_times(diary(), date(2026, 11, 23)),
    )
    assert next_free(diary(), date(2026, 11, 28), date(2026, 11, 29)) is None


def test_the_nearest_in_order() -> None:
    times = [time(9), time(10), time(14), time(15)]
    assert nearest(times, time(14, 30), 2) == [time(14), time(15)]
    assert nearest(times, time(8), 3) == [time(9), time(10), time(14)]
    assert nearest([], time(8), 3) == []


def test_times_offered_together_are_alike() -> None:
    """Full hours, or half hours: a mixture is harder to repeat."""
    times = [time(9), time(9, 30), time(10, 30), time(14), time(14, 30)]
    assert nearest(times, time(9, 15), 2) == [time(9), time(14)]
    assert nearest(times, time(10), 2) == [time(9, 30), time(10, 30)]
    assert spread(times, 2) == [time(9), time(14)]
    assert spread(times[1:], 2) == [time(9, 30), time(14, 30)]
    assert spread([time(9), time(9, 30)], 2) == [time(9)]


MOMENTS = st.datetimes(datetime(2026, 11, 22), datetime(2026, 12, 22)).map(lambda d: d.replace(second=0, microsecond=0))


@st.composite
def diaries(draw: st.DrawFn) -> Diary:
    hour = st.integers(0, 23).map(time)
    spans = draw(st.lists(st.tuples(st.integers(0, 6), hour, hour), max_size=6))
    week = tuple(Hours(day, first, last) for day, first, last in spans)
    taken = draw(st.lists(MOMENTS.map(lambda d: d.replace(minute=d.minute // 30 * 30)), max_size=10))
    days = draw(st.lists(st.tuples(st.dates(date(2026, 11, 22), date(2026, 12, 22)), st.integers(0, 3)), max_size=3))
    closures = tuple(Closure(day, day + timedelta(days=more), "closed") for day, more in days)
    return Diary(week, closures, frozenset(taken), draw(MOMENTS))


@given(diaries(), st.dates(date(2026, 11, 22), date(2026, 12, 22)))
def test_what_is_free_can_be_booked(calendar: Diary, day: date) -> None:
    """Free times are ahead, not taken, on an open day, within the hours to their end, and each is offered in order."""
    for moment in free_times(calendar, day):
        start = datetime.combine(day, moment)
        assert start > calendar.now
        assert start not in calendar.taken
        assert why_closed(calendar, day) is None
        assert any(
            hours.weekday == day.weekday()
            and hours.opens <= moment
            and start + SLOT <= datetime.combine(day, hours.closes)
            for hours in calendar.hours
        )
    assert list(all_times(calendar, day)) == [] or why_closed(calendar, day) is None


@given(diaries(), st.dates(date(2026, 11, 22), date(2026, 12, 1)), st.integers(0, 20))
def test_no_earlier_day_is_passed_over(calendar: Diary, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = next_free(calendar, first, last)
    free = [first + timedelta(days=i) for i in range(days + 1) if free_times(calendar, first + timedelta(days=i))]
    assert (found[0] if found else None) == (free[0] if free else None)


@given(
    st.lists(st.builds(time, st.integers(0, 23), st.sampled_from((0, 30))), unique=True, max_size=20).map(sorted),
    st.integers(2, 6),
)
def test_a_spread_keeps_the_ends_of_those_alike(times: list[time], count: int) -> None:
    chosen = spread(times, count)
    alike = [moment for moment in times if moment.minute == times[0].minute]
    assert len(chosen) == min(count, len(alike))
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(alike)
    if times:
        assert (chosen[0], chosen[-1]) == (alike[0], alike[-1])
