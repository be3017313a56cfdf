"""HTTP request heads and answers: reading and writing. Sans-I/O, and total: any bytes at all end in one stated outcome.

The port speaks one request per connection (every answer says ``Connection: close``), because the only long-lived
thing here is the socket. A head that asks for the socket is handed on *with the bytes it was read from*, so that the
WebSocket library can read it again.
"""

from __future__ import annotations

from typing import Final

import attrs
import h11

__all__ = ["Answer", "Head", "HeadReader", "Refusal", "security_headers"]

_MAX_TARGET: Final = 4_096


@attrs.frozen
class Head:
    """A request head. ``target`` as sent; header names in lower case, in the order sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    http_version: str = "1.1"

    def get_all(self, name: str) -> list[str]:
        """Every value of a header, split at commas."""
        values = [value for key, value in self.headers if key == name]
        return [part.strip() for value in values for part in value.split(",") if part.strip()]

    def get(self, name: str) -> str | None:
        """The one value of a header; None where it is absent or given more than once."""
        values = [value for key, value in self.headers if key == name]
        return values[0] if len(values) == 1 else None


@attrs.frozen
class Refusal:
    """An answer that is an error: ``status`` and a sentence for whoever reads it."""

    status: int
    message: str
    headers: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Answer:
    """A response to send. ``Content-Length``, ``Connection`` and the security headers are added when it is written."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class HeadReader:
    """Reads one request head from bytes in any pieces, and writes the one answer to it."""

    def __init__(self, max_bytes: int = 16_384) -> None:
        self._max_bytes = max_bytes
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=max_bytes)
        self._raw = bytearray()
        self._method = b"GET"

    @property
    def is_untouched(self) -> bool:
        """Whether nothing at all was received."""
        return not self._raw

    @property
    def trailing(self) -> bytes:
        """What came after the head, for whoever goes on with the connection."""
        return self._connection.trailing_data[0]

    def feed(self, data: bytes) -> Head | Refusal | None:
        """Take what was received (``b""``: the other side has finished). None: not a whole head yet.

        After anything but None no more may be fed.
        """
        self._raw += data
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            return self._refuse(error.error_status_hint)
        if isinstance(event, h11.Request):
            self._method = event.method
            return self._accept(event)
        if isinstance(event, h11.ConnectionClosed):
            return Refusal(400, "The connection ended before a request.")
        return None

    def write(self, answer: Answer, *, date: str | None = None) -> bytes:
        """The answer as bytes; without its body where the request was HEAD. At most once."""
        headers = [
            *answer.headers,
            *security_headers(),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("Connection", "close"),
        ]
        if date is not None:
            headers.append(("Date", date))
        send = self._connection.send
        parts = [send(h11.Response(status_code=answer.status, headers=headers))]
        if self._method != b"HEAD" and answer.status != 304:
            parts.append(send(h11.Data(data=answer.body)))
        parts.append(send(h11.EndOfMessage()))
        return b"".join(part for part in parts if part)

    def _accept(self, request: h11.Request) -> Head | Refusal:
        if len(request.target) > _MAX_TARGET:
            return Refusal(414, "The address is too long.")
        if len(self._raw) - len(self._connection.trailing_data[0]) > self._max_bytes:
            return Refusal(431, "The request head is too large.")
        return Head(
            method=request.method.decode("ascii"),
            target=request.target.decode("ascii"),
            headers=tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers),
            http_version=request.http_version.decode("ascii"),
        )

    def _refuse(self, hint: int) -> Refusal:
        if len(self._raw) > self._max_bytes:
            if b"\n" not in self._raw[: self._max_bytes]:
                return Refusal(414, "The address is too long.")
            return Refusal(431, "The request head is too large.")
        if hint == 501:
            return Refusal(501, "This transfer encoding is not supported.")
        return Refusal(400, "This is not an HTTP request that this server understands.")


_CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


def security_headers() -> tuple[tuple[str, str], ...]:
    """What every answer carries."""
    return (
        ("Content-Security-Policy", _CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "microphone=(self), camera=(), geolocation=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    )
