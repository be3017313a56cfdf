"""People's names: from lists of many origins, and made up of syllables, so that a name must be read and not recalled.

A model of this size writes the name that it knows ("Ashi Khan" for "aisha khan") as long as the names of its training
are a list that it can learn by heart. Nobody can learn these.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from bench.training._grammar import Draw

__all__ = ["FIRST", "LAST", "NOBODY", "first_name", "full_name", "last_name"]

_LISTS: Final = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
FIRST: Final[tuple[str, ...]] = tuple(_LISTS["first"].split())
LAST: Final[tuple[str, ...]] = tuple(_LISTS["last"].split())
NOBODY: Final[tuple[str, ...]] = tuple(_LISTS["nobody"].split())

_STARTS: Final = (
    *("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "ch", "cl", "cr"),
    *("dr", "fr", "gr", "kh", "kr", "ph", "pr", "qu", "sh", "sk", "sl", "st", "th", "tr", "zh", "", "", ""),
)
_VOWELS: Final = (*("a", "e", "i", "o", "u") * 3, "ai", "au", "ea", "ee", "ia", "ie", "oa", "ou", "y")
_ENDS: Final = ("", "", "", "", "n", "r", "s", "l", "m", "t", "k", "nd", "rt", "ck", "ng", "lf", "st", "x")
_OF_FIRST: Final = ("a", "o", "e", "in", "ia", "el", "an", "is", "ette", "en", "us", "i", "y", "")
_OF_LAST: Final = (
    "son",
    "ski",
    "ez",
    "ov",
    "ini",
    "er",
    "man",
    "ic",
    "sen",
    "oglu",
    "ides",
    "ley",
    "ton",
    "u",
    "a",
    "",
)
_PARTICLES: Final = ("de", "van", "van der", "von", "al", "di", "del", "ben", "la", "Mac")


def first_name(draw: Draw) -> str:
    name = draw.one(FIRST) if draw.chance(0.55) else _made_up(draw, _OF_FIRST)
    return f"{name}-{draw.one(FIRST)}" if draw.chance(0.03) else name


def last_name(draw: Draw) -> str:
    """One word: a doctor's."""
    return draw.one(LAST) if draw.chance(0.5) else _made_up(draw, _OF_LAST)


def full_name(draw: Draw) -> str:
    name, how = last_name(draw), draw.random.random()
    if how < 0.06:
        name = f"{name}-{draw.one(LAST)}"
    elif how < 0.10:
        name = f"{draw.one(_PARTICLES)} {name}"
    elif how < 0.12:
        name = f"{draw.one(('O', 'D'))}'{name}"
    return f"{first_name(draw)} {name}"


def _made_up(draw: Draw, endings: tuple[str, ...]) -> str:
    """One or two syllables and an ending."""
    stem = "".join(draw.one(_STARTS) + draw.one(_VOWELS) + draw.one(_ENDS) for _ in range(draw.one((1, 1, 2))))
    return (stem + draw.one(endings)).capitalize()
