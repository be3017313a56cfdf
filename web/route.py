"""What a request gets: a place, a file, the socket, or a refusal that says why. Pure.

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

from web.head import Head, Refusal

__all__ = ["Place", "Route", "StaticFile", "means_this_machine", "route"]


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
