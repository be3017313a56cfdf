"""Times of day as people say them."""

from __future__ import annotations

import contextlib
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._times import AFTERNOON, ANY_TIME, EVENING, MORNING, parse_time, say_time
from actors.agents.hospital._words import SpokenError

EXACT = {
    "half past four": (16, 30),
    "half four": (16, 30),
    "quarter to nine": (8, 45),
    "a quarter to nine": (8, 45),
    "quarter of nine": (8, 45),
    "quarter past ten": (10, 15),
    "a quarter after ten": (10, 15),
    "ten to three": (14, 50),
    "ten past three": (15, 10),
    "twenty five past three": (15, 25),
    "twenty minutes to nine": (8, 40),
    "four thirty": (16, 30),
    "four thirty in the afternoon": (16, 30),
    "nine thirty in the morning": (9, 30),
    "nine": (9, 0),
    "at nine": (9, 0),
    "nine o'clock": (9, 0),
    "nine o clock": (9, 0),
    "at four": (16, 0),
    "one": (13, 0),
    "two": (14, 0),
    "seven": (7, 0),
    "seven in the evening": (19, 0),
    "seven p.m.": (19, 0),
    "six": (18, 0),
    "twelve": (12, 0),
    "twelve thirty": (12, 30),
    "nine a.m.": (9, 0),
    "9 am": (9, 0),
    "9am": (9, 0),
    "2 p.m.": (14, 0),
    "2 P.M": (14, 0),
    "four p m": (16, 0),
    "10:30 a.m.": (10, 30),
    "9:30": (9, 30),
    "09:00": (9, 0),
    "16:00": (16, 0),
    "14.30": (14, 30),
    "noon": (12, 0),
    "at midday": (12, 0),
    "half past noon": (12, 30),
    "midnight": (0, 0),
    "ten fifteen": (10, 15),
    "eleven forty five": (11, 45),
    "three oh five": (15, 5),
    "oh nine thirty": (9, 30),
    "0930": (9, 30),
    "430": (16, 30),
    "sixteen hundred hours": (16, 0),
    "sixteen thirty": (16, 30),
    "nine-ish": (9, 0),
    "um, maybe around nine thirty please": (9, 30),
    "let's say half past ten": (10, 30),
    "Half past ten, please.": (10, 30),
    "the nine o'clock": (9, 0),
    "Quarter past 2 in the afternoon": (14, 15),
    "nine thirty am": (9, 30),
    "12 p.m.": (12, 0),
    "12 a.m.": (0, 0),
    "five to one": (12, 55),
    "half past six in the evening": (18, 30),
    "at eight in the morning": (8, 0),
}


@pytest.mark.parametrize("said", EXACT)
def test_exact_times(said: str) -> None:
    assert parse_time(said).exact == time(*EXACT[said])


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ("in the morning", MORNING),
        ("morning", MORNING),
        ("the morning one", MORNING),
        ("the morning slot please", MORNING),
        ("the afternoon one please", AFTERNOON),
        ("afternoon", AFTERNOON),
        ("after lunch", AFTERNOON),
        ("in the evening", EVENING),
        ("any time", ANY_TIME),
        ("", ANY_TIME),
        ("whenever", ANY_TIME),
        ("no preference", ANY_TIME),
        ("any time in the afternoon", AFTERNOON),
    ],
)
def test_parts_of_the_day(said: str, window: object) -> None:
    assert parse_time(said) == window


@pytest.mark.parametrize(
    ("said", "nth"),
    [
        ("the first one", 1),
        ("first", 1),
        ("the first available", 1),
        ("the earliest", 1),
        ("as soon as possible", 1),
        ("the second one", 2),
        ("second", 2),
        ("the third one please", 3),
        ("the last one", -1),
        ("the latest one", -1),
    ],
)
def test_choices_among_what_was_offered(said: str, nth: int) -> None:
    assert parse_time(said).nth == nth


def test_a_choice_within_a_part_of_the_day() -> None:
    wish = parse_time("the first one in the afternoon")
    assert (wish.nth, wish.first, wish.last) == (1, AFTERNOON.first, AFTERNOON.last)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("after three", time(15), time(23, 59)),
        ("not before half past nine", time(9, 30), time(23, 59)),
        ("before eleven", time(0), time(11)),
        ("between two and four", time(14), time(16)),
        ("from nine to eleven", time(9), time(11)),
    ],
)
def test_windows(said: str, first: time, last: time) -> None:
    wish = parse_time(said)
    assert (wish.first, wish.last) == (first, last)


@pytest.mark.parametrize("said", ["banana", "chen", "25:00", "9:75", "half to nine", "I don't know", "forty two", "99"])
def test_what_is_not_a_time_is_refused(said: str) -> None:
    with pytest.raises(SpokenError, match="time not understood"):
        parse_time(said)


_HOURS = ["twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
_MINUTES = {0: "", 15: "fifteen", 30: "thirty", 45: "forty five", 5: "oh five", 20: "twenty", 50: "fifty"}


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0)))
def test_what_the_agent_says_is_understood(moment: time) -> None:
    """Every minute of the day, read out as the agent does, parses back."""
    assert parse_time(say_time(moment)).exact == moment
    assert parse_time(f"{moment:%H:%M}").exact in (moment, moment.replace(hour=(moment.hour + 12) % 24))


@given(st.integers(7, 18), st.sampled_from(sorted(_MINUTES)))
def test_office_hours_settle_which_half_of_the_day(hour: int, minute: int) -> None:
    """Between 7:00 and 18:59 a time needs no "a.m." or "p.m."."""
    assert parse_time(f"{_HOURS[hour % 12]} {_MINUTES[minute]}").exact == time(hour, minute)


@given(st.integers(7, 18), st.sampled_from([("half past {}", 30), ("quarter past {}", 15), ("ten past {}", 10)]))
def test_fractions_after_the_hour(hour: int, phrase: tuple[str, int]) -> None:
    assert parse_time(phrase[0].format(_HOURS[hour % 12])).exact == time(hour, phrase[1])


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(SpokenError):
        parse_time(text)
