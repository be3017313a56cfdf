"""A server on in-memory streams in virtual time, and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream
from wsproto.utilities import LocalProtocolError

from actors.line import CallEnded, Incoming, Line, TypedText
from web.limits import Limits
from web.metrics import Metrics
from web.pages import Asset
from web.server import Readiness, Server
from web.settings import Config, ServerSettings
from web.switchboard import CallInfo, ServeCall, Switchboard
from web.wire import FromClient, FromServer, Hello, Ready, decode_server, encode_client

ASSETS = {
    "index.html": Asset(b"<!doctype html>", "text/html; charset=utf-8", '"tag"'),
    "js/app.js": Asset(b"1", "text/javascript; charset=utf-8", '"js"'),
}


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Client:
    """A caller in Python. ``seqs`` are the numbers of the JSON messages received so far."""

    def __init__(self, ws: WebSocketConnection, stream: trio.abc.Stream) -> None:
        self.ws = ws
        self.stream = stream
        self.seqs: list[int] = []

    async def say(self, message: FromClient | bytes | str) -> None:
        await self.ws.send_message(message if isinstance(message, bytes | str) else encode_client(message))

    async def next(self) -> FromServer | bytes:
        message = await self.ws.get_message()
        if isinstance(message, bytes):
            return message
        value, seq = decode_server(message)
        self.seqs.append(seq)
        return value

    async def wait_for(self, kind: type[Any]) -> Any:
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    async def rest(self) -> list[FromServer | bytes]:
        """Everything until the socket is closed; ``code`` is set then."""
        messages: list[FromServer | bytes] = []
        try:
            while True:
                messages.append(await self.next())
        except ConnectionClosed:
            self.code = self.ws.closed.code
        return messages

    async def vanish(self) -> None:
        await trio.aclose_forcefully(self.stream)


@attrs.define
class Harness:
    server: Server
    switchboard: Switchboard
    metrics: Metrics
    nursery: trio.Nursery
    pair: Callable[[], tuple[trio.abc.Stream, trio.abc.Stream]]

    def connect(self) -> trio.abc.Stream:
        ours, theirs = self.pair()
        self.nursery.start_soon(self.server.handle, theirs)
        return ours

    async def shake_hands(self) -> trio.abc.Stream:
        """A socket by hand: what comes from the server lies unread in it."""
        stream = self.connect()
        await stream.send_all(HANDSHAKE)
        return stream

    async def call_again(self, ready: Ready, received: int = 0) -> Client:
        """A call that asks to go on with that one."""
        client = await self.call()
        await client.say(Hello(ready.resume, received))
        return client

    async def call(self, *, headers: list[tuple[bytes, bytes]] | None = None) -> Client:
        stream = self.connect()
        ws = await self.nursery.start(_run_client, stream, headers)
        return Client(ws, stream)

    async def ask(self, request: bytes) -> bytes:
        """Send bytes, read to the end, close."""
        stream = self.connect()
        await stream.send_all(request)
        return await self.read_all(stream)

    async def read_all(self, stream: trio.abc.Stream) -> bytes:
        answer = b""
        async with stream:
            while data := await stream.receive_some(65_536):
                answer += data
        return answer

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"bargein_{name}", labels) or 0.0


async def _echo(line: Line, info: CallInfo) -> None:
    async for _ in line.incoming:
        pass


async def _run_client(
    stream: Any,
    headers: list[tuple[bytes, bytes]] | None,
    *,
    task_status: trio.TaskStatus[WebSocketConnection],
) -> None:
    """The library's client side fails where it is pinged while it closes; that is not what is tested here."""
    try:
        async with trio.open_nursery() as nursery:
            task_status.started(
                await wrap_client_stream(
                    nursery, stream, "example.org", "/ws", extra_headers=headers, message_queue_size=10_000
                )
            )
    except* LocalProtocolError:
        pass


class Recorder:
    """A call that keeps what it was sent, and ends when its caller hangs up."""

    def __init__(self) -> None:
        self.got: list[Incoming] = []
        self.line: Line | None = None
        self.info: CallInfo | None = None
        self.calls = 0

    async def __call__(self, line: Line, info: CallInfo) -> None:
        self.line, self.info = line, info
        self.calls += 1
        async for message in line.incoming:
            self.got.append(message)
            if isinstance(message, TypedText) and message.text == "bye":
                line.send(CallEnded("farewell"))
                return


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


OpenServer = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def open_server() -> OpenServer:
    @asynccontextmanager
    async def opened(
        serve_call: ServeCall = _echo,
        *,
        limits: Limits | None = None,
        ready: Callable[[], Readiness] = lambda: Readiness(True),
        host: str = "127.0.0.1",
        origins: tuple[str, ...] = (),
        pair: Callable[[], tuple[Any, Any]] = trio.testing.memory_stream_pair,
    ) -> AsyncIterator[Harness]:
        config = Config(limits=limits or Limits(), server=ServerSettings(host=host, origins=origins))
        metrics = Metrics()
        switchboard = Switchboard(serve_call, config.limits, metrics, lambda: ready().loaded)
        async with trio.open_nursery() as nursery:
            await nursery.start(switchboard.run)
            yield Harness(Server(config, switchboard, metrics, ready, ASSETS), switchboard, metrics, nursery, pair)
            nursery.cancel_scope.cancel()

    return opened


@pytest.fixture
def virtual() -> Callable[[Callable[[], Awaitable[None]]], None]:
    """Run an async function in virtual time: sleeping takes none."""

    def run(main: Callable[[], Awaitable[None]]) -> None:
        async def bounded() -> None:
            with trio.fail_after(10_000):
                await main()

        trio.run(bounded, clock=trio.testing.MockClock(autojump_threshold=0))

    return run
