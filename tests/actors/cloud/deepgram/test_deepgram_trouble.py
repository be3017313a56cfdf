"""Listen v1 over real sockets: cuts, stalls, refusals."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import pytest
import trio
from trio_websocket import wrap_server_stream

from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud.deepgram_v1 import DeepgramV1Stt
from actors.cloud.servers._faults import Cut, ErrorFrame, FaultyStream, Garbage, Order, Refuse, Stall
from actors.errors import (
    ConfigurationError,
    EngineBadReply,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
)

TEXT = "I would like to see Doctor Chen next Tuesday at half past nine please"


def test_an_idle_connection_that_is_closed_is_replaced_before_anyone_speaks(
    run_world: Any, feed: Any, fast: LinkSettings, key: str
) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=attrs.evolve(fast, keep_alive=5.0)) as stt:
            stream = await stt.open_stream()
            await trio.sleep(0.25)
            assert stream.statistics().connections == 2
            assert "1011 NET-0001" in str(stream.statistics().lost[0])
            stream.begin(0)
            await feed(stream, world.say("hello again"))
            assert await stream.final() == "hello again"

    run_world(main, idle=0.2)


@pytest.mark.parametrize("mid_frame", [False, True])
def test_no_word_is_lost_or_doubled_wherever_the_connection_is_cut(
    run_each: Any, knowing: Any, feed: Any, mid_frame: bool
) -> None:
    """At each of the utterance's frames, of 20 ms; a final result falls into its middle."""
    pieces = (("one two three four", 360), ("five sixes seven", 20))
    said = " ".join(text for text, _ in pieces)

    async def one(world: Any) -> tuple[str, bool]:
        async with world.listening(DeepgramV1Stt, stall=2.0) as stream:
            for text, tail_ms in pieces:
                await feed(stream, world.say(text, tail_ms=tail_ms))
            return await stream.final(), stream.statistics().connections == 2

    length = 2 * sum(knowing.say(text, tail_ms=tail_ms).size for text, tail_ms in pieces)
    cuts = [Order(Cut(mid_frame), received=at + 1) for at in range(0, length, 640)]
    assert len(cuts) > 45
    assert run_each(one, cuts) == [(said, True)] * len(cuts)


def test_two_cuts_in_one_utterance(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say(TEXT))
            assert await stream.final() == TEXT
            assert stream.statistics().connections == 3
            assert stream.statistics().replayed > 0

    run_world(main, Order(Cut(), received=12_000), Order(Cut(), first=1, received=9_000))


def test_a_stalled_connection_is_replaced(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say(TEXT))
            assert await stream.final() == TEXT
            assert isinstance(stream.statistics().lost[0], EngineTimeout)

    run_world(main, Order(Stall(), received=20_000))


def test_a_connection_that_died_in_silence_is_noticed(fast: LinkSettings, key: str) -> None:
    """The server's machine is gone: the socket is open, and nothing ever comes."""

    async def dead(stream: trio.SocketStream) -> None:
        faulty = FaultyStream(stream)
        async with trio.open_nursery() as nursery:
            await (await wrap_server_stream(nursery, faulty)).accept()
            await faulty.suffer(Stall())

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(trio.serve_tcp, dead, 0)
            url = f"ws://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
            settings = attrs.evolve(fast, keep_alive=0.1, pong=0.1)
            async with DeepgramV1Stt(api_key=key, base_url=url, settings=settings) as stt:
                stream = await stt.open_stream()
                await trio.sleep(0.4)
                assert stream.statistics().connections >= 2
                assert "does not answer a ping" in str(stream.statistics().lost[0])
            nursery.cancel_scope.cancel(reason="the test is over")

    trio.run(main)


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (Refuse(401), EngineRefused),
        (Refuse(403), EngineRefused),
        (Refuse(404), EngineRefused),
        (Refuse(402), EngineRefused),
        (Refuse(429, retry_after=2.5), EngineOverloaded),
        (Refuse(503), EngineOverloaded),
        (Refuse(500), EngineUnavailable),
        (Refuse(504), EngineTimeout),
        (Cut(), EngineUnavailable),
        (Garbage(), EngineBadReply),
    ],
)
def test_refusals_are_the_projects_errors_and_never_hold_the_key(
    run_world: Any, fast: LinkSettings, key: str, refusal: Any, expected: type[Exception]
) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=fast) as stt:
            with pytest.raises(expected) as caught:
                await stt.open_stream()
            assert key not in repr(caught.value)
            assert key not in repr(stt.__dict__.get("settings"))
            if isinstance(refusal, Refuse) and refusal.status in (401, 403):
                assert "DEEPGRAM_API_KEY" in str(caught.value)
            if isinstance(caught.value, EngineOverloaded):
                assert caught.value.retry_after == (2.5 if refusal.status == 429 else None)

    run_world(main, Order(refusal))


def test_a_server_that_never_answers_the_handshake(run_world: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=attrs.evolve(fast, connect=0.2)) as stt:
            with pytest.raises(EngineTimeout):
                await stt.open_stream()

    run_world(main, Order(Stall()))


def test_nobody_listens_there(fast: LinkSettings, key: str) -> None:
    async def main() -> None:
        async with DeepgramV1Stt(api_key=key, base_url="ws://127.0.0.1:9", settings=fast) as stt:
            with pytest.raises(EngineUnavailable):
                await stt.open_stream()

    trio.run(main)


def test_a_wrong_key_and_no_key(run_world: Any, fast: LinkSettings) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key="wrong-one", base_url=world.url, settings=fast) as stt:
            with pytest.raises(EngineRefused, match="DEEPGRAM_API_KEY"):
                await stt.open_stream()

    run_world(main)
    with pytest.raises(ConfigurationError, match="DEEPGRAM_API_KEY"):
        DeepgramV1Stt(api_key="")


def test_a_key_that_is_withdrawn_in_the_middle_of_a_call(
    run_world: Any, feed: Any, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say("hello there"))
            with pytest.raises(EngineRefused, match="DEEPGRAM_API_KEY"):
                await stream.final()

    with caplog.at_level(logging.DEBUG):
        run_world(main, Order(Cut(), received=3000), Order(Refuse(401), first=1, times=None))
    assert key not in caplog.text
    assert "hello" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("actors"))


@pytest.mark.parametrize(
    ("refusal", "final", "error", "within"),
    [
        (Refuse(500), 0.5, EngineUnavailable, 5),  # gone for good: told when the deadline has passed
        (Refuse(429, retry_after=60), 15.0, EngineOverloaded, 10),  # to be left alone for long: told at once
    ],
)
def test_a_service_that_does_not_come_back_is_told_in_time(
    run_world: Any,
    feed: Any,
    refusal: Any,
    final: float,
    error: type[Exception],
    within: float,
) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt, final=final) as stream:
            await feed(stream, world.say("hello there"))
            begun = trio.current_time()
            with pytest.raises(error, match=str(refusal.status)):
                await stream.final()
            assert trio.current_time() - begun < within

    run_world(main, Order(Cut(), received=3000), Order(refusal, first=1, times=None))


@pytest.mark.parametrize("mid_frame", [False, True])
def test_cuts_between_and_within_the_services_messages(run_each: Any, feed: Any, mid_frame: bool) -> None:
    async def one(world: Any) -> str:
        async with world.listening(DeepgramV1Stt, stall=2.0) as stream:
            await feed(stream, world.say("one two three four", tail_ms=360))
            first = await stream.final()
            await feed(stream, world.say("five sixes seven", tail_ms=20))
            return first + " | " + await stream.final()

    cuts = [Order(Cut(mid_frame), sent=number) for number in range(12)]
    whole = "one two three four | one two three four five sixes seven"
    assert run_each(one, cuts) == [whole] * len(cuts)


@pytest.mark.parametrize("fault", [ErrorFrame("NET-0000", "no more"), Garbage(), Stall(0.2)])
def test_trouble_within_a_connection_costs_no_word(run_world: Any, feed: Any, fault: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say(TEXT))
            assert await stream.final() == TEXT
            assert stream.statistics().connections == (1 if isinstance(fault, Stall) else 2)

    run_world(main, Order(fault, received=20_000))


def test_several_refusals_while_connecting_again(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say(TEXT))
            assert await stream.final() == TEXT

    run_world(
        main,
        Order(Cut(), received=9000),
        Order(Refuse(429, retry_after=0.05), first=1),
        Order(Refuse(500), first=2),
        Order(Cut(), first=3),
    )


def test_the_replay_keeps_to_its_pace(run_world: Any, feed: Any) -> None:
    """3.3 s of speech, replayed at four times real time after a burst of half a second."""

    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt, replay_speed=4.0, replay_burst=0.5) as stream:
            said = world.say(TEXT * 2)
            stream.push(said)
            begun = trio.current_time()
            await stream.final()
            at_least = (said.size / 16_000 - 0.5) / 4.0
            assert at_least * 0.95 < trio.current_time() - begun < at_least + 5
        assert max(world.server.sessions[0].sizes) <= 1600
        assert min(world.server.sessions[0].sizes) > 0

    run_world(main)
