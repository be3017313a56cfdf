"""Dates of birth, in all the ways in which people say them."""

import contextlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._words import SpokenError

TODAY = date(2026, 11, 22)

BIRTHS = {
    "January thirty two thousand": (2000, 1, 30),
    "five twenty two thousand and five": (2005, 5, 20),
    "the fourth of March 1985": (1985, 3, 4),
    "march fourth nineteen eighty five": (1985, 3, 4),
    "March 4, 1985": (1985, 3, 4),
    "03/04/1985": (1985, 3, 4),
    "3/4/85": (1985, 3, 4),
    "march 4th 85": (1985, 3, 4),
    "1985-03-04": (1985, 3, 4),
    "march the fourth nineteen eighty-five": (1985, 3, 4),
    "four march nineteen eighty five": (1985, 3, 4),
    "three four nineteen eighty five": (1985, 3, 4),
    "oh three oh four nineteen eighty five": (1985, 3, 4),
    "the twelfth of July two thousand and one": (2001, 7, 12),
    "july twelfth two thousand one": (2001, 7, 12),
    "june thirtieth nineteen ninety": (1990, 6, 30),
    "the first of january two thousand": (2000, 1, 1),
    "december 31st twenty oh five": (2005, 12, 31),
    "may second nineteen oh nine": (1909, 5, 2),
    "born on the second of May 1999": (1999, 5, 2),
    "25/12/1980": (1980, 12, 25),
    "february twenty ninth nineteen ninety two": (1992, 2, 29),
    "August nineteenth, twenty twelve": (2012, 8, 19),
    "July twenty-eighth, oh two": (2002, 7, 28),
    "july 28 zero two": (2002, 7, 28),
    "July the 28th, '02": (2002, 7, 28),
    "28 july 02": (2002, 7, 28),
    "may second, oh nine": (2009, 5, 2),
    "the third of March eighty-eight": (1988, 3, 3),
    "my birthday is march third 1988": (1988, 3, 3),
    "march third, it was 1988": (1988, 3, 3),
    "nineteen eighty eight, third of march": (1988, 3, 3),
    "the third of the fourth eighty eight": (1988, 4, 3),
    "march fourth, one nine eight five": (1985, 3, 4),
    "ten eight oh five": (2005, 10, 8),
    "seven twenty eight oh two": (2002, 7, 28),
    "oh seven oh three nineteen ninety": (1990, 7, 3),
    "ten twenty fifty": (1950, 10, 20),
    "ten twenty oh oh": (2000, 10, 20),
    "07281990": (1990, 7, 28),
    "eleven twenty three twenty six": (1926, 11, 23),  # tomorrow, in this century
    "february twenty ninth ninety six": (1996, 2, 29),
    "eighth of, no, nineteenth of August, twenty twelve": (2012, 8, 19),
    "the third, no, fourth of March 1985": (1985, 3, 4),
    "november third 1985, sorry, 1986": (1986, 11, 3),
    "november third 1985, sorry": (1985, 11, 3),
}


@pytest.mark.parametrize("said", BIRTHS)
def test_birth_dates(said: str) -> None:
    assert parse_birth_date(said, TODAY) == date(*BIRTHS[said])


NOT_WHOLE = ["", "March 1985", "1985", "nineteen oh five", "March 4", "banana", "february 30 1990", "March 4 2030"]
NOT_WHOLE += ["today", "july thirty two", "july 30 two", "one two three", "march april 3 1988", "may 3 1850"]
NOT_WHOLE += ["february 29 1900"]


@pytest.mark.parametrize("said", NOT_WHOLE)
def test_birth_dates_that_are_not_whole(said: str) -> None:
    with pytest.raises(SpokenError):
        parse_birth_date(said, TODAY)


_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_BELOW_TWENTY = [*_ONES, "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
_BELOW_TWENTY += ["eighteen", "nineteen"]
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NTH = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"]
_NTH += ["twelfth", "thirteenth", *(f"{number}th" for number in _BELOW_TWENTY[14:]), "twentieth"]
_NTH += [f"twenty-{nth}" for nth in _NTH[:9]] + ["thirtieth", "thirty-first"]


def _two(number: int) -> str:
    return _BELOW_TWENTY[number] if number < 20 else f"{_TENS[number // 10]} {_ONES[number % 10]}".removesuffix(" zero")


def _short(year: int) -> str:
    """The year as "eighty-eight", "oh two"."""
    return f"oh {_ONES[year % 10] if year % 10 else 'oh'}" if year % 100 < 10 else _two(year % 100)


def _year(year: int) -> str:
    if year % 100 == 0:
        return "two thousand" if year == 2000 else "nineteen hundred"
    return f"{'twenty' if year >= 2000 else 'nineteen'} {_short(year)}"


SAYINGS = (
    lambda d: f"{d:%B} {d.day}, {d.year}",
    lambda d: f"{d:%m/%d/%Y}",
    lambda d: f"{d.month}/{d.day}/{d:%y}",
    lambda d: d.isoformat(),
    lambda d: f"{d.month} {d.day} {d.year}",
    lambda d: f"{d:%m%d%Y}",
    lambda d: f"{d:%B} {_NTH[d.day - 1]}, {_short(d.year)}",
    lambda d: f"{d:%B} the {_NTH[d.day - 1]}, {_year(d.year)}",
    lambda d: f"The {_NTH[d.day - 1]} of {d:%B} {_short(d.year)}.",
    lambda d: f"the {d.day}{'th' if 10 < d.day < 14 else 'stndrd'[d.day % 10 * 2 - 2 :][:2] or 'th'} of {d:%b} {d:%y}",
    lambda d: f"it's the {_NTH[d.day - 1]} of {d:%B} {_year(d.year)}".lower(),
    lambda d: f"{d:%B} {_two(d.day)} {_year(d.year)}".lower(),
    lambda d: f"born {_two(d.day)} {d:%B} {_year(d.year)}",
    lambda d: f"{_year(d.year)}, {d:%B} {_NTH[d.day - 1]}",
    lambda d: f"{_two(d.month)}, {_two(d.day)}, {_short(d.year)}",
    lambda d: f"{_two(d.month)} {_two(d.day)} {_year(d.year)}",
    lambda d: f"the {_NTH[d.day - 1]} of the {_NTH[d.month - 1]} {_year(d.year)}",
)
"""Ways to say a date of birth. Those with two digits of the year are of the last hundred years."""


@given(st.dates(date(1927, 1, 1), TODAY), st.sampled_from(SAYINGS))
def test_any_date_of_birth_is_understood_however_it_is_said(born: date, saying: Callable[[date], str]) -> None:
    assert parse_birth_date(saying(born), TODAY) == born


@given(st.dates(date(1927, 1, 1), TODAY), st.dates(date(1927, 1, 1), TODAY), st.sampled_from(SAYINGS))
def test_of_two_dates_of_birth_the_corrected_one_counts(slip: date, born: date, saying: Callable[[date], str]) -> None:
    assert parse_birth_date(f"{saying(slip)}, no, sorry, {saying(born)}", TODAY) == born


@given(st.text(max_size=40) | st.lists(st.sampled_from(["oh", "march", "7", "1990", "19", "third", "of", "no"])))
def test_no_text_breaks_the_parser(text: str | list[str]) -> None:
    with contextlib.suppress(SpokenError):
        assert parse_birth_date(text if isinstance(text, str) else " ".join(text), TODAY) <= TODAY
