"""The echo gate: which windows of the microphone hold no more than the agent's own voice. Pure: times are arguments.

The paper turns the microphone down by a fixed amount while the agent speaks and asks for more certainty. That does not
help with a neural detector: it tells speech by its shape, at almost any level, and an echo is speech. But the server
knows what it sent and about where the client plays it. So the *loudest agent audio that can be in the microphone now*
is the reference, and over the agent only what is loud against it, and has a pitch, can start a voice (see ``_voice``).

    sent audio --> EchoReference: levels by position of the turn
                     | what may just have been played (the cursor's estimate, and a little ahead of it)
                     v
                   the loudest of the last moments, since an echo is late --> EchoGate: window by window

Where the client is, is uncertain by the round trip (after a hold or flush it plays on until that has reached it), by
its jitter buffer, and by the time since its last report. All these, and the room, only widen the span over which the
loudest is sought: the gate errs towards silence, and a caller about as loud as the agent is noticed all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from math import inf

import attrs
import numpy as np

from actors.audio import SILENCE_DB, level_db, to_array
from actors.call._pitch import periodicity
from actors.ports import AGENT_RATE, Pcm

__all__ = ["BLOCK", "CLIENT_S", "ROOM_S", "EchoGate", "EchoReference", "OverAgent"]

BLOCK = (
    AGENT_RATE // 50
)  #: samples over which a level is taken, at most: shorter than a window, so that no peak is lost
ROOM_S = 0.25  #: from the client's player through loudspeaker, room and microphone, reverberation included
CLIENT_S = 0.1  #: the client's jitter buffer, or the time between two of its reports
AHEAD_S = 0.05  #: how far the client may be ahead of the estimate, the round trip aside
_KEEP = 2 * AGENT_RATE  # how far behind the estimate levels are kept: it may be set back by a report


@attrs.define
class EchoReference:
    """How loud the agent's own voice can be in the microphone. Levels are dB relative to full scale."""

    _turn: int = -1
    _starts: list[int] = attrs.field(factory=list)  # where each block begins, rising
    _levels: list[float] = attrs.field(factory=list)
    _end: int = 0
    _position: int = 0  # up to where the turn was taken to have been played, when last asked
    _played: deque[tuple[float, float]] = attrs.field(
        factory=deque
    )  # (when, level) of what may have been played, ever quieter

    def sent(self, turn: int, position: int, pcm: bytes) -> None:
        """Audio of ``turn`` (PCM int16 LE, 24 kHz) was sent, from this sample of the turn on. What was sent before from
        there on, to a client that lost it, is forgotten."""
        if turn != self._turn:
            self._turn, self._position, self._end = turn, position, position
            self._starts, self._levels = [], []
        while self._starts and self._starts[-1] >= position:
            self._starts.pop()
            self._levels.pop()
        samples = to_array(pcm)
        for start in range(0, len(samples), BLOCK):
            self._starts.append(position + start)
            self._levels.append(level_db(samples[start : start + BLOCK]))
        self._end = position + len(samples)

    def playing(self, now: float, turn: int, position: int, *, round_trip: float) -> None:
        """The client has played about ``position`` samples of ``turn`` and plays on. Tell this whenever microphone
        audio came in (``now``, seconds)."""
        if turn != self._turn:
            return  # nothing of it was sent yet
        ahead = position + int((round_trip + AHEAD_S) * AGENT_RATE)
        since = min(self._position, position)
        level = self._between(max(since, position - _KEEP), ahead)
        while self._played and self._played[-1][1] <= level:
            self._played.pop()
        self._played.append((now, level))
        self._position = position
        old = bisect_right(self._starts, position - _KEEP) - 1
        if old > 0:
            del self._starts[:old], self._levels[:old]

    def loudest(self, now: float, *, seconds: float, round_trip: float) -> float:
        """The loudest agent audio that can be in the ``seconds`` of microphone audio that came in ``now``;
        :data:`actors.audio.SILENCE_DB` where there is none."""
        since = now - seconds - round_trip - CLIENT_S - ROOM_S
        while self._played and self._played[0][0] < since:
            self._played.popleft()
        return self._played[0][1] if self._played else SILENCE_DB

    def _between(self, start: int, end: int) -> float:
        if start >= self._end:
            return SILENCE_DB
        first = max(0, bisect_right(self._starts, start) - 1)
        return max(self._levels[first : bisect_right(self._starts, end - 1)], default=SILENCE_DB)


@attrs.frozen
class OverAgent:
    """A window of the microphone against the agent: by how many ``db`` it is louder than the agent's voice can be in it
    (infinity where it cannot be), and how much of a ``pitch`` it has (0..1, see ``_pitch``; there 1)."""

    db: float = inf
    pitch: float = 1.0


class EchoGate:
    """Cuts the microphone into the detector's windows and holds each against the agent. ``floor_db``: windows quieter
    than this against the agent are not searched for a pitch."""

    def __init__(self, *, window: int, floor_db: float) -> None:
        self._window, self._floor = window, floor_db
        self._rest = np.zeros(0, np.int16)

    def feed(self, samples: Pcm, loudest_db: float) -> list[OverAgent]:
        """Take caller audio (16 kHz), with the loudest agent audio that can be in it; one for each window that it
        completed."""
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) // self._window
        self._rest = samples[whole * self._window :]
        windows = samples[: whole * self._window].reshape(whole, self._window)
        return [self._against(window, loudest_db) for window in windows]

    def _against(self, window: Pcm, loudest_db: float) -> OverAgent:
        if loudest_db <= SILENCE_DB:
            return OverAgent()
        db = level_db(window) - loudest_db
        return OverAgent(db, periodicity(window) if db >= self._floor else 0.0)

    def reset(self) -> None:
        """Forget the window that was begun, as the detector does."""
        self._rest = np.zeros(0, np.int16)
