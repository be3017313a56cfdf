"""A stand-in for a call: speaks the wire of docs/protocol.md, does as the test says, and keeps what the page sent."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import trio
import trio_websocket

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
