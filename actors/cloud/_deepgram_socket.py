"""Opening a WebSocket as a client, and closing it for sure.

trio-websocket's own openers leave two things to be desired: a server that closes the connection during the handshake is
waited for until the deadline, and a socket whose other side closed is left to the garbage collector.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import trio
from trio.abc import Stream
from trio_websocket import ConnectionTimeout, WebSocketConnection, wrap_client_stream

from actors.cloud._wrapped import WrappedStream

__all__ = ["use_socket"]

T = TypeVar("T")


async def use_socket(
    url: str,
    headers: list[tuple[bytes, bytes]],
    use: Callable[[WebSocketConnection], Awaitable[T]],
    *,
    connect: float,
) -> T:
    """Open ``url`` (ws or wss) within ``connect`` seconds, await ``use(ws)``, and close without a handshake.

    Raises what a WebSocket raises, never a group: OSError, HandshakeError (ConnectionRejected, ConnectionTimeout),
    ConnectionClosed, ProtocolError, BrokenResourceError.
    """
    deadline = trio.current_time() + connect
    try:
        with trio.fail_at(deadline):
            stream = await _open_stream(url)
    except trio.TooSlowError:
        raise ConnectionTimeout from None
    results: list[T] = []
    failure: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            try:
                with trio.fail_at(deadline):
                    ws = await _shake_hands(nursery, stream, url, headers)
                results.append(await use(ws))
            except trio.TooSlowError:
                raise ConnectionTimeout from None
            nursery.cancel_scope.cancel(reason="the connection is over")
    except* Exception as group:
        failure = _first(group)
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)
    if failure is not None:
        raise failure
    return results[0]


async def _open_stream(url: str) -> Stream:
    where = urlsplit(url)
    host = where.hostname or ""
    if where.scheme == "ws":
        return await trio.open_tcp_stream(host, where.port or 80)
    stream = await trio.open_ssl_over_tcp_stream(
        host, where.port or 443, ssl_context=ssl.create_default_context(), https_compatible=True
    )
    try:
        await stream.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return stream


async def _shake_hands(
    nursery: trio.Nursery, stream: Stream, url: str, headers: list[tuple[bytes, bytes]]
) -> WebSocketConnection:
    where = urlsplit(url)
    watched = _Watched(stream)
    ws = await wrap_client_stream(
        nursery,
        watched,  # type: ignore[arg-type]  # any stream will do
        where.netloc,
        f"{where.path}?{where.query}",
        extra_headers=headers,
        message_queue_size=64,
    )
    watched.opened = True
    return ws


class _Watched(WrappedStream):
    """Fails when it ends before the handshake is done: the library would wait for ever."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self.opened = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        try:
            data = await self._stream.receive_some(max_bytes)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            if self.opened:
                raise
            data = b""
        if not data and not self.opened:
            raise ConnectionAbortedError("closed during the handshake")
        return data


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group, which may be a group itself."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
