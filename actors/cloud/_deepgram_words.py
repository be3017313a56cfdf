"""Transcripts of several connections made into one, by where in the caller's audio each word lies. Pure.

The service counts time from the first sample that it was given, anew on each connection. Here everything is a
*position*: the number of samples pushed by the call before this one, over the whole stream. A :class:`Timeline` turns
a connection's seconds into positions; a :class:`Stitcher` keeps what was recognised of the open segment.

Rules that make it exact when a connection is replaced:
 - what a final result covers is settled and never asked for again; audio from there on is replayed, with a little lead
   before it, since a recogniser hears the first word badly when it begins at once. The lead begins in the middle of no
   settled word: half a word is heard as another one, at another time;
 - a word counts as new if its middle lies after the last settled word's end. So what the lead repeats is dropped, and
   the times of two recognitions may differ by up to half a word before anything is lost or doubled;
 - what was guessed about the tail stays visible until the new connection has come as far.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable

import attrs

from actors.ports import CALLER_RATE

__all__ = ["Run", "Spoken", "Stitcher", "Timeline", "Word"]

_MARGIN = CALLER_RATE // 20  # how exactly a word's ends are known, with some to spare


@attrs.frozen
class Spoken:
    """A word as the service tells it: its times are seconds of the connection's audio."""

    text: str
    start: float
    end: float


@attrs.frozen
class Word:
    """A word by position in the caller's audio, in samples."""

    text: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@attrs.frozen
class Run:
    """``length`` samples sent from ``at`` on (counted on the connection), which lie at ``position`` in the caller's
    audio; or ``silent``: made up to keep the connection alive, and of no length there."""

    at: int
    position: int
    length: int
    silent: bool = False

    @property
    def end(self) -> int:
        """Position after the last sample."""
        return self.position if self.silent else self.position + self.length


class Timeline:
    """What was sent on one connection, in order. ``position``: where its first sample will be from."""

    def __init__(self, position: int) -> None:
        self._runs = [Run(0, position, 0)]
        self.samples = 0  #: sent on this connection, silence included

    def add(self, position: int | None, length: int) -> None:
        """Note that ``length`` samples were sent: the caller's from ``position`` on, or made-up silence (None)."""
        last = self._runs[-1]
        silent = position is None
        if last.silent == silent and position in (None, last.end):
            self._runs[-1] = attrs.evolve(last, length=last.length + length)
        else:
            self._runs.append(Run(self.samples, last.end if position is None else position, length, silent))
        self.samples += length

    def position(self, seconds: float, *, ending: bool = False) -> int:
        """Where a time of the connection lies in the caller's audio; the nearest sent sample for one outside.

        ``ending``: on the border of two runs the end of the first is meant, not the beginning of the second.
        """
        sample = max(0, min(self.samples, round(seconds * CALLER_RATE)))
        find = bisect.bisect_left if ending else bisect.bisect_right
        run = self._runs[max(0, find(self._runs, sample, key=lambda run: run.at) - 1)]
        return run.position if run.silent else run.position + max(0, min(sample - run.at, run.length))

    def word(self, spoken: Spoken) -> Word:
        """A word of this connection by position. It lies where its middle does: no word spans two runs."""
        middle = self.position((spoken.start + spoken.end) / 2)
        half = max(0, round((spoken.end - spoken.start) * CALLER_RATE / 2))
        return Word(spoken.text, middle - half, middle + half)

    def forget_before(self, position: int) -> None:
        """Drop runs that nobody will ask for: those that end before ``position``, but the last one."""
        keep = next((i for i, run in enumerate(self._runs) if run.end >= position), len(self._runs) - 1)
        del self._runs[:keep]


class Stitcher:
    """The transcript of one open segment, from any number of connections."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, position: int) -> None:
        """A new segment from ``position`` on; what lies before it is of no interest any more."""
        self._begin = position
        self.settled_until = position  #: audio before this is covered by final results
        self.covered_until = position  #: audio before this is covered by some result
        self._cut = position
        self._settled: list[Word] = []
        self._tail: list[Word] = []
        self._stale: list[Word] = []

    def interim(self, words: Iterable[Word], until: int) -> None:
        """A guess at everything after what is settled, up to ``until``; replaces the guess before."""
        self._tail = self._fresh(words)
        self.covered_until = max(self.covered_until, until)

    def settle(self, words: Iterable[Word], until: int) -> None:
        """A final result, which covers all audio up to ``until``."""
        fresh = self._fresh(words)
        self._settled += fresh
        self._cut = max([self._cut, *(word.end for word in fresh)])
        self._tail = [word for word in self._fresh(self._tail) if word.middle >= until]
        self.settled_until = max(self.settled_until, until)
        self.covered_until = max(self.covered_until, until)

    def lose(self) -> None:
        """The connection is gone: its guesses stand until the next one has come as far, but count for nothing."""
        self._stale = self._visible_tail()
        self._tail = []
        self.covered_until = self.settled_until

    def replay_from(self, lead: int) -> int:
        """Where a new connection has to begin: ``lead`` samples before what is not settled, or a little more."""
        position = self.settled_until - lead
        for word in reversed(self._settled):
            if word.start - _MARGIN < position:
                position = word.start - _MARGIN if word.end + _MARGIN > position else position
                break
        return max(self._begin, position)

    @property
    def text(self) -> str:
        """Everything known: settled words and the latest guess."""
        return " ".join(word.text for word in (*self._settled, *self._visible_tail()))

    @property
    def has_words(self) -> bool:
        return bool(self._settled or self._tail or self._stale)

    def _fresh(self, words: Iterable[Word]) -> list[Word]:
        return [word for word in words if word.middle >= self._cut]

    def _visible_tail(self) -> list[Word]:
        guessed = self.covered_until > self.settled_until
        beyond = self.covered_until + _MARGIN if guessed else self._cut
        return [*self._tail, *(word for word in self._stale if word.middle >= beyond)]
