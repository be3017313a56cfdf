"""A caller whose words are audible in the samples, a recogniser that knows them, and the protocol server over both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import numpy as np
import pytest
import trio
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection

from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud._deepgram_socket import use_socket
from actors.cloud.servers._faults import FaultDesk, Order
from actors.cloud.servers._recogniser import TimedWord
from actors.cloud.servers.deepgram import DeepgramServer
from actors.ports import CALLER_RATE, Pcm
from actors.testing import Dictionary, FakeVad

KEY = "sekret-key"
MS = CALLER_RATE // 1000


class _KnowingStream:
    """Hears every word of which more than half is there, and says when."""

    def __init__(self, stt: KnowingStt) -> None:
        self._stt = stt
        self._audio: list[Pcm] = []

    def begin(self, segment: int) -> None:
        self._audio = []

    def push(self, samples: Pcm) -> None:
        self._audio.append(samples)

    async def partial(self) -> str:
        return await self.final()

    async def final(self) -> str:
        return " ".join(word.text for word in await self.words())

    async def words(self) -> Sequence[TimedWord]:
        audio = np.concatenate(self._audio) if self._audio else np.zeros(0, np.int16)
        await trio.sleep(self._stt.latency)
        if self._stt.error is not None:
            raise self._stt.error
        found = []
        for value in sorted(set(audio[audio != 0].tolist())):
            (where,) = np.nonzero(audio == value)
            heard = self._stt.dictionary.heard(audio[where], whole=False)
            if heard:
                found.append(TimedWord(heard[0], int(where[0]) / CALLER_RATE, (int(where[-1]) + 1) / CALLER_RATE))
        return found

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


class KnowingStt:
    name = "knowing"

    def __init__(self) -> None:
        self.dictionary = Dictionary(CALLER_RATE, ms_per_character=11)
        self.latency = 0.0
        self.error: Exception | None = None

    async def open_stream(self, *, hints: Sequence[str] = ()) -> _KnowingStream:
        await trio.lowlevel.checkpoint()
        return _KnowingStream(self)

    def say(self, text: str, *, gap_ms: int = 40, tail_ms: int = 0) -> Pcm:
        """Speak: words with gaps between them, and silence after the last."""
        gap = np.zeros(gap_ms * MS, np.int16)
        # An odd number of samples, so that no cut leaves two halves that are both half a word.
        spoken = [np.full(w.samples | 1, w.value, np.int16) for w in self.dictionary.pronounce(text)]
        pieces = [piece for word in spoken for piece in (gap, word)]
        return np.concatenate([*pieces, np.zeros(tail_ms * MS, np.int16)])


@attrs.frozen
class World:
    stt: KnowingStt
    server: DeepgramServer
    url: str

    def say(self, text: str, *, gap_ms: int = 40, tail_ms: int = 0) -> Pcm:
        return self.stt.say(text, gap_ms=gap_ms, tail_ms=tail_ms)

    @asynccontextmanager
    async def listening(self, engine: Callable[..., Any], **settings: float) -> AsyncIterator[Any]:
        """A stream of this kind of client, connected here, that hears its first segment."""
        async with engine(api_key=KEY, base_url=self.url, settings=attrs.evolve(FAST, **settings)) as stt:
            stream = await stt.open_stream()
            stream.begin(0)
            yield stream


#: As in life, but in a hurry.
FAST = LinkSettings(
    connect=1.0,
    final=3.0,
    answer=0.4,
    stall=0.4,
    pong=0.3,
    keep_alive=0.5,
    idle=0.2,
    replay_speed=200.0,
    replay_burst=1.0,
    back_off_first=0.01,
    back_off_most=0.05,
)


@pytest.fixture
def fast() -> LinkSettings:
    return FAST


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture
def run_world() -> Callable[..., Any]:
    """``run_world(main, *orders, **server options)``: run ``main(world)`` beside a server with those faults."""

    def run(main: Callable[[World], Awaitable[Any]], *orders: Order, stt: Any = None, **options: Any) -> Any:
        async def whole() -> Any:
            recogniser = stt or KnowingStt()
            server = DeepgramServer(recogniser, FakeVad(), key=KEY, desk=FaultDesk(orders), **options)
            result: Any = None
            with trio.fail_after(20):
                async with trio.open_nursery() as nursery:
                    url = await nursery.start(server.run)
                    result = await main(World(recogniser, server, url))
                    nursery.cancel_scope.cancel(reason="the test is over")
            return result

        return trio.run(whole)

    return run


@pytest.fixture
def converse() -> Callable[..., Awaitable[tuple[list[Any], CloseReason | None]]]:
    """``converse(url, *messages)``: send those (a number: wait so many seconds), take what comes till the end.

    The messages taken, and how it closed.
    """

    async def run(url: str, *messages: str | bytes | float) -> tuple[list[Any], CloseReason | None]:
        taken: list[Any] = []

        async def use(ws: WebSocketConnection) -> CloseReason | None:
            for message in messages:
                if isinstance(message, float):
                    await trio.sleep(message)
                else:
                    await ws.send_message(message)
            try:
                while True:
                    taken.append(json.loads(await ws.get_message()))
            except ConnectionClosed:
                return ws.closed

        headers = [(b"Authorization", f"Token {KEY}".encode())]
        return taken, await use_socket(url, headers, use, connect=2.0)

    return run


@pytest.fixture
def knowing() -> KnowingStt:
    return KnowingStt()


@pytest.fixture
def run_each() -> Callable[..., list[Any]]:
    """``run_each(main, orders)``: ``main(world)`` for each fault, each with a server of its own, many at a time."""

    def run(main: Callable[[World], Awaitable[Any]], orders: Sequence[Order]) -> list[Any]:
        results: list[Any] = [None] * len(orders)
        limit = trio.CapacityLimiter(8)

        async def one(number: int, order: Order) -> None:
            async with limit, trio.open_nursery() as nursery:
                stt = KnowingStt()
                server = DeepgramServer(stt, FakeVad(), key=KEY, desk=FaultDesk([order]))
                results[number] = await main(World(stt, server, await nursery.start(server.run)))
                nursery.cancel_scope.cancel(reason="the case is over")

        async def whole() -> None:
            with trio.fail_after(60):
                async with trio.open_nursery() as nursery:
                    for number, order in enumerate(orders):
                        nursery.start_soon(one, number, order)

        trio.run(whole)
        return results

    return run


@pytest.fixture
def feed() -> Callable[..., Awaitable[None]]:
    """Push audio in 20 ms frames, ``speed`` times as fast as real time."""

    async def run(stream: Any, samples: Pcm, *, speed: float = 20.0) -> None:
        frame = 20 * MS
        for at in range(0, len(samples), frame):
            stream.push(samples[at : at + frame])
            await trio.sleep(0.02 / speed)

    return run
