"""From speech probabilities to "the voice set in" and "the voice fell silent". Pure; time is counted in samples.

Setting in needs a few windows in a row above a threshold, falling silent a longer run below a lower one: the gap
between the thresholds and the runs keep single windows from deciding. Windows that may hold no more than the agent's
own voice come in as silence (see ``_echo``).
"""

from __future__ import annotations

import attrs

__all__ = ["Voice", "VoiceChange", "VoiceSettings"]


@attrs.frozen(kw_only=True)
class VoiceSettings:
    """Thresholds are probabilities (0..1), durations milliseconds.

    ``echo_margin_db``: over the agent, a window counts as silence that is more than so many dB quieter than the loudest
    agent audio that can be in it; None: none does (a line that has no echo). It takes the place of the paper's echo
    gate, 6 dB less and a threshold of 0.7 over the agent: Silero hardly depends on level and is as sure of an echo as
    of a caller, so neither changed anything (``bench/gate.py``).
    """

    start: float = attrs.field(
        default=0.5, validator=attrs.validators.and_(attrs.validators.gt(0), attrs.validators.lt(1))
    )
    stop: float = 0.35
    start_ms: int = 64
    stop_ms: int = 96
    echo_margin_db: float | None = 12.0


@attrs.frozen
class VoiceChange:
    """``voiced`` sets in or ends; ``at`` is the sample (16 kHz, from the start of the call) where it began to."""

    voiced: bool
    at: int


class Voice:
    """Decides window by window. ``last_voiced`` is the sample behind the last window that had voice."""

    def __init__(self, settings: VoiceSettings, *, window: int, rate: int) -> None:
        self._settings = settings
        self._window = window
        self._need_start = max(1, round(settings.start_ms * rate / 1000 / window))
        self._need_stop = max(1, round(settings.stop_ms * rate / 1000 / window))
        self._run = 0
        self.position = 0
        self.voiced = False
        self.last_voiced = 0

    @property
    def sounding(self) -> bool:
        """The voice is up, and the latest window had it."""
        return self.voiced and self.last_voiced == self.position

    @property
    def setting_in(self) -> bool:
        """The latest windows may be the beginning of a voice: the next ones tell."""
        return not self.voiced and self._run > 0

    def skip(self, samples: int) -> None:
        """``samples`` of silence went by without audio."""
        self.position += samples
        if not self.voiced:
            self._run = 0

    def feed(self, probability: float) -> VoiceChange | None:
        """Take the next window."""
        settings = self._settings
        self.position += self._window
        if self.voiced:
            if probability >= settings.stop:
                self._run = 0
                self.last_voiced = self.position
                return None
            self._run += 1
            if self._run < self._need_stop:
                return None
            self.voiced, self._run = False, 0
            return VoiceChange(voiced=False, at=self.last_voiced)
        if probability < settings.start:
            self._run = 0
            return None
        self._run += 1
        if self._run < self._need_start:
            return None
        at = self.position - self._run * self._window
        self.voiced, self._run = True, 0
        self.last_voiced = self.position
        return VoiceChange(voiced=True, at=at)
