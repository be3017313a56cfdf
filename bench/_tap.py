"""A connection as its server sees it: when something last came in over it, and when each thing went out.

So that a service's time can be told from ours where they meet: at the service's end of the socket. A service's code
finds the connection that it answers on by :func:`tap`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import trio
from trio.abc import Stream

from actors.cloud._wrapped import WrappedStream

__all__ = ["Tap", "tap", "tapped"]

_KEPT = 8192  # times of one connection; a turn takes some dozens

_current: ContextVar[Tap | None] = ContextVar("tap", default=None)


class Tap(WrappedStream):
    """``received``: when something came in last, on trio's clock."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._sent: list[float] = []
        self.received = trio.current_time()

    def sent_since(self, at: float) -> float | None:
        """When something was first handed to the socket at or after ``at``; None: nothing was."""
        found = bisect_left(self._sent, at)
        return self._sent[found] if found < len(self._sent) else None

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = await super().receive_some(max_bytes)
        self.received = trio.current_time()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if len(self._sent) >= 2 * _KEPT:
            del self._sent[:_KEPT]
        self._sent.append(trio.current_time())
        await super().send_all(data)


def tapped(handle: Callable[[Stream], Awaitable[None]]) -> Callable[[Stream], Awaitable[None]]:
    """``handle``, a server's way to serve a connection, on streams that are tapped."""

    async def handle_tapped(stream: Stream) -> None:
        watched = Tap(stream)
        _current.set(watched)  # each connection is served in a task of its own, and those that it starts inherit it
        await handle(watched)

    return handle_tapped


def tap() -> Tap | None:
    """The connection on which the present task serves; None: it is not tapped."""
    return _current.get()
