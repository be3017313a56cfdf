"""A voice behind /v1/audio/speech, over real sockets on loopback, and the PCM that it makes of what comes."""

from __future__ import annotations

import io
import logging
import struct
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.cloud._pcm_stream import NotPcm, PcmStream
from actors.cloud.servers._faults import Cut, FaultDesk, Garbage, Latency, Order, Refuse, Stall
from actors.cloud.servers.openai import OpenAiServer
from actors.cloud.speech_http_tts import SpeechHttpTts
from actors.errors import EngineBadReply, EngineOverloaded, EngineRefused, EngineTimeout, EngineUnavailable
from actors.testing import FakeTts

KEY = "sk-79d3b0aa51"
TEXT = "Doctor Chen is free at nine."


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        with trio.fail_after(15):
            await main()

    trio.run(bounded)


@asynccontextmanager
async def speaking(
    *orders: Order, client: dict[str, Any] | None = None, tts: FakeTts | None = None, **options: Any
) -> AsyncIterator[tuple[OpenAiServer, FakeTts, SpeechHttpTts]]:
    voice = tts or FakeTts(ttfb=0, real_time_factor=0)
    server = OpenAiServer(tts=voice, api_key=KEY, desk=FaultDesk(orders), **options)
    async with server.served() as port:
        arguments = {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": KEY, "model": "kokoro", "voice": "af_heart"}
        async with SpeechHttpTts(**{**arguments, **(client or {})}) as engine:
            yield server, voice, engine


def test_a_sentence_is_spoken() -> None:
    async def main() -> None:
        async with speaking(client={"extra_body": {"speed": 1.1}}) as (server, voice, engine):
            async with engine.open_voice(3) as mouth:
                for text in (TEXT, "Shall I book it?"):
                    pcm = b""
                    async for chunk in mouth.say(text):
                        assert len(chunk.pcm) % 2 == 0
                        assert chunk.words == ()
                        pcm += chunk.pcm
                    assert voice.dictionary.heard(np.frombuffer(pcm, "<i2")) == text.split()
                assert [chunk async for chunk in mouth.say(" … ")] == []
            assert server.received[0] == {
                "model": "kokoro",
                "voice": "af_heart",
                "input": TEXT,
                "response_format": "pcm",
                "speed": 1.1,
            }

    run(main)


def test_leaving_the_voice_closes_its_request_at_once(best_of: Any) -> None:
    async def main() -> None:
        async with speaking(per_token=Latency(0.05)) as (server, _, engine):

            async def leave() -> tuple[float, float]:
                left = server.left
                async with engine.open_voice(1) as mouth:
                    await anext(aiter(mouth.say(TEXT)))
                    begun = trio.current_time()
                took = trio.current_time() - begun
                await left.wait()
                return took, trio.current_time() - begun

            took, seen = await best_of(leave, 0.005, 0.005)
        print(f"left in {took * 1e3:.2f} ms, the server saw it after {seen * 1e3:.2f} ms")
        assert took < 0.005
        assert seen < 0.005

    run(main)


@pytest.mark.parametrize(
    ("orders", "error"),
    [
        ([Order(Refuse(401))], EngineRefused),
        ([Order(Refuse(404))], EngineRefused),
        ([Order(Refuse(429, retry_after=3))], EngineOverloaded),
        ([Order(Refuse(500))], EngineUnavailable),
        ([Order(Stall())], EngineTimeout),
        ([Order(Cut())], EngineUnavailable),
        ([Order(Garbage())], EngineUnavailable),
        ([Order(Stall(), sent=2)], EngineTimeout),
        ([Order(Cut(), sent=2)], EngineUnavailable),
        ([Order(Cut(mid_frame=True), sent=2)], EngineUnavailable),
        ([Order(Garbage(), sent=2)], EngineUnavailable),
    ],
)
def test_faults_are_told_apart(orders: list[Order], error: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with (
            speaking(*orders, client={"first_audio": 0.3, "between_audio": 0.3}) as (_, _, engine),
            engine.open_voice(1) as mouth,
        ):
            with pytest.raises(error) as caught:
                async for _ in mouth.say(TEXT):
                    pass
            if error is EngineOverloaded:
                assert isinstance(caught.value, EngineOverloaded)
                assert caught.value.retry_after == 3
            assert KEY not in f"{caught.value}{caplog.text}{engine!r}{mouth!r}"
            async for _ in mouth.say(TEXT):  # the next sentence is another request
                pass

    with caplog.at_level(logging.INFO):
        run(main)


def test_a_voice_that_fails_behind_the_server_is_told() -> None:
    async def main() -> None:
        tts = FakeTts(ttfb=0, real_time_factor=0)
        tts.error = EngineOverloaded("fake", "busy")
        async with speaking(tts=tts) as (_, _, engine), engine.open_voice(1) as mouth:
            with pytest.raises(EngineOverloaded):
                await anext(aiter(mouth.say(TEXT)))

    run(main)


# --- what comes -------------------------------------------------------------------------------------------------------


def wav(samples: bytes, rate: int = 24_000, *, channels: int = 1, extra: bytes = b"", size: int | None = None) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    data = out.getvalue()
    head, body = data[:36] + extra, data[44:]
    return head + b"data" + struct.pack("<I", len(body) if size is None else size) + body


def pour(data: bytes, cuts: list[int]) -> bytes:
    stream, out = PcmStream(), b""
    edges = sorted({0, len(data), *[cut % (len(data) + 1) for cut in cuts]})
    for a, b in pairwise(edges):
        out += stream.feed(data[a:b])
        assert len(out) % 2 == 0
    return out + stream.finish()


pcms = st.binary(max_size=300).filter(
    lambda data: not data.startswith((b"ID3", b"OggS", b"fLaC", b"\xff", b"{", b"RIFF"))
)


@given(pcms, st.lists(st.integers(0, 400), max_size=8))
def test_pcm_passes_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    assert pour(data, cuts) == data[: len(data) // 2 * 2]


@given(
    st.binary(max_size=300).map(lambda data: data[: len(data) // 2 * 2]),
    st.lists(st.integers(0, 400), max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_a_wav_head_is_left_out_however_it_is_cut(data: bytes, cuts: list[int], extra: bool, unknown: bool) -> None:
    file = wav(data, extra=b"LIST\x04\x00\x00\x00abcd" if extra else b"", size=0xFFFFFFFF if unknown else None)
    assert pour(file, cuts) == data
    if not unknown and data:
        assert pour(file + b"id3 tags behind", cuts) == data


def test_another_rate_is_resampled_without_seams() -> None:
    tone = (np.sin(np.arange(48_000) * 2 * np.pi * 440 / 48_000) * 10_000).astype("<i2")
    out = np.frombuffer(pour(wav(tone.tobytes(), 48_000), list(range(0, 96_000, 3_001))), "<i2")
    expected = (np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000) * 10_000).astype("<i2")
    assert abs(len(out) - 24_000) <= 1
    middle = slice(500, 23_000)
    assert np.abs(out[middle].astype(int) - expected[middle]).max() < 50


@pytest.mark.parametrize(
    "data",
    [
        b"ID3\x04mp3",
        b"OggS....",
        b"fLaC....",
        b"\xff\xfb\x90\x00",
        b'{"error": "no"}',
        b"RIFF\x00\x00\x00\x00WAVE",
        wav(b"abcd", channels=2),
        b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff1234",
    ],
)
def test_what_is_no_pcm_is_not_played(data: bytes) -> None:
    with pytest.raises(NotPcm):
        pour(data, [3, 9])


def test_a_server_that_sends_wav_all_the_same_is_understood() -> None:
    async def main() -> None:
        async with speaking(client={"extra_body": {"response_format": "wav"}}) as (server, voice, engine):
            async with engine.open_voice(1) as mouth:
                pcm = b"".join([chunk.pcm async for chunk in mouth.say(TEXT)])
            assert server.received[0]["response_format"] == "wav"
            assert voice.dictionary.heard(np.frombuffer(pcm, "<i2")) == TEXT.split()

    run(main)


def test_a_server_that_sends_nothing_made_a_bad_reply() -> None:
    async def main() -> None:
        tts = FakeTts(ttfb=0, real_time_factor=0)
        tts.dictionary.pronounce = lambda text: []  # type: ignore[method-assign]
        async with speaking(tts=tts) as (_, _, engine), engine.open_voice(1) as mouth:
            with pytest.raises(EngineBadReply):
                await anext(aiter(mouth.say(TEXT)))

    run(main)
