"""The way out of one socket: an ordered, bounded queue and the one task that empties it.

Rules:

- Putting never waits. What does not fit raises :class:`~actors.errors.ClientTooSlow`.
- :meth:`Outlet.run` is the only writer of its socket. It belongs to the connection, so it outlives every turn, and it
  is never cancelled in the middle of a send while the socket is of any use: a torn frame cannot be mended.
- The check at the last hop: audio of a flushed turn is taken out of the queue when the flush is put in, and audio of
  such a turn that comes later is not let in. There is no checkpoint between leaving the queue and the socket's own
  send, so nothing else can slip through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import trio

from actors.errors import ClientTooSlow

__all__ = ["Close", "Outlet", "text_cost"]

_MAX_ENTRIES: Final = 4_096
_OVERHEAD: Final = 64  # what an entry costs beside its bytes


@attrs.frozen
class Close:
    """How to close a socket: RFC 6455 code and a few words (at most 123 bytes)."""

    code: int
    reason: str = ""


@attrs.frozen
class _Audio:
    turn: int
    pcm: bytes


class Outlet:
    """Messages on their way to one socket. ``on_sent(message)`` is told of each message that was sent whole."""

    def __init__(self, max_bytes: int, on_sent: Callable[[str | bytes], None] = lambda _: None) -> None:
        self._max_bytes = max_bytes
        self._on_sent = on_sent
        self._queue: deque[str | _Audio] = deque()
        self._bytes = 0
        self._flushed = -1
        self._close: Close | None = None
        self._wake = trio.Event()

    @property
    def bytes_waiting(self) -> int:
        """What the queue holds, in bytes."""
        return self._bytes

    @property
    def is_closing(self) -> bool:
        return self._close is not None

    def put_text(self, text: str) -> None:
        """Queue a text message."""
        self._put(text)

    def put_audio(self, turn: int, pcm: bytes) -> bool:
        """Queue audio of a turn; False where that turn was flushed."""
        if turn <= self._flushed:
            return False
        self._put(_Audio(turn, pcm))
        return True

    def flush(self, turn: int) -> int:
        """Drop queued audio of this turn and of older ones, now and from now on; return how many bytes that was."""
        self._flushed = max(self._flushed, turn)
        kept = deque(entry for entry in self._queue if not (isinstance(entry, _Audio) and entry.turn <= turn))
        return self._replace(kept)

    def drop_audio(self) -> int:
        """Drop all queued audio, for a socket that is to be closed or changes its call; return how many bytes."""
        return self._replace(deque(entry for entry in self._queue if isinstance(entry, str)))

    def clear(self) -> None:
        """Forget everything, the flushed turns too: the socket is to serve another call."""
        self._queue.clear()
        self._bytes = 0
        self._flushed = -1

    def close(self, code: int, reason: str = "") -> None:
        """Let :meth:`run` return, with this, after what is queued. The first one counts."""
        if self._close is None:
            self._close = Close(code, reason)
            self._wake.set()

    async def run(self, send: Callable[[str | bytes], Awaitable[None]], stall_seconds: float) -> Close:
        """Send everything put in, in order, until told to close.

        Raises :class:`~actors.errors.ClientTooSlow` where one send takes longer than ``stall_seconds``; the socket is
        then of no more use. Whatever ``send`` raises is passed on.
        """
        while True:
            while self._queue:
                entry = self._queue.popleft()
                self._bytes -= _cost(entry)
                message = entry if isinstance(entry, str) else entry.pcm
                with trio.move_on_after(stall_seconds) as scope:
                    await send(message)
                if scope.cancelled_caught:
                    raise ClientTooSlow(f"a send took longer than {stall_seconds:g} s")
                self._on_sent(message)
            if self._close is not None:
                return self._close
            await self._wake.wait()
            self._wake = trio.Event()

    def _put(self, entry: str | _Audio) -> None:
        cost = _cost(entry)
        if self._close is not None:
            return
        if self._bytes + cost > self._max_bytes or len(self._queue) >= _MAX_ENTRIES:
            raise ClientTooSlow(f"{self._bytes} bytes are waiting to be sent")
        self._queue.append(entry)
        self._bytes += cost
        self._wake.set()

    def _replace(self, kept: deque[str | _Audio]) -> int:
        before, self._queue = self._bytes, kept
        self._bytes = sum(_cost(entry) for entry in kept)
        return before - self._bytes


def text_cost(text: str) -> int:
    """What a queued text message counts for, in bytes."""
    return _OVERHEAD + 2 * len(text)  # two bytes a character: exact counting would cost more than it is worth


def _cost(entry: str | _Audio) -> int:
    return text_cost(entry) if isinstance(entry, str) else _OVERHEAD + len(entry.pcm)
