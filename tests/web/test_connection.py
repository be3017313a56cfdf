"""One socket, in memory and in virtual time: from the first message to the end of a call."""

from __future__ import annotations

import json
import logging

import pytest
import trio
import trio.testing

from actors.line import (
    AgentDone,
    AgentSpeaking,
    CallEnded,
    CallerAudio,
    ErrorNotice,
    Flush,
    HangUp,
    Hold,
    PlaybackReport,
    StateChanged,
    TurnMetrics,
    TypedText,
)
from web.wire import Hello, Ready

FRAME = b"\1\0" * 320


def test_ready_comes_first_and_the_call_starts_at_the_first_message(open_server, virtual, recorder):
    async def main():
        started = trio.current_time()
        async with open_server(recorder) as server:
            client = await server.call()
            await client.say(FRAME)
            ready = await client.next()
            assert isinstance(ready, Ready)
            assert (ready.input_rate, ready.output_rate) == (16_000, 24_000)
            assert trio.current_time() - started < 0.01
            await trio.testing.wait_all_tasks_blocked()
            assert recorder.got == [CallerAudio(FRAME)]

    virtual(main)


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


# --- how many, and when the server stops ------------------------------------------------------------------------------


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
