"""What can happen to a call, as frozen values. Everything that the chart knows of the world comes in through these.

Turn-scoped events carry ``(turn, attempt)``; whatever is older than the snapshot's pair is stale and changes nothing.
Caller speech is numbered by *segment* (speech between two long pauses; numbers only rise) and *pause* (how often the
voice has fallen silent in this call): a final transcript counts as settled only while its pause is the latest one.
"""

from __future__ import annotations

import enum

import attrs

__all__ = [
    "AudioReady",
    "CallStarted",
    "CommitFinished",
    "CommitRequested",
    "DrainRequested",
    "EagerEndOfTurn",
    "EndCallRequested",
    "EndOfTurn",
    "Event",
    "FinalTranscript",
    "HangUpRequested",
    "LineBack",
    "LineLost",
    "PartialTranscript",
    "PlayoutDrained",
    "ReplyFailed",
    "ReplyFinished",
    "Settled",
    "SpanQueued",
    "SttFailed",
    "TextTyped",
    "Timer",
    "TimerFired",
    "TurnResumed",
    "VoiceStarted",
    "VoiceStopped",
    "VoiceSuspected",
]


class Timer(enum.Enum):
    """The chart's timers. END_OF_TURN counts silence in received samples from the last voiced one; the others count
    milliseconds from being armed."""

    END_OF_TURN = "end of turn"
    FILLER = "filler"
    ANSWER = "answer deadline"
    OVERLAP = "overlap"
    SUSPICION = "suspicion"
    IDLE = "idle"
    TRANSCRIPT = "transcript deadline"
    STALL = "voice without new words"
    RECONNECT = "reconnect"


@attrs.frozen
class CallStarted:
    """The line is open; the greeting is due."""


@attrs.frozen
class VoiceStarted:
    """The caller's voice set in, in segment ``segment``. ``unheard_ms``: how much of the agent's *finished* reply is
    still unheard, None while the reply is not finished or nothing plays. ``heard``: what the caller has heard of the
    agent's turn by now; only that can echo, or be answered."""

    segment: int
    unheard_ms: int | None = None
    heard: str = ""


@attrs.frozen
class VoiceStopped:
    """The caller's voice fell silent for the ``pause``-th time, after ``voiced_ms`` of voice."""

    segment: int
    pause: int
    voiced_ms: int = 0


@attrs.frozen
class VoiceSuspected:
    """A sound over the agent may be the beginning of a voice; ``VoiceStarted`` follows soon, or never. Only while no
    voice is up."""


@attrs.frozen
class PartialTranscript:
    """What segment ``segment`` sounds like so far; may change. ``meant``: how likely (0..1) its sound and words make
    it that it is for the agent; None: nobody can tell, or it was not over the agent."""

    segment: int
    text: str
    voiced_ms: int = 0
    meant: float | None = None


@attrs.frozen
class FinalTranscript:
    """What segment ``segment`` says, settled as of pause ``pause``. ``meant``: see :class:`PartialTranscript`."""

    segment: int
    pause: int
    text: str
    meant: float | None = None


@attrs.frozen
class SttFailed:
    """The transcript of segment ``segment`` could not be made."""

    segment: int
    pause: int


@attrs.frozen
class EagerEndOfTurn:
    """The recogniser believes that the caller's turn may be over, with ``text`` as what segment ``segment`` says."""

    segment: int
    text: str


@attrs.frozen
class TurnResumed:
    """The recogniser has changed its mind: the caller goes on, in segment ``segment``."""

    segment: int


@attrs.frozen
class EndOfTurn:
    """The recogniser is sure that the caller's turn is over, with ``text`` as what segment ``segment`` says, all that
    was voiced included; ``silence_ms`` have followed it."""

    segment: int
    text: str
    silence_ms: int = 0


@attrs.frozen
class TextTyped:
    """The caller typed instead of speaking: a confirmed turn."""

    text: str


@attrs.frozen
class TimerFired:
    """Timer ``timer``, armed under ``serial``, ran out."""

    timer: Timer
    serial: int


@attrs.frozen
class SpanQueued:
    """A sentence of the reply went to the voice. ``filler``: it only bridges a wait."""

    turn: int
    attempt: int
    text: str
    filler: bool = False


@attrs.frozen
class AudioReady:
    """Confirmed, unplayed audio of this attempt waits in an otherwise empty playout."""

    turn: int
    attempt: int


@attrs.frozen
class ReplyFinished:
    """All there is to say in this attempt has been synthesised and queued."""

    turn: int
    attempt: int


@attrs.frozen
class ReplyFailed:
    """The attempt cannot go on; ``reason`` is for the journal and never spoken."""

    turn: int
    attempt: int
    reason: str


@attrs.frozen
class PlayoutDrained:
    """The caller has heard every sample queued so far for this turn."""

    turn: int


@attrs.frozen
class Settled:
    """What was heard of ``turn`` is now exact and in the history. ``announced``: keys of the commits whose outcome the
    caller heard in it."""

    turn: int
    announced: frozenset[str] = frozenset()


@attrs.frozen
class CommitRequested:
    """The attempt wants to run the side effect ``key`` (unique in the call)."""

    turn: int
    attempt: int
    key: str


@attrs.frozen
class CommitFinished:
    """The side effect ``key`` has ended, one way or the other. Call-scoped: never stale."""

    key: str


@attrs.frozen
class EndCallRequested:
    """The model asks to end the call once its words were heard."""

    turn: int
    attempt: int


@attrs.frozen
class HangUpRequested:
    """The caller is gone for good."""

    reason: str = "caller"


@attrs.frozen
class LineLost:
    """The caller's socket is gone; the caller may come back."""


@attrs.frozen
class LineBack:
    """The caller is back on a new socket."""


@attrs.frozen
class DrainRequested:
    """The server is going away: end the call after this turn."""


Event = (
    CallStarted
    | VoiceStarted
    | VoiceStopped
    | VoiceSuspected
    | PartialTranscript
    | FinalTranscript
    | SttFailed
    | EagerEndOfTurn
    | TurnResumed
    | EndOfTurn
    | TextTyped
    | TimerFired
    | SpanQueued
    | AudioReady
    | ReplyFinished
    | ReplyFailed
    | PlayoutDrained
    | Settled
    | CommitRequested
    | CommitFinished
    | EndCallRequested
    | HangUpRequested
    | LineLost
    | LineBack
    | DrainRequested
)
