"""The caller's audio on its way to the service: a bounded buffer by position, the pace, the back-off. Pure."""

from __future__ import annotations

import logging
import random

from actors.ports import CALLER_RATE, Pcm

__all__ = ["Pace", "Ring", "back_off"]

_log = logging.getLogger(__name__)

_BYTES = 2  # per sample


class Ring:
    """The latest audio that may be needed (again), by position; when it is full the oldest is lost.

    ``most`` is its bound in samples.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._audio = bytearray()
        self.dropped = 0  #: samples lost since they were too many
        self.start = 0  #: position of the oldest sample kept
        self.end = 0  #: position after the newest

    def push(self, samples: Pcm) -> None:
        self._audio += samples.astype("<i2", copy=False).tobytes()
        self.end += len(samples)
        if self.end - self.start > self._most:
            if not self.dropped:
                _log.warning("deepgram: audio is dropped unheard, there is more than can be kept")
            self.dropped += self.end - self.start - self._most
            self.drop_before(self.end - self._most)

    def read(self, position: int, most: int) -> bytes:
        """Up to ``most`` samples from ``position`` on as PCM; ``position`` is within what is kept."""
        begin = (position - self.start) * _BYTES
        return bytes(self._audio[begin : begin + most * _BYTES])

    def drop_before(self, position: int) -> None:
        """Forget what lies before ``position``."""
        position = min(position, self.end)
        if position > self.start:
            del self._audio[: (position - self.start) * _BYTES]
            self.start = position


class Pace:
    """How fast audio may be sent: ``speed`` times real time, after ``burst`` seconds of audio at once.

    Live audio never waits here, as long as ``burst`` is longer than what is pushed at once.
    """

    def __init__(self, speed: float, burst: float, now: float) -> None:
        self._rate = speed * CALLER_RATE
        self._most = burst * CALLER_RATE
        self._level = self._most
        self._at = now

    def wait(self, samples: int, now: float) -> float:
        """Seconds until so many samples may be sent; 0 means now. More than the burst is let through in one piece when
        the burst is full."""
        self._fill(now)
        return max(0.0, (min(samples, self._most) - self._level) / self._rate)

    def spend(self, samples: int, now: float) -> None:
        """Note that so many samples are sent now."""
        self._fill(now)
        self._level -= samples

    def _fill(self, now: float) -> None:
        self._level = min(self._most, self._level + (now - self._at) * self._rate)
        self._at = now


def back_off(failures: int, retry_after: float | None, rng: random.Random, *, first: float, most: float) -> float:
    """Seconds before the next try after so many failures in a row (0: the connection had been sound, try at once).

    Doubles from ``first`` up to ``most``, less up to a half so that many clients spread; never sooner than the service
    asks.
    """
    if failures <= 0:
        return retry_after or 0.0
    delay = min(most, first * 2.0 ** min(failures - 1, 30))
    return max(delay * rng.uniform(0.5, 1.0), retry_after or 0.0)
