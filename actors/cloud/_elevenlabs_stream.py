"""The TCP or TLS stream under a WebSocket, owned by us.

trio-websocket leaves the stream open when the other side breaks off, and waits for a handshake that will not come. So
the stream is opened and closed here, and says when it has ended.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress

import trio
from trio.abc import Stream

from actors.cloud._wrapped import WrappedStream

__all__ = ["OwnedStream", "open_stream"]


async def open_stream(host: str, port: int | None, *, tls: bool) -> Stream:
    """A stream to ``host``. OSError where there is none."""
    if not tls:
        return await trio.open_tcp_stream(host, port or 80)
    context = ssl.create_default_context()
    return await trio.open_ssl_over_tcp_stream(host, port or 443, ssl_context=context, https_compatible=True)


class OwnedStream(WrappedStream):
    """``on_end`` is called when nothing more can be read, and when it is closed."""

    def __init__(self, stream: Stream, on_end: Callable[[], None]) -> None:
        super().__init__(stream)
        self._on_end = on_end

    def abort(self) -> None:
        """Close the socket at once, without a word."""
        transport = self._stream.transport_stream if isinstance(self._stream, trio.SSLStream) else self._stream
        assert isinstance(transport, trio.SocketStream)
        with suppress(OSError):
            transport.socket.close()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        try:
            data = await self._stream.receive_some(max_bytes)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._on_end()
            raise
        if not data:
            self._on_end()
        return data

    async def aclose(self) -> None:
        self._on_end()
        await self._stream.aclose()
