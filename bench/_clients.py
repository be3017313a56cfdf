"""Callers over a real socket, well-behaved and otherwise. Each returns how its call ended, with the close code."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from actors.line import AgentSpeaking, CallEnded, HangUp, PlaybackReport, StateChanged, TypedText
from actors.ports import CALLER_RATE, Pcm
from web.wire import Hello, Ready, decode_server, encode_client

__all__ = ["BEHAVIOURS", "Behaviour", "Client", "Sounds"]

Sounds = dict[str, Pcm]
_FRAME = CALLER_RATE // 50
_SPEED = 5  #: the microphone of these callers runs faster than time, so that 200 calls fit into minutes
_REPORT_EVERY_S = 0.05


@attrs.define(eq=False)
class Client:
    """A caller whose loudspeaker plays at once what comes, and says so."""

    ws: WebSocketConnection
    stream: trio.SocketStream
    state: str = ""
    token: str = ""
    frames: int = 0
    ended: str = ""
    closed: int | None = None
    _turn: int = -1
    _played: int = 0
    _reported: float = 0.0
    _changed: trio.Event = attrs.field(factory=trio.Event)

    async def read(self) -> None:
        """Read to the end."""
        try:
            while True:
                message = await self.ws.get_message()
                if isinstance(message, bytes):
                    self.frames += 1
                    self._played += len(message) // 2
                    await self._report()
                else:
                    await self._take(message)
                self._changed.set()
                self._changed = trio.Event()
        except ConnectionClosed:
            self.closed = self.ws.closed.code if self.ws.closed else 1006
            self._changed.set()

    async def _take(self, text: str) -> None:
        value, _ = decode_server(text)
        match value:
            case Ready():
                self.token = value.resume
            case StateChanged(state):
                self.state = state
            case AgentSpeaking(turn):
                self._turn, self._played = turn, 0
            case CallEnded(reason):
                self.ended = reason
            case _:
                await self._report(at_once=True)

    async def _report(self, *, at_once: bool = False) -> None:
        now = trio.current_time()
        if self._turn >= 0 and (at_once or now - self._reported >= _REPORT_EVERY_S):
            self._reported = now
            await self.ws.send_message(encode_client(PlaybackReport(self._turn, self._played)))

    async def until(self, condition: Callable[[], bool], timeout: float = 8.0) -> bool:
        """Wait until this holds; False where it did not in time, or the socket was closed first."""
        with trio.move_on_after(timeout):
            while not condition() and self.closed is None:
                await self._report()
                with trio.move_on_after(_REPORT_EVERY_S):
                    await self._changed.wait()
        return condition()

    async def say(self, sound: Pcm, *, then_silence_ms: int = 400) -> None:
        """Speak, and be silent for a while."""
        pcm = sound.astype("<i2").tobytes() + bytes(2 * CALLER_RATE * then_silence_ms // 1000)
        for at in range(0, len(pcm), 2 * _FRAME):
            await self.ws.send_message(pcm[at : at + 2 * _FRAME])
            await trio.sleep(0.02 / _SPEED)

    async def talk(self, sound: Pcm) -> bool:
        """Speak and hear the whole answer."""
        heard = self.frames
        await self.until(lambda: self.state == "idle")
        await self.say(sound)
        return await self.until(lambda: self.frames > heard and self.state == "idle")

    async def hang_up(self) -> None:
        await self.ws.send_message(encode_client(HangUp()))
        await self.until(lambda: self.closed is not None, 3)


@asynccontextmanager
async def call(port: int, *, hello: Hello | None = None) -> AsyncIterator[Client]:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        async with trio.open_nursery() as nursery:
            ws = await wrap_client_stream(nursery, stream, "127.0.0.1", "/ws", message_queue_size=1000)
            client = Client(ws, stream)
            nursery.start_soon(client.read)
            await ws.send_message(encode_client(hello or Hello()))
            try:
                yield client
            finally:
                nursery.cancel_scope.cancel(reason="the caller is done")
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def talks(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        good = [await client.talk(sounds[name]) for name in ("ask", "chat")]
        await client.hang_up()
        return f"{sum(good)} answers, {client.closed}"


async def interrupts(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        await client.until(lambda: client.state == "idle")
        await client.say(sounds["chat"])
        await client.until(lambda: client.state == "speaking")
        good = await client.talk(sounds["over"])
        await client.hang_up()
        return f"{int(good)} answers, {client.closed}"


async def types(port: int, _: Sounds) -> str:
    async with call(port) as client:
        await client.until(lambda: client.state == "idle")
        heard = client.frames
        await client.ws.send_message(encode_client(TypedText("What can you do?")))
        good = await client.until(lambda: client.frames > heard and client.state == "idle")
        await client.hang_up()
        return f"{int(good)} answers, {client.closed}"


async def says_goodbye(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        await client.until(lambda: client.state == "idle")
        await client.say(sounds["bye"])
        await client.until(lambda: client.closed is not None)
        return f"{client.ended}, {client.closed}"


async def breaks_model(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        good = await client.talk(sounds["break"])
        await client.hang_up()
        return f"{int(good)} apologies, {client.closed}"


async def vanishes(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        await client.until(lambda: client.state == "idle")
        await client.say(sounds["ask"][: len(sounds["ask"]) // 2], then_silence_ms=0)
        await trio.aclose_forcefully(client.stream)
    return "gone"


async def comes_back(port: int, sounds: Sounds) -> str:
    token = ""
    async with call(port) as client:
        await client.until(lambda: client.state == "idle")
        await client.say(sounds["chat"])
        await client.until(lambda: client.state == "speaking")
        token = client.token
        await trio.aclose_forcefully(client.stream)
    async with call(port, hello=Hello(token)) as client:
        await client.until(lambda: client.state == "idle", 6)
        await client.hang_up()
        return f"resumed {client.token == token}, {client.closed}"


async def never_reads(port: int, _: Sounds) -> str:
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(raw))
    raw.setblocking(False)
    await stream.socket.connect(("127.0.0.1", port))
    handshake = (
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    async with stream:
        await stream.send_all(handshake.encode())
        try:
            # Masked text frames with a mask of zeros: typed words, the answers to which are never read.
            for _attempt in range(100):
                text = encode_client(TypedText("What can you do?")).encode()
                await stream.send_all(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
                await trio.sleep(0.1)
        except trio.BrokenResourceError:
            return "thrown out"
        await trio.aclose_forcefully(stream)
    return "gave up"


async def sends_garbage(port: int, _: Sounds) -> str:
    async with call(port) as client:
        with suppress(ConnectionClosed):
            for garbage in ("{", '{"type": "nonsense"}', "[1, 2, 3]", "\x00\ud7ff", '{"type": "playback", "turn": -1}'):
                await client.ws.send_message(garbage)
                await trio.sleep(0.02)
        await client.until(lambda: client.closed is not None, 3)
        return str(client.closed)


async def sends_5_mb(port: int, _: Sounds) -> str:
    async with call(port) as client:
        with suppress(ConnectionClosed):
            await client.ws.send_message(bytes(5_000_000))
        await client.until(lambda: client.closed is not None, 3)
        return str(client.closed)


async def sends_odd_frames(port: int, sounds: Sounds) -> str:
    async with call(port) as client:
        for frame in (b"", b"\1", b"\1\2\3", bytes(641), b""):
            await client.ws.send_message(frame)
        good = await client.talk(sounds["chat"])
        await client.hang_up()
        return f"{int(good)} answers, {client.closed}"


async def floods(port: int, _: Sounds) -> str:
    async with call(port) as client:
        with suppress(ConnectionClosed):
            for number in range(2000):
                await client.ws.send_message(encode_client(PlaybackReport(0, number)))
        await client.until(lambda: client.closed is not None, 3)
        return str(client.closed)


async def speaks_no_http(port: int, _: Sounds) -> str:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        try:
            await stream.send_all(bytes(range(256)) * 100)
            answer = bytes(await stream.receive_some(100))
        except trio.BrokenResourceError:
            return "reset"
    return answer[9:12].decode()


Behaviour = Callable[[int, Sounds], Awaitable[str]]

#: One round of twenty calls: what the caller does, and how its call should end.
BEHAVIOURS: tuple[tuple[Behaviour, str], ...] = (
    (talks, "2 answers, 1000"),
    (interrupts, "1 answers, 1000"),
    (vanishes, "gone"),
    (types, "1 answers, 1000"),
    (sends_garbage, "1008"),
    (talks, "2 answers, 1000"),
    (says_goodbye, "farewell, 1000"),
    (sends_5_mb, "1009"),
    (breaks_model, "1 apologies, 1000"),
    (never_reads, "thrown out"),
    (talks, "2 answers, 1000"),
    (interrupts, "1 answers, 1000"),
    (comes_back, "resumed True, 1000"),
    (sends_odd_frames, "1 answers, 1000"),
    (floods, "1008"),
    (talks, "2 answers, 1000"),
    (speaks_no_http, "400"),
    (vanishes, "gone"),
    (says_goodbye, "farewell, 1000"),
    (interrupts, "1 answers, 1000"),
)
