"""From ElevenLabs' character times to word timings. Pure.

The service says when each character of the text sounds, piece by piece as audio comes. Words are those of the *given*
text: the characters that come are laid over it in order, whether they split a word or repeat a blank. Where the
service rewrote something ("4:30" spoken as "four thirty"), the characters that both have in common are timed exactly
and what lies between shares the time between.

Times come in two manners: the WebSocket counts them from the beginning of each piece, the HTTP stream from the
beginning of the text. The caller of :meth:`CharacterClock.align` says where the count begins. A piece's times may reach
beyond its audio (the rest of the audio then comes without times): the next piece counts from where they end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import attrs

from actors.ports import AGENT_RATE, WordTiming

__all__ = ["CharacterClock", "CharacterTimes", "character_times", "rest_after"]

_WORD = re.compile(r"\S+")
_LONGEST = 3600.0  # seconds; a time beyond is no time
_SLACK = AGENT_RATE // 50  #: samples by which audio may fall short of the times and still count as complete


@attrs.frozen
class CharacterTimes:
    """Characters in order, each with its ``spans`` (start, end) in samples at 24 kHz."""

    chars: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def end(self) -> int:
        return max((end for _, end in self.spans), default=0)


def character_times(chars: Any, starts: Any, ends: Any, *, per_second: float) -> CharacterTimes | None:
    """What a service sent as parallel lists, checked; ``per_second``: units of its times in a second. None for
    anything but lists of equal length with sensible times. Entries of several characters are divided evenly."""
    if not (isinstance(chars, list) and isinstance(starts, list) and isinstance(ends, list)):
        return None
    if not len(chars) == len(starts) == len(ends):
        return None
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    for text, start, end in zip(chars, starts, ends, strict=True):
        if not isinstance(text, str) or not all(_is_time(value, per_second) for value in (start, end)) or end < start:
            return None
        first, last = (round(value * AGENT_RATE / per_second) for value in (start, end))
        edges = [first + (last - first) * i // len(text) for i in range(len(text) + 1)] if text else []
        letters += text
        spans += pairwise(edges)
    return CharacterTimes(tuple(letters), tuple(spans))


def _is_time(value: Any, per_second: float) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= _LONGEST * per_second
    )


def rest_after(text: str, words: Sequence[WordTiming]) -> int:
    """Where in ``text`` the first word begins that is not among ``words``: from there it is still to be spoken."""
    done = max((word.end_char for word in words), default=0)
    return done + len(text[done:]) - len(text[done:].lstrip())


@attrs.frozen
class _Word:
    """Characters ``[start_char, end_char)`` of a text; of its visible ones, ``[first, behind)``."""

    start_char: int
    end_char: int
    first: int
    behind: int


def _words(text: str) -> list[_Word]:
    """The runs between blanks in which there is something to say; a dash alone is none."""
    words, visible = [], 0
    for match in _WORD.finditer(text):
        behind = visible + len(match.group())
        if any(char.isalnum() for char in match.group()):
            words.append(_Word(match.start(), match.end(), visible, behind))
        visible = behind
    return words


class CharacterClock:
    """The times of one text, growing as they come. Samples count from the beginning of the text's audio."""

    def __init__(self, text: str) -> None:
        self._visible = [i for i, char in enumerate(text) if not char.isspace()]
        self._letters = [text[i].casefold() for i in self._visible]
        self._times: list[tuple[int, int] | None] = [None] * len(self._letters)
        self._next = 0  # visible characters that are accounted for
        self._until = 0  # where the times so far end
        self._words = _words(text)
        self._given = 0  # words given out
        self._last = 0  # where the last of these ends

    @property
    def any(self) -> bool:
        """Whether any time came at all."""
        return self._next > 0

    def is_complete(self, samples: int) -> bool:
        """Whether every character is timed and ``samples`` of audio reach their end."""
        return self._next == len(self._letters) and samples + _SLACK >= self._until

    def align(self, times: CharacterTimes, at: int, *, absolute: bool = False) -> None:
        """The next characters; ``at``: samples of audio before the piece that they came with. Unless ``absolute``,
        their times count from there, or from the end of the times before, if that is later."""
        origin = 0 if absolute else max(at, self._until)
        new = [
            (char.casefold(), (origin + start, origin + end))
            for char, (start, end) in zip(times.chars, times.spans, strict=True)
            if not char.isspace()
        ]
        for index, span in self._matches(new):
            self._times[index] = span
            self._next = index + 1
        self._until = max(self._until, origin + times.end)

    def take(self, samples: int) -> tuple[WordTiming, ...]:
        """The words, not given out yet, that end within the first ``samples`` of audio."""
        ready = []
        while self._given < len(self._words) and self._words[self._given].behind <= self._next:
            timing = self._timing(samples)
            if timing.end > samples:
                break
            ready.append(self._give(timing))
        return tuple(ready)

    def finish(self, samples: int) -> tuple[WordTiming, ...]:
        """All other words: the audio ends after ``samples``. What was never timed shares the rest; nothing is known,
        and nothing given, where no times came at all."""
        ready = []
        while self.any and self._given < len(self._words):
            timing = self._timing(samples)
            start, end = min(timing.start, samples), min(timing.end, samples)
            ready.append(self._give(attrs.evolve(timing, start=start, end=end)))
        return tuple(ready)

    def _give(self, timing: WordTiming) -> WordTiming:
        self._given, self._last = self._given + 1, timing.end
        return timing

    def _timing(self, samples: int) -> WordTiming:
        """The next word's. Never before the one before it, whatever the service says."""
        word = self._words[self._given]
        start = max(self._last, self._time(word.first, samples)[0])
        end = max(start, self._time(word.behind - 1, samples)[1])
        return WordTiming(word.start_char, word.end_char, start, end)

    def _time(self, index: int, samples: int) -> tuple[int, int]:
        """When a character sounds; those without times of their own share what lies between their timed neighbours."""
        span = self._times[index]
        if span is not None:
            return span
        left, right = index, index + 1
        while left > 0 and self._times[left - 1] is None:
            left -= 1
        while right < len(self._times) and self._times[right] is None:
            right += 1
        before = self._times[left - 1] if left else None
        after = self._times[right] if right < len(self._times) else None
        begin = before[1] if before is not None else 0
        end = max(begin, after[0] if after is not None else samples)
        start, stop = (begin + (end - begin) * (i - left) // (right - left) for i in (index, index + 1))
        return start, stop

    def _matches(self, new: list[tuple[str, tuple[int, int]]]) -> list[tuple[int, tuple[int, int]]]:
        """Which of our characters, from the next one on, these are."""
        ours = self._letters[self._next : self._next + len(new)]
        if ours == [char for char, _ in new]:
            return [(self._next + i, span) for i, (_, span) in enumerate(new)]
        ours = self._letters[self._next : self._next + 2 * len(new) + 16]
        blocks = SequenceMatcher(None, ours, [char for char, _ in new], autojunk=False).get_matching_blocks()
        return [(self._next + block.a + i, new[block.b + i][1]) for block in blocks for i in range(block.size)]
