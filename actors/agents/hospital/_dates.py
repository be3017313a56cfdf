"""Days as people say them. Pure.

dateparser reads dates with a month in them; what it cannot read, or reads otherwise than people mean it, is settled
here:

- "Tuesday", "on Tuesday", "this Tuesday", "the coming Tuesday": the first Tuesday after today ("this": today counts).
- "next Tuesday": the Tuesday of the next calendar week (weeks begin on Monday). So on a Sunday or a Wednesday it is the
  first Tuesday to come, on a Monday it is not tomorrow but eight days on. The answer always names the date, so a
  caller who meant the other one hears it.
- "next tozy", "Monly", "thirsty": misheard weekdays, taken by their sound where nothing else can be meant. The answer
  names the date here, too.
- "a week on Tuesday", "Tuesday week": seven days after "Tuesday". "the 24th": the first 24th from today on.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

import attrs
import dateparser

from actors.agents.hospital._times import ANY_TIME, TimeWish, cut_time
from actors.agents.hospital._words import MONTHS, WEEKDAYS, SpokenError, even, weekday_by_sound

__all__ = ["HORIZON", "DateWish", "parse_date", "say_date"]

HORIZON: Final = timedelta(days=120)  #: how far ahead appointments are made

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_WEEKDAY: Final = re.compile(rf"\b({'|'.join(WEEKDAYS)})s?\b")
_MONTH: Final = re.compile(rf"\b({'|'.join(MONTHS)})\b")
_NUMERIC: Final = re.compile(r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?")
_ORDINAL: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")
_ANY_DAY: Final = re.compile(
    r"|any|any day|any time|anytime|whenever|as soon as possible|asap|soon|soonest|earliest|whatever|no preference|"
    r"doesn't matter|(?:1st|next|soonest|earliest)(?: available| possible| free)?"
    r"(?: 1| available| possible| day| date| slot| appointment| time)"
)
_IN: Final = re.compile(
    r"(?:in |within )?(a|an|\d+|a couple|a few) (day|week|fortnight|month)s?(?:'s?)?(?: time| from now| from today)?"
)
_COUNTS: Final = {"a": 1, "an": 1, "a couple": 2, "a few": 3}
_DAYS_IN: Final = {"day": 1, "week": 7, "fortnight": 14, "month": 30}


@attrs.frozen
class DateWish:
    """Any day from ``first`` to ``last`` (equal for one day), at a time within ``time``."""

    first: date
    last: date
    time: TimeWish = ANY_TIME


def parse_date(text: str, today: date) -> DateWish:
    """Understand a spoken day, relative to ``today``. Days in the past are understood, too.

    Raises :class:`SpokenError` when it is not a day, or contradicts itself ("Monday, December 3" on a Thursday).
    """
    said, part = cut_time(even(text))
    said = re.sub(r"\b(?:the|on|of|this coming|some)\b", " ", said)
    said = " ".join(re.sub(r"\b(?:coming|upcoming|following)\b", "coming", said).split()).removesuffix(" in").strip()
    if _ANY_DAY.fullmatch(said):
        return DateWish(today, today + HORIZON, part)
    found = _ruled(said, today)
    if found is None and (sounds_like := weekday_by_sound(said)) is not None:
        found = _ruled(sounds_like, today)
    if found is None:
        raise SpokenError("date not understood")
    return attrs.evolve(found, time=part)


def say_date(day: date) -> str:
    """The day as an agent should read it out: "Tuesday, November 24"."""
    return f"{day:%A}, {day:%B} {day.day}"


def _ruled(said: str, today: date) -> DateWish | None:
    rules = (_relative, _weeks, _weekday, _day_of_month, _calendar)
    return next((found for rule in rules if (found := rule(said, today)) is not None), None)


def _one(day: date) -> DateWish:
    return DateWish(day, day)


def _relative(said: str, today: date) -> DateWish | None:
    simple = {"today": 0, "tomorrow": 1, "day after tomorrow": 2, "2 days after tomorrow": 3, "yesterday": -1}
    simple |= {"overmorrow": 2, "day before yesterday": -2, "now": 0, "right now": 0, "right away": 0}
    if said in simple:
        return _one(today + simple[said] * _DAY)
    found = re.fullmatch(r"(?:a week from|week from) (today|tomorrow)|(today|tomorrow) week", said)
    if found:
        return _one(today + _WEEK + (_DAY if "tomorrow" in said else timedelta()))
    found = _IN.fullmatch(said)
    if found:
        count = _COUNTS[found[1]] if found[1] in _COUNTS else int(found[1])
        if count <= 365:
            return _one(today + count * _DAYS_IN[found[2]] * _DAY)
    found = re.fullmatch(r"(a|\d+) (day|week|month)s? ago", said)
    if found:
        return _one(today - min(_COUNTS.get(found[1]) or int(found[1]), 365) * _DAYS_IN[found[2]] * _DAY)
    return None


def _weeks(said: str, today: date) -> DateWish | None:
    monday = today - today.weekday() * _DAY
    weeks = {"this week": 0, "next week": 1, "week after next": 2, "week after": 1, "last week": -1, "coming week": 1}
    found = re.fullmatch(
        r"(?:(early|late|beginning|start|end|middle|later|rest|at end|at beginning) )?(?:in )?(.+)", said
    )
    if found is None or found[2] not in weeks:
        return _one_weekend(said, monday)
    start = monday + weeks[found[2]] * _WEEK
    first, last = {
        "early": (0, 2),
        "beginning": (0, 2),
        "start": (0, 2),
        "middle": (1, 3),
        "late": (3, 6),
        "end": (3, 6),
    }.get((found[1] or "").removeprefix("at "), (0, 6))
    past = start + last * _DAY < today
    return DateWish(start + first * _DAY if past else max(today, start + first * _DAY), start + last * _DAY)


def _one_weekend(said: str, monday: date) -> DateWish | None:
    if said not in ("weekend", "this weekend", "at weekend", "next weekend"):
        return None
    saturday = monday + 5 * _DAY + (_WEEK if said.startswith("next") else timedelta())
    return DateWish(saturday, saturday + _DAY)


def _weekday(said: str, today: date) -> DateWish | None:
    found = _WEEKDAY.search(said)
    if found is None:
        return None
    number = WEEKDAYS.index(found[1])
    rest = " ".join((said[: found.start()] + " # " + said[found.end() :]).split())
    bare = today + ((number - today.weekday() - 1) % 7 + 1) * _DAY
    next_week = today + (7 - today.weekday() + number) * _DAY
    days = {
        ("#", "coming #", "for #", "any #"): bare,
        ("this #", "# this week"): today + (number - today.weekday()) % 7 * _DAY,
        ("next #", "# next week", "next week #", "next week's #", "# in next week"): next_week,
        ("a week #", "week #", "# week", "a week from #", "week from #", "# after next"): bare + _WEEK,
        ("week after next #", "# week after next"): next_week + _WEEK,
        ("last #",): bare - 14 * _DAY if bare - today == _WEEK else bare - _WEEK,
    }
    for phrases, day in days.items():
        if rest in phrases:
            return _one(day)
    if (found_weeks := re.fullmatch(r"# in (\d) weeks|(\d) weeks (?:from )?#", rest)) is not None:
        return _one(bare + int(found_weeks[1] or found_weeks[2]) * _WEEK)
    nth = re.fullmatch(rf"(1st|2nd|3rd|4th|last) # (?:in )?({'|'.join(MONTHS)})", rest)
    if nth:
        return _nth_weekday(nth[1], number, MONTHS.index(nth[2]) + 1, today)
    named = _calendar(rest.replace("#", " "), today)
    if named is not None and named.first == named.last and named.first.weekday() != number:
        raise SpokenError(f"{say_date(named.first).partition(', ')[2]} is a {named.first:%A}")
    return named or _day_of_month(rest.replace("#", " "), today, number)


def _nth_weekday(nth: str, weekday: int, month: int, today: date) -> DateWish:
    first = date(today.year + (month < today.month), month, 1)
    day = first + (weekday - first.weekday()) % 7 * _DAY
    if nth != "last":
        return _one(day + (int(nth[0]) - 1) * _WEEK)
    while (day + _WEEK).month == month:
        day += _WEEK
    return _one(day)


def _day_of_month(said: str, today: date, weekday: int | None = None) -> DateWish | None:
    found = re.fullmatch(r"\s*(\d{1,2})(st|nd|rd|th)?(?: (this|next) month)?\s*", said)
    if found is None or (weekday is None and not found[2]):
        return None
    wanted = int(found[1])
    start = (today.replace(day=1) + timedelta(days=32)).replace(day=1) if found[3] == "next" else today
    for offset in range(366 if weekday is not None else 62):
        day = start + offset * _DAY
        if day.day == wanted and (weekday is None or day.weekday() == weekday):
            return _one(day)
    return None


def _calendar(said: str, today: date) -> DateWish | None:
    if not (_MONTH.search(said) or _NUMERIC.fullmatch(said.strip())):
        return None
    month = re.fullmatch(r"(?:in |sometime in )?(early |late |mid |middle |end |beginning )?(.+)", said.strip())
    if month and month[2] in MONTHS:
        return _month(MONTHS.index(month[2]) + 1, (month[1] or "").strip(), today)
    day = _read(said, today)
    return None if day is None else _one(day)


def _month(month: int, part: str, today: date) -> DateWish:
    first = date(today.year + (month < today.month), month, 1)
    last = (first + timedelta(days=32)).replace(day=1) - _DAY
    if part in ("late", "end"):
        first = first.replace(day=20)
    elif part in ("mid", "middle"):
        first = first.replace(day=10)
    return DateWish(max(first, today), last)


def _read(said: str, today: date) -> date | None:
    """Let dateparser read a date of the calendar, months first in "3/4"."""
    settings = {
        "RELATIVE_BASE": datetime.combine(today - _DAY, time.max),  # so that today itself is still to come
        "PREFER_DATES_FROM": "future",
        "REQUIRE_PARTS": ["day", "month"],
        "PARSERS": ["absolute-time"],
        "DATE_ORDER": "YMD" if re.match(r"\d{4}", said.strip()) else "MDY",
    }
    try:
        found = dateparser.parse(_ORDINAL.sub(r"\1", said), languages=["en"], settings=settings)
    except (ValueError, OverflowError):
        return None
    return None if found is None else found.date()
