"""What stands in a conversation: whether the words and figures of an argument were said at all. Pure.

Names may have been spelled ("K as in King, H, A, N"), numbers said in words ("forty-nine oh two") and both in pieces,
over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs
from rapidfuzz import fuzz, process
from text_to_num import alpha2digit

from actors.ports import LlmMessage

__all__ = ["Known", "squeezed"]

_NEARLY: Final = 70.0  # of 100: "kids" where "kid" was said
_TOO_SHORT: Final = 2  # letters: "of", "at", "pm" say nothing
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_ZERO: Final = re.compile(r"\b(?:oh|o|nought)\b(?!['\u2019])", re.IGNORECASE)  # but "O'Brien" is a name
_LETTER: Final = re.compile(r"(?<!\w)(?<!\w\w-)[^\W\d_](?!\w)(?!-\w\w)")  # "k-h-a-n" has four, "x-ray" none
_TWICE: Final = re.compile(r"\b(double|triple) (\w+)")
_TIMES: Final = {"double": 2, "triple": 3}


@attrs.frozen
class Known:
    """``squeezed``: all of it, letters and digits alone. ``words``: without numbers. ``spelled``: the single letters of
    each message, one behind the other; ``digits``: of each message, then of all."""

    squeezed: str
    words: frozenset[str]
    spelled: tuple[str, ...]
    digits: tuple[str, ...]
    all_digits: str

    @classmethod
    def of(cls, messages: Sequence[LlmMessage]) -> Known:
        texts = [message.content.casefold() for message in messages]
        texts += [call.arguments.casefold() for message in messages for call in message.tool_calls]
        digits = tuple(_digits(text) for text in texts)
        words = frozenset(word for text in texts for word in _WORD.findall(text) if not word.isdigit())
        return cls(squeezed("\n".join(texts)), words, tuple(map(_spelled, texts)), digits, "".join(digits))

    def holds(self, value: str) -> bool:
        """Whether every word and every number of ``value`` was said or spelled, in whatever order."""
        return self._holds(value, nearly=False)

    def holds_nearly(self, value: str) -> bool:
        """The same; of words something like them will do."""
        return self._holds(value, nearly=True)

    def _holds(self, value: str, *, nearly: bool) -> bool:
        folded = value.casefold()
        if squeezed(folded) in self.squeezed:
            return True
        return all(
            self._holds_number(part) if part.isdigit() else self._holds_word(part, nearly=nearly)
            for part in _WORD.findall(_in_figures(folded))
        )

    def _holds_number(self, number: str) -> bool:
        return number in self.all_digits or any(_is_subsequence(number, digits) for digits in self.digits)

    def _holds_word(self, word: str, *, nearly: bool) -> bool:
        if len(word) <= _TOO_SHORT or word in self.words or any(word in letters for letters in self.spelled):
            return True
        if not nearly:
            return False
        best = process.extractOne(word, self.words, scorer=fuzz.ratio)
        return word in self.squeezed or (best is not None and best[1] >= _NEARLY)


def squeezed(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _in_figures(text: str) -> str:
    """Numbers in words as digits: "forty-nine oh two" is "49 0 2", "double four" is "4 4"."""
    return str(alpha2digit(_ZERO.sub("zero", _twice(text)), "en", threshold=0))


def _twice(text: str) -> str:
    """Of "double l" makes "l l"."""
    return _TWICE.sub(lambda found: " ".join([found[2]] * _TIMES[found[1]]), text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", _in_figures(text))


def _spelled(text: str) -> str:
    """The letters that stand alone: "h as in henry, u, double l" is "hu" and then both of "ll"."""
    return "".join(_LETTER.findall(_twice(text)))


def _is_subsequence(part: str, whole: str) -> bool:
    """Whether ``part`` is left of ``whole`` when some characters are taken out."""
    rest = iter(whole)
    return all(character in rest for character in part)
