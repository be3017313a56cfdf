"""One socket, in memory and in virtual time."""

from __future__ import annotations

import contextlib
import json
import logging
import struct

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio_websocket import ConnectionClosed

from actors.errors import ClientTooSlow
from actors.line import (
    AgentDone,
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    ErrorNotice,
    Flush,
    HangUp,
    Hold,
    Incoming,
    Line,
    LineBack,
    LineLost,
    PlaybackReport,
    StateChanged,
    TranscriptUpdate,
    TurnMetrics,
    TypedText,
)
from web.limits import Limits
from web.server import Readiness
from web.switchboard import CallInfo
from web.wire import Hello, Ready

FRAME = b"\1\0" * 320
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Recorder:
    """A call that keeps what it was sent, and ends when its caller hangs up."""

    def __init__(self) -> None:
        self.got: list[Incoming] = []
        self.line: Line | None = None
        self.info: CallInfo | None = None
        self.calls = 0

    async def __call__(self, line: Line, info: CallInfo) -> None:
        self.line, self.info = line, info
        self.calls += 1
        async for message in line.incoming:
            self.got.append(message)
            if isinstance(message, TypedText) and message.text == "bye":
                line.send(CallEnded("farewell"))
                return


@pytest.fixture
def recorder():
    return Recorder()


def test_ready_comes_first_and_the_call_starts_at_the_first_message(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(FRAME)
            ready = await client.next()
            assert isinstance(ready, Ready)
            assert (ready.input_rate, ready.output_rate) == (16_000, 24_000)
            assert trio.current_time() - started < 0.01
            await trio.testing.wait_all_tasks_blocked()
            assert recorder.got == [CallerAudio(FRAME)]

    started = 0.0

    async def timed():
        nonlocal started
        started = trio.current_time()
        await main()

    virtual(timed)


def test_the_call_starts_after_300_ms_without_a_message(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            started = trio.current_time()
            client = await server.call()
            assert isinstance(await client.next(), Ready)
            assert trio.current_time() - started == pytest.approx(0.3, abs=0.01)

    virtual(main)


def test_messages_arrive_as_values_in_order(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            for message in (Hello(), FRAME, PlaybackReport(0, 480), b"", TypedText("hi  there"), HangUp()):
                await client.say(message)
            await client.rest()
            assert recorder.got == [
                CallerAudio(FRAME),
                PlaybackReport(0, 480),
                TypedText("hi there"),
                HangUp("caller"),
            ]
            assert client.code == 1000

    virtual(main)


def test_a_call_that_ends_says_so_and_closes_1000(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(TypedText("bye"))
            messages = await client.rest()
            assert messages[-1] == CallEnded("farewell")
            assert client.code == 1000
            assert len(server.switchboard) == 0

    virtual(main)


def test_a_call_that_returns_silently_is_ended_in_words_too(open_server, virtual):
    async def quits(line, info):
        await trio.sleep(1)

    async def main():
        async with open_server(quits) as server:
            client = await server.call()
            messages = await client.rest()
            assert messages[-1] == CallEnded("ended")
            assert client.code == 1000

    virtual(main)


def test_an_exception_ends_only_its_own_call_and_says_nothing_of_the_caller(open_server, virtual, caplog):
    async def fails(line, info):
        async for message in line.incoming:
            if isinstance(message, TypedText):
                raise ValueError(message.text)

    async def main():
        async with open_server(fails) as server:
            other = await server.call()
            client = await server.call()
            await client.say(TypedText("my secret illness"))
            messages = await client.rest()
            assert isinstance(messages[-1], ErrorNotice)
            assert messages[-1].code == "internal"
            assert client.code == 1011
            assert isinstance(await other.next(), Ready)
            assert len(server.switchboard) == 1
            assert server.sample("errors_total", code="internal") == 1

    with caplog.at_level(logging.INFO):
        virtual(main)
    assert "ValueError" in caplog.text
    assert "illness" not in caplog.text


def test_every_json_message_is_numbered(open_server, virtual):
    async def talks(line, info):
        for turn in range(5):
            line.send(AgentSpeaking(turn))
            line.send_audio(turn, b"\0\0")
            line.send(AgentDone(turn))

    async def main():
        async with open_server(talks) as server:
            client = await server.call()
            await client.rest()
            assert client.seqs == list(range(12))

    virtual(main)


def test_metrics_count_what_passes(open_server, virtual):
    async def talks(line, info):
        line.send(TurnMetrics(1, ttfa_ms=640.0, stt_ms=90.0, filler=True))
        line.send(Hold(1))
        line.send(Flush(1))
        line.send(StateChanged("LISTENING"))

    async def main():
        async with open_server(talks) as server:
            client = await server.call()
            await client.say(FRAME)
            await client.rest()
            assert server.sample("turn_seconds_sum", part="ttfa") == pytest.approx(0.64)
            assert server.sample("turn_seconds_count", part="endpoint") == 0
            assert server.sample("cuts_total") == server.sample("holds_total") == server.sample("fillers_total") == 1
            assert server.sample("calls_total") == 1
            assert server.sample("calls_active") == 0
            assert server.sample("calls_ended_total", reason="ended") == 1
            assert server.sample("received_bytes_total", kind="audio") == len(FRAME)
            assert server.sample("sent_bytes_total", kind="json") > 0

    virtual(main)


# --- bad input --------------------------------------------------------------------------------------------------------


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.lists(_frames | st.binary(max_size=40), max_size=12), st.booleans())
def test_whatever_bytes_come_the_call_ends_and_the_server_lives_on(open_server, virtual, pieces, vanishes):
    async def main():
        async with open_server(Recorder()) as server:
            stream = server.connect()
            await stream.send_all(HANDSHAKE)
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


def test_a_caller_who_sends_nothing_is_hung_up(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(idle_seconds=60)) as server:
            client = await server.call()
            await client.rest()
            assert client.code == 1000
            assert recorder.got == [HangUp("idle")]
            assert 60 < trio.current_time() - started < 70

    started = 0.0

    async def timed():
        nonlocal started
        started = trio.current_time()
        await main()

    virtual(timed)


def test_a_call_that_falls_behind_loses_the_oldest_audio_and_pings_are_answered(open_server, virtual):
    go = None
    got = []

    async def slow(line, info):
        await go.wait()
        got.extend([message async for message in line.incoming])

    async def main():
        nonlocal go
        go = trio.Event()
        async with open_server(slow, limits=Limits(inbox_audio_bytes=6_400)) as server:
            client = await server.call()
            await client.say(TypedText("first"))
            for number in range(100):
                await client.say(struct.pack("<h", number) * 320)
            with trio.fail_after(1):
                await client.ws.ping()
            assert (await client.wait_for(ErrorNotice)).code == "audio_overflow"
            go.set()
            await client.say(HangUp())
            await client.rest()
            audio = [struct.unpack_from("<h", message.pcm)[0] for message in got if isinstance(message, CallerAudio)]
            assert got[0] == TypedText("first")
            assert audio == list(range(100 - len(audio), 100))
            assert 5 <= len(audio) <= 10
            assert server.sample("audio_dropped_bytes_total", direction="in") == (100 - len(audio)) * 640

    virtual(main)


# --- a caller who goes and comes back ---------------------------------------------------------------------------------


def test_a_lost_socket_is_resumed_and_json_replayed(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            ready = await client.next()
            recorder.line.send(StateChanged("LISTENING"))
            assert await client.next() == StateChanged("LISTENING")
            await client.vanish()
            await trio.testing.wait_all_tasks_blocked()
            assert recorder.got == [LineLost()]
            recorder.line.send(StateChanged("PROCESSING"))
            recorder.line.send_audio(1, b"\0\0")
            await trio.sleep(29)
            again = await server.call()
            await again.say(Hello(ready.resume, client.seqs[-1]))
            await again.say(PlaybackReport(0, 7))
            assert await again.next() == ready
            assert await again.next() == StateChanged("PROCESSING")
            recorder.line.send(StateChanged("SPEAKING"))
            assert await again.next() == StateChanged("SPEAKING")
            assert again.seqs == [1, 2, 3]
            await trio.sleep(100)
            assert recorder.got == [LineLost(), LineBack(), PlaybackReport(0, 7)]
            assert recorder.calls == 1
            assert server.sample("sockets_lost_total") == server.sample("sockets_resumed_total") == 1

    virtual(main)


def test_a_caller_who_does_not_come_back_is_hung_up_after_30_seconds(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            ready = await client.next()
            await client.vanish()
            await trio.sleep(31)
            assert recorder.got == [LineLost(), HangUp("lost")]
            assert len(server.switchboard) == 0
            again = await server.call()
            await again.say(Hello(ready.resume, 0))
            assert (await again.next()).call != ready.call
            assert (await again.next()).code == "resume_unknown"

    virtual(main)


def test_a_new_socket_takes_over_from_one_that_is_still_open(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            ready = await client.next()
            again = await server.call()
            await again.say(Hello(ready.resume, 0))
            assert await again.next() == ready
            await client.rest()
            assert client.code == 1000
            await again.say(FRAME)
            await trio.testing.wait_all_tasks_blocked()
            assert recorder.got == [LineLost(), LineBack(), CallerAudio(FRAME)]

    virtual(main)


def test_a_hello_that_took_longer_than_300_ms_still_resumes(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            ready = await client.next()
            await client.vanish()
            again = await server.call()
            stray = await again.next()
            assert stray.call != ready.call
            await again.say(Hello(ready.resume, 0))
            assert await again.next() == ready
            await trio.testing.wait_all_tasks_blocked()
            assert len(server.switchboard) == 1
            assert HangUp("resumed another call") in recorder.got

    virtual(main)


def test_messages_too_old_to_replay_are_owned_up_to(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(replay_bytes=4_000)) as server:
            client = await server.call()
            ready = await client.next()
            await client.vanish()
            for turn in range(100):
                recorder.line.send(TranscriptUpdate(turn, "user", "hello", final=True))
            again = await server.call()
            await again.say(Hello(ready.resume, 0))
            error = await again.wait_for(ErrorNotice)
            assert error.code == "replay_gap"
            assert again.seqs == list(range(again.seqs[0], 102))

    virtual(main)


def test_a_silent_socket_is_lost_when_no_pong_comes(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            stream = server.connect()
            await stream.send_all(HANDSHAKE)
            await trio.sleep(16)
            assert recorder.got == [LineLost()]
            await trio.sleep(31)
            assert recorder.got == [LineLost(), HangUp("lost")]

    virtual(main)


def test_the_round_trip_is_measured_at_once_and_then_smoothed(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            await server.call()
            await trio.sleep(0.4)
            assert recorder.line.round_trip >= 0.0
            recorder.line.observe_round_trip(1.0)
            assert 0.0 < recorder.line.round_trip <= 1.0

    virtual(main)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_client_that_vanishes_in_the_middle_of_a_frame_is_lost(open_server, virtual, recorder, cut):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.next()
            await client.stream.send_all(b"\x82\x86\x01\x02\x03\x04abcdef"[:cut])
            await client.vanish()
            await trio.sleep(1)
            assert recorder.got == [LineLost()]
            await trio.sleep(40)
            assert recorder.got[-1] == HangUp("lost")

    virtual(main)


# --- a caller's end that is too slow ----------------------------------------------------------------------------------


def test_a_client_that_never_reads_is_given_up(open_server, virtual):
    raised = []

    async def talks(line, info):
        line.send(AgentSpeaking(0))
        try:
            while True:
                line.send_audio(0, b"\0" * 1_920)
                await trio.sleep(0.04)
        except ClientTooSlow as error:
            raised.append(error)
            raise

    async def main():
        async with open_server(talks, pair=trio.testing.lockstep_stream_pair) as server:
            client = await server.call()
            await client.next()
            client.ws._reader_running = False  # it takes one more piece and then reads no more
            await trio.sleep(30)
            assert raised
            assert len(server.switchboard) == 0
            assert server.sample("connections_active") == 0
            assert server.sample("errors_total", code="too_slow") == 1

    virtual(main)


@pytest.mark.parametrize("put", [lambda line: line.send_audio(0, bytes(1_920)), lambda line: line.send(AgentDone(0))])
def test_a_full_queue_closes_the_line(open_server, virtual, put):
    raised = []

    async def floods(line, info):
        try:
            while True:
                put(line)
        except ClientTooSlow as error:
            raised.append(error)
        with pytest.raises(ClientTooSlow):
            line.send(AgentDone(0))
        raised.append(await line.incoming.receive())
        raise raised[0]

    async def main():
        async with open_server(floods) as server:
            client = await server.call()
            await client.rest()
            assert client.code == 1008
            assert raised[1] == HangUp("too slow")

    virtual(main)


def test_no_audio_of_a_flushed_turn_is_sent_after_its_flush(open_server, virtual):
    async def talks(line, info):
        line.send(AgentSpeaking(1))
        for _ in range(10):
            line.send_audio(1, b"\1\1")
        line.send(Flush(1))
        line.send(AgentDone(1))
        line.send_audio(1, b"\1\1")
        line.send(AgentSpeaking(2))
        line.send_audio(1, b"\1\1")
        line.send_audio(2, b"\2\2")
        line.send(AgentDone(2))

    async def main():
        async with open_server(talks) as server:
            client = await server.call()
            messages = (await client.rest())[1:-1]
            assert messages == [AgentSpeaking(1), Flush(1), AgentDone(1), AgentSpeaking(2), b"\2\2", AgentDone(2)]

    virtual(main)


# --- how many, and when the server stops ------------------------------------------------------------------------------


def test_one_call_too_many_is_refused_with_1013(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(max_calls=1)) as server:
            client = await server.call()
            ready = await client.next()
            second = await server.call()
            messages = await second.rest()
            assert [message.code for message in messages] == ["busy"]
            assert second.code == 1013
            assert server.sample("calls_refused_total", reason="busy") == 1
            await client.vanish()
            again = await server.call()
            await again.say(Hello(ready.resume, 0))
            assert await again.next() == ready

    virtual(main)


def test_a_call_before_the_server_is_ready_is_refused_with_1013(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, ready=lambda: Readiness(False)) as server:
            client = await server.call()
            assert (await client.rest())[0].code == "not_ready"
            assert client.code == 1013

    virtual(main)


def test_a_call_that_ignores_its_callers_end_is_cancelled(open_server, virtual):
    async def deaf(line, info):
        await trio.sleep_forever()

    async def main():
        async with open_server(deaf) as server:
            client = await server.call()
            await client.say(HangUp())
            await client.rest()
            assert client.code == 1001
            assert len(server.switchboard) == 0
            assert server.sample("errors_total", code="overdue") == 1

    virtual(main)


def test_draining_lets_calls_finish_and_then_closes_1012(open_server, virtual, recorder):
    async def polite(line, info):
        if not recorder.calls:
            await recorder(line, info)
            return
        await info.draining.wait()
        await trio.sleep(3)
        line.send(CallEnded("drain"))

    async def main():
        async with open_server(polite) as server:
            stubborn = await server.call()
            await stubborn.next()
            good = await server.call()
            await good.next()
            started = trio.current_time()
            server.nursery.start_soon(server.switchboard.drain)
            messages = await good.rest()
            assert [type(message) for message in messages] == [ErrorNotice, CallEnded]
            assert good.code == 1000
            late = await server.call()
            await late.rest()
            assert late.code == 1012
            await stubborn.rest()
            assert stubborn.code == 1012
            assert trio.current_time() - started == pytest.approx(20, abs=0.1)
            assert recorder.got == [HangUp("drain")]
            await trio.testing.wait_all_tasks_blocked()
            assert len(server.switchboard) == 0

    virtual(main)


def test_two_hundred_calls_leave_no_task_and_no_line(open_server, virtual, recorder):
    def tasks() -> int:
        return trio.lowlevel.current_statistics().tasks_living

    async def main():
        async with open_server(recorder) as server:
            before = tasks()
            for number in range(200):
                client = await server.call()
                await client.say(FRAME)
                if number % 4 == 0:
                    await client.vanish()
                elif number % 4 == 1:
                    await client.say(TypedText("bye"))
                    await client.rest()
                elif number % 4 == 2:
                    await client.ws.aclose()
                else:
                    await client.say("{")
                    await client.say(b"")
                    await client.say(b"\0")
                    await client.ws.aclose(1001)
                await trio.sleep(1)
            await trio.sleep(60)
            assert tasks() == before
            assert len(server.switchboard) == 0
            assert server.sample("calls_total") == 200
            assert server.sample("calls_active") == server.sample("connections_active") == 0

    virtual(main)


def test_a_ping_of_the_client_is_answered_during_a_call(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            with trio.fail_after(0.01):
                await client.ws.ping(b"here?")

    virtual(main)


def test_json_is_one_object_with_type_and_seq(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(FRAME)
            raw = json.loads(await client.ws.get_message())
            assert set(raw) == {"type", "seq", "call", "resume", "input_rate", "output_rate"}

    virtual(main)
