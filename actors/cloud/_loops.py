"""A small model that goes round in circles. Pure."""

from __future__ import annotations

import re

__all__ = ["goes_round"]

_WORD = re.compile(r"\w+")
_LONGEST, _TIMES, _LEAST = 12, 3, 6


def goes_round(text: str) -> bool:
    """Whether ``text`` ends in one phrase of up to 12 words, said three times or more in a row, six words in all.

    Numbers are no phrase: a confirmation number may well be 4 4 4 4 4 4.
    """
    words = [word.lower() for word in _WORD.findall(text[-600:])]
    for length in range(1, _LONGEST + 1):
        times = max(_TIMES, -(-_LEAST // length))
        tail = words[-length * times :]
        phrase = words[-length:]
        if len(tail) == length * times and tail == phrase * times and not all(word.isdigit() for word in phrase):
            return True
    return False
