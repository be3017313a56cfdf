"""ElevenLabs over real sockets on loopback: the client against our server, which keeps the service's rules."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.cloud.elevenlabs_tts import ElevenLabsTts, open_elevenlabs
from actors.cloud.servers._faults import Cut, ErrorFrame, FaultDesk, Garbage, Latency, Order, Refuse, Stall
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.errors import EngineBadReply, EngineOverloaded, EngineRefused, EngineTimeout, EngineUnavailable
from actors.ports import SpeechChunk, TtsVoice
from actors.testing import FakeTts

KEY = "sk_3f0c9a77e1d2b4"
TEXT = "Doctor Chen is free at nine."
OTHER = "Shall I book it?"
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
    failure = None
    async with trio.open_nursery() as nursery:
        port = await nursery.start(server.serve)
        try:
            yield server, f"http://127.0.0.1:{port}"
        except Exception as error:
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def speaking(*orders: Order, client: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Any]:
    """A server and an engine that is connected to it."""
    async with (
        served(*orders, **options) as (server, url),
        open_elevenlabs(KEY, base_url=url, **(client or {})) as tts,
    ):
        yield server, tts


async def hear(voice: TtsVoice, text: str) -> tuple[bytes, list[tuple[str, int, int]]]:
    """All audio of a text, and its words with their times in milliseconds."""
    pcm, words = b"", []
    async for chunk in voice.say(text):
        assert isinstance(chunk, SpeechChunk)
        pcm += chunk.pcm
        words += chunk.words
        assert all(word.end <= len(pcm) // 2 for word in chunk.words)
    return pcm, [(text[w.start_char : w.end_char], w.start // MS, w.end // MS) for w in words]


def heard_words(server: ElevenLabsServer, pcm: bytes, *, whole: bool = True) -> list[str]:
    """What can be heard in it, word for word (the fake voice gives every word a sample value of its own)."""
    import numpy as np

    tts = server.tts
    assert isinstance(tts, FakeTts)
    return tts.dictionary.heard(np.frombuffer(pcm, "<i2"), whole=whole)


# --- speaking ---------------------------------------------------------------------------------------------------------


def test_sentences_come_whole_with_exact_words_over_one_context() -> None:
    async def main() -> None:
        async with speaking() as (server, tts):
            await tts.check()
            async with tts.open_voice(7) as voice:
                for text in (TEXT, OTHER):
                    pcm, words = await hear(voice, text)
                    assert heard_words(server, pcm) == text.split()
                    lasts = [60 * max(2, len(word)) for word in text.split()]  # the fake voice's measure
                    assert [end - start for _, start, end in words] == lasts
                    assert [word for word, _, _ in words] == text.split()
                    assert words[0][1] == 0
                    assert words[-1][2] * MS * 2 == len(pcm)
            await trio.sleep(0.02)
            sent = list(server.received)
        assert [message["context_id"] for message in sent] == ["context-1"] * 4
        assert sent[0] == {"text": " ", "context_id": "context-1"}
        assert sent[1] == {"text": TEXT + " ", "context_id": "context-1", "flush": True}
        assert sent[-1] == {"context_id": "context-1", "close_context": True}

    run(main)


def test_nothing_sayable_is_nothing_said() -> None:
    async def main() -> None:
        async with speaking() as (server, tts), tts.open_voice(1) as voice:
            assert await hear(voice, " … ") == (b"", [])
            assert not server.received

    run(main)


def test_without_times_the_end_is_asked_for() -> None:
    """The service sends no alignment: the context is closed to learn where the sentence ends, no audio is lost."""

    async def main() -> None:
        async with speaking(tts=fast(timings=False), client={"gap": 0.05}) as (server, tts):
            async with tts.open_voice(1) as voice:
                for text in (TEXT, OTHER):
                    pcm, words = await hear(voice, text)
                    assert heard_words(server, pcm) == text.split()
                    assert not words
            await trio.sleep(0.02)
            closed = [m["context_id"] for m in server.received if m.get("close_context")]
        assert closed == ["context-1", "context-2"]  # each once

    run(main)


def test_a_slow_sentence_is_not_torn() -> None:
    """Audio comes in real time and with gaps: asking for the end early loses nothing."""

    async def main() -> None:
        async with speaking(speed=4.0, client={"gap": 0.03}) as (server, tts), tts.open_voice(1) as voice:
            pcm, words = await hear(voice, TEXT)
            assert heard_words(server, pcm) == TEXT.split()
            assert [word for word, _, _ in words] == TEXT.split()
            assert not voice.by_http

    run(main)


# --- barge-in ---------------------------------------------------------------------------------------------------------


async def first_chunk(voice: TtsVoice, text: str) -> SpeechChunk:
    return await anext(aiter(voice.say(text)))


def test_leaving_the_voice_closes_its_context_at_once_and_drops_what_is_late(best_of: Any) -> None:
    async def main() -> None:
        async with speaking(speed=3.0) as (server, tts):
            await tts.check()

            def closed() -> int:
                return sum("close_context" in m for m in server.received)

            async def leave() -> tuple[float, float]:
                before = closed()
                async with tts.open_voice(before) as voice:
                    await first_chunk(voice, TEXT)
                    left = trio.current_time()
                took = trio.current_time() - left
                await until(lambda: closed() > before)
                return took, trio.current_time() - left

            took, told = await best_of(leave, 0.005, 0.01)
            async with tts.open_voice(100) as voice:  # while the rest of the one before still comes
                pcm, words = await hear(voice, OTHER)
            assert heard_words(server, pcm, whole=False) == OTHER.split()
            assert [word for word, _, _ in words] == OTHER.split()
        print(f"left in {took * 1e3:.2f} ms, the service was told after {told * 1e3:.2f} ms")
        assert took < 0.005
        assert told < 0.01

    run(main)


def test_a_turn_cancelled_while_it_waits_leaves_at_once() -> None:
    async def main() -> None:
        async with speaking(latency=Latency(5.0)) as (server, tts):
            await tts.check()
            with trio.move_on_after(0.1) as scope:
                async with tts.open_voice(1) as voice:
                    await hear(voice, TEXT)
            assert scope.cancelled_caught
            await trio.sleep(0.02)
            assert server.received[-1] == {"context_id": "context-1", "close_context": True}

    run(main)


def test_quick_interruptions_never_exceed_the_limit_of_contexts() -> None:
    """Contexts that we closed count until the service confirms: a sixth would end the connection for all."""

    async def main() -> None:
        async with speaking(speed=4.0) as (server, tts):
            for turn in range(12):
                async with tts.open_voice(turn) as voice:
                    chunk = await first_chunk(voice, TEXT)
                    assert chunk.pcm
                    assert not voice.by_http
            assert server.sockets == 2  # five contexts each

    run(main)


def test_eleven_voices_at_once_share_three_connections_and_mix_nothing() -> None:
    async def main() -> None:
        async with speaking() as (server, tts):

            async def speak(turn: int) -> None:
                text = f"This is voice number {turn} speaking now."
                async with tts.open_voice(turn) as voice:
                    for _ in range(3):
                        pcm, words = await hear(voice, text)
                        assert heard_words(server, pcm, whole=False) == text.split()
                        assert [word for word, _, _ in words] == text.split()
                    voices.append(voice)
                    assert not voice.by_http
                    await until(lambda: len(voices) == 11)

            voices: list[TtsVoice] = []
            async with trio.open_nursery() as nursery:
                for turn in range(11):
                    nursery.start_soon(speak, turn)
            assert server.sockets == 3

    run(main)


# --- trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, 1, 4])
@pytest.mark.parametrize(
    "fault",
    [Cut(), Cut(mid_frame=True), Garbage(), Stall(), ErrorFrame(), ErrorFrame("input_timeout_exceeded")],
    ids=["cut", "cut mid-frame", "garbage", "stall", "error", "timed out"],
)
def test_a_sentence_goes_on_over_http_with_every_word_once(fault: Any, sent: int) -> None:
    """The connection fails at each piece of a sentence; words heard before are not said again, none is lost."""

    async def main() -> None:
        client = {"first_audio": 1.0, "between_audio": 1.0}  # less is missed on a busy machine
        async with speaking(Order(fault, sent=sent), speed=20.0, client=client) as (server, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                pcm, words = await hear(voice, TEXT)
                assert voice.by_http
                assert [word for word, _, _ in words] == TEXT.split()
                assert words[-1][2] * MS * 2 == len(pcm)
                assert heard_words(server, pcm)[-len(TEXT.split()) :]  # it can be heard
                asked = next(m["text"] for m in server.received if "model_id" in m)
                before = [word for word, _, end in words if word not in asked.split()]
                assert [*before, *asked.split()] == TEXT.split()
                pcm, words = await hear(voice, OTHER)
                assert heard_words(server, pcm) == OTHER.split()
            await until(lambda: server.sockets == 1)
            async with tts.open_voice(2) as voice:  # another turn: the WebSocket again
                pcm, words = await hear(voice, OTHER)
                assert [word for word, _, _ in words] == OTHER.split()
                assert not voice.by_http

    run(main)


@pytest.mark.parametrize("fault", [Refuse(500), Refuse(503), Cut(), Garbage()], ids=["500", "503", "cut", "garbage"])
def test_where_no_connection_can_be_had_http_speaks(fault: Any) -> None:
    async def main() -> None:
        async with speaking(Order(fault)) as (server, tts), tts.open_voice(1) as voice:
            if fault == Refuse(503):
                with pytest.raises(EngineOverloaded):
                    await hear(voice, TEXT)
                return
            pcm, words = await hear(voice, TEXT)
            assert voice.by_http
            assert heard_words(server, pcm) == TEXT.split()
            assert [word for word, _, _ in words] == TEXT.split()

    run(main)


def test_reconnecting_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        times: list[float] = []
        async with served(Order(Refuse(500), times=4)) as (server, url):
            opened = server.desk.open

            def note() -> Any:
                times.append(trio.current_time())
                return opened()

            monkeypatch.setattr(server.desk, "open", note)
            async with open_elevenlabs(KEY, base_url=url) as tts:
                await until(lambda: len(times) >= 4)
                async with tts.open_voice(1) as voice:  # meanwhile nobody waits for it
                    begun = trio.current_time()
                    with suppress(EngineUnavailable):
                        await hear(voice, TEXT)
                    assert trio.current_time() - begun < 1.5  # the next try is 2 s away
        waits = [b - a for a, b in pairwise(times[:4])]
        assert waits[0] >= 0.25
        assert waits[1] >= 0.5
        assert waits[2] >= 1.0
        assert sum(waits) < 3.0

    run(main)


def test_a_wrong_key_is_refused_at_once_and_named_by_its_variable() -> None:
    async def main() -> None:
        async with served() as (_, url), open_elevenlabs("sk_wrong_key_99", base_url=url) as tts:
            with pytest.raises(EngineRefused, match="ELEVENLABS_API_KEY") as caught:
                await tts.check()
            assert "sk_wrong" not in str(caught.value)
            async with tts.open_voice(1) as voice:
                with pytest.raises(EngineRefused):
                    await hear(voice, TEXT)

    run(main)


def test_too_many_requests_tell_when_to_come_back() -> None:
    async def main() -> None:
        async with speaking(Order(Refuse(429, retry_after=2.5))) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(EngineOverloaded) as caught:
                await hear(voice, TEXT)
            assert caught.value.retry_after == 2.5

    run(main)


@pytest.mark.parametrize(
    ("code", "error"),
    [("quota_exceeded", EngineRefused), ("invalid_api_key", EngineRefused), ("rate_limit_exceeded", EngineOverloaded)],
)
def test_error_frames_that_http_is_no_way_round(code: str, error: type[Exception]) -> None:
    async def main() -> None:
        async with speaking(Order(ErrorFrame(code, f"said {KEY}"), sent=0)) as (_, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                with pytest.raises(error, match=code) as caught:
                    await hear(voice, TEXT)
            assert KEY not in str(caught.value)

    run(main)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ErrorFrame(), EngineUnavailable),
        (ErrorFrame("quota_exceeded"), EngineRefused),
        (Cut(), EngineUnavailable),
        (Garbage(), EngineUnavailable),
        (Stall(), EngineTimeout),
    ],
    ids=["error in a 200", "quota", "cut", "garbage", "stall"],
)
@pytest.mark.parametrize("sent", [0, 2])
def test_what_goes_wrong_over_http_too_is_the_calls_to_know(fault: Any, error: type[Exception], sent: int) -> None:
    async def main() -> None:
        orders = (Order(Refuse(500)), Order(fault, first=1, times=None, sent=sent))
        client = {"first_audio": 1.0, "between_audio": 1.0}
        async with speaking(*orders, speed=20.0, client=client) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(error):
                await hear(voice, TEXT)

    run(main)


def test_a_line_that_is_no_json_is_a_bad_reply() -> None:
    async def main() -> None:
        orders = (Order(Refuse(500)), Order(Garbage(b"5\r\noops\n\r\n"), first=1, sent=1))
        async with speaking(*orders) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(EngineBadReply):
                await hear(voice, TEXT)

    run(main)


def test_leaving_a_voice_that_speaks_over_http_closes_its_request() -> None:
    async def main() -> None:
        async with speaking(Order(Refuse(500)), speed=0.5) as (server, tts):
            async with tts.open_voice(1) as voice:
                chunk = await first_chunk(voice, TEXT)
                assert chunk.pcm
                assert voice.by_http
                begun = trio.current_time()
            await until(lambda: server.speaking == 0)
            assert trio.current_time() - begun < 5  # the sentence would have gone on for longer

    run(main)


def test_a_dead_connection_is_noticed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service goes silent while nobody speaks: no answer to a ping, no end of the connection either."""
    monkeypatch.setattr("actors.cloud._elevenlabs_socket._PING_TIMEOUT", 0.1)

    async def main() -> None:
        async with speaking(Order(Stall(), received=200), client={"inactivity": 0.6}) as (server, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                await hear(voice, TEXT)
            for _ in range(6):  # messages that are of no use to the service
                tts._pool._sockets[0].put("context-1", '{"text": "", "context_id": "context-1"}')
            await until(lambda: server.sockets == 2)
            async with tts.open_voice(2) as voice:
                pcm, _ = await hear(voice, OTHER)
                assert heard_words(server, pcm) == OTHER.split()
                assert not voice.by_http

    run(main)


def test_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    command += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def main() -> None:
        server = ElevenLabsServer(fast(), api_key=KEY)
        listeners = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1")
        port = listeners[0].transport_listener.socket.getsockname()[1]  # type: ignore[attr-defined]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, server.handle, listeners)
            async with open_elevenlabs(KEY, base_url=f"https://localhost:{port}") as tts:
                with pytest.raises(EngineUnavailable):  # nobody vouches for it
                    await tts.check()
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
                await until(lambda: server.sockets == 1)
                async with tts.open_voice(1) as voice:
                    pcm, _ = await hear(voice, TEXT)
                    assert heard_words(server, pcm) == TEXT.split()
                    assert not voice.by_http
            nursery.cancel_scope.cancel()

    run(main)


# --- long silences ----------------------------------------------------------------------------------------------------


def test_a_silent_context_is_kept_alive() -> None:
    async def main() -> None:
        async with speaking(client={"inactivity": 1.0}) as (server, tts), tts.open_voice(1) as voice:
            await hear(voice, TEXT)
            await trio.sleep(2.2)  # a function runs long
            pcm, _ = await hear(voice, OTHER)
            assert heard_words(server, pcm) == OTHER.split()
            names = {m["context_id"] for m in server.received}
            kept = [m for m in server.received if m == {"text": "", "context_id": "context-1"}]
        assert names == {"context-1"}
        assert 3 <= len(kept) <= 8

    run(main)


def test_a_context_that_the_service_closed_is_replaced() -> None:
    async def main() -> None:
        async with speaking() as (server, tts), tts.open_voice(1) as voice:
            await hear(voice, TEXT)
            context = voice._context
            assert context is not None
            context.finish()  # as if the service had closed it: it is final
            await trio.sleep(0.05)
            pcm, words = await hear(voice, OTHER)
            assert heard_words(server, pcm) == OTHER.split()
            assert [word for word, _, _ in words] == OTHER.split()
            assert not voice.by_http
            assert {m["context_id"] for m in server.received} == {"context-1", "context-2"}

    run(main)


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_the_key_is_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        orders = (Order(Refuse(401, body=KEY.encode())), Order(Refuse(500, body=KEY.encode()), first=1, times=None))
        async with speaking(*orders) as (_, tts), tts.open_voice(1) as voice:
            seen.extend([repr(tts), repr(tts._settings), repr(voice)])
            for _ in range(2):
                try:
                    await hear(voice, TEXT)
                except Exception as error:
                    seen.append(f"{error!r} {error}")
                await trio.sleep(0.3)

    seen: list[str] = []
    with caplog.at_level(logging.DEBUG):
        run(main)
    assert len(seen) == 5
    assert not any(KEY in text for text in [*seen, caplog.text])


def test_the_engine_is_a_tts() -> None:
    assert ElevenLabsTts.name == "elevenlabs"
