"""HTTP answers, and what goes wrong with connections, in memory. On real sockets: ``test_real_sockets``."""

from __future__ import annotations

import contextlib
import json

import pytest
import trio

from web.limits import Limits
from web.server import Readiness


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
    async def say_something(line, info):
        async for _ in line.incoming:
            line.send_audio(0, b"\0\0")

    async def main():
        async with open_server(say_something) as server:
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
