"""ElevenLabs' messages, to and from its SDK's types; both ways of speaking end in the same :class:`Piece`.

Its HTTP answers and its WebSocket name their errors differently; both become the project's errors here. What the
service wrote is not repeated, only its short code: a message may quote the text or the key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from actors.cloud._elevenlabs_alignment import CharacterTimes, character_times
from actors.errors import (
    EngineBadReply,
    EngineError,
    EngineMissing,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
)

__all__ = [
    "NAME",
    "Failure",
    "Piece",
    "close_context",
    "decode_line",
    "decode_message",
    "from_code",
    "from_status",
    "initialize",
    "keep_alive",
    "load",
    "send_text",
]

NAME = "elevenlabs"

_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")
_REFUSED = ("api_key", "quota", "unauthor", "unusual_activity", "voice_not", "model_not", "invalid", "permission")
_OVERLOADED = ("rate_limit", "too_many", "concurren", "system_busy", "max_active")
_WHY = {
    400: "the request is not accepted",
    401: "the key is not accepted, or has no credit left (check ELEVENLABS_API_KEY)",
    402: "the account has no credit",
    403: "the key may not use this voice or model",
    404: "there is no such voice",
    422: "the request is not accepted (check the voice and the model)",
}


@attrs.frozen
class Piece:
    """Some audio of a context (None: the service did not say which), in bytes that may end in the middle of a sample,
    and when its characters sound. ``final``: no more comes of this context."""

    context: str | None
    pcm: bytes = attrs.field(repr=lambda pcm: f"<{len(pcm)} bytes>")
    times: CharacterTimes | None = None
    final: bool = False


@attrs.frozen
class Failure:
    """An error message; it concerns one ``context``, or all of the connection where that is None."""

    context: str | None
    code: str


# --- to the service ---------------------------------------------------------------------------------------------------


def _types() -> Any:
    try:
        import elevenlabs.types
    except ImportError:
        raise EngineMissing(NAME, "the package elevenlabs is not installed (pip install elevenlabs)") from None
    return elevenlabs.types


def load() -> None:
    """Blocking: import the SDK's types, which takes a tenth of a second. EngineMissing if it is not installed."""
    close_context("")
    decode_message('{"audio": "", "alignment": {"chars": []}}')
    decode_line('{"audio_base64": "", "alignment": {"characters": []}}')


def _encode(message: Any) -> str:
    return json.dumps(message.model_dump(by_alias=True, exclude_none=True))


def initialize(context: str, settings: Mapping[str, Any]) -> str:
    """A new context's first message. ``settings``: stability, similarity_boost, style, use_speaker_boost, speed."""
    types = _types()
    voice = types.RealtimeVoiceSettings(**settings) if settings else None
    return _encode(types.InitializeConnectionMulti(context_id=context, voice_settings=voice))


def send_text(context: str, text: str) -> str:
    """A whole sentence, to be made at once."""
    return _encode(_types().SendTextMulti(text=text + " ", context_id=context, flush=True))


def keep_alive(context: str) -> str:
    return _encode(_types().KeepContextAlive(context_id=context))


def close_context(context: str) -> str:
    return _encode(_types().CloseContext(context_id=context, close_context=True))


# --- from the service -------------------------------------------------------------------------------------------------


def decode_message(message: str | bytes) -> Piece | Failure:
    """A message of the WebSocket. EngineBadReply for anything that the protocol does not know."""
    value = _object(message)
    context = value.get("contextId", value.get("context_id"))
    if context is not None and not isinstance(context, str):
        raise _not_allowed()
    if "error" in value:  # before all else: the SDK's types would take it for a final message
        return Failure(context, _code(value["error"]))
    final = value.get("isFinal") is True or value.get("is_final") is True
    if not final and not isinstance(value.get("audio"), str):
        raise _not_allowed()
    if value.get("audio") is None:
        return Piece(context, b"", None, final)
    from elevenlabs.types import AudioOutputMulti

    output = _construct(AudioOutputMulti, value)
    times = _socket_times(output.alignment) or _socket_times(output.normalized_alignment)
    return Piece(context, _audio(output.audio), times, final)


def decode_line(line: str | bytes) -> Piece | Failure:
    """A line of the HTTP stream. Raises as :func:`decode_message`."""
    value = _object(line)
    if "detail" in value or "error" in value:
        return Failure(None, _code_of(value))
    if not isinstance(value.get("audio_base64"), str):
        raise _not_allowed()
    from elevenlabs.types import StreamingAudioChunkWithTimestampsResponse

    output = _construct(StreamingAudioChunkWithTimestampsResponse, value)
    times = _stream_times(output.alignment) or _stream_times(output.normalized_alignment)
    return Piece(None, _audio(output.audio_base_64), times)


def _object(message: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        raise _not_allowed() from None
    if not isinstance(value, dict):
        raise _not_allowed()
    return value


def _construct(type_: type[Any], value: dict[str, Any]) -> Any:
    from elevenlabs.core.unchecked_base_model import construct_type

    try:
        return construct_type(type_=type_, object_=value)
    except Exception:  # it checks little, and fails on what it does not expect with whatever comes
        raise _not_allowed() from None


def _audio(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _not_allowed() from None


def _socket_times(alignment: Any) -> CharacterTimes | None:
    starts, lasts = getattr(alignment, "char_start_times_ms", None), getattr(alignment, "char_durations_ms", None)
    if not isinstance(starts, list) or not isinstance(lasts, list) or len(starts) != len(lasts):
        return None
    try:
        ends = [start + last for start, last in zip(starts, lasts, strict=True)]
    except TypeError:
        return None
    return character_times(alignment.chars, starts, ends, per_second=1000)


def _stream_times(alignment: Any) -> CharacterTimes | None:
    if alignment is None:
        return None
    return character_times(
        getattr(alignment, "characters", None),
        getattr(alignment, "character_start_times_seconds", None),
        getattr(alignment, "character_end_times_seconds", None),
        per_second=1,
    )


# --- errors -----------------------------------------------------------------------------------------------------------


def _not_allowed() -> EngineBadReply:
    return EngineBadReply(NAME, "the answer is not what the protocol allows")


def _code(value: Any) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _code_of(value: Any) -> str:
    """The short code in an error's body: ``{"detail": {"code" or "status": ...}}`` or ``{"error": ...}``."""
    detail = value.get("detail", value.get("error")) if isinstance(value, dict) else None
    if isinstance(detail, dict):
        return _code(detail.get("code")) or _code(detail.get("status"))
    return _code(detail)


def from_code(code: str) -> EngineError:
    """The error for a :class:`Failure`."""
    said = code or "an error without a name"
    if any(part in code for part in _OVERLOADED):
        return EngineOverloaded(NAME, f"{said}: asked to come back later")
    if any(part in code for part in _REFUSED):
        return EngineRefused(NAME, f"{said}: refused")
    return EngineUnavailable(NAME, f"{said}: the service failed")


def from_status(status: int, body: bytes, retry_after: str | None) -> EngineError:
    """The error for an HTTP answer that is none."""
    try:
        code = _code_of(json.loads(body))
    except (ValueError, RecursionError):
        code = ""
    said = f"HTTP {status}{f' {code}' if code else ''}"
    if status in (408, 504):
        return EngineTimeout(NAME, f"{said}: no answer in time")
    if status in (429, 503):
        return EngineOverloaded(NAME, f"{said}: asked to come back later", _seconds(retry_after))
    if status >= 500:
        return EngineUnavailable(NAME, f"{said}: the service failed")
    return EngineRefused(NAME, f"{said}: {_WHY.get(status, 'refused')}")


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 3600 else None
