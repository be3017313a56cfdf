"""What stands in a journal, line by line, as frozen values.

A journal is JSON lines: a :class:`Head` first, then one object a line with ``at`` (seconds since the call began) and
its kind under ``type``. Only :class:`Took`, :class:`Refused` and :class:`Set` concern the chart; the others show what
was said, sent and heard meanwhile.
"""

from __future__ import annotations

import json
from typing import Any, Final

import attrs

from actors.journal._codec import JournalError, decode, encode
from actors.line import AgentDone, AgentSpeaking, CallEnded, ErrorNotice, ToolProgress, TranscriptUpdate, TurnMetrics
from statechart import Effect, Event, Settings, Snapshot, State

__all__ = [
    "TICK_MS",
    "VERSION",
    "Ended",
    "Head",
    "Line",
    "Lost",
    "Note",
    "Noted",
    "Refused",
    "Set",
    "SettledAt",
    "Sound",
    "Took",
    "decode_head",
    "decode_line",
    "encode_line",
]

VERSION: Final = 1  #: of the journal's form
TICK_MS: Final = 100  #: what one number of :class:`Sound` stands for

Note = TranscriptUpdate | ToolProgress | AgentSpeaking | AgentDone | TurnMetrics | ErrorNotice | CallEnded


@attrs.frozen(kw_only=True)
class Head:
    """The first line. ``began``: UTC, ISO 8601. ``audio``: the name of the WAV file beside it, empty for none.
    ``settings``: the chart's, so that a replay needs nothing else."""

    journal: int = VERSION
    bargein: str
    call: str
    agent: str
    began: str
    masked: bool
    audio: str = ""
    settings: Settings


@attrs.frozen
class Took:
    """The chart took ``event``; the effects came out, in order, and it was in ``state`` then. ``differs``: with the
    stand-ins for what was said the chart decides otherwise than it did in the call; a :class:`Set` follows."""

    at: float
    event: Event
    effects: tuple[Effect, ...]
    state: State
    differs: bool = False


@attrs.frozen
class Refused:
    """The event was illegal and changed nothing."""

    at: float
    event: Event


@attrs.frozen
class Set:
    """From here on the chart is at ``snapshot``. ``why``: "gap" (lines before were lost) or "masked" (see above)."""

    at: float
    snapshot: Snapshot
    why: str


@attrs.frozen
class Lost:
    """So many lines were lost before this one: the disk was full or too slow."""

    at: float
    lines: int


@attrs.frozen
class Noted:
    """What the caller's end was told."""

    at: float
    message: Note


@attrs.frozen
class Sound:
    """A second or less of sound, from ``at`` on, one number a tick of 100 ms. ``caller_db``: level of the caller's
    audio, dB relative to full scale. ``agent``: (turn, samples sent of it, samples heard of it by then)."""

    at: float
    caller_db: tuple[int, ...]
    agent: tuple[tuple[int, ...], ...]


@attrs.frozen
class SettledAt:
    """Of the turn, exactly ``samples`` (24 kHz) were heard; ``cut``: and the rest never will be."""

    at: float
    turn: int
    samples: int
    cut: bool


@attrs.frozen
class Ended:
    """The call is over. ``lost``: lines that were lost in all, ``audio_lost_ms``: of the recording."""

    at: float
    reason: str
    lost: int = 0
    audio_lost_ms: int = 0


Line = Took | Refused | Set | Lost | Noted | Sound | SettledAt | Ended


def encode_line(line: Head | Line) -> bytes:
    """One line, with its end."""
    fields = encode(line)
    try:
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def decode_head(data: bytes) -> Head:
    """The first line. JournalError where it is none, or of another version."""
    fields = _object(data)
    version = fields.get("journal")
    if fields.get("type") != "Head" or not isinstance(version, int):
        raise JournalError("this is no journal of a call: its first line has no version")
    if version != VERSION:
        raise JournalError(
            f"this journal has version {version}, and this program reads version {VERSION}; "
            f"replay it with the bargein that wrote it ({fields.get('bargein', 'unknown')})"
        )
    head: Head = decode(Head, fields)
    return head


def decode_line(data: bytes) -> Line:
    """Any other line. JournalError where it cannot be read."""
    line: Line = decode(Line, _object(data))
    return line


def _object(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise JournalError(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise JournalError("not a JSON object")
    return fields
