"""The caller's line: frozen values that pass between a call and whatever connects it (browser, file, test).

The JSON form of these stands in :mod:`web.wire`; a call knows nothing of sockets.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import attrs
import trio

__all__ = [
    "AgentDone",
    "AgentSpeaking",
    "CallEnded",
    "CallerAudio",
    "ErrorNotice",
    "Flush",
    "HangUp",
    "Hold",
    "Incoming",
    "Line",
    "LineBack",
    "LineLost",
    "Outgoing",
    "PlaybackReport",
    "Resume",
    "StateChanged",
    "ToolProgress",
    "TranscriptUpdate",
    "TurnMetrics",
    "TypedText",
]

# --- from the caller --------------------------------------------------------------------------------------------------


@attrs.frozen
class CallerAudio:
    """PCM int16 LE, 16 kHz, mono, any even length."""

    pcm: bytes = attrs.field(repr=lambda pcm: f"<{len(pcm)} bytes>")


@attrs.frozen
class PlaybackReport:
    """``samples`` of turn ``turn`` (24 kHz, cumulative, underruns excluded) have left the caller's loudspeaker."""

    turn: int
    samples: int


@attrs.frozen
class TypedText:
    text: str


@attrs.frozen
class HangUp:
    """The caller hangs up (or the line closed for good); ``reason`` for the log."""

    reason: str = "caller"


@attrs.frozen
class LineLost:
    """The socket is gone; the caller may come back within 30 s."""


@attrs.frozen
class LineBack:
    """The caller is back on a new socket; audio not acknowledged before must be sent again."""


Incoming = CallerAudio | PlaybackReport | TypedText | HangUp | LineLost | LineBack

# --- to the caller ----------------------------------------------------------------------------------------------------


@attrs.frozen
class StateChanged:
    state: str


@attrs.frozen
class TranscriptUpdate:
    """Replaces what was shown for this turn and role. For the agent, ``final`` comes after playout or cut:
    ``text`` is what was heard, ``unheard`` the rest."""

    turn: int
    role: Literal["user", "agent"]
    text: str
    final: bool
    unheard: str = ""


@attrs.frozen
class AgentSpeaking:
    turn: int


@attrs.frozen
class AgentDone:
    """No more audio of this turn will be sent: exactly once per :class:`AgentSpeaking`."""

    turn: int


@attrs.frozen
class Hold:
    turn: int


@attrs.frozen
class Resume:
    turn: int


@attrs.frozen
class Flush:
    turn: int


@attrs.frozen
class ToolProgress:
    turn: int
    id: str
    name: str
    arguments: dict[str, Any]
    status: Literal["running", "ok", "error", "cancelled"]
    result: Any = None


@attrs.frozen
class TurnMetrics:
    """Milliseconds; None where the turn had no such part. See "Definitions" in docs/protocol.md."""

    turn: int
    ttfa_ms: float | None = None
    endpoint_ms: float | None = None
    stt_ms: float | None = None
    llm_ttft_ms: float | None = None
    sentence_ms: float | None = None
    tts_ttfb_ms: float | None = None
    filler: bool = False


@attrs.frozen
class ErrorNotice:
    code: str
    message: str


@attrs.frozen
class CallEnded:
    """The last message of a call; the line closes politely after it. ``reason``: "farewell", "idle", "drain", ..."""

    reason: str


Outgoing = (
    StateChanged
    | TranscriptUpdate
    | AgentSpeaking
    | AgentDone
    | Hold
    | Resume
    | Flush
    | ToolProgress
    | TurnMetrics
    | ErrorNotice
    | CallEnded
)


class Line(Protocol):
    """The call's view of its caller.

    ``send`` and ``send_audio`` never block: they append to one ordered, bounded queue that the line's single writer
    empties. They raise :class:`actors.errors.ClientTooSlow` when the queue is full. From the moment ``send(Flush(t))``
    returns, the writer drops audio of turns <= t that is still queued: the check at the last hop.
    """

    @property
    def incoming(self) -> trio.MemoryReceiveChannel[Incoming]: ...

    @property
    def round_trip(self) -> float:
        """Smoothed, in seconds; 0.0 where unknown."""

    def send(self, message: Outgoing) -> None: ...

    def send_audio(self, turn: int, pcm: bytes) -> None:
        """Queue agent audio of ``turn``, PCM int16 LE 24 kHz, at most 40 ms (1920 bytes) a frame."""
