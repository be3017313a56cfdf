"""What a client may not do, and what it costs: an error, a close code, never the server."""

from __future__ import annotations

import contextlib

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio_websocket import ConnectionClosed

from actors.line import (
    CallerAudio,
    ErrorNotice,
    HangUp,
    PlaybackReport,
)
from web.limits import Limits
from web.wire import Hello, Ready

FRAME = b"\1\0" * 320


def test_odd_length_is_reported_and_dropped_however_often(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            for _ in range(5):
                await client.say(b"\0\0\0")
            await client.say(FRAME)
            await client.next()
            for _ in range(5):
                assert (await client.next()).code == "odd_length"
            await trio.testing.wait_all_tasks_blocked()
            assert recorder.got == [CallerAudio(FRAME)]

    virtual(main)


def test_the_third_malformed_message_closes_1008(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            for text in ("nonsense", '{"type":"playback","turn":true,"samples":1}', '{"type":"dance"}'):
                await client.say(text)
            messages = await client.rest()
            codes = [message.code for message in messages if isinstance(message, ErrorNotice)]
            assert codes == ["bad_json", "bad_message", "unknown_type"]
            assert client.code == 1008
            assert recorder.got == [HangUp("unknown_type")]

    virtual(main)


@pytest.mark.parametrize("message", [b"\0" * 65_538, "x" * 65_537, "é" * 40_000, b"\0" * 5_000_000])
def test_too_big_a_message_closes_1009(open_server, virtual, recorder, message):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(FRAME)
            await client.say(message)
            await client.rest()
            assert client.code == 1009
            assert isinstance(recorder.got[-1], HangUp)

    virtual(main)


def test_the_largest_message_is_taken(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(b"\0" * 65_536)
            await client.say(HangUp())
            await client.rest()
            assert len(recorder.got[0].pcm) == 65_536

    virtual(main)


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        (b"\xff" * 64, 1002),  # reserved bits
        (b"\x82\x02ab", 1002),  # not masked
        (b"\x81\x82\0\0\0\0\xff\xff", 1007),  # not UTF-8
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that does not exist
        (b"\x09\x80\0\0\0\0", 1002),  # a ping in fragments
        (b"\x80\x80\0\0\0\0", 1002),  # a continuation of nothing
    ],
)
def test_broken_frames_get_their_close_code(open_server, virtual, recorder, garbage, code):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.next()
            await client.stream.send_all(garbage)
            await client.rest()
            assert client.code == code
            assert isinstance(recorder.got[-1], HangUp)

    virtual(main)


def _frame(opcode: int, payload: bytes) -> bytes:
    return bytes([0x80 | opcode]) + (bytes([0x80 | len(payload)]) + bytes(4)) + payload


_frames = st.builds(_frame, st.integers(0, 15), st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"\x03\xe8"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(_frames | st.binary(max_size=40), max_size=12), st.booleans())
def test_whatever_bytes_come_the_call_ends_and_the_server_lives_on(open_server, virtual, recorder, pieces, vanishes):
    async def main():
        async with open_server(recorder) as server:
            stream = await server.shake_hands()
            with contextlib.suppress(trio.BrokenResourceError):
                for piece in pieces:
                    await stream.send_all(piece)
            if vanishes:
                await trio.aclose_forcefully(stream)
            else:
                await stream.send_eof()
            await trio.sleep(50)
            assert len(server.switchboard) == 0
            assert server.sample("connections_active") == 0
            assert server.sample("errors_total", code="connection") == 0
            assert isinstance(await (await server.call()).next(), Ready)

    virtual(main)


def test_a_late_hello_is_malformed(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(FRAME)
            await client.say(Hello())
            assert (await client.wait_for(ErrorNotice)).code == "bad_message"

    virtual(main)


def test_too_many_control_messages_are_dropped_and_at_last_close_1008(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(control_burst=10, control_rate=1, control_excess=20)) as server:
            client = await server.call()
            for number in range(15):
                await client.say(PlaybackReport(0, number))
            assert (await client.wait_for(ErrorNotice)).code == "rate_limited"
            await trio.testing.wait_all_tasks_blocked()
            assert len(recorder.got) == 10
            with contextlib.suppress(ConnectionClosed):
                for number in range(30):
                    await client.say(PlaybackReport(0, number))
            await client.rest()
            assert client.code == 1008

    virtual(main)


def test_a_flood_closes_1008_though_some_of_it_is_let_through(open_server, virtual, recorder):
    """2000 messages in half a second: the bucket fills by one for every 80, which must not start the count anew."""

    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            with contextlib.suppress(ConnectionClosed):
                for number in range(2000):
                    await client.say(PlaybackReport(0, number))
                    await trio.sleep(0.000_25)
            await client.rest()
            assert client.code == 1008

    virtual(main)


def test_dropped_messages_are_forgiven_after_a_minute(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(control_burst=10, control_rate=1, control_excess=20)) as server:
            client = await server.call()
            for _ in range(3):
                for number in range(25):  # 15 of them too many
                    await client.say(PlaybackReport(0, number))
                assert (await client.wait_for(ErrorNotice)).code == "rate_limited"
                await trio.sleep(61)
            await client.say(PlaybackReport(0, 1))
            await trio.testing.wait_all_tasks_blocked()
            assert len(recorder.got) == 31

    virtual(main)
