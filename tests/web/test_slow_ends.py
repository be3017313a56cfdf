"""A caller's end, or a call, that is too slow."""

from __future__ import annotations

import struct

import pytest
import trio
import trio.testing

from actors.errors import ClientTooSlow
from actors.line import (
    AgentDone,
    AgentSpeaking,
    CallerAudio,
    ErrorNotice,
    Flush,
    HangUp,
    TypedText,
)
from web.limits import Limits

# --- bad input --------------------------------------------------------------------------------------------------------


def test_a_caller_who_sends_nothing_is_hung_up(open_server, virtual, recorder):
    async def main():
        started = trio.current_time()
        async with open_server(recorder, limits=Limits(idle_seconds=60)) as server:
            client = await server.call()
            await client.rest()
            assert client.code == 1000
            assert recorder.got == [HangUp("idle")]
            assert 60 < trio.current_time() - started < 70

    virtual(main)


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
