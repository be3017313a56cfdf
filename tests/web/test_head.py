"""HTTP heads: any bytes end in one stated outcome, and no path leaves the table of files."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.head import Answer, Head, HeadReader, Refusal
from web.route import Place, StaticFile, route

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SOCKET = {
    "host": "example.org:8080",
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY,
}
FILES = {"index.html", "js/app.js"}


def read(data: bytes, *, step: int = 4_096, max_bytes: int = 16_384) -> Head | Refusal | None:
    reader = HeadReader(max_bytes)
    for start in range(0, len(data), step):
        outcome = reader.feed(data[start : start + step])
        if outcome is not None:
            return outcome
    return None


def socket(**changes: str | None) -> Head:
    headers = {**SOCKET, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return Head("GET", "/ws", tuple((name, value) for name, value in headers.items() if value is not None))


@given(st.binary(max_size=600), st.integers(1, 50))
@example(b"\r\n\r\n\r\n", 1)
@example(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 5)
@example(b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 100)
def test_any_bytes_are_a_head_a_refusal_or_unfinished(data, step):
    """And an answer can be written to whatever it was."""
    reader = HeadReader(300)
    outcome = None
    for start in range(0, len(data), step):
        outcome = reader.feed(data[start : start + step])
        if outcome is not None:
            break
    else:
        assert len(data) <= 300 + step
        if data:
            outcome = reader.feed(b"")
            assert isinstance(outcome, Refusal | Head)
    if isinstance(outcome, Refusal):
        assert outcome.status in (400, 414, 431, 501)
    elif isinstance(outcome, Head):
        assert isinstance(route(outcome, static=FILES), Place | StaticFile | Refusal)
    assert reader.write(Answer(400, b"no\n")).startswith(b"HTTP/1.1 400 ")


_TOKENS = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12)
_VALUES = st.text(string.ascii_letters + string.digits + " -_,;=/.:", max_size=30).map(str.strip)


@given(
    method=_TOKENS,
    target=st.text(string.printable[:94], min_size=1, max_size=80),
    headers=st.lists(st.tuples(_TOKENS, _VALUES), max_size=8),
    step=st.integers(1, 30),
)
def test_heads_near_the_real_thing_never_raise(method, target, headers, step):
    lines = [f"{method} {target} HTTP/1.1", "Host: a", *(f"{name}: {value}" for name, value in headers)]
    outcome = read(("\r\n".join(lines) + "\r\n\r\n").encode(), step=step)
    assert isinstance(outcome, Head | Refusal)
    if isinstance(outcome, Head):
        assert isinstance(route(outcome, static=FILES), Place | StaticFile | Refusal)


@given(st.integers(1, 60))
def test_pieces_make_no_difference(step):
    head = read(b"GET /ws?x=1 HTTP/1.1\r\nHost: a\r\nX-A: 1, 2\r\nX-A: 3\r\n\r\nrest", step=step)
    assert isinstance(head, Head)
    assert (head.method, head.target, head.get("host")) == ("GET", "/ws?x=1", "a")
    assert head.get_all("x-a") == ["1", "2", "3"]
    assert head.get("x-a") is None


def test_what_follows_the_head_is_kept():
    reader = HeadReader()
    assert isinstance(reader.feed(b"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n\x81\x00"), Head)
    assert reader.trailing == b"\x81\x00"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n bad\r\n", None),  # obsolete folding, unfinished
        (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / SPDY/3\r\nHost: a\r\n\r\n", 400),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 50_000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 50_000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 18_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 10_000, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
    ],
)
@pytest.mark.parametrize("step", [4_096, 1_000_000])
def test_bad_heads_get_their_status(data, status, step):
    outcome = read(data, step=step)
    assert (outcome.status if isinstance(outcome, Refusal) else outcome) == status


# --- routing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", StaticFile("index.html")),
        ("/?a=b", StaticFile("index.html")),
        ("/static/js/app.js", StaticFile("js/app.js")),
        ("/static/js/%61pp.js", StaticFile("js/app.js")),
        ("http://example.org/", StaticFile("index.html")),
        ("http://example.org", StaticFile("index.html")),
        ("/healthz", Place.HEALTH),
        ("/readyz", Place.READY),
        ("/metrics", Place.METRICS),
        ("/nothing", 404),
        ("/static/", 404),
        ("/static", 404),
        ("/static/other.js", 404),
        ("/static/../config.py", 404),
        ("/static/%2e%2e/config.py", 404),
        ("/static/js/..%2fapp.js", 404),
        ("/static//etc/passwd", 404),
        ("/static/.hidden", 404),
        ("/static/..\\x", 400),
        ("/static/%00", 400),
        ("/static/%ff", 400),
        ("*", 400),
        ("ftp://a/", 400),
        ("//[", 404),
        ("http://[", 400),
    ],
)
def test_targets(target, expected):
    where = route(Head("GET", target), static={*FILES, ".hidden", "../config.py"})
    assert (where.status if isinstance(where, Refusal) else where) == expected


@given(st.text())
def test_only_a_name_in_the_table_is_ever_a_file(target):
    where = route(Head("GET", "/static/" + target), static=FILES)
    assert isinstance(where, Refusal) or where in {StaticFile(name) for name in FILES}


@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/"), ("DELETE", "/static/js/app.js"), ("POST", "/ws"), ("HEAD", "/ws")]
)
def test_other_methods_are_405_and_say_which_are_allowed(method, target):
    where = route(Head(method, target), static=FILES)
    assert isinstance(where, Refusal)
    assert where.status == 405
    assert dict(where.headers)["Allow"] == ("GET" if target == "/ws" else "GET, HEAD")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"upgrade": None}, 426),
        ({"connection": "close"}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": None}, 426),
        ({"sec_websocket_key": None}, 400),
        ({"sec_websocket_key": "c2hvcnQ="}, 400),
        ({"sec_websocket_key": "n"}, 400),
        ({"sec_websocket_key": "\xe9"}, 400),
        ({"content_length": "5"}, 400),
        ({"transfer_encoding": "chunked"}, 400),
    ],
)
def test_bad_upgrades(changes, status):
    where = route(socket(**changes))
    assert isinstance(where, Refusal)
    assert where.status == status
    assert status != 426 or dict(where.headers)["Sec-WebSocket-Version"] == "13"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://example.org:8080", True),
        ("https://example.org:8080", True),
        ("http://EXAMPLE.org:8080", True),
        ("https://desk.example.net", True),
        ("http://example.org", False),
        ("http://example.org:8080/", False),
        ("http://example.org:8080@evil.net", False),
        ("http://evil.net:8080", False),
        ("http://example.org:99999", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("http://[", False),
    ],
)
def test_origins(origin, allowed):
    where = route(socket(origin=origin), origins=("https://desk.example.net/",))
    assert where is Place.SOCKET if allowed else isinstance(where, Refusal) and where.status == 403


def test_the_default_port_may_be_left_out():
    assert route(socket(host="example.org", origin="https://example.org:443")) is Place.SOCKET
    assert route(socket(host="example.org:80", origin="http://example.org")) is Place.SOCKET


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8080", True),
        ("desk.localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("evil.example:8080", False),
        ("192.0.2.1:8080", False),
    ],
)
def test_on_a_loopback_address_only_this_machine_is_the_pages_own_host(host, allowed):
    where = route(socket(host=host, origin=f"http://{host}"), only_local=True)
    assert (where is Place.SOCKET) is allowed
    assert route(socket(host=host, origin=f"http://{host}")) is Place.SOCKET
    assert (
        route(socket(host=host, origin=f"http://{host}"), only_local=True, origins=(f"http://{host}",)) is Place.SOCKET
    )


def test_two_origins_are_foreign_and_a_star_allows_all():
    head = socket()
    twice = Head("GET", "/ws", (*head.headers, ("origin", "http://example.org:8080"), ("origin", "http://a.net")))
    assert isinstance(route(twice), Refusal)
    assert route(socket(origin="http://evil.net"), origins=("*",)) is Place.SOCKET
