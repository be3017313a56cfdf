"""What an ear has heard so far, and its settings. Pure."""

from __future__ import annotations

import attrs

from actors.call._recent import Recent
from actors.call._suspicion import SuspicionSettings
from actors.call._voice import Voice, VoiceSettings
from actors.ports import CALLER_RATE

__all__ = ["EarSettings", "Hearing"]


@attrs.frozen(kw_only=True)
class EarSettings:
    """Milliseconds. ``join_ms``: a shorter pause does not close a segment. ``longest_ms``: a longer segment is closed
    even in mid-speech, which bounds memory and the time of a transcription. ``pre_roll_ms``: what the recogniser gets
    of the time before the voice set in; over the agent less, since its echo holds words, too."""

    voice: VoiceSettings = VoiceSettings()
    suspicion: SuspicionSettings = SuspicionSettings()
    pre_roll_ms: int = 320
    pre_roll_over_agent_ms: int = 176
    join_ms: int = 1000
    longest_ms: int = 25_000
    partial_every_ms: int = 500
    no_input_ms: int = 400
    stt_timeout_ms: int = 4000


@attrs.define(eq=False)
class Hearing:
    """Of one call: written by its ear alone, read by whoever asks an engine about it. Times are samples of the call.

    ``clock``: samples received, and silence made up for missing input. ``onset``: where the latest voice set in.
    ``silent_since``: the sample behind the last audible one. ``segment_samples``: so many of the open segment were
    given to the recogniser.
    """

    voice: Voice
    recent: Recent
    clock: int = 0
    onset: int = 0
    silent_since: int = 0
    segment: int = -1
    segment_open: bool = False
    segment_samples: int = 0

    @property
    def so_far(self) -> tuple[int, int]:
        """Segment and last voiced sample: what a transcript asked for now covers."""
        return self.segment, self.voice.last_voiced

    @property
    def voiced_until(self) -> int:
        """Samples of the segment up to the end of its last voice."""
        return self.segment_samples - (self.clock - self.silent_since)

    @property
    def clear_ms(self) -> int:
        """So much of the voice was surely the caller's."""
        return self.voice.clear * 1000 // CALLER_RATE

    @property
    def silence_ms(self) -> float:
        """Silence so far after the last audible sample."""
        return (self.clock - self.silent_since) * 1000 / CALLER_RATE
