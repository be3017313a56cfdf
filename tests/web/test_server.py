"""HTTP answers in memory; the whole server on real sockets of this machine."""

from __future__ import annotations

import contextlib
import json
import signal
import ssl
import subprocess
from contextlib import asynccontextmanager
from functools import partial

import attrs
import pytest
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, wrap_client_stream

from actors.errors import ConfigurationError
from actors.line import CallEnded, HangUp, TypedText
from web.limits import Limits
from web.listen import make_tls_context
from web.server import Readiness, serve, watch_signals
from web.settings import Config, ServerSettings

LOCAL = Config(server=ServerSettings(port=0))


async def answer_typed(line, info):
    async for message in line.incoming:
        match message:
            case TypedText("bye"):
                line.send(CallEnded("farewell"))
                return
            case HangUp():
                return
            case _:
                line.send_audio(0, b"\0\0")


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: example.org", *headers, "", ""]).encode()


def parse(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


# --- answers ----------------------------------------------------------------------------------------------------------


def test_the_page_is_served_with_its_headers(open_server, virtual):
    async def main():
        async with open_server() as server:
            status, headers, body = parse(await server.ask(get("/")))
            assert (status, body) == (200, b"<!doctype html>")
            assert headers["content-type"] == "text/html; charset=utf-8"
            assert headers["cache-control"] == "no-cache"
            assert "default-src 'self'" in headers["content-security-policy"]
            assert "connect-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "microphone=(self)" in headers["permissions-policy"]
            assert headers["connection"] == "close"
            assert headers["date"].endswith("GMT")

            status, again, body = parse(await server.ask(get("/", f'If-None-Match: W/{headers["etag"]}, "x"')))
            assert (status, body) == (304, b"")
            assert again["etag"] == headers["etag"]
            status, headers, body = parse(await server.ask(get("/static/js/app.js", method="HEAD")))
            assert (status, headers["content-length"], body) == (200, "1", b"")
            assert headers["content-type"].startswith("text/javascript")

    virtual(main)


def test_places(open_server, virtual):
    readiness = Readiness(False, {"llm": "loading"})

    async def main():
        nonlocal readiness
        async with open_server(ready=lambda: readiness) as server:
            assert parse(await server.ask(get("/healthz")))[::2] == (200, b"ok\n")
            status, headers, body = parse(await server.ask(get("/readyz")))
            assert status == 503
            assert "retry-after" in headers
            assert json.loads(body) == {"ready": False, "draining": False, "calls": 0, "parts": {"llm": "loading"}}
            readiness = Readiness(True, {"llm": "ready", "tts": "ready"}, {"llm": "the model is being restarted"})
            status, headers, body = parse(await server.ask(get("/readyz")))
            assert (status, "retry-after" in headers) == (503, True)
            assert json.loads(body)["parts"] == {"llm": "the model is being restarted", "tts": "ready"}
            readiness = Readiness(True)
            assert parse(await server.ask(get("/readyz")))[0] == 200
            status, headers, body = parse(await server.ask(get("/metrics")))
            assert headers["content-type"].startswith("text/plain; version=0.0.4")
            assert b'bargein_http_requests_total{status="503"} 2.0' in body
            server.switchboard.draining.set()
            assert parse(await server.ask(get("/readyz")))[0] == 503

    virtual(main)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/static/%2e%2e/config.py"), 404),
        (get("/", method="POST"), 405),
        (b"garbage\r\n\r\n", 400),
        (get("/" + "a" * 10_000), 414),
        (get("/", "X: " + "a" * 20_000), 431),
        (get("/ws"), 426),
        (get("/ws", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 12"), 426),
        (get("/ws", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"), 400),
        (
            get(
                "/ws",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Origin: http://evil.net",
            ),
            403,
        ),
    ],
)
def test_refusals(open_server, virtual, request_, status):
    async def main():
        async with open_server() as server:
            answered, headers, body = parse(await server.ask(request_))
            assert answered == status
            assert headers["x-content-type-options"] == "nosniff"
            assert body
            assert server.sample("connections_active") == 0

    virtual(main)


def test_a_slow_head_gets_408_and_silence_gets_nothing(open_server, virtual):
    async def main():
        async with open_server() as server:
            slow, silent, gone = server.connect(), server.connect(), server.connect()
            await gone.send_eof()
            with contextlib.suppress(trio.BrokenResourceError):
                for byte in get("/"):
                    await slow.send_all(bytes([byte]))
                    await trio.sleep(0.5)
            assert parse(await server.read_all(slow))[0] == 408
            assert await server.read_all(silent) == b""
            assert await server.read_all(gone) == b""
            assert server.sample("connections_active") == 0

    virtual(main)


def test_too_many_connections_get_503(open_server, virtual):
    async def main():
        async with open_server(limits=Limits(max_connections=2)) as server:
            server.connect(), server.connect()
            await trio.testing.wait_all_tasks_blocked()
            status, headers, _ = parse(await server.ask(get("/")))
            assert (status, headers["retry-after"]) == (503, "5")

    virtual(main)


def test_an_error_in_one_connection_stays_there(open_server, virtual):
    class Broken(trio.abc.Stream):
        async def receive_some(self, max_bytes=None):
            raise RuntimeError("some caller's words")

        async def send_all(self, data): ...

        async def wait_send_all_might_not_block(self): ...

        async def aclose(self):
            await trio.lowlevel.checkpoint()

    async def main():
        async with open_server() as server:
            await server.server.handle(Broken())
            assert server.sample("errors_total", code="connection") == 1
            assert parse(await server.ask(get("/healthz")))[0] == 200

    virtual(main)


def test_origins(open_server, virtual):
    async def main():
        async with open_server(host="192.0.2.1", origins=("https://desk.example.net",)) as server:
            for origin in (b"http://example.org", b"https://desk.example.net"):
                client = await server.call(headers=[(b"Origin", origin)])
                assert await client.next()

    virtual(main)


def test_frames_sent_with_the_handshake_are_not_lost(open_server, virtual):
    async def main():
        async with open_server(answer_typed) as server:
            request = get(
                "/ws",
                "Upgrade: WebSocket",
                "Connection: keep-alive, upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
            stream = server.connect()
            await stream.send_all(request + b"\x82\x82\0\0\0\0\1\1")
            answer = b""
            with trio.move_on_after(0.1):
                while True:
                    answer += await stream.receive_some()
            assert answer.startswith(b"HTTP/1.1 101 ")
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
            assert b"\x82\x02\0\0" in answer

    virtual(main)


# --- real sockets -----------------------------------------------------------------------------------------------------


def real(main):
    async def bounded():
        with trio.fail_after(20):
            await main()

    trio.run(bounded)


@asynccontextmanager
async def open_call(bound, *, context=None, origin=None):
    """A client whose stream is closed whatever happens: the library leaves it open where the server closed first."""
    if context is None:
        stream = await trio.open_tcp_stream(bound.host, bound.port)
    else:
        stream = await trio.open_ssl_over_tcp_stream(bound.host, bound.port, ssl_context=context, https_compatible=True)
    headers = [(b"Origin", origin)] if origin else []
    async with stream, trio.open_nursery() as nursery:
        yield await wrap_client_stream(nursery, stream, f"{bound.host}:{bound.port}", "/ws", extra_headers=headers)
        nursery.cancel_scope.cancel()


def test_a_call_over_a_real_socket_and_an_orderly_stop():
    async def main():
        stop = trio.Event()
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(partial(serve, LOCAL, answer_typed, stop=stop))
            async with open_call(bound) as ws:
                assert json.loads(await ws.get_message())["type"] == "ready"
                await ws.send_message(b"\1\1")
                assert await ws.get_message() == b"\0\0"
                stop.set()
                assert json.loads(await ws.get_message())["code"] == "draining"
                async with await trio.open_tcp_stream(bound.host, bound.port) as stream:
                    await stream.send_all(get("/readyz"))
                    assert (await stream.receive_some()).startswith(b"HTTP/1.1 503")
                await ws.send_message('{"type":"text","text":"bye"}')
                assert json.loads(await ws.get_message())["reason"] == "farewell"
                with pytest.raises(ConnectionClosed) as closed:
                    await ws.get_message()
                assert closed.value.reason.code == 1000
        with pytest.raises(OSError, match=r".*"):
            await trio.open_tcp_stream(bound.host, bound.port)

    real(main)


def test_five_megabytes_over_a_real_socket_close_1009_and_the_server_lives_on():
    async def main():
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(partial(serve, LOCAL, answer_typed))
            async with open_call(bound) as ws:
                with contextlib.suppress(ConnectionClosed):
                    await ws.send_message(b"\0" * 5_000_000)
                    while True:
                        await ws.get_message()
                assert ws.closed.code == 1009
            async with open_call(bound) as ws:
                assert json.loads(await ws.get_message())["type"] == "ready"
            nursery.cancel_scope.cancel()

    real(main)


def test_a_foreign_origin_is_rejected_over_a_real_socket():
    async def main():
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(partial(serve, LOCAL, answer_typed))
            with pytest.RaisesGroup(pytest.RaisesExc(ConnectionRejected, check=lambda error: error.status_code == 403)):
                async with open_call(bound, origin=b"http://evil.net"):
                    pass
            nursery.cancel_scope.cancel()

    real(main)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    command += f" -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {key} -out {cert}"
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    return cert, key


def test_page_and_socket_over_tls(certificate):
    cert, key = certificate

    async def main():
        config = attrs.evolve(LOCAL, server=ServerSettings(port=0, tls_cert=cert, tls_key=key))
        context = ssl.create_default_context(cafile=cert)
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(partial(serve, config, answer_typed))
            assert bound.url.startswith("https://")
            async with open_call(bound, context=context) as ws:
                assert json.loads(await ws.get_message())["type"] == "ready"
                await ws.send_message('{"type":"hangup"}')
                assert json.loads(await ws.get_message())["type"] == "call_ended"
            stream = await trio.open_ssl_over_tcp_stream(
                "127.0.0.1", bound.port, ssl_context=context, https_compatible=True
            )
            await stream.send_all(get("/healthz"))
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 200")
            plain = await trio.open_tcp_stream("127.0.0.1", bound.port)
            await plain.send_all(get("/"))
            await trio.aclose_forcefully(plain)
            await trio.aclose_forcefully(stream)
            nursery.cancel_scope.cancel()

    real(main)


def test_settings_that_cannot_be_used_are_named(certificate, tmp_path):
    key = certificate[1]
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no")
    with pytest.raises(ConfigurationError, match="tls_key is set without"):
        make_tls_context(ServerSettings(tls_key=key))
    with pytest.raises(ConfigurationError, match=r"wrong\.pem"):
        make_tls_context(ServerSettings(tls_cert=wrong, tls_key=key))
    with pytest.raises(ConfigurationError, match="No such file"):
        make_tls_context(ServerSettings(tls_cert=tmp_path / "none.pem"))

    async def main():
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(partial(serve, LOCAL, answer_typed))
            taken = Config(server=ServerSettings(port=bound.port))
            with pytest.raises(ConfigurationError, match=r"port .* Choose another with --port"):
                await serve(taken, answer_typed)
            nursery.cancel_scope.cancel()

    real(main)


def test_the_first_signal_stops_and_a_second_interrupt_leaves_at_once():
    async def main():
        stop, gone, left = trio.Event(), trio.Event(), []

        def leave(status):
            left.append(status)
            gone.set()

        async with trio.open_nursery() as nursery:
            await nursery.start(partial(watch_signals, stop, leave=leave))
            signal.raise_signal(signal.SIGTERM)
            await stop.wait()
            signal.raise_signal(signal.SIGTERM)
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert left == []
            signal.raise_signal(signal.SIGINT)
            await gone.wait()
            assert left == [130]
            nursery.cancel_scope.cancel()

    real(main)
