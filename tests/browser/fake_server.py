"""A stand-in for the server: serves the page, and gives its socket to the call that the test plays (``fake_call``).

By hand, with a scripted conversation: ``python tests/browser/fake_server.py 8765``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import h11
import trio
import trio_websocket
from fake_call import FakeCall  # a sibling: see conftest.py

STATIC = Path(__file__).parents[2] / "web" / "static"
POLICY = "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


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
