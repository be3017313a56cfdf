"""A server that speaks Deepgram's listen v1 and Flux (v2) protocols, and really transcribes, by local engines.

    async with trio.open_nursery() as nursery:
        server = DeepgramServer(MoonshineStt(), SileroVad(), key="anything")
        url = await nursery.start(server.run)     # ws://127.0.0.1:41234
        ... DeepgramV1Stt(api_key="anything", base_url=url) ...

What it keeps to: the Authorization header ("Token KEY", or the SDK's Bearer), the addresses and their options, the
messages and their order, 1011 NET-0001 after 10 s without audio or KeepAlive, an empty binary message ending the
stream. What it does not: other encodings and rates than linear16 at 16 kHz (refused with 400), several channels,
Configure (ignored on v2, unknown on v1), diarisation and the other features of the models, and Deepgram's ear.
"""

from __future__ import annotations

import hmac
import json
import logging
import math
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream
from wsproto.utilities import ProtocolError

from actors.cloud.servers._deepgram_flux import FluxSession
from actors.cloud.servers._deepgram_hearing import Hearing
from actors.cloud.servers._deepgram_v1 import V1Session
from actors.cloud.servers._faults import Cut, ErrorFrame, Fault, FaultDesk, FaultyStream, Latency, Refuse, Strikes
from actors.cloud.servers._recogniser import open_recogniser
from actors.errors import EngineError
from actors.ports import CALLER_RATE, Stt, Vad

__all__ = ["DeepgramServer", "SessionLog"]

_log = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_ENGINE_FAILED = ErrorFrame("INTERNAL_SERVER_ERROR", "The recogniser failed.")


@attrs.define
class SessionLog:
    """What one connection asked for and sent: the path, its options, samples of audio, control messages in order (the
    latest 256), the size of its audio messages (likewise), and how long it lasted in seconds."""

    path: str
    options: tuple[tuple[str, str], ...]
    samples: int = 0
    controls: deque[str] = attrs.field(factory=lambda: deque(maxlen=256))
    sizes: deque[int] = attrs.field(factory=lambda: deque(maxlen=256))
    seconds: float = 0.0


class DeepgramServer:
    """``key``: the one key accepted. ``latency``: how long every result takes. ``idle``: seconds without audio or
    KeepAlive before the connection is closed. ``desk``: where faults are ordered. ``sessions``: the latest 64."""

    def __init__(
        self,
        stt: Stt,
        vad: Vad,
        *,
        key: str,
        latency: Latency | None = None,
        idle: float = 10.0,
        desk: FaultDesk | None = None,
        seed: int = 0,
    ) -> None:
        self._stt, self._vad, self._key = stt, vad, key
        self._latency = latency or Latency()
        self._idle = idle
        self.desk = desk or FaultDesk()
        self.sessions: deque[SessionLog] = deque(maxlen=64)
        self._rng = random.Random(seed)

    async def run(
        self, *, host: str = "127.0.0.1", port: int = 0, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve until cancelled. Started with the address to use as ``base_url``."""
        listeners = await trio.open_tcp_listeners(port, host=host)
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self.handle, listeners)
            task_status.started(f"ws://{host}:{listeners[0].socket.getsockname()[1]}")

    async def handle(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Raises nothing but cancellation."""
        faulty = FaultyStream(stream)
        try:
            async with trio.open_nursery() as nursery:
                await self._handshake(nursery, faulty, self.desk.open())
                nursery.cancel_scope.cancel(reason="the connection is over")
        except* (ConnectionClosed, ProtocolError, OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # a client that goes away, or a fault that struck
        except* Exception:
            _log.exception("a connection failed")
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(faulty)

    async def _handshake(self, nursery: trio.Nursery, stream: FaultyStream, strikes: Strikes) -> None:
        with trio.move_on_after(_HANDSHAKE_SECONDS) as patience:
            request = await wrap_server_stream(nursery, stream, message_queue_size=64)
            fault = strikes.at_head()
            refused = fault if isinstance(fault, Refuse) else self._refusal(request)
            if refused is not None:
                await _reject(request, refused)
                return
            if fault is not None and not isinstance(fault, ErrorFrame):
                await stream.suffer(fault)
            ws = await request.accept()
        if not patience.cancelled_caught:
            await self._session(ws, request, stream, strikes, fault if isinstance(fault, ErrorFrame) else None)

    def _refusal(self, request: WebSocketRequest) -> Refuse | None:
        where = urlsplit(request.path)
        options = dict(parse_qsl(where.query))
        if not self._accepts(request.headers):
            return Refuse(401, body=b'{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials."}')
        if where.path not in ("/v1/listen", "/v2/listen"):
            return Refuse(404)
        if options.get("encoding") != "linear16" or options.get("sample_rate") != str(CALLER_RATE):
            return Refuse(400, body=b'{"err_code":"Bad Request","err_msg":"Only linear16 at 16000 Hz."}')
        return None

    def _accepts(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        given = next((value for name, value in headers if name.lower() == b"authorization"), b"")
        scheme, _, key = given.partition(b" ")
        return scheme.lower() in (b"token", b"bearer") and hmac.compare_digest(key.strip(), self._key.encode())

    async def _session(
        self,
        ws: WebSocketConnection,
        request: WebSocketRequest,
        stream: FaultyStream,
        strikes: Strikes,
        first_words: ErrorFrame | None,
    ) -> None:
        where = urlsplit(request.path)
        options = parse_qsl(where.query)
        log = SessionLog(where.path, tuple(options))
        self.sessions.append(log)
        begun = trio.current_time()
        recogniser = await open_recogniser(self._stt, [value for name, value in options if name == "keyterm"])
        hearing = Hearing(self._vad.open_stream(), recogniser)
        kind = V1Session if where.path == "/v1/listen" else FluxSession
        talk = _Talk(ws, stream, strikes, kind(hearing, dict(options)), log, self._draw, self._idle)
        try:
            await talk.run(first_words)
        finally:
            log.seconds = trio.current_time() - begun
            with trio.move_on_after(_CLOSE_SECONDS, shield=True):
                await recogniser.aclose()

    def _draw(self) -> float:
        return self._latency.draw(self._rng)


async def _reject(request: WebSocketRequest, fault: Refuse) -> None:
    headers = [(b"Content-Type", b"application/json")]
    if fault.retry_after is not None:
        headers.append((b"Retry-After", f"{fault.retry_after:g}".encode()))
    await request.reject(fault.status, extra_headers=headers, body=fault.body or b"{}")


class _Talk:
    """One connection after its handshake: a task reads, a task writes."""

    def __init__(
        self,
        ws: WebSocketConnection,
        stream: FaultyStream,
        strikes: Strikes,
        session: V1Session | FluxSession,
        log: SessionLog,
        latency: Callable[[], float],
        idle: float,
    ) -> None:
        self._ws, self._stream, self._strikes, self._session = ws, stream, strikes, session
        self._log, self._latency, self._idle = log, latency, idle
        self._out, self._outgoing = trio.open_memory_channel[tuple[float, Mapping[str, Any]]](256)
        self._due = 0.0

    async def run(self, first_words: ErrorFrame | None) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write)
            if first_words is not None:
                await self._fail(first_words)
                return
            code, reason = 1011, "NET-0001"
            async with self._out:
                await self._say(list(self._session.greeting()), delayed=False)
                with trio.move_on_after(self._idle) as self._patience:
                    code, reason = await self._read()
        with trio.move_on_after(_CLOSE_SECONDS):
            await self._ws.aclose(code, reason)

    async def _read(self) -> tuple[int, str]:
        """Take messages until the client is done; how to close."""
        while True:
            message = await self._ws.get_message()
            if isinstance(message, bytes) and message:
                self._patience.deadline = math.inf  # the limit is on the client's silence, not on our own work
                await self._hear(message)
                self._patience.deadline = trio.current_time() + self._idle
                continue
            kind = _kind(message) if isinstance(message, str) else "CloseStream"
            self._log.controls.append(kind)
            try:
                answers = await self._session.control(kind)
            except EngineError:
                await self._fail(_ENGINE_FAILED)
                continue
            if answers is None:
                await self._say([self._session.error("DATA-0000", "Unknown message.")], delayed=False)
                return 1008, "DATA-0000"
            if kind == "KeepAlive":
                self._patience.deadline = trio.current_time() + self._idle
            await self._say(answers)
            if kind == "CloseStream":
                return 1000, ""

    async def _hear(self, pcm: bytes) -> None:
        self._log.samples += len(pcm) // 2
        self._log.sizes.append(len(pcm) // 2)
        if (fault := self._strikes.on_received(len(pcm))) is not None:
            await self._strike(fault)
        try:
            await self._say(await self._session.audio(pcm))
        except EngineError:
            await self._fail(_ENGINE_FAILED)

    async def _say(self, messages: Sequence[Mapping[str, Any]], *, delayed: bool = True) -> None:
        for message in messages:
            self._due = max(self._due, trio.current_time() + (self._latency() if delayed else 0.0))
            await self._out.send((self._due, message))

    async def _write(self) -> None:
        async for due, message in self._outgoing:
            await trio.sleep_until(due)
            if (fault := self._strikes.on_message()) is not None:
                await self._strike(fault)
            await self._ws.send_message(json.dumps(message))

    async def _strike(self, fault: Fault) -> None:
        if isinstance(fault, ErrorFrame):
            await self._fail(fault)
        else:
            await self._stream.suffer(fault)
            if fault == Cut():
                raise trio.BrokenResourceError("cut by order")

    async def _fail(self, fault: ErrorFrame) -> None:
        """Tell the error and close, at once."""
        await self._ws.send_message(json.dumps(self._session.error(fault.code, fault.message)))
        with trio.move_on_after(_CLOSE_SECONDS):
            await self._ws.aclose(1011, fault.code[:100])
        raise trio.BrokenResourceError("an error was told")


def _kind(message: str) -> str:
    try:
        value = json.loads(message)
    except ValueError:
        return ""
    return str(value.get("type", "")) if isinstance(value, dict) else ""
