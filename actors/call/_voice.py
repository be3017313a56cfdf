"""From speech probabilities to "the voice set in" and "the voice fell silent". Pure; time is counted in samples.

Setting in needs a few windows in a row above a threshold, falling silent a longer run below a lower one: the gap
between the thresholds and the runs keep single windows from deciding. So does a gap between the levels at which a
window over the agent counts: what is quiet against the agent may be no more than its own echo (see ``_echo``) and
starts no voice, but may well be a consonant of one that is there. Nor does a noise over the echo start one, if no
window of it has a pitch. *Clear* are the windows that are surely the caller's voice.
"""

from __future__ import annotations

import attrs

from actors.call._echo import OverAgent

__all__ = ["Voice", "VoiceChange", "VoiceSettings"]


@attrs.frozen(kw_only=True)
class VoiceSettings:
    """Thresholds are probabilities (0..1), durations milliseconds.

    ``echo_margin_db``: over the agent, a window starts no voice that is more than so many dB quieter than the loudest
    agent audio that can be in it; None: any may (a line that has no echo). It takes the place of the paper's echo
    gate, 6 dB less and a threshold of 0.7 over the agent: Silero hardly depends on level and is as sure of an echo as
    of a caller, so neither changed anything (``bench/gate.py``). ``echo_keep_db``: a voice that is there goes on in
    windows so many dB quieter still; the hold that it caused ends the echo soon. ``pitch``: from this periodicity on
    (0..1) a window over the agent has a pitch; noises stay below 0.5 all but always, vowels above 0.6.
    """

    start: float = attrs.field(
        default=0.5, validator=attrs.validators.and_(attrs.validators.gt(0), attrs.validators.lt(1))
    )
    stop: float = 0.35
    start_ms: int = 64
    stop_ms: int = 96
    echo_margin_db: float | None = 12.0
    echo_keep_db: float = 12.0
    pitch: float = 0.55


@attrs.frozen
class VoiceChange:
    """``voiced`` sets in or ends; ``at`` is the sample (16 kHz, from the start of the call) where it began to."""

    voiced: bool
    at: int


class Voice:
    """Decides window by window. ``last_voiced`` is the sample behind the last window that had voice, ``clear`` how many
    samples of the voice (the present one, or the last) were surely the caller's."""

    def __init__(self, settings: VoiceSettings, *, window: int, rate: int) -> None:
        self._settings = settings
        self._window = window
        self._need_start = max(1, round(settings.start_ms * rate / 1000 / window))
        self._need_stop = max(1, round(settings.stop_ms * rate / 1000 / window))
        self._run = 0
        self._pitched = 0  # windows of the run that have a pitch
        self.position = 0
        self.voiced = False
        self.last_voiced = 0
        self.clear = 0

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
            self._run = self._pitched = 0

    def feed(self, probability: float, over: OverAgent = OverAgent()) -> VoiceChange | None:  # noqa: B008 - frozen
        """Take the next window."""
        settings = self._settings
        self.position += self._window
        loud = settings.echo_margin_db is None or over.db >= -settings.echo_margin_db
        pitched = loud and (settings.echo_margin_db is None or over.pitch >= settings.pitch)
        if self.voiced:
            if pitched and probability >= settings.start:
                self.clear += self._window
            if probability >= settings.stop and (loud or self._keeps(over)):
                self._run = 0
                self.last_voiced = self.position
                return None
            self._run += 1
            if self._run < self._need_stop:
                return None
            self.voiced, self._run = False, 0
            return VoiceChange(voiced=False, at=self.last_voiced)
        if probability < settings.start or not loud:
            self._run = self._pitched = 0
            return None
        self._run += 1
        self._pitched += pitched
        if self._run < self._need_start or not self._pitched:
            return None
        self.clear = self._pitched * self._window
        at = self.position - self._run * self._window
        self.voiced, self._run, self._pitched = True, 0, 0
        self.last_voiced = self.position
        return VoiceChange(voiced=True, at=at)

    def _keeps(self, over: OverAgent) -> bool:
        margin = self._settings.echo_margin_db
        return margin is None or over.db >= -margin - self._settings.echo_keep_db
