"""Which times a doctor can be seen. Pure: a diary in, times out.

All times are the hospital's wall clock, without a time zone: opening hours, too, are kept by the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

import attrs

from actors.agents.hospital._times import ANY_TIME, TimeWish

__all__ = [
    "SLOT",
    "Closure",
    "Diary",
    "Hours",
    "all_times",
    "free_times",
    "nearest",
    "next_free",
    "spread",
    "why_closed",
]

SLOT: Final = timedelta(minutes=30)  #: the length of an appointment


@attrs.frozen
class Hours:
    """One stretch of a doctor's week; the last appointment ends at ``closes``. ``weekday``: Monday is 0."""

    weekday: int
    opens: time
    closes: time


@attrs.frozen
class Closure:
    """Days without appointments, ``first`` and ``last`` included; ``reason`` completes "closed" or "away"."""

    first: date
    last: date
    reason: str


@attrs.frozen
class Diary:
    """What is needed to know when one doctor is free: the week, the days off, what is booked, and the present."""

    hours: tuple[Hours, ...]
    closures: tuple[Closure, ...]
    taken: frozenset[datetime]
    now: datetime


def why_closed(diary: Diary, day: date) -> str | None:
    """Why there are no appointments at all on that day, in a few words; None when there are."""
    if day < diary.now.date():
        return "that day is in the past"
    for closure in diary.closures:
        if closure.first <= day <= closure.last:
            return closure.reason
    if not any(hours.weekday == day.weekday() for hours in diary.hours):
        return f"no appointments on a {day:%A}"
    return None


def all_times(diary: Diary, day: date) -> Iterator[datetime]:
    """The appointments of a day, free or taken, in order; none on a closed day."""
    if why_closed(diary, day) is not None:
        return
    for hours in sorted((h for h in diary.hours if h.weekday == day.weekday()), key=lambda h: h.opens):
        start, end = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
        while start + SLOT <= end:
            yield start
            start += SLOT


def free_times(diary: Diary, day: date, wish: TimeWish = ANY_TIME) -> list[time]:
    """The free appointments of a day within a wish, in order, from now on."""
    return [
        start.time()
        for start in all_times(diary, day)
        if start > diary.now and start not in diary.taken and wish.holds(start.time())
    ]


def next_free(diary: Diary, first: date, last: date, wish: TimeWish = ANY_TIME) -> tuple[date, list[time]] | None:
    """The first day from ``first`` to ``last`` with free appointments within a wish, and these; or None."""
    day = first
    while day <= last:
        times = free_times(diary, day, wish)
        if times:
            return day, times
        day += timedelta(days=1)
    return None


def nearest(times: Sequence[time], wanted: time, count: int) -> list[time]:
    """At most ``count`` of the times, in order: the nearest to ``wanted``, and others at its minute of the hour."""
    by_distance = sorted(times, key=lambda t: (abs(_minutes(t) - _minutes(wanted)), t))
    return sorted(_alike(by_distance)[:count])


def spread(times: Sequence[time], count: int) -> list[time]:
    """At most ``count`` (2 or more) of the ordered times, evenly spread: the first, and others at its minute of the
    hour."""
    alike = _alike(times)
    if len(alike) <= count:
        return alike
    return [alike[round(i * (len(alike) - 1) / (count - 1))] for i in range(count)]


def _alike(times: Sequence[time]) -> list[time]:
    """The times at the same minute of the hour as the first: easier to say, to keep in mind, and for a small model to
    repeat."""
    return [moment for moment in times if moment.minute == times[0].minute]


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
