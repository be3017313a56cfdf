"""What listen v1 and Flux have in common, so that connections and streams need not know which one they speak."""

from __future__ import annotations

from typing import Protocol

import attrs

from actors.cloud._deepgram_words import Spoken
from actors.ports import SignalKind

__all__ = ["Dialect", "Failed", "Heard", "LinkSettings", "Signalled", "engine_name"]

engine_name = "deepgram"


@attrs.frozen
class Heard:
    """A result. Times are seconds of the connection's audio. ``until``: the end of the audio it covers; ``final``: it
    will not change any more; ``flushed``: it answers our request to settle everything."""

    words: tuple[Spoken, ...]
    until: float
    final: bool
    flushed: bool = False
    signal: SignalKind | None = None
    confidence: float = 0.0


@attrs.frozen
class Signalled:
    """A signal without words; ``at``: where it belongs, in seconds of the connection's audio."""

    signal: SignalKind
    at: float


@attrs.frozen
class Failed:
    """The service reports an error; the connection is of no more use."""

    code: str


class Dialect(Protocol):
    """A protocol's words. ``least`` and ``most``: samples in a message of audio. ``settles``: only final results count
    as an answer. ``flush_after``: seconds to wait for an answer without asking. ``keep_alive``: None where only audio
    keeps a connection alive. ``flush_silence``: samples of silence to send behind a flush, where the service may not
    answer it but reports on audio."""

    least: int
    most: int
    settles: bool
    flush: str
    flush_after: float
    flush_silence: int
    keep_alive: str | None
    close: str

    def read(self, message: str) -> Heard | Signalled | Failed | None:
        """Decode a message; None for one that says nothing of interest. ValueError for nonsense."""


@attrs.frozen(kw_only=True)
class LinkSettings:
    """All in seconds but ``replay_speed`` (times real time: the service accepts about 1.25).

    ``connect``, ``final``: deadlines for a connection and for a final transcript. ``answer``: how long the service may
    take to settle what it has. ``stall``: how long it may say nothing about audio it was given. ``pong``: how long it
    may take to answer a ping. ``keep_alive``: between signs of life while nothing is said. ``lead``: replayed audio
    begins so much before what is missing. ``keep``: the most audio kept for a replay. ``idle``: without audio for so
    long, the rest is settled. ``back_off_first``, ``back_off_most``: waits between tries to connect.
    """

    connect: float = 3.0
    final: float = 3.8
    answer: float = 1.0
    stall: float = 3.0
    pong: float = 2.0
    keep_alive: float = 4.0
    lead: float = 0.2
    keep: float = 40.0
    idle: float = 1.0
    replay_speed: float = 1.25
    replay_burst: float = 1.0
    back_off_first: float = 0.2
    back_off_most: float = 5.0
