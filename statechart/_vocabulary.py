"""The words that the rules decide by, read from the rules themselves: their word lists and patterns.

Whoever hides what was said in a call (see :mod:`actors.journal`) keeps these: they are how people ask, agree, doubt and
take their leave, not what they talk about; and without them the rules would decide otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from statechart import _answers, _asked, _calendar_words, _dictation, _endpointing, _grammar, _overlap

__all__ = ["vocabulary"]

_MODULES = (_answers, _asked, _calendar_words, _dictation, _endpointing, _grammar, _overlap)
_NO_WORDS = re.compile(r"\\.|\[[^\]]*\]")  # what has letters in a pattern and is no word
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")  # patterns have them in pieces
_TELLING = frozenset({"hepatitis"})  # says something about whoever says it


@cache
def vocabulary() -> frozenset[str]:
    """All of them, in small letters, apostrophes kept; some are only pieces of words."""
    found = {word for module in _MODULES for text in _texts(module) for word in _WORD.findall(_NO_WORDS.sub(" ", text))}
    return frozenset(found.union(_DAYS, (f"{day}s" for day in _DAYS)) - _TELLING)


def _texts(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if not name.startswith("__"):
            yield from _strings(value)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case re.Pattern():
            yield value.pattern
        case tuple() | frozenset():
            for each in value:
                yield from _strings(each)
        case _:
            pass
