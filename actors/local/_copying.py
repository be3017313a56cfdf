"""Arguments of function calls put back into the caller's own words where a small model copied them not quite. Pure.

The adapter is trained to give arguments as the caller said them, but 135 million parameters copy rare names and long
dates a few letters off ("Ashi Khan" for "Aisha Khan"). What it wrote and nobody said is replaced by what the caller
said that is nearly the same. Larger models mean what they write: this is for the embedded one and its adapters alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

import attrs
from rapidfuzz import fuzz

from actors.local._arguments import arguments_of, listed
from actors.local._known import Known, squeezed
from actors.ports import LlmMessage, LlmToolCall, ToolSpec

__all__ = ["as_said"]

_SHORTEST: Final = 5  # letters: of shorter words too many are alike
_NEARLY: Final = 80.0  # of 100, rapidfuzz's ratio
_WORD: Final = re.compile(r"\w+(?:['./:@-]\w+)*")


def as_said(call: LlmToolCall, messages: Sequence[LlmMessage], tools: Sequence[ToolSpec] = ()) -> LlmToolCall:
    """``call`` with each text argument of which a word occurs nowhere in ``messages`` replaced by the caller's nearest
    words.

    Unchanged where nothing near was said, where it was put together from words that all were (a name and a surname, a
    day and a year of two lines), where the parameter takes one of a fixed list, and where the arguments are
    not a JSON object.
    """
    arguments = arguments_of(call)
    if arguments is None:
        return call
    fixed = listed(call.name, tools)
    known = Known.of(messages)
    lines = [message.content for message in reversed(messages) if message.role == "user"]
    repaired = {
        name: value if name in fixed or not isinstance(value, str) else _repaired(value, known, lines)
        for name, value in arguments.items()
    }
    if repaired == arguments:
        return call
    return attrs.evolve(call, arguments=json.dumps(repaired, ensure_ascii=False))


def _repaired(value: str, known: Known, lines: Sequence[str]) -> str:
    wanted = squeezed(value)
    if len(wanted) < _SHORTEST or known.holds(value):
        return value
    count = len(_WORD.findall(value))
    spans = [(fuzz.ratio(wanted, squeezed(span)), -age, span) for age, span in _spans(lines, count)]
    score, _, nearest = max(spans, default=(0.0, 0, value))
    return nearest if score >= _NEARLY else value


def _spans(lines: Sequence[str], count: int) -> Iterator[tuple[int, str]]:
    """Every run of ``count`` words, give or take one, with how many lines ago it was said."""
    for age, line in enumerate(lines):
        words = [match.span() for match in _WORD.finditer(line)]
        for length in range(max(1, count - 1), count + 2):
            for first in range(len(words) - length + 1):
                yield age, line[words[first][0] : words[first + length - 1][1]]
