"""The connections of a process to ElevenLabs: one kept open at all times, more when all its contexts are taken.

A connection that ends is replaced at once; after a failure to connect the next try waits, longer each time. Meanwhile
nobody waits: who wants a context gets the error, and speaks over HTTP instead.
"""

from __future__ import annotations

import logging
import math

import trio

from actors.cloud._elevenlabs_settings import ElevenLabsSettings
from actors.cloud._elevenlabs_socket import Context, Socket
from actors.cloud._elevenlabs_wire import NAME
from actors.errors import EngineError, EngineUnavailable
from actors.runtime import Backoff

__all__ = ["Pool"]

_log = logging.getLogger(__name__)

_BACKOFF = Backoff(first=0.25, factor=2.0, limit=30.0)
_SETTLED = 5.0  #: seconds a connection must have lasted for the next failure to count as the first


class Pool:
    """``run`` in a nursery of its own; ``limit`` connections at most."""

    def __init__(self, settings: ElevenLabsSettings, *, limit: int = 4, backoff: Backoff = _BACKOFF) -> None:
        self._settings, self._limit, self._backoff = settings, limit, backoff
        self._sockets: list[Socket] = []
        self._connecting = 0
        self._failures = 0
        self._error: EngineError | None = None
        self._not_before = -math.inf
        self._wanted = False
        self._changed = trio.Event()
        self.opened = 0  #: connections made so far

    async def run(self) -> None:
        """Keep a connection open, and make more when they are wanted. Runs until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                changed = self._changed
                if self._needed():
                    if self._not_before > trio.current_time():
                        await trio.sleep_until(self._not_before)
                    self._connecting += 1
                    self._wanted = False
                    nursery.start_soon(self._serve)
                else:
                    await changed.wait()

    async def open_context(self) -> Context:
        """A context on a connection with room, or on a new one.

        Raises EngineUnavailable (or what the last try to connect raised) where that would take too long.
        """
        with trio.move_on_after(self._settings.connect):
            while True:
                changed = self._changed
                for socket in self._sockets:
                    if socket.room:
                        return socket.open_context()
                if self._error is not None and self._not_before > trio.current_time():
                    raise self._error
                self._wanted = True
                self._tell()
                await changed.wait()
        raise EngineUnavailable(NAME, "no room on any connection")

    async def wait_connected(self) -> None:
        """Return once a connection is open. Raises what :meth:`open_context` does."""
        while not any(socket.connected for socket in self._sockets):
            changed = self._changed
            if self._error is not None:
                raise self._error
            await changed.wait()

    def _needed(self) -> bool:
        if self._connecting or len(self._sockets) >= self._limit:
            return False
        return not self._sockets or (self._wanted and not any(socket.room for socket in self._sockets))

    async def _serve(self) -> None:
        """One connection's life."""
        begun = math.inf

        def change() -> None:
            nonlocal begun
            if socket.connected and socket not in self._sockets:
                begun = trio.current_time()
                self._connecting -= 1
                self.opened += 1
                self._error = None
                self._sockets.append(socket)
            self._tell()

        socket = Socket(self._settings, change)
        error = await socket.run()
        if socket in self._sockets:
            self._sockets.remove(socket)
        else:
            self._connecting -= 1
        if trio.current_time() - begun >= _SETTLED:
            self._failures = 0
        else:  # not connected at all, or not for long
            self._failures += 1
            self._error, self._not_before = error, trio.current_time() + self._backoff.delay(self._failures)
        _log.info("a connection ended: %s", error)
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
