"""What one process and one caller may use. Every number is a setting; :mod:`web.config` says how each is set."""

from __future__ import annotations

import math
from typing import Any

import attrs

__all__ = ["Limits", "TokenBucket", "setting"]


def setting(default: Any, help: str, *, env: str | None = None, **more: Any) -> Any:  # noqa: A002
    """An attrs field that :mod:`web.config` can fill and document.

    ``env`` is the name of the environment variable; without it the name is ``BARGEIN_`` plus the field's in capitals.
    """
    return attrs.field(default=default, metadata={"help": help, "env": env}, **more)


_positive = attrs.validators.gt(0)
_not_negative = attrs.validators.ge(0)


@attrs.frozen
class Limits:
    """Bounds on time, memory and number. Seconds and bytes unless the name says otherwise."""

    max_calls: int = setting(32, "calls at once; a further one gets `error` busy and close 1013", validator=_positive)
    max_connections: int = setting(
        512, "open connections of any kind; a further one gets HTTP 503", validator=_positive
    )
    max_message_bytes: int = setting(65_536, "largest WebSocket message; more closes 1009", validator=_positive)
    max_head_bytes: int = setting(16_384, "largest HTTP request head; more is 431", validator=_positive)
    max_text_chars: int = setting(2_000, "longest typed text; more gets `error` text_too_long", validator=_positive)
    max_malformed: int = setting(
        3, "malformed messages on one socket; the last of them closes 1008", validator=_positive
    )
    head_seconds: float = setting(
        5.0, "time to send a whole HTTP request head (and finish the TLS handshake)", validator=_positive
    )
    start_seconds: float = setting(0.3, "a call starts after this even if no message came", validator=_not_negative)
    idle_seconds: float = setting(
        300.0, "a caller who sends nothing at all for this long is hung up", validator=_positive
    )
    resume_seconds: float = setting(30.0, "how long a call waits for its caller's new socket", validator=_not_negative)
    end_seconds: float = setting(15.0, "time a call has to return once its caller is gone", validator=_positive)
    stall_seconds: float = setting(
        10.0, "a single send that takes longer closes the line as too slow", validator=_positive
    )
    ping_seconds: float = setting(5.0, "time between two WebSocket pings", validator=_positive)
    pong_seconds: float = setting(
        15.0, "a ping unanswered for this long means that the socket is lost", validator=_positive
    )
    close_seconds: float = setting(0.5, "time a client has to answer a WebSocket close", validator=_positive)
    control_rate: float = setting(50.0, "JSON messages per second from one socket, sustained", validator=_positive)
    control_burst: int = setting(100, "JSON messages from one socket at once", validator=_positive)
    control_excess: int = setting(
        1_000, "JSON messages dropped for their rate before the socket is closed 1008", validator=_positive
    )
    inbox_audio_bytes: int = setting(
        320_000, "caller audio waiting for the call (10 s); more drops the oldest", validator=_positive
    )
    outlet_bytes: int = setting(
        1_048_576, "unsent bytes to one caller; more closes the line as too slow", validator=_positive
    )
    replay_bytes: int = setting(524_288, "JSON kept for a caller who comes back", validator=_positive)
    drain_seconds: float = setting(20.0, "time calls have to finish when the server stops", validator=_not_negative)


@attrs.define
class TokenBucket:
    """``burst`` at once, ``rate`` a second after that. Time comes in as an argument, in seconds, and only rises."""

    rate: float
    burst: float
    _tokens: float = attrs.field(init=False)
    _filled_at: float = attrs.field(init=False, default=-math.inf)

    def __attrs_post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """Take one token if there is one."""
        if self._filled_at > -math.inf:
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
