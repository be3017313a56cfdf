"""Caller audio that came in lately, to look back in: where a voice set in, and where it really ended. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import attrs
import numpy as np

from actors.ports import Pcm

__all__ = ["AUDIBLE", "LastSound", "Recent"]

AUDIBLE = 10 ** (
    -40 / 20
)  #: of the peak: what counts as voiced, here and in the benches (docs/protocol.md, Definitions)


@attrs.frozen
class LastSound:
    """``end``: the sample behind the last audible one; ``arrived``: when that came; ``peak``: the loudest so far."""

    end: int
    arrived: float
    peak: int


@attrs.frozen
class _Frame:
    samples: Pcm
    end: int
    arrived: float


class Recent:
    """Keeps ``pre_roll`` samples, and all that comes while a voice is up: ``most``, then it begins anew. ``most`` is no
    less than ``pre_roll`` and a frame: else silence, too, would begin anew."""

    def __init__(self, *, pre_roll: int, most: int) -> None:
        self._pre_roll, self._most = pre_roll, most
        self._frames: deque[_Frame] = deque()
        self.samples = 0  #: so many are kept

    def keep(self, samples: Pcm, *, end: int, arrived: float, voiced: bool) -> None:
        """``end``: the sample of the call behind these."""
        self._frames.append(_Frame(samples, end, arrived))
        self.samples += len(samples)
        while not voiced and self.samples - len(self._frames[0].samples) >= self._pre_roll:
            self.samples -= len(self._frames.popleft().samples)
        if self.samples > self._most:
            self._frames.clear()
            self.samples = 0

    def since(self, sample: int) -> Iterator[Pcm]:
        """What is kept from this sample of the call on."""
        for frame in self._frames:
            if frame.end > sample:
                yield frame.samples[max(0, sample - frame.end + len(frame.samples)) :]

    def last_audible(self, before: int, peak: int) -> LastSound | None:
        """The last audible sample before this one, by the loudest kept or heard earlier (``peak``); None: there is none
        in what is kept."""
        frames = [frame for frame in self._frames if frame.end - len(frame.samples) < before]
        for frame in frames:
            peak = max(peak, int(frame.samples.max(initial=0)), -int(frame.samples.min(initial=0)))
        for frame in reversed(frames):
            start = frame.end - len(frame.samples)
            found = np.flatnonzero(np.abs(frame.samples[: before - start].astype(np.int32)) > peak * AUDIBLE)
            if len(found):
                return LastSound(start + int(found[-1]) + 1, frame.arrived, peak)
        return None
