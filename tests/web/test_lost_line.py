"""A caller who goes and comes back, or vanishes."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.line import (
    CallerAudio,
    ErrorNotice,
    HangUp,
    LineBack,
    LineLost,
    PlaybackReport,
    StateChanged,
    TranscriptUpdate,
)
from web.limits import Limits
from web.wire import Hello

FRAME = b"\1\0" * 320


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
            again = await server.call_again(ready, client.seqs[-1])
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
            again = await server.call_again(ready)
            assert (await again.next()).call != ready.call
            assert (await again.next()).code == "resume_unknown"

    virtual(main)


def test_a_new_socket_takes_over_from_one_that_is_still_open(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            client = await server.call()
            ready = await client.next()
            again = await server.call_again(ready)
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
            again = await server.call_again(ready)
            error = await again.wait_for(ErrorNotice)
            assert error.code == "replay_gap"
            assert again.seqs == list(range(again.seqs[0], 102))

    virtual(main)


def test_a_silent_socket_is_lost_when_no_pong_comes(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder) as server:
            await server.shake_hands()
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
