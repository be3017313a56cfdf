"""ElevenLabs over real sockets on loopback, when the service fails, refuses or goes away; and its key."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.cloud.elevenlabs_tts import ElevenLabsTts, open_elevenlabs
from actors.cloud.servers._faults import Cut, ErrorFrame, Garbage, Order, Refuse, Stall
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.errors import EngineBadReply, EngineOverloaded, EngineRefused, EngineTimeout, EngineUnavailable

KEY = "sk_3f0c9a77e1d2b4"
TEXT = "Doctor Chen is free at nine."
OTHER = "Shall I book it?"
MS = 24


# --- trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, 1, 4])
@pytest.mark.parametrize(
    "fault",
    [Cut(), Cut(mid_frame=True), Garbage(), Stall(), ErrorFrame(), ErrorFrame("input_timeout_exceeded")],
    ids=["cut", "cut mid-frame", "garbage", "stall", "error", "timed out"],
)
def test_a_sentence_goes_on_over_http_with_every_word_once(fault: Any, sent: int, booth: Any) -> None:
    """The connection fails at each piece of a sentence; words heard before are not said again, none is lost."""

    async def main() -> None:
        client = {"first_audio": 1.0, "between_audio": 1.0}  # less is missed on a busy machine
        async with booth.speaking(Order(fault, sent=sent), speed=20.0, client=client) as (server, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                pcm, words = await booth.hear(voice, TEXT)
                assert voice.by_http
                assert [word for word, _, _ in words] == TEXT.split()
                assert words[-1][2] * MS * 2 == len(pcm)
                assert booth.heard_words(server, pcm)[-len(TEXT.split()) :]  # it can be heard
                asked = next(m["text"] for m in server.received if "model_id" in m)
                before = [word for word, _, end in words if word not in asked.split()]
                assert [*before, *asked.split()] == TEXT.split()
                pcm, words = await booth.hear(voice, OTHER)
                assert booth.heard_words(server, pcm) == OTHER.split()
            await booth.connected(tts)
            async with tts.open_voice(2) as voice:  # another turn: the WebSocket again
                pcm, words = await booth.hear(voice, OTHER)
                assert [word for word, _, _ in words] == OTHER.split()
                assert not voice.by_http

    booth.run(main)


@pytest.mark.parametrize("fault", [Refuse(500), Refuse(503), Cut(), Garbage()], ids=["500", "503", "cut", "garbage"])
def test_where_no_connection_can_be_had_http_speaks(fault: Any, booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(Order(fault)) as (server, tts), tts.open_voice(1) as voice:
            if fault == Refuse(503):
                with pytest.raises(EngineOverloaded):
                    await booth.hear(voice, TEXT)
                return
            pcm, words = await booth.hear(voice, TEXT)
            assert voice.by_http
            assert booth.heard_words(server, pcm) == TEXT.split()
            assert [word for word, _, _ in words] == TEXT.split()

    booth.run(main)


def test_reconnecting_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch, booth: Any) -> None:
    async def main() -> None:
        times: list[float] = []
        async with booth.served(Order(Refuse(500), times=4)) as (server, url):
            opened = server.desk.open

            def note() -> Any:
                times.append(trio.current_time())
                return opened()

            monkeypatch.setattr(server.desk, "open", note)
            async with open_elevenlabs(KEY, base_url=url) as tts:
                await booth.until(lambda: len(times) >= 4)
                async with tts.open_voice(1) as voice:  # meanwhile nobody waits for it
                    begun = trio.current_time()
                    with suppress(EngineUnavailable):
                        await booth.hear(voice, TEXT)
                    assert trio.current_time() - begun < 1.5  # the next try is 2 s away
        waits = [b - a for a, b in pairwise(times[:4])]
        assert waits[0] >= 0.25
        assert waits[1] >= 0.5
        assert waits[2] >= 1.0
        assert sum(waits) < 3.0

    booth.run(main)


def test_a_wrong_key_is_refused_at_once_and_named_by_its_variable(booth: Any) -> None:
    async def main() -> None:
        async with booth.served() as (_, url), open_elevenlabs("sk_wrong_key_99", base_url=url) as tts:
            with pytest.raises(EngineRefused, match="ELEVENLABS_API_KEY") as caught:
                await tts.check()
            assert "sk_wrong" not in str(caught.value)
            async with tts.open_voice(1) as voice:
                with pytest.raises(EngineRefused):
                    await booth.hear(voice, TEXT)

    booth.run(main)


def test_too_many_requests_tell_when_to_come_back(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(Order(Refuse(429, retry_after=2.5))) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(EngineOverloaded) as caught:
                await booth.hear(voice, TEXT)
            assert caught.value.retry_after == 2.5

    booth.run(main)


@pytest.mark.parametrize(
    ("code", "error"),
    [("quota_exceeded", EngineRefused), ("invalid_api_key", EngineRefused), ("rate_limit_exceeded", EngineOverloaded)],
)
def test_error_frames_that_http_is_no_way_round(code: str, error: type[Exception], booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(Order(ErrorFrame(code, f"said {KEY}"), sent=0)) as (_, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                with pytest.raises(error, match=code) as caught:
                    await booth.hear(voice, TEXT)
            assert KEY not in str(caught.value)

    booth.run(main)


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
def test_what_goes_wrong_over_http_too_is_the_calls_to_know(
    fault: Any, error: type[Exception], sent: int, booth: Any
) -> None:
    async def main() -> None:
        orders = (Order(Refuse(500)), Order(fault, first=1, times=None, sent=sent))
        client = {"first_audio": 1.0, "between_audio": 1.0}
        async with booth.speaking(*orders, speed=20.0, client=client) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(error):
                await booth.hear(voice, TEXT)

    booth.run(main)


def test_a_line_that_is_no_json_is_a_bad_reply(booth: Any) -> None:
    async def main() -> None:
        orders = (Order(Refuse(500)), Order(Garbage(b"5\r\noops\n\r\n"), first=1, sent=1))
        async with booth.speaking(*orders) as (_, tts), tts.open_voice(1) as voice:
            with pytest.raises(EngineBadReply):
                await booth.hear(voice, TEXT)

    booth.run(main)


def test_leaving_a_voice_that_speaks_over_http_closes_its_request(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(Order(Refuse(500)), speed=0.5) as (server, tts):
            async with tts.open_voice(1) as voice:
                chunk = await booth.first_chunk(voice, TEXT)
                assert chunk.pcm
                assert voice.by_http
                begun = trio.current_time()
            await booth.until(lambda: server.speaking == 0)
            assert trio.current_time() - begun < 5  # the sentence would have gone on for longer

    booth.run(main)


def test_a_dead_connection_is_noticed_and_replaced(monkeypatch: pytest.MonkeyPatch, booth: Any) -> None:
    """The service goes silent while nobody speaks: no answer to a ping, no end of the connection either."""
    monkeypatch.setattr("actors.cloud._elevenlabs_socket._PING_TIMEOUT", 0.1)

    async def main() -> None:
        async with booth.speaking(Order(Stall(), received=200), client={"inactivity": 0.6}) as (server, tts):
            await tts.check()
            async with tts.open_voice(1) as voice:
                await booth.hear(voice, TEXT)
            for _ in range(6):  # messages that are of no use to the service
                tts._pool._sockets[0].put("context-1", '{"text": "", "context_id": "context-1"}')
            await booth.until(lambda: server.sockets == 2)
            async with tts.open_voice(2) as voice:
                pcm, _ = await booth.hear(voice, OTHER)
                assert booth.heard_words(server, pcm) == OTHER.split()
                assert not voice.by_http

    booth.run(main)


def test_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, booth: Any) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    command += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def main() -> None:
        server = ElevenLabsServer(booth.fast(), api_key=KEY)
        listeners = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1")
        port = listeners[0].transport_listener.socket.getsockname()[1]  # type: ignore[attr-defined]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, server.handle, listeners)
            async with open_elevenlabs(KEY, base_url=f"https://localhost:{port}") as tts:
                with pytest.raises(EngineUnavailable):  # nobody vouches for it
                    await tts.check()
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
                await booth.until(lambda: server.sockets == 1)
                async with tts.open_voice(1) as voice:
                    pcm, _ = await booth.hear(voice, TEXT)
                    assert booth.heard_words(server, pcm) == TEXT.split()
                    assert not voice.by_http
            nursery.cancel_scope.cancel()

    booth.run(main)


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_the_key_is_nowhere(caplog: pytest.LogCaptureFixture, booth: Any) -> None:
    async def main() -> None:
        orders = (Order(Refuse(401, body=KEY.encode())), Order(Refuse(500, body=KEY.encode()), first=1, times=None))
        async with booth.speaking(*orders) as (_, tts), tts.open_voice(1) as voice:
            seen.extend([repr(tts), repr(tts._settings), repr(voice)])
            for _ in range(2):
                try:
                    await booth.hear(voice, TEXT)
                except Exception as error:
                    seen.append(f"{error!r} {error}")
                await trio.sleep(0.3)

    seen: list[str] = []
    with caplog.at_level(logging.DEBUG):
        booth.run(main)
    assert len(seen) == 5
    assert not any(KEY in text for text in [*seen, caplog.text])


def test_the_engine_is_a_tts() -> None:
    assert ElevenLabsTts.name == "elevenlabs"
