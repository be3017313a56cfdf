"""The caller's microphone: always open, a frame at a time, of what is being said or of silence."""

from __future__ import annotations

from collections import deque

import numpy as np

from actors.ports import CALLER_RATE, Pcm

__all__ = ["Microphone"]


class Microphone:
    """Frames of ``tick`` seconds of PCM (int16 LE, 16 kHz), the first at ``now``; ``due``: when the next leaves."""

    def __init__(self, now: float, tick: float) -> None:
        self._start, self._tick = now, tick
        self._frames = 0
        self._silence = bytes(2 * round(CALLER_RATE * tick))
        self._mouth: deque[Pcm] = deque()

    @property
    def due(self) -> float:
        return self._start + self._frames * self._tick

    @property
    def speaking(self) -> bool:
        """Whether something is still to be said."""
        return bool(self._mouth)

    def speak(self, samples: Pcm) -> None:
        """Say this in the next frames, behind what is being said."""
        self._mouth.append(samples)

    def frame(self) -> bytes:
        """The frame that is due."""
        self._frames += 1
        if not self._mouth:
            return self._silence
        frame = np.zeros(len(self._silence) // 2, np.int16)
        filled = 0
        while self._mouth and filled < len(frame):
            head = self._mouth[0][: len(frame) - filled]
            frame[filled : filled + len(head)] = head
            filled += len(head)
            if len(head) == len(self._mouth[0]):
                self._mouth.popleft()
            else:
                self._mouth[0] = self._mouth[0][len(head) :]
        return frame.tobytes()
