"""Stand-ins for what callers and agents say: nothing personal is left, and the chart decides about them as it did.

What stays: punctuation, and the words that the chart's rules decide by (:func:`statechart.vocabulary`: how people ask,
agree, hesitate and say goodbye). Everything else becomes

- an invented word of the same length and capitals; the same word is always the same stand-in within a call;
- in numbers, another digit or number word of the same kind (an hour stays an hour, a month a month), depending on all
  that went before it in the same number, so that knowing a digit somewhere tells nothing about digits elsewhere. Zeros,
  a one that leads and the word "nineteen" stay: they say what kind of number it is;
- in a name spelt letter by letter, the letters of the name's stand-in.

Stand-ins come from a random key that is forgotten with the call. They are no cipher: there is nothing to compute the
words from. What remains visible is how long words are and which are the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise

from statechart import vocabulary

__all__ = ["StandIns"]

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - the typographic apostrophe is meant
_BETWEEN = re.compile(r"[\s,.:/\-]{1,2}")  # what may stand between two parts of one number or spelt name
_NUMBERED = re.compile(r"(\d+)(st|nd|rd|th|am|pm|s)?")
_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxyz", "aeiou"
_LAST = "bcfghjlnrtvwxyzeu"  # spelt at the end of a name, they are no words by themselves

_KINDS: tuple[tuple[str, ...], ...] = (
    ("two", "three", "four", "five", "six", "seven", "eight", "nine"),
    ("eleven", "twelve"),
    ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    ("forty", "fifty"),
    ("sixty", "seventy", "eighty", "ninety"),
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    ("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    ("january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december"),
    ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "oct", "nov", "dec"),
    tuple(map(str, range(2, 10))),
    ("11", "12"),
    tuple(map(str, range(13, 24))),
    tuple(map(str, range(24, 32))),
    tuple(map(str, range(32, 60))),
    tuple(map(str, range(60, 100))),
    tuple(f"0{n}" for n in range(1, 10)),
    tuple(str(year) for year in range(1900, 2000)),
    tuple(str(year) for year in range(2000, 2100)),
)
_KIND = {word: kind for kind in _KINDS for word in kind}
_FURTHER = dict.fromkeys((*_KINDS[0], "one"), (*_KINDS[0], "one"))  # digits behind a number's first
_FURTHER.update((digit, tuple("123456789")) for digit in "123456789")
_PLAIN = ("zero", "oh", "o", "nought", "ten", "nineteen", "nineteenth", "twenty", "thirty", "hundred", "thousand")
_IN_NUMBERS = frozenset((*_KIND, *_FURTHER, *_PLAIN))


class StandIns:
    """The stand-ins of one call. ``key``: at least 16 random bytes, to be used once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known = vocabulary()
        self._words: dict[str, str] = {}
        self._taken: set[str] = set()

    def text(self, text: str) -> str:
        """``text`` with stand-ins for all that is personal."""
        tokens = list(_TOKEN.finditer(text))
        out: list[str] = []
        end = 0
        place = 0
        while place < len(tokens):
            run = self._run(text, tokens[place:])
            for token, stand_in in zip(tokens[place:], run, strict=False):
                out += [text[end : token.start()], stand_in]
                end = token.end()
            place += len(run)
        return "".join([*out, text[end:]])

    def _run(self, text: str, tokens: Sequence[re.Match[str]]) -> list[str]:
        """Stand-ins for as many tokens as belong together: a number, a spelt name, else one word."""
        first = tokens[0].group()
        for belongs, replace in ((_in_number, self._number), (_is_letter, self._spelt)):
            if not belongs(first):
                continue
            run = [first]
            for before, token in pairwise(tokens):
                between = text[before.end() : token.start()]
                if not (belongs(token.group()) and _BETWEEN.fullmatch(between)):
                    break
                run.append(token.group())
            if replace == self._number or len(run) > 1:
                return replace(run)
        return [self._word(first)]

    # --- numbers -----------------------------------------------------------------------------------------------------

    def _number(self, run: Sequence[str]) -> list[str]:
        before = ""
        out = []
        for place, token in enumerate(run):
            out.append(_capitals(token, self._part(token.lower(), before, first=place == 0)))
            before = f"{before} {token.lower()}"
        return out

    def _part(self, token: str, before: str, *, first: bool) -> str:
        numbered = _NUMBERED.fullmatch(token)
        digits, ending = numbered.groups() if numbered else (token, "")
        kind = (None if first else _FURTHER.get(digits)) or _KIND.get(digits)
        if kind is not None:
            shuffled = list(kind)
            self._dice(before + kind[0]).shuffle(shuffled)
            return shuffled[kind.index(digits)] + (ending or "")
        if numbered and len(digits) > 2:
            dice = self._dice(f"{before} {digits}")
            lead = digits[0] if digits[0] in "01" else dice.choice("23456789")
            return lead + "".join(dice.choice("0123456789") for _ in digits[1:]) + (ending or "")
        return token

    # --- words -------------------------------------------------------------------------------------------------------

    def _spelt(self, letters: Sequence[str]) -> list[str]:
        plain = "".join(letters).lower()
        if plain in ("am", "pm", "ai"):
            return list(letters)
        return [_capitals(letter, new) for letter, new in zip(letters, self._invented(plain), strict=False)]

    def _word(self, token: str) -> str:
        plain = token.lower().replace("’", "'")  # noqa: RUF001
        if plain in self._known:
            return token
        if plain.endswith("'s"):
            return self._word(token[:-2]) + token[-2:]
        return _capitals(token, self._invented(plain))

    def _invented(self, plain: str) -> str:
        if plain not in self._words:
            dice = self._dice(f"word {plain}")
            length, tries = len(plain), 0
            while (word := _syllables(dice, length)) in self._taken or word in self._known or word == plain:
                tries += 1
                length = len(plain) + tries // 200  # short words run out
            self._taken.add(word)
            self._words[plain] = word
        return self._words[plain]

    def _dice(self, of: str) -> random.Random:
        digest = blake2b(of.encode("utf-8", "surrogatepass"), key=self._key[:64], digest_size=16).digest()
        return random.Random(digest)


def _in_number(token: str) -> bool:
    return token.lower() in _IN_NUMBERS or _NUMBERED.fullmatch(token) is not None


def _is_letter(token: str) -> bool:
    return len(token) == 1 and token.isalpha()


def _syllables(dice: random.Random, length: int) -> str:
    start = dice.randrange(2)
    letters = [dice.choice((_CONSONANTS, _VOWELS)[(start + place) % 2]) for place in range(length - 1)]
    return "".join([*letters, dice.choice(_LAST)])


def _capitals(like: str, word: str) -> str:
    if like[0].isupper():
        return word.upper() if len(like) > 1 and like.isupper() else word.capitalize()
    return word
