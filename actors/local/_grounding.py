"""Arguments of function calls that nobody said, left out: a small model fills a gap with somebody's name. Pure.

The adapter is trained to give arguments in the words of the conversation. Where 135 million parameters do not know one,
they sometimes make one up ("May 10, 2015" before the caller was asked). Such an argument is dropped: an optional one is
not missed, and for a needed one the caller can be asked. After :mod:`actors.local._copying`, which mends what was said
and only copied badly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

import attrs
from rapidfuzz import fuzz, process
from text_to_num import alpha2digit

from actors.local._arguments import arguments_of, listed, schema_of
from actors.ports import LlmMessage, LlmToolCall, ToolSpec

__all__ = ["grounded", "lacking"]

_NEARLY: Final = 70.0  # of 100: "kids" where "kid" was said
_TOO_SHORT: Final = 2  # letters: "of", "at", "pm" say nothing
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_ZERO: Final = re.compile(r"\b(?:oh|o|nought)\b", re.IGNORECASE)
_TWICE: Final = re.compile(r"\b(double|triple) (\d)")


def grounded(call: LlmToolCall, messages: Sequence[LlmMessage], tools: Sequence[ToolSpec] = ()) -> LlmToolCall:
    """``call`` without those text arguments that stand nowhere in ``messages``, nor nearly, nor in other figures.

    Arguments that are not text, and those that take one of a fixed list, stay; so does a call that is not JSON.
    """
    arguments = arguments_of(call)
    if arguments is None:
        return call
    fixed = listed(call.name, tools)
    free = {name: value for name, value in arguments.items() if isinstance(value, str) and name not in fixed}
    known = _Known.of(messages)
    unsaid = {name for name, value in free.items() if not known.holds(value)}
    if not unsaid:
        return call
    kept = {name: value for name, value in arguments.items() if name not in unsaid}
    return attrs.evolve(call, arguments=json.dumps(kept, ensure_ascii=False))


def lacking(call: LlmToolCall, tools: Sequence[ToolSpec]) -> list[str]:
    """The parameters that the function needs and ``call`` does not give. None where the function is unknown or the
    arguments are no JSON object: there is more wrong, and the toolbox says what."""
    given = arguments_of(call)
    if given is None:
        return []
    return [name for name in schema_of(call.name, tools).get("required", ()) if name not in given]


@attrs.frozen
class _Known:
    """What stands in a conversation. ``digits``: of each message, then of all."""

    squeezed: str
    words: tuple[str, ...]
    digits: tuple[str, ...]
    all_digits: str

    @classmethod
    def of(cls, messages: Sequence[LlmMessage]) -> _Known:
        texts = [message.content for message in messages]
        texts += [call.arguments for message in messages for call in message.tool_calls]
        digits = tuple(_digits(text) for text in texts)
        folded = "\n".join(texts).casefold()
        words = tuple({word for word in _WORD.findall(folded) if not word.isdigit()})
        return cls(_squeezed(folded), words, digits, "".join(digits))

    def holds(self, value: str) -> bool:
        """Whether every word and every number of ``value`` is there."""
        if _squeezed(value.casefold()) in self.squeezed:
            return True  # spelled names, too: "K H A N"
        figures = _in_figures(value)
        return all(
            self._holds_number(part) if part.isdigit() else self._holds_word(part)
            for part in _WORD.findall(figures.casefold())
        )

    def _holds_number(self, number: str) -> bool:
        return number in self.all_digits or any(_is_subsequence(number, digits) for digits in self.digits)

    def _holds_word(self, word: str) -> bool:
        if len(word) <= _TOO_SHORT or word in self.squeezed:
            return True
        best = process.extractOne(word, self.words, scorer=fuzz.ratio)
        return best is not None and best[1] >= _NEARLY


def _in_figures(text: str) -> str:
    """Numbers in words as digits: "forty-nine oh two" is "49 0 2", "double four" is "44"."""
    figures = alpha2digit(_ZERO.sub("zero", text), "en", threshold=0)
    return _TWICE.sub(lambda found: found[2] * (2 if found[1] == "double" else 3), figures)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", _in_figures(text))


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _is_subsequence(part: str, whole: str) -> bool:
    """Whether ``part`` is left of ``whole`` when some characters are taken out."""
    rest = iter(whole)
    return all(character in rest for character in part)
