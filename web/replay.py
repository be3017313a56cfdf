"""A stream as the WebSocket library wants it: it begins with a handshake, and closing it is left to its owner.

Why not the bytes that the client sent: the head was read and judged already (:mod:`web.head`), and the library hangs
or raises on some that we let pass (a host name that is no IDNA, an ``Upgrade`` of two words). It gets a head written
here, in which nothing but the checked key comes from outside. What came after the client's own head follows once the
handshake is answered: the library loses frames that come before.

Why closing is left: the library drops the connection at once when a client breaks the protocol, so the client never
learns why. The owner sends the close frame and lets the client read it (:func:`web.server.linger`).
"""

from __future__ import annotations

import trio
from trio.abc import Stream

from web.head import Head

__all__ = ["ReplayStream", "plain_handshake"]


def plain_handshake(head: Head) -> bytes:
    """The head of a socket request that was found good, in its plainest form."""
    key = head.get("sec-websocket-key")
    assert key is not None
    lines = [
        "GET /ws HTTP/1.1",
        "Host: bargein",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


class ReplayStream(Stream):
    """``stream``, beginning with ``head``; with :meth:`go_on` come ``trailing`` and all that follows. ``aclose`` only
    ends *this* view of it."""

    def __init__(self, stream: Stream, head: bytes, trailing: bytes) -> None:
        self._stream = stream
        self._first = head
        self._trailing = trailing
        self._going_on = trio.Event()
        self._closed = False

    def go_on(self) -> None:
        """The handshake is answered."""
        self._first += self._trailing
        self._going_on.set()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if self._closed:
            raise trio.ClosedResourceError
        if not self._first:
            await self._going_on.wait()
        if self._first:
            await trio.lowlevel.checkpoint()
            size = len(self._first) if max_bytes is None else max_bytes
            first, self._first = self._first[:size], self._first[size:]
            return first
        return bytes(await self._stream.receive_some(max_bytes))

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            raise trio.ClosedResourceError
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        self._closed = True
        await trio.lowlevel.checkpoint()
