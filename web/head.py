"""HTTP request heads: reading, routing, answering. Sans-I/O, and total: any bytes at all end in one stated outcome.

The port speaks one request per connection (every answer says ``Connection: close``), because the only long-lived
thing here is the socket. A head that asks for the socket is handed on *with the bytes it was read from*, so that the
WebSocket library can read it again.

A path from outside never touches the file system: static files are looked up by name in a table made at start.
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import attrs
import h11

__all__ = [
    "Answer",
    "Head",
    "HeadReader",
    "Place",
    "Refusal",
    "Route",
    "StaticFile",
    "means_this_machine",
    "route",
    "security_headers",
]

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


class Place(enum.Enum):
    """Where a request goes that is neither a file nor refused."""

    HEALTH = "/healthz"
    READY = "/readyz"
    METRICS = "/metrics"
    SOCKET = "/ws"


@attrs.frozen
class StaticFile:
    """``name`` is a key of the table of static files."""

    name: str


Route = Place | StaticFile | Refusal


@attrs.frozen
class Answer:
    """A response to send. ``Content-Length``, ``Connection`` and the security headers are added when it is written."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


# --- reading and writing ----------------------------------------------------------------------------------------------


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


# --- routing ----------------------------------------------------------------------------------------------------------

#: Names of one or more parts, none of which begins with a dot.
_STATIC_NAME: Final = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*", re.ASCII)
_PLACES: Final[Mapping[str, Place]] = {place.value: place for place in Place}


def route(
    head: Head, *, static: Collection[str] = (), origins: Collection[str] = (), only_local: bool = False
) -> Route:
    """Decide what a request gets.

    ``static``: names of the files there are ("index.html", "js/app.js"). ``origins``: further allowed values of
    ``Origin`` for the socket, such as ``https://desk.example.org``; ``*`` allows any. ``only_local``: this server
    listens on a loopback address, so a page's own name counts only if it means this machine. Else any page could give
    its own name our address (DNS rebinding) and open calls in its visitor's browser.
    """
    path = _path(head.target)
    if path is None:
        return Refusal(400, "The address is not one that this server understands.")
    place = _PLACES.get(path)
    name = "index.html" if path == "/" else path.removeprefix("/static/") if path.startswith("/static/") else None
    if place is None and (name is None or not _STATIC_NAME.fullmatch(name) or name not in static):
        return Refusal(404, "There is nothing here.")
    if head.method not in ("GET", "HEAD") or (place is Place.SOCKET and head.method != "GET"):
        allowed = "GET" if place is Place.SOCKET else "GET, HEAD"
        return Refusal(405, "This address can only be read.", (("Allow", allowed),))
    if place is Place.SOCKET:
        return _refuse_socket(head, origins, only_local=only_local) or Place.SOCKET
    if place is not None:
        return place
    assert name is not None
    return StaticFile(name)


def _path(target: str) -> str | None:
    """The decoded path of a target in origin or absolute form; None where there is none or it is not clean text."""
    if not target.startswith("/"):
        split = _split(target)
        if split is None or split.scheme not in ("http", "https"):
            return None
        target = split.path or "/"
    try:
        path = unquote_to_bytes(target.partition("?")[0].partition("#")[0]).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if any(ord(c) < 0x20 or c in "\\\x7f" for c in path) else path


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _refuse_socket(head: Head, origins: Collection[str], *, only_local: bool) -> Refusal | None:
    """Why this request may not become a socket; None when it may."""
    upgrade = [value.lower() for value in head.get_all("upgrade")]
    connection = [value.lower() for value in head.get_all("connection")]
    if "websocket" not in upgrade or "upgrade" not in connection or head.http_version != "1.1":
        return Refusal(
            426, "This address speaks WebSocket.", (("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
        )
    if head.get("sec-websocket-version") != "13":
        return Refusal(426, "Only WebSocket version 13 is spoken here.", (("Sec-WebSocket-Version", "13"),))
    if not _is_key(head.get("sec-websocket-key")):
        return Refusal(400, "Sec-WebSocket-Key is 16 bytes in base64, once.")
    if head.get_all("transfer-encoding") or any(value != "0" for value in head.get_all("content-length")):
        return Refusal(400, "A request for the socket has no body.")
    if not _is_allowed_origin(head, origins, only_local=only_local):
        return Refusal(403, "This page may not open a call here. Setting: origins.")
    return None


def _is_key(key: str | None) -> bool:
    try:
        return key is not None and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _is_allowed_origin(head: Head, origins: Collection[str], *, only_local: bool) -> bool:
    """Absent (no browser), the page's own host whatever the scheme (TLS may end before us), or one of ``origins``."""
    given = [value for key, value in head.headers if key == "origin"]
    if not given or "*" in origins:
        return True
    if len(given) > 1:
        return False
    if given[0] in {origin.rstrip("/") for origin in origins}:
        return True
    split = _split(given[0])
    host = head.get("host")
    if split is None or split.scheme not in ("http", "https") or host is None:
        return False
    ours, theirs = _authority(f"//{host}", split.scheme), _authority(given[0], split.scheme)
    return ours is not None and ours == theirs and (not only_local or means_this_machine(ours[0]))


def means_this_machine(name: str) -> bool:
    """Whether a host's name or address can only be this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _authority(url: str, scheme: str) -> tuple[str, int] | None:
    try:
        split = urlsplit(url)
        if split.hostname is None or split.username is not None or split.path or split.query:
            return None
        return split.hostname, split.port or {"http": 80, "https": 443}[scheme]
    except ValueError:
        return None
