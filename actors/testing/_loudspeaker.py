"""The client's loudspeaker: plays what came in, exactly as long as time goes by, and keeps what was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from actors.ports import AGENT_RATE, Pcm

__all__ = ["Loudspeaker"]


class Loudspeaker:
    """``ears``: what was played, by turn. ``played``: samples of the present turn. ``on_played(turn, samples)`` is told
    of each piece."""

    def __init__(self, now: float, on_played: Callable[[int, Pcm], None]) -> None:
        self.ears: dict[int, list[Pcm]] = {}
        self.turn = -1
        self.held = False
        self.played = 0
        self._on_played = on_played
        self._queue: deque[Pcm] = deque()
        self._queued = 0
        self._clock = round(now * AGENT_RATE)

    def advance(self, now: float) -> bool:
        """Play until ``now``. True where something was played."""
        clock = round(now * AGENT_RATE)
        due = clock - self._clock
        self._clock = max(self._clock, clock)
        if self.held or not self._queue or due <= 0:
            return False
        pieces: list[Pcm] = []
        while self._queue and due:
            head = self._queue[0]
            if len(head) <= due:
                self._queue.popleft()
            else:
                self._queue[0] = head[due:]
                head = head[:due]
            pieces.append(head)
            due -= len(head)
        samples = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        self._queued -= len(samples)
        self.played += len(samples)
        self.ears.setdefault(self.turn, []).append(samples)
        self._on_played(self.turn, samples)
        return True

    @property
    def queued_s(self) -> float:
        """Seconds of audio that wait."""
        return self._queued / AGENT_RATE

    def begin(self, turn: int) -> None:
        self.forget()
        self.turn, self.held, self.played = turn, False, 0

    def add(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, np.int16)
        self._queue.append(samples)
        self._queued += len(samples)

    def forget(self) -> None:
        """Throw away what was not played."""
        self._queue.clear()
        self._queued = 0
