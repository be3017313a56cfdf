"""Dates of birth as people say them. Pure.

A date of birth has three parts and no others, so its words are read as numbers one by one: "July twenty-eighth, oh
two", "the third of March eighty-eight", "seven twenty-eight ninety", "nineteen eighty-eight, third of March". What else
is said with it ("my birthday is") is passed over. Months come first in "3/4/85", days in "the third of the fourth".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from actors.agents.hospital._words import MONTHS, SpokenError, even

__all__ = ["parse_birth_date"]

_ORDINAL: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_CORRECTED: Final = re.compile(r"\b(?:(?:no|nope|sorry|mean|meant|rather|wait|correction|not that|saying)\b ?)+")
_OLDEST: Final = 120  #: years; nobody was born earlier


def parse_birth_date(text: str, today: date) -> date:
    """Understand a spoken date of birth; it needs day, month and year. Two digits of a year are the last such year.

    Raises :class:`SpokenError` when a part is missing or the day does not exist or is still to come.
    """
    said = even(text)
    corrected = re.sub(rf"\S+ {_CORRECTED.pattern}", "", said)  # "the third, no, fourth of March 1985"
    for words in (*reversed(_CORRECTED.split(said)[1:]), corrected, said):
        days = [day for reading in _readings(list(_words(words))) if (day := _day(*reading, today)) is not None]
        if past := [day for day in days if day <= today]:
            return past[0]
        if days:
            raise SpokenError("that date of birth is still to come")
    raise SpokenError("the date of birth needs day, month and year")


def _words(said: str) -> Iterator[str]:
    """Months and numbers only: "oh 2" as "02", "3/4/85" and "07281990" as three numbers."""
    said = re.sub(r"(?<=\d)[/.-](?=\d)|'", " ", said)
    said = re.sub(r"\b(?:oh|o|0) (?:oh|o|0)\b", "00", said)
    said = re.sub(r"\b(?:oh|o|0) (\d(?!\d))", r"0\1", said)
    for word in said.split():
        if re.fullmatch(r"\d{6}|\d{8}", word):
            yield from (word[:2], word[2:4], word[4:])
        elif run_together := re.fullmatch(r"([23])2(0\d\d)", word):  # "thirty two thousand" was a day and a year
            yield from (f"{run_together[1]}0", f"2{run_together[2]}")
        elif word in MONTHS or re.fullmatch(r"[0-9]+", word) or _ORDINAL.fullmatch(word):
            yield word


def _readings(words: Sequence[str]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Month, day and the words of the year, in all the orders in which they may stand; the likeliest first."""
    months = {word for word in words if word in MONTHS}
    numbers = [word for word in words if word not in MONTHS]
    if len(months) == 1 and numbers:
        month = str(MONTHS.index(months.pop()) + 1)
        yield month, numbers[0], numbers[1:]
        if len("".join(numbers[:-1])) == 4:  # the year first: "1988, March third"
            yield month, numbers[-1], numbers[:-1]
    elif not months and len(numbers) >= 3:
        first, second, *year = numbers
        day_first = bool(_ORDINAL.fullmatch(first) and _ORDINAL.fullmatch(second))  # "the third of the fourth"
        yield (second, first, year) if day_first else (first, second, year)
        yield (first, second, year) if day_first else (second, first, year)
        *year, first, second = numbers
        if len("".join(year)) == 4:
            yield first, second, year


def _day(month: str, day: str, year: Sequence[str], today: date) -> date | None:
    """The day, where such a day exists; of a year of two digits the last one up to ``today``."""
    days = []
    for each in _years(year, today):
        try:
            days.append(date(each, _number(month), _number(day)))
        except ValueError:
            continue
    return next((moment for moment in days if moment <= today), days[0] if days else None)


def _number(word: str) -> int:
    return int(word.rstrip("stndrh"))


def _years(words: Sequence[str], today: date) -> tuple[int, ...]:
    """What "88", "1988", "19 88", "20 05" or "1 9 8 8" may be: of an open century both, the later first."""
    digits, lengths = "".join(words), [len(word) for word in words]
    if not re.fullmatch("[0-9]+", digits) or lengths not in ([2], [4], [2, 2], [1, 1, 1, 1]):
        return ()
    if lengths == [2]:
        return 2000 + int(digits), 1900 + int(digits)
    return (int(digits),) if today.year - _OLDEST <= int(digits) else ()
