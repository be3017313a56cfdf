"""HTTP/1.1 for the protocol servers: one connection, request after request, each with a way to answer.

h11 knows the protocol; here it meets a stream on which faults may strike. While a request is answered its client is
watched: one that goes away ends the answer at once, which is how a client stops a model from generating.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import h11
import trio
from trio.abc import Stream
from trio_websocket import ConnectionClosed

from actors.cloud._wrapped import WrappedStream
from actors.cloud.servers._faults import Cut, FaultDesk, FaultyStream, Garbage, Refuse, Stall, Strikes, refuse

__all__ = ["Exchange", "HttpServer", "PrefixedStream", "Request", "serve_connection", "serve_tcp"]

_log = logging.getLogger(__name__)

_BODY_BYTES = 8 * 1024 * 1024
_HEAD_TIMEOUT = 120.0  #: seconds a connection may lie idle between requests
_BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError, h11.LocalProtocolError)


@attrs.frozen
class Request:
    """``path`` is unquoted, ``query`` holds the last value of each name, header names are in lower case. ``raw``: its
    bytes, for a WebSocket handshake."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)
    raw: bytes = attrs.field(repr=False)

    @property
    def upgrades(self) -> bool:
        """Whether it asks for a WebSocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    def json(self) -> Any:
        """The body. ValueError if it is no JSON object."""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        return value


class PrefixedStream(WrappedStream):
    """A stream of which ``prefix`` was read already: it is read again first."""

    def __init__(self, stream: Stream, prefix: bytes) -> None:
        super().__init__(stream)
        self._prefix = prefix

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if not self._prefix:
            return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        data, self._prefix = self._prefix[:max_bytes], self._prefix[len(self._prefix[:max_bytes]) :]
        return data


class Exchange:
    """One request and the way to answer it: ``reply``, or ``begin`` and any number of ``send``. ``strikes`` is what is
    to go wrong; the fault at the head has struck already."""

    def __init__(self, request: Request, stream: FaultyStream, conn: h11.Connection, strikes: Strikes) -> None:
        self.request, self.stream, self.strikes = request, stream, strikes
        self._conn = conn

    async def reply(
        self, status: int, value: Any, *, headers: Iterable[tuple[str, str]] = (), content_type: str = ""
    ) -> None:
        """A whole answer: JSON, or bytes as they are."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        fields = [("Content-Type", content_type or "application/json"), ("Content-Length", str(len(body))), *headers]
        await self._send(h11.Response(status_code=status, headers=fields))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def begin(self, content_type: str, *, headers: Iterable[tuple[str, str]] = ()) -> None:
        """The head of a streamed answer (200)."""
        await self._send(h11.Response(status_code=200, headers=[("Content-Type", content_type), *headers]))

    async def send(self, data: bytes) -> None:
        """The next piece of it, as a chunk of its own."""
        if data:
            await self._send(h11.Data(data=data))

    async def end(self) -> None:
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        data = self._conn.send(event)
        if data:
            await self.stream.send_all(data)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While this block runs, a client that goes away ends it: by cancellation, which stays inside."""

        async def watch() -> None:
            try:
                while data := await self.stream.receive_some(65_536):
                    self._conn.receive_data(bytes(data))  # the next request, early
            except _BROKEN:
                pass
            nursery.cancel_scope.cancel(reason="the client went away")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            yield
            nursery.cancel_scope.cancel(reason="the answer is complete")


async def serve_connection(stream: Stream, desk: FaultDesk, handle: Callable[[Exchange], Awaitable[None]]) -> None:
    """Answer requests until the connection ends. Raises nothing but cancellation.

    A fault at the head strikes before ``handle`` is called. ``handle`` may take the stream over for a WebSocket; the
    connection ends when it returns then. Faults count requests.
    """
    faulty = FaultyStream(stream)
    try:
        await _serve(faulty, desk, handle)
    except* (*_BROKEN, ConnectionClosed):
        pass
    except* Exception:
        _log.exception("a connection failed")
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def _serve(stream: FaultyStream, desk: FaultDesk, handle: Callable[[Exchange], Awaitable[None]]) -> None:
    conn = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    while True:
        request = await _read_request(stream, conn)
        if request is None:
            return
        strikes = desk.open()
        match strikes.at_head():
            case Refuse() as fault:
                await refuse(stream, fault)
                return
            case Stall() | Cut() | Garbage() as fault:
                await stream.suffer(fault)
        await handle(Exchange(request, stream, conn, strikes))
        if request.upgrades or conn.our_state is not h11.DONE or conn.their_state is not h11.DONE:
            return
        conn.start_next_cycle()


async def _read_request(stream: FaultyStream, conn: h11.Connection) -> Request | None:
    raw, body, head = b"", b"", None
    with trio.move_on_after(_HEAD_TIMEOUT):
        while True:
            event = conn.next_event()
            if event is h11.NEED_DATA:
                if conn.they_are_waiting_for_100_continue:
                    await stream.send_all(conn.send(h11.InformationalResponse(status_code=100, headers=[])))
                data = bytes(await stream.receive_some(65_536))
                conn.receive_data(data)
                raw += data
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _BODY_BYTES:
                    return None
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                break
            else:
                return None
    if head is None:
        return None
    target = urlsplit(head.target.decode("latin-1"))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
    query = dict(parse_qsl(target.query, keep_blank_values=True))
    return Request(head.method.decode("latin-1"), unquote(target.path), query, headers, body, raw)


async def serve_tcp(
    handle: Callable[[Stream], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Listen until cancelled; ``started`` gives the port. OSError where the port is taken."""
    listeners = await trio.open_tcp_listeners(port, host=host)
    task_status.started(listeners[0].socket.getsockname()[1])
    async with trio.open_nursery() as nursery:
        await trio.serve_listeners(partial(_guard, handle), listeners, handler_nursery=nursery)


class HttpServer:
    """A server of one protocol: ``_answer`` says what a request gets. Faults are ordered at ``desk``."""

    def __init__(self, desk: FaultDesk | None) -> None:
        self.desk = desk or FaultDesk()

    async def serve(
        self, host: str = "127.0.0.1", port: int = 0, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen until cancelled; ``started`` gives the port."""
        await serve_tcp(self.handle, host=host, port=port, task_status=task_status)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """Serve on a free port of the loopback interface, which is given, while the block runs. An error of the block's
        own comes out as it is, and not in a group."""
        failure = None
        async with trio.open_nursery() as nursery:
            port = await nursery.start(self.serve)
            try:
                yield port
            except Exception as error:
                failure = error
            nursery.cancel_scope.cancel(reason="the block is over")
        if failure is not None:
            raise failure

    async def handle(self, stream: Stream) -> None:
        """Serve one connection."""
        await serve_connection(stream, self.desk, self._answer)

    async def _answer(self, exchange: Exchange) -> None:
        raise NotImplementedError


async def _guard(handle: Callable[[Stream], Awaitable[None]], stream: Stream) -> None:
    try:
        await handle(stream)
    except Exception:
        _log.exception("a connection failed")
