"""When to ask whether a sound over the agent is meant for it: first after a fifth of a second, then again and again
while it goes on, and as it may be ending. What an engine thinks of it belongs to one burst of voice. Pure but for the
asking."""

from __future__ import annotations

import logging

from actors.errors import EngineError
from actors.ports import CALLER_RATE, Intent, Pcm

__all__ = ["IntentWatch"]

_log = logging.getLogger(__name__)

_FIRST = CALLER_RATE * 200 // 1000  # samples of it: of less nobody can tell anything
_EVERY = CALLER_RATE * 96 // 1000
_LAST = CALLER_RATE * 1600 // 1000  # what it is is clear by then, or never


class IntentWatch:
    """Of one call. ``begin`` with each burst of voice; ``due`` whether to ask now; ``meant`` the latest answer (0..1)
    of its sound alone, None where there is none."""

    def __init__(self, intent: Intent | None) -> None:
        self._intent = intent
        self._onset: int | None = None
        self._due = 0
        self._burst = 0
        self._ended_at = -1  # last voiced sample of what was heard as it may have been ending
        self.meant: float | None = None

    def begin(self, onset: int, *, over_agent: bool) -> None:
        """A voice set in at this sample."""
        self._burst += 1
        self._onset = onset if over_agent and self._intent is not None else None
        self._due = onset + _FIRST
        self._ended_at = -1
        self.meant = None

    def due(self, clock: int, *, sounding: bool, last_voiced: int) -> bool:
        """Whether to ask, as of this sample of the call."""
        if self._onset is None or clock < self._onset + _FIRST or clock > self._onset + _LAST:
            return False
        return clock >= self._due if sounding else last_voiced != self._ended_at

    async def ask(self, sound: Pcm, clock: int, *, sounding: bool, last_voiced: int) -> bool:
        """Ask about the sound since a little before its onset. Whether there is an answer, and it is still the same
        burst of voice. An engine that fails is not asked again in this call: words and length tell enough."""
        burst = self._burst
        self._due = clock + _EVERY
        if not sounding:
            self._ended_at = last_voiced
        assert self._intent is not None
        try:
            meant = await self._intent.meant(sound)
        except EngineError as error:
            _log.warning("sounds over the agent are judged by their words alone from now on: %s", error)
            self._intent = self._onset = None
            return False
        if meant is None or burst != self._burst:
            return False
        self.meant = meant
        return True

    def with_words(self, text: str) -> float | None:
        """How likely (0..1) it is meant by its sound and these words; None of a voice that is not over the agent."""
        if self._onset is None or self._intent is None:
            return self.meant
        return self._intent.with_words(text, self.meant)
