"""One multi-context WebSocket to ElevenLabs: a reader that sorts audio by context, a writer, and a watch.

Tasks that speak never touch the socket: what they send waits in a queue for the writer, and what comes waits in a queue
of their context. So a cut turn cannot tear a frame, and closing its context costs no waiting. Both queues are bounded;
one that is full ends what it belongs to, as something is badly wrong then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)

from actors.cloud._elevenlabs_contexts import Contexts
from actors.cloud._elevenlabs_settings import ElevenLabsSettings
from actors.cloud._elevenlabs_stream import OwnedStream, open_stream
from actors.cloud._elevenlabs_wire import (
    NAME,
    Failure,
    Piece,
    close_context,
    decode_message,
    from_code,
    from_status,
    initialize,
    keep_alive,
    send_text,
)
from actors.errors import EngineBadReply, EngineError, EngineTimeout, EngineUnavailable

__all__ = ["Context", "Socket"]

_log = logging.getLogger(__name__)

_MESSAGE_BYTES = 8 * 1024 * 1024  # some ten seconds of audio in one message, as base64
_TO_SEND = 256
_PIECES = 4096  # of one sentence
_PING_TIMEOUT = 5.0
_SEND_TIMEOUT = 5.0


class Context:
    """One open context. ``pieces``: what comes of it, in order; ends with the connection or after ``close``."""

    def __init__(self, name: str, socket: Socket) -> None:
        self.name, self.socket = name, socket
        self.finishing = False
        self.into, self.pieces = trio.open_memory_channel[Piece | EngineError](_PIECES)

    def say(self, text: str) -> None:
        """Ask for a sentence, at once."""
        self.socket.put(self.name, send_text(self.name, text))

    def finish(self) -> None:
        """Ask for the end: what was asked for still comes, and then a final piece."""
        self.finishing = True
        self.socket.put(self.name, close_context(self.name))

    def close(self) -> None:
        """Withdraw it. Never waits; what still comes is dropped."""
        self.socket.withdraw(self)


class Socket:
    """``run`` connects and serves until the connection ends. ``on_change`` is called when there may be more room."""

    def __init__(self, settings: ElevenLabsSettings, on_change: Callable[[], None]) -> None:
        self._settings, self._on_change = settings, on_change
        self._contexts = Contexts()
        self._live: dict[str, Context] = {}
        self._to_send, self._queue = trio.open_memory_channel[str](_TO_SEND)
        self._scope = trio.CancelScope()
        self._error: EngineError | None = None
        self._retired = False
        self._stream: OwnedStream | None = None
        self.connected = False

    @property
    def room(self) -> int:
        """How many more contexts can be opened on it now."""
        return self._contexts.room if self.connected and not self._retired else 0

    def open_context(self) -> Context:
        """A new context. ValueError without room."""
        context = Context(self._contexts.begin(trio.current_time()), self)
        self._live[context.name] = context
        self.put(context.name, initialize(context.name, self._settings.voice_settings))
        return context

    def put(self, context: str, message: str) -> None:
        self._contexts.sent(context, trio.current_time())
        try:
            self._to_send.send_nowait(message)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            self.fail(EngineUnavailable(NAME, "the connection takes nothing any more"))

    def withdraw(self, context: Context) -> None:
        self._live.pop(context.name, None)
        if self._contexts.close(context.name, trio.current_time()) and self.connected and not context.finishing:
            self.put(context.name, close_context(context.name))
        context.into.close()
        if self._retired:
            self.retire()
        self._on_change()

    def retire(self) -> None:
        """Open nothing more on it, and end it with its last context."""
        self._retired = True
        if not self._live:
            self.fail(EngineUnavailable(NAME, "the connection is not used any more"))

    def fail(self, error: EngineError) -> None:
        """End the connection; whoever speaks over it gets ``error``."""
        self._error = self._error or error
        self.connected = False
        self._scope.cancel(reason=str(self._error))

    # --- the connection --------------------------------------------------------------------------------------------

    async def run(self) -> EngineError:
        """Serve until the end and return why it ended, or why there was no connection. Raises only cancellation."""
        try:
            with self._scope:
                await self._run()
        except* ConnectionRejected as rejections:  # with a body it comes out of the library's own task
            self._error = _rejected(rejections)
        except* Exception as errors:
            _log.debug("the connection failed", exc_info=errors)
        finally:
            self._end()
        assert self._error is not None
        return self._error

    async def _run(self) -> None:
        async with trio.open_nursery() as nursery:
            try:
                ws = await self._connect(nursery)
            except EngineError as error:
                self.fail(error)
                return
            self.connected = True
            self._on_change()
            nursery.start_soon(self._write, ws)
            nursery.start_soon(self._watch, ws)
            try:
                await self._read(ws)
            finally:
                self.connected = False
                with trio.move_on_after(0.2, shield=True), suppress(ConnectionClosed, OSError):
                    await ws.aclose()
                nursery.cancel_scope.cancel(reason="the connection to ElevenLabs ended")

    def _end(self) -> None:
        self.connected = False
        if self._stream is not None:
            self._stream.abort()
        self._error = self._error or EngineUnavailable(NAME, "the connection broke off")
        for context in list(self._live.values()):
            with suppress(trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
                context.into.send_nowait(self._error)
            context.into.close()
        self._live.clear()
        self._to_send.close()
        self._queue.close()
        self._on_change()

    async def _connect(self, nursery: trio.Nursery) -> WebSocketConnection:
        settings = self._settings
        url = urlsplit(settings.socket_url)
        with trio.move_on_after(settings.connect) as deadline, trio.CancelScope() as ended:
            try:
                stream = await open_stream(url.hostname or "", url.port, tls=url.scheme == "wss")
                self._stream = OwnedStream(stream, on_end=ended.cancel)
                return await wrap_client_stream(
                    nursery,
                    self._stream,  # type: ignore[arg-type]  # it asks for less than it says
                    url.netloc.rpartition("@")[2],
                    f"{url.path}?{url.query}",
                    extra_headers=[(b"xi-api-key", settings.api_key.encode())],
                    message_queue_size=16,
                    max_message_size=_MESSAGE_BYTES,
                    receive_buffer_size=65_536,
                )
            except ConnectionRejected:
                raise
            except (HandshakeError, ConnectionClosed, OSError, trio.BrokenResourceError, ValueError):
                raise EngineUnavailable(NAME, "the service cannot be reached") from None
        if deadline.cancelled_caught:
            raise EngineTimeout(NAME, "no connection in time")
        raise EngineUnavailable(NAME, "the service broke the handshake off")

    async def _read(self, ws: WebSocketConnection) -> None:
        while True:
            try:
                message = await ws.get_message()
            except ConnectionClosed as closed:
                self._error = self._error or _closed(closed)
                return
            try:
                self._take(decode_message(message))
            except EngineBadReply as error:  # nothing that follows can be trusted
                self.fail(error)
                return

    def _take(self, value: Piece | Failure) -> None:
        context = self._live.get(value.context or "")
        if isinstance(value, Failure) and value.context is None:
            self._error = self._error or from_code(value.code)  # the service closes the connection next
            return
        item = from_code(value.code) if isinstance(value, Failure) else value
        ended = isinstance(value, Failure) or value.final
        if context is not None:
            try:
                context.into.send_nowait(item)
            except trio.WouldBlock:
                context.close()
        if ended:
            self._contexts.gone(value.context)
            if context is not None:
                self._live.pop(context.name, None)
                context.into.close()
            self._on_change()

    async def _write(self, ws: WebSocketConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in self._queue:
                with trio.CancelScope(
                    shield=True, deadline=trio.current_time() + 5.0
                ):  # never in the middle of a frame
                    await ws.send_message(message)

    async def _watch(self, ws: WebSocketConnection) -> None:
        """Keep open contexts alive, and notice a connection that is dead or stale."""
        interval = self._settings.inactivity / 3
        while True:
            await trio.sleep(interval / 2)
            now = trio.current_time()
            for name in self._contexts.idle(now, interval):
                self.put(name, keep_alive(name))
            if self._contexts.stale(now):
                self.retire()
            with trio.move_on_after(_PING_TIMEOUT) as deadline, suppress(ConnectionClosed):
                await ws.ping()
            if deadline.cancelled_caught:
                self.fail(EngineTimeout(NAME, "the connection is dead"))


def _rejected(rejections: BaseExceptionGroup[ConnectionRejected]) -> EngineError:
    first: BaseException = rejections
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, ConnectionRejected)
    retry_after = dict(first.headers or ()).get(b"retry-after", b"").decode("latin-1")
    return from_status(first.status_code, first.body or b"", retry_after)


def _closed(closed: ConnectionClosed) -> EngineError:
    """The error for a connection that ended without an error message."""
    reason = closed.reason
    if reason is not None and reason.code == 1008:
        return EngineUnavailable(NAME, "the service closed the connection (1008)")
    return EngineUnavailable(NAME, "the connection broke off")
