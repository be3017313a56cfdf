"""The wire's text: JSON on one side, the values of :mod:`actors.line` on the other. Sans-I/O.

Rules:

- Decoding never raises. Whatever a client sends is a value, nothing at all, or a :class:`Malformed` that says why.
- Encoding never raises either: what a tool returned may hold anything, and a call must not die of showing it.
- Text from outside is cleaned at this door: lone surrogates and control characters go no further.

docs/protocol.md is this module in prose.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, get_args

import attrs

from actors.line import (
    AgentDone,
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    ErrorNotice,
    Flush,
    HangUp,
    Hold,
    Outgoing,
    PlaybackReport,
    Resume,
    StateChanged,
    ToolProgress,
    TranscriptUpdate,
    TurnMetrics,
    TypedText,
)
from actors.ports import AGENT_RATE, CALLER_RATE

__all__ = [
    "FromClient",
    "FromServer",
    "Hello",
    "Malformed",
    "Ready",
    "decode_audio",
    "decode_client",
    "decode_server",
    "encode_client",
    "encode_server",
]


@attrs.frozen
class Hello:
    """A client's optional first message: the token of a call to go on with, and the last ``seq`` it received."""

    resume: str | None = None
    received: int = 0


@attrs.frozen
class Ready:
    """The server's first message on every socket. ``resume`` is the token for :class:`Hello`; rates in Hz."""

    call: str
    resume: str = attrs.field(repr=False)
    input_rate: int = CALLER_RATE
    output_rate: int = AGENT_RATE


@attrs.frozen
class Malformed:
    """A message that breaks the protocol. ``counts``: whether it is one of the three that close the socket."""

    code: str
    message: str
    counts: bool = True


FromClient = Hello | PlaybackReport | TypedText | HangUp
FromServer = Ready | Outgoing

_MAX_TURN: Final = 2**31 - 1
_MAX_SAMPLES: Final = 2**53 - 1  # what a JavaScript number holds exactly
_MAX_TOKEN: Final = 200
_MAX_VALUE_BYTES: Final = 32_768
_MAX_DEPTH: Final = 16
_MAX_INT_BITS: Final = 1024

_NAMES: Final[dict[type[Any], str]] = {
    Ready: "ready",
    StateChanged: "state",
    TranscriptUpdate: "transcript",
    AgentSpeaking: "agent_speaking",
    AgentDone: "agent_done",
    Hold: "hold",
    Resume: "resume",
    Flush: "flush",
    ToolProgress: "tool",
    TurnMetrics: "metrics",
    ErrorNotice: "error",
    CallEnded: "call_ended",
}
_TYPES: Final = {name: cls for cls, name in _NAMES.items()}

# --- from the client --------------------------------------------------------------------------------------------------


def decode_audio(data: bytes) -> CallerAudio | Malformed | None:
    """A binary message as caller audio; None for an empty one, which means nothing."""
    if not data:
        return None
    if len(data) % 2:
        return Malformed(
            "odd_length", "Audio is 16-bit PCM: a binary message has an even number of bytes.", counts=False
        )
    return CallerAudio(data)


def decode_client(text: str, *, max_text_chars: int = 2_000) -> FromClient | Malformed | None:
    """A text message as a value; None for typed text that holds nothing to say."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):  # ValueError: also an integer of thousands of digits
        return Malformed("bad_json", "A text message is one JSON object.")
    if not isinstance(fields, dict):
        return Malformed("bad_json", "A text message is one JSON object.")
    kind = fields.get("type")
    try:
        if kind == "playback":
            return PlaybackReport(_whole(fields, "turn", _MAX_TURN), _whole(fields, "samples", _MAX_SAMPLES))
        if kind == "text":
            return _typed_text(fields, max_text_chars)
        if kind == "hangup":
            return HangUp()
        if kind == "hello":
            return Hello(_token(fields), _whole(fields, "received", _MAX_SAMPLES, default=0))
    except _BadField as bad:
        return Malformed("bad_message", f"{kind}: {bad}")
    # What the client wrote is not echoed: it may be long, and it may be someone's words.
    return Malformed("unknown_type", 'Known types are "hello", "playback", "text" and "hangup".')


class _BadField(Exception):
    pass


def _whole(fields: Mapping[str, Any], name: str, most: int, default: int | None = None) -> int:
    value = fields.get(name, default)
    if value is None:
        value = default
    if type(value) is not int or not 0 <= value <= most:  # bool is an int to isinstance, not here
        raise _BadField(f'"{name}" is a whole number from 0 to {most}.')
    return value


def _token(fields: Mapping[str, Any]) -> str | None:
    token = fields.get("resume")
    if token is not None and not (isinstance(token, str) and len(token) <= _MAX_TOKEN):
        raise _BadField('"resume" is the token from "ready", or null.')
    return token or None


def _typed_text(fields: Mapping[str, Any], max_chars: int) -> TypedText | Malformed | None:
    text = fields.get("text")
    if not isinstance(text, str):
        raise _BadField('"text" is a string.')
    if len(text) > max_chars:
        return Malformed("text_too_long", f"Typed text may have {max_chars} characters.", counts=False)
    cleaned = _clean(text)
    return TypedText(cleaned) if cleaned else None


def _clean(text: str) -> str:
    """White space and control characters become single spaces, lone surrogates U+FFFD."""
    kept = ("\ufffd" if (category := unicodedata.category(c)) == "Cs" else " " if category == "Cc" else c for c in text)
    return " ".join("".join(kept).split())


def encode_client(message: FromClient) -> str:
    """What a client sends, for clients written in Python (the command line, tests, benchmarks)."""
    match message:
        case Hello(resume, received):
            fields: dict[str, Any] = {"type": "hello", "resume": resume, "received": received}
        case PlaybackReport(turn, samples):
            fields = {"type": "playback", "turn": turn, "samples": samples}
        case TypedText(text):
            fields = {"type": "text", "text": text}
        case HangUp():
            fields = {"type": "hangup"}
    return json.dumps(fields)


# --- from the server --------------------------------------------------------------------------------------------------


def encode_server(message: FromServer, seq: int) -> str:
    """One JSON object with ``type`` and ``seq`` first. The result can always be encoded as UTF-8."""
    fields: dict[str, Any] = {"type": _NAMES[type(message)], "seq": seq}
    for field in attrs.fields(type(message)):
        fields[field.name] = _plain(getattr(message, field.name))
    if isinstance(message, ToolProgress):
        fields["arguments"] = _bounded(fields["arguments"])
        fields["result"] = _bounded(fields["result"])
    return _dumps(fields)


def decode_server(text: str) -> tuple[FromServer, int]:
    """A server's JSON message and its ``seq``. Raises :class:`ValueError` for anything else."""
    try:
        fields = json.loads(text)
        seq, cls = fields.pop("seq"), _TYPES[fields.pop("type")]
        if type(seq) is not int:
            raise ValueError("seq")
        known = {field.name for field in attrs.fields(cls)}
        message: FromServer = cls(**{name: value for name, value in fields.items() if name in known})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a message of this protocol: {error}") from None
    return message, seq


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any, depth: int = 0) -> Any:
    """``value`` with everything JSON has no word for turned into text, and NaN and infinities into null."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _MAX_INT_BITS else "…"  # Python refuses to print the longest ones
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(_plain(str(key))): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in value]
    return _plain(str(value))


def _bounded(value: Any) -> Any:
    """``value``, or a note in its place where showing it would take too long to send."""
    size = len(_dumps(value).encode("utf-8"))
    return value if size <= _MAX_VALUE_BYTES else {"omitted": f"{size} bytes"}


assert set(_NAMES) == {Ready, *get_args(Outgoing)}, "every outgoing value needs a name on the wire"
