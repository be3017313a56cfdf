"""A stand-in for the server: serves the page, speaks the wire of docs/protocol.md, and does as the test says.

By hand, with a scripted conversation: ``python tests/browser/fake_server.py 8765``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import attrs
import h11
import trio
import trio_websocket

STATIC = Path(__file__).parents[2] / "web" / "static"
POLICY = "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FRAME_BYTES = 1920  # 40 ms at 24 kHz


@attrs.frozen
class Heard:
    """What came from the page: ``audio`` or a JSON ``message``, and when (seconds, monotonic)."""

    at: float
    message: dict[str, Any] | None = None
    audio: bytes = attrs.field(default=b"", repr=len)


class FakeCall:
    """One call over one or more sockets. Every method may be used from any thread."""

    def __init__(self, name: str, *, run_soon: Callable[..., None]) -> None:
        self.name = name
        self.token = secrets.token_urlsafe(12)
        self.heard: list[Heard] = []
        self.sockets = 0
        self.turn: int | None = None
        self._log: list[dict[str, Any]] = []
        self._audio: dict[int, bytearray] = {}
        self._out: trio.MemorySendChannel[str | bytes] | None = None
        self._socket: trio_websocket.WebSocketConnection | None = None
        self._stream: trio.abc.Stream | None = None
        self._run_soon = run_soon
        self._change = threading.Condition()

    # --- what a test does ---------------------------------------------------------------------------------------------

    def send(self, kind: str, **fields: Any) -> None:
        self._run_soon(self._send, kind, fields)

    def send_audio(self, pcm: bytes) -> None:
        """int16 LE, 24 kHz, of the turn named by the last ``agent_speaking``; cut into frames of 40 ms."""
        self._run_soon(self._send_audio, pcm)

    def drop(self) -> None:
        """Cut the line without a word."""
        self._run_soon(self._drop)

    def close(self, code: int) -> None:
        self._run_soon(self._close, code)

    def wait(self, wanted: Callable[[Heard], bool], timeout: float = 5.0, *, after: float = 0.0) -> Heard:
        """The first thing heard after ``after`` (monotonic) that is wanted. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._change:
            while True:
                for heard in self.heard:
                    if heard.at > after and wanted(heard):
                        return heard
                left = deadline - time.monotonic()
                if left <= 0 or not self._change.wait(left):
                    kinds = [heard.message for heard in self.heard if heard.message]
                    raise TimeoutError(f"not heard within {timeout} s; the last messages were {kinds[-5:]}")

    def wait_message(self, kind: str, timeout: float = 5.0, *, after: float = 0.0, **fields: Any) -> dict[str, Any]:
        def wanted(heard: Heard) -> bool:
            message = heard.message
            return message is not None and message.items() >= {"type": kind, **fields}.items()

        message = self.wait(wanted, timeout, after=after).message
        assert message is not None
        return message

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [heard.message for heard in list(self.heard) if heard.message and heard.message["type"] == kind]

    def microphone(self) -> list[Heard]:
        return [heard for heard in list(self.heard) if heard.message is None]

    # --- inside the loop ----------------------------------------------------------------------------------------------

    def _send(self, kind: str, fields: dict[str, Any]) -> None:
        if kind == "agent_speaking":
            self.turn = fields["turn"]
            self._audio.setdefault(fields["turn"], bytearray())
        message = {"type": kind, "seq": len(self._log) + 1, **fields}
        self._log.append(message)
        self._put(json.dumps(message))

    def _send_audio(self, pcm: bytes) -> None:
        assert self.turn is not None
        self._audio[self.turn] += pcm
        for start in range(0, len(pcm), FRAME_BYTES):
            self._put(pcm[start : start + FRAME_BYTES])

    def _put(self, data: str | bytes) -> None:
        if self._out is not None:
            self._out.send_nowait(data)

    def _drop(self) -> None:
        if self._stream is not None:
            trio.lowlevel.spawn_system_task(trio.aclose_forcefully, self._stream)

    def _close(self, code: int) -> None:
        if self._socket is not None:
            trio.lowlevel.spawn_system_task(self._close_politely, self._socket, code)

    @staticmethod
    async def _close_politely(socket: trio_websocket.WebSocketConnection, code: int) -> None:
        with trio.move_on_after(1), contextlib.suppress(trio_websocket.ConnectionClosed):
            await socket.aclose(code)

    async def serve(
        self, socket: trio_websocket.WebSocketConnection, stream: trio.abc.Stream, first: dict[str, Any] | None
    ) -> None:
        out, queued = trio.open_memory_channel[str | bytes](10_000)
        self._out, self._socket, self._stream = out, socket, stream
        resumed = first is not None and first.get("resume") == self.token
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, socket, queued)
                ready = {"call": self.name, "resume": self.token, "input_rate": 16000, "output_rate": 24000}
                if resumed and first is not None:
                    self._put(json.dumps({"type": "ready", "seq": len(self._log), **ready}))
                    for message in self._log:
                        if message["seq"] > first["received"]:
                            self._put(json.dumps(message))
                else:
                    self._send("ready", ready)
                with self._change:
                    self.sockets += 1
                    self._change.notify_all()
                await self._read(socket, first, resend=resumed)
                nursery.cancel_scope.cancel()
        finally:
            if self._out is out:
                self._out = self._socket = self._stream = None

    async def _write(
        self, socket: trio_websocket.WebSocketConnection, queued: trio.MemoryReceiveChannel[str | bytes]
    ) -> None:
        with contextlib.suppress(trio_websocket.ConnectionClosed):
            async for data in queued:
                await socket.send_message(data)

    async def _read(
        self, socket: trio_websocket.WebSocketConnection, first: dict[str, Any] | None, *, resend: bool
    ) -> None:
        if first is not None:
            self._note(json.dumps(first))
        with contextlib.suppress(trio_websocket.ConnectionClosed):
            while True:
                data = await socket.get_message()
                self._note(data)
                if resend and isinstance(data, str):
                    message = json.loads(data)
                    if message["type"] == "playback" and message["turn"] == self.turn:
                        resend = False
                        rest = bytes(self._audio[message["turn"]][2 * message["samples"] :])
                        for start in range(0, len(rest), FRAME_BYTES):
                            self._put(rest[start : start + FRAME_BYTES])

    def _note(self, data: str | bytes) -> None:
        now = time.monotonic()
        with self._change:
            self.heard.append(Heard(now, message=json.loads(data)) if isinstance(data, str) else Heard(now, audio=data))
            self._change.notify_all()


Script = Callable[[FakeCall], Awaitable[None]]


class FakeServer:
    """A context manager: the server runs in a thread of its own while it is open.

    ``script`` runs for every new call; ``refuse`` is a close code and a reason that new sockets get at once;
    ``accepting`` false cuts new connections.
    """

    def __init__(self, *, script: Script | None = None, port: int = 0) -> None:
        self.calls: list[FakeCall] = []
        self.refuse: tuple[int, str] | None = None
        self.accepting = True
        self._script = script
        self._port = port
        self._started = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._main,), name="fake server")

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}/"

    def call(self, timeout: float = 10.0, *, sockets: int = 1) -> FakeCall:
        """The latest call, once it has had so many sockets."""
        deadline = time.monotonic() + timeout
        while not self.calls or self.calls[-1].sockets < sockets:
            if time.monotonic() > deadline:
                raise TimeoutError("nobody has called")
            time.sleep(0.02)
        return self.calls[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._token.run_sync_soon(self._scope.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        listeners = await trio.open_tcp_listeners(self._port, host="localhost")
        self._port = listeners[0].socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            self._scope = nursery.cancel_scope
            self._nursery = nursery
            self._started.set()
            await trio.serve_listeners(self._connection, listeners[:1])

    async def _connection(self, stream: trio.SocketStream) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                head = b""
                while b"\r\n\r\n" not in head:
                    more = await stream.receive_some(65536)
                    if not more:
                        return
                    head += more
                http = h11.Connection(h11.SERVER)
                http.receive_data(head)
                request = http.next_event()
                assert isinstance(request, h11.Request)
                path = request.target.decode().partition("?")[0]
                if path == "/ws":
                    await self._socket(Replay(head, stream))
                else:
                    await answer(http, stream, path)

    async def _socket(self, stream: Replay) -> None:
        if not self.accepting:
            return
        async with trio.open_nursery() as nursery:
            request = await trio_websocket.wrap_server_stream(nursery, stream)
            socket = await request.accept()
            if self.refuse is not None:
                await socket.aclose(*self.refuse)
            else:
                first = None
                with trio.move_on_after(0.3), contextlib.suppress(trio_websocket.ConnectionClosed):
                    data = await socket.get_message()
                    first = json.loads(data) if isinstance(data, str) else None
                call = self._find(first)
                with contextlib.suppress(trio_websocket.ConnectionClosed):
                    await call.serve(socket, stream.under, first)
            nursery.cancel_scope.cancel()

    def _find(self, first: dict[str, Any] | None) -> FakeCall:
        for call in self.calls:
            if first is not None and first.get("resume") == call.token:
                return call
        call = FakeCall(f"call-{len(self.calls) + 1}", run_soon=self._token.run_sync_soon)
        self.calls.append(call)
        if self._script is not None:
            self._nursery.start_soon(self._script, call)
        return call


class Replay(trio.abc.Stream):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, under: trio.SocketStream) -> None:
        self.under = under
        self._head = head

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        head, self._head = self._head, b""
        return head or await self.under.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self.under.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.under.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self.under.aclose()


async def answer(http: h11.Connection, stream: trio.SocketStream, path: str) -> None:
    name = "index.html" if path == "/" else path.removeprefix("/static/")
    file = STATIC / name
    found = "/" not in name and file.suffix in TYPES and file.exists()
    body = file.read_bytes() if found else b"not found"
    headers = [
        ("content-type", f"{TYPES[file.suffix]}; charset=utf-8" if found else "text/plain"),
        ("content-length", str(len(body))),
        ("content-security-policy", POLICY),
        ("connection", "close"),
    ]
    for event in (h11.Response(status_code=200 if found else 404, headers=headers), h11.Data(data=body)):
        await stream.send_all(http.send(event) or b"")
    await stream.send_all(http.send(h11.EndOfMessage()) or b"")


def main(port: int) -> None:
    """Play the scripted conversation to every caller until Ctrl-C."""
    from conversation import Voice, play  # a sibling; the tests reach it through a fixture

    with FakeServer(script=functools.partial(play, voice=Voice()), port=port) as server:
        print(server.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    import sys

    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
