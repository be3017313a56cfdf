"""Dates of birth as people say them, whole and in parts. Pure."""

from __future__ import annotations

from datetime import date, timedelta

import attrs

from bench.training._grammar import Draw, Value
from bench.training._numerals import DIGITS, MONTHS, ORDINALS, suffix, two

__all__ = ["BirthParts", "birth", "birth_parts", "birth_said"]

_EARLIEST, _DAYS = date(1930, 1, 1), 32_000


@attrs.frozen
class BirthParts:
    """A date of birth told in two turns: what is said first, what then; and the argument that both make."""

    first: str
    then: str
    argument: str
    year_first: bool


def birth(draw: Draw) -> Value:
    return birth_said(draw, _EARLIEST + timedelta(days=draw.number(0, _DAYS)))


def birth_said(draw: Draw, born: date) -> Value:
    """A date of birth as people say it; the argument is the same words, after a slip of the tongue the right ones."""
    said = _whole(draw, born)
    argument = said.removeprefix("the ")
    if draw.chance(0.10):
        nth = ORDINALS[draw.number(0, 27)]
        slip = draw.text(f"{{{nth}{{ of|}}|{draw.one(MONTHS)}|the {nth}|{MONTHS[born.month - 1]} {nth}}}")
        how = draw.one(("no", "sorry", "I mean", "no wait", "er, no", "no, sorry", "what am I saying"))
        return Value(f"{slip}, {how}, {said}", argument)
    return Value(said, argument)


def birth_parts(draw: Draw, born: date) -> BirthParts:
    """The day first and then the year, or the other way round."""
    day = draw.text(_day_of(born))
    if draw.chance(0.25):
        year = str(born.year) if draw.chance(0.5) else _year(draw, born.year)
        return BirthParts(year, day, f"{day} {year}".removeprefix("the "), year_first=True)
    year = draw.one((str(born.year), _year(draw, born.year), _short(born.year)))
    return BirthParts(day, year, f"{day} {year}".removeprefix("the "), year_first=False)


def _day_of(born: date) -> str:
    """The day as a template."""
    month, day, nth = MONTHS[born.month - 1], born.day, ORDINALS[born.day - 1]
    return (
        f"{{{month} {nth}|the {nth} of {month}|{month} {day}{suffix(day)}|{month} the {nth}|the {day}{suffix(day)} of "
        f"{month}|{month} {day}|{day} {month}|{nth} of {month}|{month} {two(day)}|{nth} {month}}}"
    )


def _whole(draw: Draw, born: date) -> str:
    number, day, year = born.month, born.day, born.year
    words, short = _year(draw, year), _short(year)
    zero = f"{draw.one(('oh', 'zero', 'oh'))} {DIGITS[number]}" if number < 10 else two(number)
    style = draw.random.random()
    if style < 0.68:
        after = draw.one((f", {short}", f" {short}", f" {words}", f", {words}", f" {year}", f", {year}", f" {year}"))
        if draw.chance(0.08):
            after = f" {year % 100:02d}"
        return draw.text(_day_of(born)) + after
    return draw.text(
        f"{{{two(number)} {two(day)} {short}|{two(number)} {two(day)} {words}|{number} {day} {year}|"
        f"{number}/{day}/{year}|{number}/{day}/{year % 100:02d}|{number} {day} {year % 100:02d}|"
        f"{zero} {two(day)} {short}|{zero} {two(day)} {words}|{number:02d}/{day:02d}/{year}|"
        f"{two(number)}, {two(day)}, {short}|{words}, {MONTHS[number - 1]} {ORDINALS[day - 1]}|{number}-{day}-{year}}}"
    )


def _short(year: int) -> str:
    """ "eighty-eight", "oh two"."""
    return f"oh {DIGITS[year % 10] if year % 10 else 'oh'}" if year % 100 < 10 else two(year % 100)


def _year(draw: Draw, year: int) -> str:
    """ "nineteen eighty-eight", "two thousand and two", "twenty oh two"."""
    if year % 100 == 0:
        return "two thousand" if year == 2000 else "nineteen hundred"
    if year < 2000:
        return f"nineteen {_short(year)}"
    style = draw.random.random()
    if year < 2010 and style < 0.7:
        return f"two thousand {draw.one(('', 'and ', ''))}{DIGITS[year % 10]}"
    if style < 0.15:
        return f"two thousand {draw.one(('', 'and '))}{two(year % 100)}"
    return f"twenty {_short(year)}"
