"""What both speech protocols hear of a connection's audio: windows with and without a voice, and the words in them."""

from __future__ import annotations

import numpy as np

from actors.cloud.servers._recogniser import Interval, Recogniser, TimedWord
from actors.ports import Pcm, VadStream

__all__ = ["Hearing"]

_VOICED = 0.5


class Hearing:
    """The audio of one connection from ``base`` on (a sample's number), window by window."""

    def __init__(self, vad: VadStream, recogniser: Recogniser) -> None:
        self._vad, self._recogniser = vad, recogniser
        self._audio: Pcm = np.zeros(0, np.int16)
        self._odd = b""
        self._windows = 0
        self._voiced: list[Interval] = []
        self.base = 0
        self.received = 0  #: samples
        self.last_voiced = 0  #: end of the last window with a voice in it

    def feed(self, pcm: bytes) -> list[bool]:
        """Take audio; whether there is a voice in each window that it completed. Call :meth:`window` for each, in
        order."""
        pcm = self._odd + pcm
        whole = len(pcm) // 2 * 2
        pcm, self._odd = pcm[:whole], pcm[whole:]
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        self._audio = np.concatenate((self._audio, samples))
        self.received += len(samples)
        return [probability >= _VOICED for probability in self._vad.feed(samples)]

    def window(self, *, voiced: bool) -> int:
        """Go one window on; the number of the sample after it."""
        self._windows += 1
        end = self._windows * self._vad.window
        if voiced:
            self._mark(end - self._vad.window, end)
            self.last_voiced = end
        return end

    def _mark(self, start: int, end: int) -> None:
        start = max(start, self.base)
        if self._voiced and self._voiced[-1][1] == start:
            start = self._voiced.pop()[0]
        if start < end:
            self._voiced.append((start, end))

    @property
    def has_voice(self) -> bool:
        """Whether there is a voice after ``base``."""
        return bool(self._voiced)

    @property
    def cost(self) -> float:
        """Seconds that the last recognition took."""
        return self._recogniser.cost

    async def words(self, until: int) -> list[TimedWord]:
        """The words from ``base`` up to a sample."""
        audio = self._audio[: max(0, until - self.base)]
        voiced = [(start, min(end, until)) for start, end in self._voiced if start < until]
        return await self._recogniser.words(audio, voiced, self.base)

    def drop_before(self, position: int) -> None:
        """Let ``base`` be there."""
        position = min(max(position, self.base), self.received)
        self._audio = self._audio[position - self.base :]
        self._voiced = [(max(start, position), end) for start, end in self._voiced if end > position]
        self.base = position
