"""Days as people say them. Today is Sunday, November 22, 2026, unless said otherwise."""

from __future__ import annotations

import contextlib
from datetime import date, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors.agents.hospital._dates import HORIZON, parse_date, say_date
from actors.agents.hospital._times import AFTERNOON, ANY_TIME, MORNING
from actors.agents.hospital._words import SpokenError

TODAY = date(2026, 11, 22)

DAYS = {
    "today": (11, 22),
    "tomorrow": (11, 23),
    "the day after tomorrow": (11, 24),
    "next Tuesday": (11, 24),
    "Tuesday": (11, 24),
    "on tuesday": (11, 24),
    "Tuesday, please.": (11, 24),
    "this Tuesday": (11, 24),
    "the coming tuesday": (11, 24),
    "this coming Friday": (11, 27),
    "this Sunday": (11, 22),
    "Sunday": (11, 29),
    "tuesday next week": (11, 24),
    "next week on tuesday": (11, 24),
    "a week on tuesday": (12, 1),
    "tuesday week": (12, 1),
    "a week from tuesday": (12, 1),
    "the tuesday after next": (12, 1),
    "the week after next on tuesday": None,
    "in two weeks": (12, 6),
    "two weeks from today": (12, 6),
    "in a fortnight": (12, 6),
    "a week from today": (11, 29),
    "a week from tomorrow": (11, 30),
    "in three days": (11, 25),
    "three days from now": (11, 25),
    "in ten days' time": (12, 2),
    "in a couple of days": (11, 24),
    "in a month": (12, 22),
    "the 3rd of December": (12, 3),
    "December third": (12, 3),
    "december the third": (12, 3),
    "the third of december": (12, 3),
    "Dec 3": (12, 3),
    "Dec. 3rd, 2026": (12, 3),
    "3 December": (12, 3),
    "november twenty fourth": (11, 24),
    "twenty fourth of november": (11, 24),
    "the twenty-fourth": (11, 24),
    "the 24th": (11, 24),
    "the 24th of this month": (11, 24),
    "the fifth of next month": (12, 5),
    "the fifth": (12, 5),
    "the first": (12, 1),
    "the first of december": (12, 1),
    "the second of december": (12, 2),
    "the thirty first": (12, 31),
    "tuesday the 24th": (11, 24),
    "monday the thirtieth": (11, 30),
    "tuesday november 24th": (11, 24),
    "Tuesday, November 24": (11, 24),
    "Tuesday, November 24th, 2026": (11, 24),
    "monday november 30": (11, 30),
    "the first monday in december": (12, 7),
    "the last friday of november": (11, 27),
    "11/24": (11, 24),
    "12/3": (12, 3),
    "2026-11-24": (11, 24),
    "november 24 2026": (11, 24),
    "um, maybe next wendsday": (11, 25),
    "next tozy": (11, 24),
    "Monly": (11, 23),
    "thirsty": (11, 26),
    "this pridey": (11, 27),
    "saturnay": (11, 28),
    "thurs": (11, 26),
    "teusday": (11, 24),
    "tommorow": (11, 23),
    "Decembre third": (12, 3),
    "how about friday": (11, 27),
    "yesterday": (11, 21),
    "last tuesday": (11, 17),
    "three days ago": (11, 19),
    "november 3rd 2026": (11, 3),
}


@pytest.mark.parametrize("said", [said for said, day in DAYS.items() if day])
def test_days(said: str) -> None:
    month, day = DAYS[said] or (0, 0)
    wish = parse_date(said, TODAY)
    assert (wish.first, wish.last, wish.time) == (date(2026, month, day), date(2026, month, day), ANY_TIME)


@pytest.mark.parametrize(
    ("today", "said", "expected"),
    [
        (date(2026, 11, 23), "next Tuesday", date(2026, 12, 1)),  # said on a Monday: not tomorrow
        (date(2026, 11, 23), "Tuesday", date(2026, 11, 24)),
        (date(2026, 11, 25), "next Tuesday", date(2026, 12, 1)),
        (date(2026, 11, 25), "next Friday", date(2026, 12, 4)),
        (date(2026, 11, 25), "this Friday", date(2026, 11, 27)),
        (date(2026, 11, 24), "Tuesday", date(2026, 12, 1)),  # today would be "today"
        (date(2026, 11, 24), "this Tuesday", date(2026, 11, 24)),
        (date(2026, 12, 30), "the third of january", date(2027, 1, 3)),
        (date(2026, 12, 30), "next friday", date(2027, 1, 8)),
        (date(2026, 12, 30), "the fifth", date(2027, 1, 5)),
        (date(2026, 11, 22), "january fifth", date(2027, 1, 5)),
        (date(2026, 1, 30), "the thirtieth", date(2026, 1, 30)),
        (date(2026, 1, 31), "the thirtieth", date(2026, 3, 30)),
        (date(2028, 2, 20), "february twenty ninth", date(2028, 2, 29)),
    ],
)
def test_days_told_from_other_todays(today: date, said: str, expected: date) -> None:
    wish = parse_date(said, today)
    assert (wish.first, wish.last) == (expected, expected)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("this week", (2026, 11, 22), (2026, 11, 22)),
        ("next week", (2026, 11, 23), (2026, 11, 29)),
        ("sometime next week", (2026, 11, 23), (2026, 11, 29)),
        ("early next week", (2026, 11, 23), (2026, 11, 25)),
        ("the end of next week", (2026, 11, 26), (2026, 11, 29)),
        ("the week after next", (2026, 11, 30), (2026, 12, 6)),
        ("in december", (2026, 12, 1), (2026, 12, 31)),
        ("late december", (2026, 12, 20), (2026, 12, 31)),
        ("november", (2026, 11, 22), (2026, 11, 30)),
        ("the weekend", (2026, 11, 21), (2026, 11, 22)),
        ("next weekend", (2026, 11, 28), (2026, 11, 29)),
    ],
)
def test_spans_of_days(said: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    wish = parse_date(said, TODAY)
    assert (wish.first, wish.last) == (date(*first), date(*last))


@pytest.mark.parametrize(
    "said",
    ["", "any day", "whenever", "as soon as possible", "the first available", "the next available day", "soonest"],
)
def test_any_day(said: str) -> None:
    wish = parse_date(said, TODAY)
    assert (wish.first, wish.last) == (TODAY, TODAY + HORIZON)


def test_days_with_a_part_of_the_day_or_a_time() -> None:
    assert parse_date("tomorrow afternoon", TODAY).time == AFTERNOON
    assert parse_date("next tuesday in the morning", TODAY).time == MORNING
    assert parse_date("next Tuesday morning", TODAY).first == date(2026, 11, 24)
    assert parse_date("this afternoon", TODAY).first == TODAY
    assert parse_date("tonight", TODAY).first == TODAY
    assert parse_date("tuesday at half past four", TODAY).time.exact == time(16, 30)
    assert parse_date("tomorrow 3pm", TODAY).time.exact == time(15)
    assert parse_date("november 24 at 9", TODAY).time.exact == time(9)


@pytest.mark.parametrize(
    "said", ["banana", "chen", "february thirtieth", "2026-13-45", "13/13", "nine", "99", "in a while", "the 45th"]
)
def test_what_is_not_a_day_is_refused(said: str) -> None:
    with pytest.raises(SpokenError):
        parse_date(said, TODAY)


def test_a_weekday_that_contradicts_the_date_is_refused() -> None:
    with pytest.raises(SpokenError, match="December 3 is a Thursday"):
        parse_date("Monday, December 3", TODAY)


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


_ONES = [
    "zero",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
]
_WORDS = (
    _ONES
    + ["fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"]
    + [f"twenty {word}" for word in _ONES[1:10]]
    + ["thirtieth", "thirty first"]
)
SAYINGS = (
    say_date,
    lambda d: f"{d:%B} {_ordinal(d.day)}",
    lambda d: f"the {_ordinal(d.day)} of {d:%B}",
    lambda d: f"the {_WORDS[d.day]} of {d:%B}".lower(),
    lambda d: f"{d:%B} the {_WORDS[d.day]}".lower(),
    lambda d: f"{d:%A} the {_WORDS[d.day]} of {d:%B}".lower(),
    lambda d: f"{d:%A} {d:%B} {_WORDS[d.day]}".lower(),
    lambda d: f"{d:%a}, {d:%b} {d.day}",
    lambda d: f"{d:%A} the {_WORDS[d.day]}",
    lambda d: f"{d:%B} {d.day}, {d.year}",
    lambda d: f"{d.month}/{d.day}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
    lambda d: d.isoformat(),
)


@pytest.mark.parametrize("saying", range(len(SAYINGS)))
def test_every_day_of_the_next_sixty_is_understood(saying: int) -> None:
    for ahead in range(60):
        day = TODAY + timedelta(days=ahead)
        wish = parse_date(SAYINGS[saying](day), TODAY)
        assert (wish.first, wish.last) == (day, day)


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.integers(0, 59), st.sampled_from(SAYINGS))
def test_days_are_understood_on_any_day(today: date, ahead: int, saying: object) -> None:
    day = today + timedelta(days=ahead)
    before = day - timedelta(days=28)
    assume(before < today or before.day != day.day)  # in February "Saturday the first" is nearer than the one in March
    assert callable(saying)
    assert parse_date(saying(day), today).first == day


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.sampled_from(["monday", "tuesday", "friday", "sunday"]))
def test_weekdays_lie_where_they_are_said_to(today: date, weekday: str) -> None:
    """A plain weekday is 1 to 7 days off, "this" 0 to 6, "next" in the next calendar week, "a week on" 7 later."""
    plain = parse_date(weekday, today).first
    assert f"{plain:%A}".lower() == weekday
    assert 1 <= (plain - today).days <= 7
    assert 0 <= (parse_date(f"this {weekday}", today).first - today).days <= 6
    assert parse_date(f"a week on {weekday}", today).first == plain + timedelta(days=7)
    monday = today - timedelta(days=today.weekday())
    assert 7 <= (parse_date(f"next {weekday}", today).first - monday).days <= 13


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(SpokenError):
        parse_date(text, TODAY)
