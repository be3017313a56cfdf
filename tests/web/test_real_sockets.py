"""The whole server on real sockets of this machine: calls, TLS, its end."""

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
import trio.testing
from trio_websocket import ConnectionClosed, ConnectionRejected, wrap_client_stream

from actors.errors import ConfigurationError
from actors.line import CallEnded, HangUp, TypedText
from web.listen import make_tls_context
from web.server import serve, watch_signals
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


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode()


def real(main):
    async def bounded():
        with trio.fail_after(20):
            await main()

    trio.run(bounded)


@asynccontextmanager
async def serving(config=LOCAL):
    """A server, and where it listens."""
    async with trio.open_nursery() as nursery:
        yield await nursery.start(partial(serve, config, answer_typed))
        nursery.cancel_scope.cancel()


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
        async with serving() as bound:
            async with open_call(bound) as ws:
                with contextlib.suppress(ConnectionClosed):
                    await ws.send_message(b"\0" * 5_000_000)
                    while True:
                        await ws.get_message()
                assert ws.closed.code == 1009
            async with open_call(bound) as ws:
                assert json.loads(await ws.get_message())["type"] == "ready"

    real(main)


def test_a_foreign_origin_is_rejected_over_a_real_socket():
    async def main():
        async with serving() as bound:
            with pytest.RaisesGroup(pytest.RaisesExc(ConnectionRejected, check=lambda error: error.status_code == 403)):
                async with open_call(bound, origin=b"http://evil.net"):
                    pass

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
        async with serving(config) as bound:
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
        async with serving() as bound:
            taken = Config(server=ServerSettings(port=bound.port))
            with pytest.raises(ConfigurationError, match=r"port .* Choose another with --port"):
                await serve(taken, answer_typed)

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
