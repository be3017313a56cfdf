"""Whether a sound over the agent may be the beginning of a voice, long before anybody can be sure. Pure.

The voice detector wants two of its windows and a pitch (see ``_voice``), which a word that begins with "s" or "h" has
only after 100 to 250 ms. Playback is held sooner: for a sound that *lasts*, and is louder than all that came in lately
and was no voice. That is what the agent's echo and the room's noise are like in this call, so they need not be known:

    level of the last 10 s over the agent    --> no louder than the loudest of it, nor, where it is louder than the
                                                 noise, louder against the agent (``agent_db``) than it ever was
    more than that for 30 ms                 --> a key's click is shorter
    and the detector finds it a little likely, or 50 ms and not fading, as a cough or a slam does

If no voice has set in after a while, what was heard since is no voice either, and must be outdone the next time.
"""

from __future__ import annotations

from collections import deque
from math import inf

import attrs
import numpy as np

from actors.audio import SILENCE_DB, level_db
from actors.ports import CALLER_RATE, Pcm

__all__ = ["HOP", "Suspicion", "SuspicionSettings"]

HOP = CALLER_RATE // 100  #: samples over which a level is taken
_STALE = 6  # hops: a detector's window is 32 ms, and comes up to a frame late
_REFRESH = 25  # hops between two looks at what was heard
_QUIET_PERCENT = 5  # so much of the time there is nothing but noise
_NOISE_DB = 6.0  # the noise itself is no louder than this above that


@attrs.frozen(kw_only=True)
class SuspicionSettings:
    """Milliseconds, decibels, ``likely`` a probability (0..1).

    ``lasts_ms``, ``sure_ms``: how long a sound must last that the detector finds ``likely``, or does not; the latter
    must not fade by more than ``fade_db`` meanwhile. ``margin_db``: how much louder it must be than what was no voice;
    ``scarce_db``: by so much more where only a second of that was heard, and half of it where two were.
    ``noise_margin_db``: how much louder than the noise; ``floor_db``: what is quieter is nothing (relative to full
    scale). ``learn_ms``: so much must have been heard, ``memory_ms``: so much is remembered (both of time over the
    agent). ``doubt_ms``: the last so much may turn out to be a voice. ``lapse_ms``: a voice has set in by then, or
    there is none, and for ``rest_ms`` nothing more is suspected: coughs come in rows.
    """

    likely: float = 0.2
    lasts_ms: int = 30
    sure_ms: int = 50
    fade_db: float = 6.0
    margin_db: float = 2.0
    scarce_db: float = 6.0
    noise_margin_db: float = 9.0
    floor_db: float = -55.0
    learn_ms: int = 500
    memory_ms: int = 10_000
    doubt_ms: int = 400
    lapse_ms: int = 160
    rest_ms: int = 1000


class Suspicion:
    """Of one call."""

    def __init__(self, settings: SuspicionSettings = SuspicionSettings()) -> None:
        self._settings = settings
        self._rest = np.zeros(0, np.int16)
        self._no_voice: deque[tuple[float, float]] = deque(maxlen=_hops(settings.memory_ms))  # level, and less agent_db
        self._doubtful: deque[tuple[float, float]] = deque()
        self._bounds = _Bounds()
        self._age = 0  # hops since they were taken
        self._run = 0  # hops in a row that are loud enough
        self._top = SILENCE_DB  # the loudest of them
        self._lasted = inf  # hops ago
        self._left = 0  # hops until the present suspicion lapses; 0: there is none
        self._resting = 0  # hops until there may be another

    def feed(self, samples: Pcm, *, agent_db: float, probability: float, voiced: bool) -> bool:
        """Take caller audio (16 kHz). Whether a suspicion has arisen in it.

        ``agent_db``: the loudest that the agent can be in it, SILENCE_DB where it cannot. ``probability``: the
        detector's latest. ``voiced``: a voice is up behind it.
        """
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) // HOP * HOP
        self._rest = samples[whole:]
        if voiced or agent_db <= SILENCE_DB:
            self._calm()
            if voiced:
                self._doubtful.clear()
            return False
        arisen = False
        for start in range(0, whole, HOP):
            arisen |= self._hop(level_db(samples[start : start + HOP]), agent_db, probability)
        return arisen

    def reset(self) -> None:
        """Forget the sound that was begun, as the detector does."""
        self._rest = np.zeros(0, np.int16)
        self._calm()

    def _calm(self) -> None:
        self._run, self._lasted, self._left = 0, inf, 0

    def _hop(self, db: float, agent_db: float, probability: float) -> bool:
        settings = self._settings
        self._doubtful.append((db, db - agent_db))
        if len(self._doubtful) > _hops(settings.doubt_ms):
            self._no_voice.append(self._doubtful.popleft())
        if self._left:
            self._left -= 1
            if not self._left:  # it was not
                self._no_voice.extend(self._doubtful)
                self._doubtful.clear()
                self._calm()
                self._age, self._resting = _REFRESH, _hops(settings.rest_ms)
            return False
        if self._resting:
            self._resting -= 1
            return False
        self._lasted += 1
        if db < self._least(agent_db):
            self._run = 0
        else:
            self._top = max(db, self._top) if self._run else db
            self._run += 1
            if self._run >= _hops(settings.lasts_ms):
                self._lasted = 0
        sure = self._run >= _hops(settings.sure_ms) and db >= self._top - settings.fade_db
        if sure or (self._lasted <= _STALE and probability >= settings.likely):
            self._left = _hops(settings.lapse_ms)
            return True
        return False

    def _least(self, agent_db: float) -> float:
        """How loud a hop must be."""
        settings = self._settings
        if len(self._no_voice) < _hops(settings.learn_ms):
            return inf
        self._age += 1
        if self._age >= _REFRESH or self._bounds.loudest == inf:
            self._bounds, self._age = _Bounds.of(self._no_voice), 0
        known = self._bounds
        margin_db = settings.margin_db + settings.scarce_db * CALLER_RATE / HOP / len(self._no_voice)
        against = max(agent_db + known.against_agent + margin_db, known.noise + settings.noise_margin_db)
        return max(min(known.loudest + margin_db, against), settings.floor_db)


def _hops(ms: int) -> int:
    return ms * CALLER_RATE // 1000 // HOP


@attrs.frozen
class _Bounds:
    """What was no voice: ``loudest`` of all, ``against_agent`` (less the agent's level, and louder than noise) and the
    ``noise`` alone (dB)."""

    loudest: float = inf
    against_agent: float = inf
    noise: float = inf

    @classmethod
    def of(cls, heard: deque[tuple[float, float]]) -> _Bounds:
        levels, against = np.array(heard).T
        noise = float(np.percentile(levels, _QUIET_PERCENT))
        return cls(float(levels.max()), float(against[levels > noise + _NOISE_DB].max(initial=-inf)), noise)
