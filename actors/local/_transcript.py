"""What a recogniser made up, taken out of its text. Pure.

Moonshine says "You" to silence, sometimes begins with a stray "You", may fall into repeating itself, and has read so
many old books that it writes "to-morrow".
"""

from __future__ import annotations

import re

__all__ = ["cleaned"]

_STRAY = re.compile(r"^(?:[Yy]ou|1)[.!?,]?\s+(?=[A-Z])")
_ALONE = re.compile(r"^\W*(?:you|1)\W*$", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_NUMBER_WORDS = {"zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
_ARCHAIC = re.compile(r"\b(to)-(day|morrow|night)\b", re.IGNORECASE)
_LONGEST_PHRASE = 8  #: words in a phrase that may be found repeated
_TIMES = 4  #: nobody says the same phrase this often in a row, numbers apart


def cleaned(text: str) -> str:
    """``text`` in one line, without a stray "You", in modern spelling, and with a phrase
    repeated four times or more kept once.

    Runs of digits and number words are left alone: "five five five five" is a telephone number.
    """
    text = _SPACE.sub(" ", text).strip()
    if _ALONE.match(text):
        return ""
    text = _ARCHAIC.sub(r"\1\2", _STRAY.sub("", text, count=1))
    return " ".join(_without_loops(text.split(" ")))


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).lower()


def _without_loops(words: list[str]) -> list[str]:
    bare = [_bare(word) for word in words]
    kept: list[str] = []
    at = 0
    while at < len(words):
        length, times = _loop_at(bare, at)
        kept += words[at : at + length]
        at += length * times
    return kept


def _loop_at(bare: list[str], at: int) -> tuple[int, int]:
    """The shortest phrase beginning at ``at`` that is repeated often enough, and how often; (1, 1) if there is none."""
    for length in range(1, _LONGEST_PHRASE + 1):
        phrase = bare[at : at + length]
        if len(phrase) < length or all(word in _NUMBER_WORDS or word.isdigit() or not word for word in phrase):
            continue
        times = 1
        while bare[at + times * length : at + (times + 1) * length] == phrase:
            times += 1
        if times >= _TIMES:
            return length, times
    return 1, 1
