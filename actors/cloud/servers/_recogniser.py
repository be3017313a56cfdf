"""Words with times out of a recogniser that gives text: what the speech protocols promise and the port does not.

Times are estimated: the words share the voiced windows of the audio in proportion to their length. A recogniser whose
stream has ``words()`` (:class:`TimedSttStream`) is believed instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs
import numpy as np
import trio

from actors.ports import CALLER_RATE, Pcm, Stt, SttStream

__all__ = ["Interval", "Recogniser", "TimedSttStream", "TimedWord", "open_recogniser", "share_out"]

Interval = tuple[int, int]  #: samples, from and to


@attrs.frozen
class TimedWord:
    """``start`` and ``end`` in seconds."""

    text: str
    start: float
    end: float


@runtime_checkable
class TimedSttStream(SttStream, Protocol):
    """A recogniser that knows when each word was said."""

    async def words(self) -> Sequence[TimedWord]:
        """The words of everything pushed to the open segment; times count from its first sample."""


class Recogniser:
    """One connection's recogniser: transcribes a piece of audio at a time."""

    def __init__(self, stream: SttStream) -> None:
        self._stream = stream
        self._segment = 0
        self.cost = 0.0  #: seconds that the last piece took

    async def words(self, audio: Pcm, voiced: Sequence[Interval], at: int) -> list[TimedWord]:
        """The words of ``audio``, whose first sample is number ``at`` of the connection; ``voiced``: where there is a
        voice, in samples of the connection. Times are seconds of the connection."""
        if not len(audio) or not voiced:
            return []
        begun = trio.current_time()
        self._segment += 1
        self._stream.begin(self._segment)
        self._stream.push(audio)
        if isinstance(self._stream, TimedSttStream):
            shift = at / CALLER_RATE
            words = [TimedWord(w.text, w.start + shift, w.end + shift) for w in await self._stream.words()]
        else:
            words = share_out((await self._stream.final()).split(), voiced)
        self.cost = trio.current_time() - begun
        return words

    async def aclose(self) -> None:
        await self._stream.aclose()


async def open_recogniser(stt: Stt, hints: Sequence[str]) -> Recogniser:
    """A recogniser for one connection, over a stream of its own."""
    return Recogniser(await stt.open_stream(hints=hints))


def share_out(words: Sequence[str], voiced: Sequence[Interval]) -> list[TimedWord]:
    """Give each word its share of the voiced time, by its length in characters (two at least)."""
    if not words or not voiced:
        return []
    weights = np.array([max(2, len(word)) for word in words], float)
    lengths = np.array([end - start for start, end in voiced], float)
    marks = np.concatenate(([0.0], np.cumsum(weights) / weights.sum())) * lengths.sum()
    upto = np.concatenate(([0.0], np.cumsum(lengths)))

    def find(mark: float, side: str) -> float:
        i = int(np.clip(np.searchsorted(upto, mark, "left" if side == "end" else "right") - 1, 0, len(voiced) - 1))
        return float(voiced[i][0] + min(mark - upto[i], lengths[i])) / CALLER_RATE

    return [TimedWord(w, find(marks[i], "start"), find(marks[i + 1], "end")) for i, w in enumerate(words)]
