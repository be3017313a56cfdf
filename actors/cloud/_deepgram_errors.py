"""What goes wrong with Deepgram, as the project's few errors. The key and what the service wrote are never repeated."""

from __future__ import annotations

import re

import h11
import trio
from trio_websocket import CloseReason, ConnectionClosed, ConnectionRejected, ConnectionTimeout, HandshakeError
from wsproto.utilities import ProtocolError

from actors.errors import (
    EngineBadReply,
    EngineError,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
)

__all__ = ["CONNECTION_FAILURES", "closed", "from_code", "translated"]

#: What may come out of a WebSocket while it is opened, used or closed.
CONNECTION_FAILURES = (
    OSError,
    HandshakeError,
    ConnectionClosed,
    ProtocolError,
    h11.ProtocolError,  # the library lets it through
    trio.BrokenResourceError,
)

_CODE = re.compile(r"[A-Z][A-Z0-9_-]{1,40}")
_WHY = {
    400: "the request is not accepted (check the model's name and its options)",
    401: "the API key is not accepted (check DEEPGRAM_API_KEY)",
    402: "the account has no credit",
    403: "the API key may not use this model (check DEEPGRAM_API_KEY)",
    404: "there is no such address or model",
}


def translated(engine: str, error: BaseException) -> EngineError:
    """The project's error for one of :data:`CONNECTION_FAILURES`."""
    match error:
        case ConnectionRejected():
            return _from_status(engine, error)
        case ConnectionTimeout():
            return EngineTimeout(engine, "no connection in time")
        case ProtocolError() | h11.ProtocolError():
            return EngineBadReply(engine, "the server does not speak WebSocket")
        case _:
            return EngineUnavailable(engine, "the server cannot be reached or broke the connection off")


def _from_status(engine: str, error: ConnectionRejected) -> EngineError:
    status = error.status_code
    if status in (429, 503):
        return EngineOverloaded(engine, f"HTTP {status}: asked to come back later", _retry_after(error))
    if status in (408, 504):
        return EngineTimeout(engine, f"HTTP {status}: no answer in time")
    if status >= 500:
        return EngineUnavailable(engine, f"HTTP {status}: the server failed")
    return EngineRefused(engine, f"HTTP {status}: {_WHY.get(status, 'refused')}")


def _retry_after(error: ConnectionRejected) -> float | None:
    """Seconds; a date instead of seconds counts as not said."""
    for name, value in error.headers or ():
        if name.lower() == b"retry-after":
            try:
                seconds = float(value)
            except ValueError:
                return None
            return seconds if 0 <= seconds < 3600 else None
    return None


def closed(engine: str, why: CloseReason | None) -> EngineError:
    """The error for a connection that was closed."""
    if why is None or why.code == 1006:
        return EngineUnavailable(engine, "the connection broke")
    if why.code in (1002, 1007, 1009):  # found out by our own side as a rule
        return EngineBadReply(engine, f"the connection was closed over what was sent ({why.code})")
    return EngineUnavailable(
        engine, f"the server closed the connection ({why.code} {_named(why.reason)})".replace(" )", ")")
    )


def from_code(engine: str, code: str) -> EngineError:
    """The error for an error message within a connection."""
    named = _named(code)
    if "UNAUTHORIZED" in named or "INVALID_AUTH" in named:
        return EngineRefused(engine, f"{named}: the API key is not accepted (check DEEPGRAM_API_KEY)")
    if "TOO_MANY" in named or "RATE_LIMIT" in named:
        return EngineOverloaded(engine, f"{named}: asked to come back later")
    return EngineUnavailable(engine, f"the server reports an error{f' ({named})' if named else ''}")


def _named(text: str | None) -> str:
    """A code at the beginning of what the service wrote, such as NET-0001; the rest is not repeated."""
    found = _CODE.match(text or "")
    return found.group() if found else ""
