"""The sound of a call in numbers, tick by tick: the caller's level, how much of the agent was sent and heard."""

from __future__ import annotations

import math

import numpy as np

from actors.audio import SILENCE_DB, to_array
from actors.journal._lines import TICK_MS, Sound
from actors.ports import CALLER_RATE

__all__ = ["Ticks"]

_LINE_TICKS = 10
_FULL = 32768.0**2


class Ticks:
    """Collects ticks of 100 ms and gives a line for every second of them. Times (s) never fall."""

    def __init__(self) -> None:
        self._first = 0  # tick at which the line under way begins
        self._now = 0  # tick under way
        self._power = 0.0  # of the caller's samples in it
        self._agent = (-1, 0, 0)
        self._levels: list[int] = []
        self._agents: list[tuple[int, ...]] = []

    def caller(self, at: float, pcm: bytes, turn: int, heard: int) -> list[Sound]:
        """Caller audio came in, and so much of the agent's turn has been heard."""
        lines = self._until(at)
        samples = to_array(pcm).astype(np.float64)
        self._power += float(np.dot(samples, samples))
        _, sent, _ = self._agent
        self._agent = (turn, sent if turn == self._agent[0] else heard, heard)
        return lines

    def sent(self, at: float, turn: int, end: int) -> list[Sound]:
        """Agent audio went out, up to sample ``end`` of the turn."""
        lines = self._until(at)
        heard = self._agent[2] if turn == self._agent[0] else 0
        self._agent = (turn, end, heard)
        return lines

    def rest(self) -> list[Sound]:
        """The line under way."""
        lines = [Sound(self._first * TICK_MS / 1000, tuple(self._levels), tuple(self._agents))] if self._levels else []
        self._first, self._levels, self._agents = self._now, [], []
        return lines

    def _until(self, at: float) -> list[Sound]:
        lines: list[Sound] = []
        tick = int(at * 1000) // TICK_MS
        if tick - self._now > 10 * _LINE_TICKS:  # nothing at all for so long: no line says so better than many
            lines += self.rest()
            self._now = self._first = tick
        while self._now < tick:
            mean = self._power / (CALLER_RATE * TICK_MS // 1000) / _FULL
            self._levels.append(round(max(SILENCE_DB, 10 * math.log10(mean))) if mean else int(SILENCE_DB))
            self._agents.append(self._agent)
            self._power = 0.0
            self._now += 1
            if len(self._levels) == _LINE_TICKS:
                lines += self.rest()
        return lines
