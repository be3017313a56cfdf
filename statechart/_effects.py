"""What the chart wants done, as frozen values, in the order in which it wants them done. Effects are orders, not calls:
whoever runs the chart carries them out (see :mod:`actors.call`)."""

from __future__ import annotations

import enum

import attrs

from statechart._events import Timer

__all__ = [
    "ArmTimer",
    "CancelAnswer",
    "CloseSegment",
    "ConfirmAnswer",
    "DisarmTimer",
    "Effect",
    "EndCall",
    "Flush",
    "Hold",
    "Phrase",
    "Play",
    "RecordCaller",
    "Resume",
    "RunCommit",
    "Say",
    "ShowCaller",
    "StartAnswer",
    "Tell",
    "Transcribe",
]


class Phrase(enum.Enum):
    """Fixed things to say; the agent holds their words."""

    GREETING = "greeting"
    FILLER = "filler"
    IDLE_PROMPT = "idle prompt"
    GOODBYE = "goodbye"
    APOLOGY = "apology"
    BREAKDOWN = "breakdown"  # an apology and a goodbye: too much has failed


@attrs.frozen
class Say:
    """Speak a fixed phrase as part of this turn; nothing more follows in the attempt unless it is a filler."""

    turn: int
    attempt: int
    phrase: Phrase


@attrs.frozen
class StartAnswer:
    """Let the model answer ``text``. Speculative: no sound leaves and no commit runs before :class:`ConfirmAnswer`.
    ``announce``: keys of commits whose outcome must be told first. An empty ``text`` is a turn for that alone."""

    turn: int
    attempt: int
    text: str
    speculative: bool
    announce: tuple[str, ...] = ()


@attrs.frozen
class Tell:
    """Let the outcomes of these side effects follow as the last words of an answer that has finished and is still
    being heard. Like :class:`Say` this opens the attempt again."""

    turn: int
    attempt: int
    announce: tuple[str, ...]


@attrs.frozen
class ConfirmAnswer:
    """The speculative answer is the answer."""

    turn: int
    attempt: int


@attrs.frozen
class CancelAnswer:
    """Stop the attempt at once: model, voice, reads. Commits that run go on."""

    turn: int
    attempt: int
    reason: str


@attrs.frozen
class Play:
    """Send this turn's audio as it comes."""

    turn: int


@attrs.frozen
class Hold:
    """Stop playing at the sample, keep everything."""

    turn: int


@attrs.frozen
class Resume:
    """Go on at the very next sample."""

    turn: int


@attrs.frozen
class Flush:
    """Throw away what was not heard of this turn and settle what was."""

    turn: int


@attrs.frozen
class RunCommit:
    """The side effect ``key`` may run now."""

    key: str


@attrs.frozen
class Transcribe:
    """Make the final transcript of the open segment, as of this pause."""

    segment: int
    pause: int


@attrs.frozen
class CloseSegment:
    """Whatever the caller says from now on belongs to a new segment."""


@attrs.frozen
class ShowCaller:
    """Show what the caller said in this turn; it replaces what was shown before."""

    turn: int
    text: str
    final: bool


@attrs.frozen
class RecordCaller:
    """Put the caller's words of this turn into the history; they replace earlier ones of the same turn."""

    turn: int
    text: str


@attrs.frozen
class ArmTimer:
    timer: Timer
    serial: int
    after_ms: int


@attrs.frozen
class DisarmTimer:
    timer: Timer


@attrs.frozen
class EndCall:
    """The call is over; running commits are still waited for."""

    reason: str


Effect = (
    Say
    | StartAnswer
    | Tell
    | ConfirmAnswer
    | CancelAnswer
    | Play
    | Hold
    | Resume
    | Flush
    | RunCommit
    | Transcribe
    | CloseSegment
    | ShowCaller
    | RecordCaller
    | ArmTimer
    | DisarmTimer
    | EndCall
)
