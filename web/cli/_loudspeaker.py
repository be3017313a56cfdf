"""A caller's two ends without a device: a loudspeaker that plays what it is sent, a microphone that never stops.

Sans-I/O. Time comes in as a position on the call's own clock, in samples, so that both ends can be laid side by side
afterwards: what the loudspeaker played at position ``p`` was heard at ``p / 24000`` seconds into the call.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from actors.audio import resample
from actors.ports import AGENT_RATE, CALLER_RATE, Pcm

__all__ = ["FRAME_SAMPLES", "Loudspeaker", "Microphone", "side_by_side"]

FRAME_SAMPLES = CALLER_RATE // 50  #: 20 ms of caller audio


class Loudspeaker:
    """Plays 24 kHz audio of one turn after the other, with hold, resume and flush as the page's own has them."""

    def __init__(self) -> None:
        self.position = 0  #: up to where the call's clock has been played
        self.turn = -1  #: the turn played, or last played
        self._played: dict[int, int] = {}
        self._queue: deque[tuple[int, Pcm]] = deque()
        self._held = False
        self._flushed = -1
        self._track: list[tuple[int, Pcm]] = []

    @property
    def busy(self) -> bool:
        """Whether audio waits to be played (perhaps held)."""
        return bool(self._queue)

    def played(self, turn: int) -> int:
        """Samples of this turn that were really played."""
        return self._played.get(turn, 0)

    def put(self, turn: int, samples: Pcm) -> None:
        """Audio arrives now, at :attr:`position`. What belongs to a turn that was flushed is thrown away."""
        if turn > self._flushed and len(samples):
            self._queue.append((turn, samples))

    def hold(self) -> None:
        self._held = True

    def resume(self) -> None:
        self._held = False

    def flush(self, turn: int) -> None:
        """Throw away what was not played of this turn and of those before it."""
        self._queue = deque((of, samples) for of, samples in self._queue if of > turn)
        self._flushed = max(self._flushed, turn)
        self._held = False

    def advance(self, to: int) -> bool:
        """Play until ``to``; whether the last waiting sample was played in it."""
        drained = False
        while self._queue and not self._held and self.position < to:
            turn, samples = self._queue.popleft()
            now, rest = samples[: to - self.position], samples[to - self.position :]
            if len(rest):
                self._queue.appendleft((turn, rest))
            self._track.append((self.position, now))
            self.turn = turn
            self._played[turn] = self.played(turn) + len(now)
            self.position += len(now)
            drained = not self._queue
        self.position = max(self.position, to)
        return drained

    def track(self) -> Pcm:
        """All that was heard, with silence where there was none: ``[position]`` samples at 24 kHz."""
        whole = np.zeros(self.position, np.int16)
        for start, samples in self._track:
            whole[start : start + len(samples)] = samples
        return whole


class Microphone:
    """Gives 20 ms frames for ever: speech while there is some, else silence."""

    def __init__(self) -> None:
        self._waiting: Pcm = np.empty(0, np.int16)
        self._track: list[Pcm] = []

    @property
    def speaking(self) -> bool:
        return len(self._waiting) > 0

    def say(self, samples: Pcm) -> None:
        """Speak these (16 kHz) from the next frame on, after what is being said already."""
        self._waiting = np.concatenate((self._waiting, samples))

    def frame(self) -> Pcm:
        """The next 20 ms: :data:`FRAME_SAMPLES` samples."""
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        now, self._waiting = self._waiting[:FRAME_SAMPLES], self._waiting[FRAME_SAMPLES:]
        frame[: len(now)] = now
        self._track.append(frame)
        return frame

    def track(self) -> Pcm:
        """All frames so far, 16 kHz."""
        return np.concatenate([np.empty(0, np.int16), *self._track])


def side_by_side(caller: Pcm, agent: Pcm) -> Pcm:
    """Stereo at 24 kHz, ``[n, 2]``: caller (16 kHz in) left, agent (24 kHz in) right, both from the call's start."""
    left = resample(caller, CALLER_RATE, AGENT_RATE)
    both = np.zeros((max(len(left), len(agent)), 2), np.int16)
    both[: len(left), 0] = left
    both[: len(agent), 1] = agent
    return both
