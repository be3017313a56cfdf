"""The server: listens, and gives each connection an answer or a call. The only shell around the sans-I/O parts.

One port serves the page and the socket. Each connection has an error boundary of its own: whatever happens in it, the
others go on. Calls do not live in their connection (:mod:`web.switchboard`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import partial
from typing import Final

import attrs
import trio
from trio.abc import HalfCloseableStream, Stream
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto.frame_protocol import FrameProtocol
from wsproto.utilities import LocalProtocolError

from web.connection import Connection
from web.head import Answer, Head, HeadReader, Refusal
from web.listen import Bound, bound, make_tls_context, open_listeners, watch_signals
from web.metrics import Metrics
from web.pages import Asset, answer_asset, load_assets
from web.replay import ReplayStream, plain_handshake
from web.route import Place, Route, StaticFile, means_this_machine, route
from web.settings import Config
from web.switchboard import CallInfo, ServeCall, Switchboard
from web.trouble import describe, is_only

__all__ = ["Bound", "CallInfo", "Readiness", "ServeCall", "serve", "watch_signals"]

_log = logging.getLogger(__name__)

_RECEIVE_BYTES: Final = 16_384
_MESSAGES_AHEAD: Final = 8
_LINGER_SECONDS: Final = 1.0
_LINGER_BYTES: Final = 16_777_216
_LAST_WORDS_SECONDS: Final = 2.0
_RETRY_AFTER: Final = ("Retry-After", "5")


@attrs.frozen
class Readiness:
    """``loaded``: calls can be taken. ``parts``: in what state each is ("llm": "loading"). ``troubles``: parts that
    cannot work for the moment, and why."""

    loaded: bool
    parts: Mapping[str, str] = attrs.field(factory=dict)
    troubles: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def ready(self) -> bool:
        """For ``/readyz``: callers are better sent elsewhere while it is False. One who comes is taken all the same, if
        all is loaded: while the greeting is spoken, a moment's trouble is over."""
        return self.loaded and not self.troubles


async def serve(
    config: Config,
    serve_call: ServeCall,
    *,
    ready: Callable[[], Readiness] = lambda: Readiness(True),
    stop: trio.Event | None = None,
    metrics: Metrics | None = None,
    assets: Mapping[str, Asset] | None = None,
    task_status: trio.TaskStatus[Bound] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until ``stop`` is set and calls have drained, then return; without ``stop`` until cancelled.

    ``serve_call(line, info)`` runs a whole call and returns when it is over; what it raises ends that call only.
    ``ready`` is asked often and answers at once; while not all is loaded, the page is served and calls are refused.
    Raises :class:`~actors.errors.ConfigurationError` where the address or the certificate cannot be used.
    """
    metrics = metrics or Metrics()
    context = make_tls_context(config.server)
    listeners = await open_listeners(config.server)
    switchboard = Switchboard(serve_call, config.limits, metrics, lambda: ready().loaded)
    server = Server(config, switchboard, metrics, ready, load_assets() if assets is None else assets)
    wrapped = [trio.SSLListener(each, context, https_compatible=True) if context else each for each in listeners]
    async with trio.open_nursery() as nursery:
        await nursery.start(switchboard.run)
        await nursery.start(partial(trio.serve_listeners, server.handle, wrapped, handler_nursery=nursery))
        task_status.started(bound(config.server, listeners[0], tls=context is not None))
        await (trio.Event() if stop is None else stop).wait()
        await switchboard.drain()
        with trio.move_on_after(_LAST_WORDS_SECONDS):
            await server.wait_no_sockets()
        nursery.cancel_scope.cancel("the server stops")


class Server:
    """What happens to one connection. Knows nothing of listening."""

    def __init__(
        self,
        config: Config,
        switchboard: Switchboard,
        metrics: Metrics,
        ready: Callable[[], Readiness],
        assets: Mapping[str, Asset],
    ) -> None:
        self._limits = config.limits
        self._origins = config.server.origins
        self._only_local = means_this_machine(config.server.host)
        self._switchboard = switchboard
        self._metrics = metrics
        self._ready = ready
        self._assets = assets
        self._connections = 0
        self._sockets = 0
        self._no_sockets = trio.Event()
        self._no_sockets.set()

    async def wait_no_sockets(self) -> None:
        """Return once no WebSocket is open."""
        await self._no_sockets.wait()

    async def handle(self, stream: Stream) -> None:
        """Serve one connection to its end and close it. Raises nothing but cancellation."""
        self._connections += 1
        self._metrics.connections_active.set(self._connections)
        try:
            await self._handle(stream)
        except Exception as error:
            if not is_only(error, trio.BrokenResourceError, trio.ClosedResourceError, ConnectionClosed):
                self._metrics.count_error("connection")
                _log.warning("a connection failed: %s", describe(error))
                _log.debug("a connection failed", exc_info=True)
        finally:
            self._connections -= 1
            self._metrics.connections_active.set(self._connections)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _handle(self, stream: Stream) -> None:
        reader = HeadReader(self._limits.max_head_bytes)
        if self._connections > self._limits.max_connections:
            answer = Answer(503, b"The server has too many connections.\n", headers=(_RETRY_AFTER,))
            await self._answer(stream, reader, answer)
            return
        head = await self._read_head(stream, reader)
        if head is None:
            return
        if isinstance(head, Refusal):
            await self._answer(stream, reader, _refuse(head))
            return
        where = route(head, static=self._assets, origins=self._origins, only_local=self._only_local)
        if where is Place.SOCKET:
            await self._serve_socket(stream, head, reader.trailing)
        else:
            await self._answer(stream, reader, self._find_answer(head, where))

    async def _read_head(self, stream: Stream, reader: HeadReader) -> Head | Refusal | None:
        """A head, or why there is none; None where nothing was sent at all, which deserves no answer."""
        head: Head | Refusal | None = None
        with trio.move_on_after(self._limits.head_seconds):
            while head is None:
                data = bytes(await stream.receive_some(_RECEIVE_BYTES))
                if not data and reader.is_untouched:
                    return None
                head = reader.feed(data)
        if head is None and not reader.is_untouched:
            return Refusal(408, "The request took too long to arrive.")
        return head

    def _find_answer(self, head: Head, where: Route) -> Answer:
        match where:
            case StaticFile(name):
                return answer_asset(self._assets[name], head)
            case Refusal():
                return _refuse(where)
            case Place.METRICS:
                body, content_type = self._metrics.render()
                return Answer(200, body, content_type, _NO_STORE)
            case Place.READY:
                return self._answer_ready()
            case _:
                return Answer(200, b"ok\n", headers=_NO_STORE)

    def _answer_ready(self) -> Answer:
        readiness, draining = self._ready(), self._switchboard.draining.is_set()
        ready = readiness.ready and not draining
        fields = {
            "ready": ready,
            "draining": draining,
            "calls": len(self._switchboard),
            "parts": {**readiness.parts, **readiness.troubles},
        }
        body = json.dumps(fields).encode() + b"\n"
        headers = _NO_STORE if ready else (*_NO_STORE, _RETRY_AFTER)
        return Answer(200 if ready else 503, body, "application/json", headers)

    async def _answer(self, stream: Stream, reader: HeadReader, answer: Answer) -> None:
        self._metrics.requests.labels(str(answer.status)).inc()
        with trio.move_on_after(self._limits.stall_seconds):
            await stream.send_all(reader.write(answer, date=formatdate(usegmt=True)))
            await linger(stream)

    async def _serve_socket(self, stream: Stream, head: Head, trailing: bytes) -> None:
        self._metrics.requests.labels("101").inc()
        self._sockets += 1
        self._no_sockets = trio.Event() if self._sockets == 1 else self._no_sockets
        try:
            closed = await self._run_socket(stream, ReplayStream(stream, plain_handshake(head), trailing))
            if closed is not None:
                await self._part(stream, closed)
        finally:
            self._sockets -= 1
            if not self._sockets:
                self._no_sockets.set()

    async def _run_socket(self, stream: Stream, view: ReplayStream) -> CloseReason | None:
        ws: WebSocketConnection | None = None
        try:
            async with trio.open_nursery() as nursery:
                with trio.fail_after(self._limits.head_seconds):
                    request = await wrap_server_stream(
                        nursery,
                        view,
                        message_queue_size=_MESSAGES_AHEAD,
                        max_message_size=self._limits.max_message_bytes,
                        receive_buffer_size=_RECEIVE_BYTES,
                    )
                    ws = await request.accept()
                view.go_on()
                await Connection(ws, self._switchboard, self._limits, self._metrics, remote_address(stream)).run()
                nursery.cancel_scope.cancel("the socket is closed")
        except* LocalProtocolError:
            pass  # the library had to answer a ping on a socket that was closing: that is over either way
        return None if ws is None else ws.closed

    async def _part(self, stream: Stream, closed: CloseReason) -> None:
        """Let the client learn why. The library closes without a word where a frame cannot be read (1002, 1007)."""
        with trio.move_on_after(_LINGER_SECONDS):
            if closed.code in (1002, 1007):
                await stream.send_all(FrameProtocol(client=False, extensions=[]).close(closed.code, closed.reason))
            await linger(stream)


_NO_STORE: Final = (("Cache-Control", "no-store"),)


def _refuse(refusal: Refusal) -> Answer:
    return Answer(refusal.status, refusal.message.encode() + b"\n", headers=(*refusal.headers, *_NO_STORE))


async def linger(stream: Stream) -> None:
    """Say that no more comes, and read on for a while: closing over unread bytes would reset the connection, and the
    other side might lose what was sent to it last."""
    with trio.move_on_after(_LINGER_SECONDS):
        if isinstance(stream, HalfCloseableStream):
            await stream.send_eof()
        received = 0
        while received < _LINGER_BYTES and (data := await stream.receive_some(65_536)):
            received += len(data)


def remote_address(stream: Stream) -> str:
    """The other side's address without its port; empty where it has none."""
    transport = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    if not isinstance(transport, trio.SocketStream):
        return ""
    try:
        return str(transport.socket.getpeername()[0])
    except OSError:
        return ""
