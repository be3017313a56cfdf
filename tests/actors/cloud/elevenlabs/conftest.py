"""Our server with the service's protocol on loopback, and the engine connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from actors.cloud.elevenlabs_tts import ElevenLabsTts, open_elevenlabs
from actors.cloud.servers._faults import FaultDesk, Order
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.errors import EngineError
from actors.ports import SpeechChunk, TtsVoice
from actors.testing import FakeTts

KEY = "sk_3f0c9a77e1d2b4"
MS = 24


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        with trio.fail_after(15):
            await main()

    trio.run(bounded)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for is in the server
        await trio.sleep(0.0005)


def fast(*, timings: bool = True) -> FakeTts:
    return FakeTts(ttfb=0, real_time_factor=0, timings=timings)


@asynccontextmanager
async def served(*orders: Order, tts: FakeTts | None = None, **options: Any) -> AsyncIterator[tuple[Any, str]]:
    server = ElevenLabsServer(tts or fast(), api_key=KEY, desk=FaultDesk(orders), **options)
    async with server.served() as port:
        yield server, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def speaking(*orders: Order, client: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Any]:
    """A server and an engine that is connected to it."""
    async with (
        served(*orders, **options) as (server, url),
        open_elevenlabs(KEY, base_url=url, **(client or {})) as tts,
    ):
        yield server, tts


async def connected(tts: ElevenLabsTts) -> None:
    """Return once there is a connection (again)."""
    while True:
        with suppress(EngineError):  # of the last one, while a new one is waited for
            await tts.check()
            return
        await trio.sleep(0.0005)


async def hear(voice: TtsVoice, text: str) -> tuple[bytes, list[tuple[str, int, int]]]:
    """All audio of a text, and its words with their times in milliseconds."""
    pcm, words = b"", []
    async for chunk in voice.say(text):
        assert isinstance(chunk, SpeechChunk)
        pcm += chunk.pcm
        words += chunk.words
        assert all(word.end <= len(pcm) // 2 for word in chunk.words)
    return pcm, [(text[w.start_char : w.end_char], w.start // MS, w.end // MS) for w in words]


async def first_chunk(voice: TtsVoice, text: str) -> SpeechChunk:
    return await anext(aiter(voice.say(text)))


def heard_words(server: ElevenLabsServer, pcm: bytes, *, whole: bool = True) -> list[str]:
    """What can be heard in it, word for word (the fake voice gives every word a sample value of its own)."""
    import numpy as np

    tts = server.tts
    assert isinstance(tts, FakeTts)
    return tts.dictionary.heard(np.frombuffer(pcm, "<i2"), whole=whole)


@pytest.fixture
def booth() -> Any:
    """What is above, for tests."""
    helpers = (run, until, fast, served, speaking, connected, hear, first_chunk, heard_words)
    return SimpleNamespace(**{helper.__name__: helper for helper in helpers})
