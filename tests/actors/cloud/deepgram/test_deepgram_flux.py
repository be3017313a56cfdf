"""Flux over real sockets: turns, early signs of their end, cuts."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
import trio

from actors.audio import SILENCE_DB, to_bytes
from actors.call import EarSettings, VoiceSettings
from actors.call._ear import Ear
from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud.deepgram_flux import DeepgramFluxStt
from actors.cloud.servers._faults import Cut, ErrorFrame, Order, Refuse, Stall
from actors.errors import EngineRefused, EngineTimeout
from actors.ports import CALLER_RATE, TurnSignal
from actors.testing import FakeVad
from statechart import EagerEndOfTurn, EndOfTurn, Event, TurnResumed


async def signals(stream: Any, seconds: float = 0.3) -> list[TurnSignal]:
    told = []
    with trio.move_on_after(seconds):
        while True:
            told.append(await stream.next_signal())
    return told


def test_turns_and_signs_of_their_end(run_world: Any, feed: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramFluxStt(api_key=key, base_url=world.url, settings=fast) as stt:
            stream = await stt.open_stream(hints=["Chen"])
            stream.begin(0)
            await feed(stream, world.say("I would like to see", tail_ms=260))
            await feed(stream, world.say("Doctor Chen next Tuesday", tail_ms=700))
            assert await stream.final() == "I would like to see Doctor Chen next Tuesday"
            told = await signals(stream)
            assert [s.kind for s in told] == ["started", "likely_end", "resumed", "likely_end", "ended"]
            assert told[1].text == "I would like to see"
            assert told[3].text == told[4].text == "I would like to see Doctor Chen next Tuesday"
            assert 0.4 <= told[3].confidence < told[4].confidence <= 1.0
            # A second turn within the same segment.
            await feed(stream, world.say("or Wednesday", tail_ms=600))
            assert await stream.final() == "I would like to see Doctor Chen next Tuesday or Wednesday"
            stream.begin(1)
            await feed(stream, world.say("Thanks", tail_ms=100))
            assert await stream.final() == "Thanks"
            assert {s.segment for s in await signals(stream)} == {1}
        options = list(world.server.sessions[0].options)
        assert ("keyterm", "Chen") in options
        assert ("eager_eot_threshold", "0.4") in options

    run_world(main)


def test_its_judgement_reaches_the_chart(run_world: Any, fast: LinkSettings, key: str) -> None:
    """Through the ear, which goes on hearing silence until the service is sure."""
    told: list[Event] = []

    async def main(world: Any) -> None:
        async with (
            DeepgramFluxStt(api_key=key, base_url=world.url, settings=fast) as stt,
            trio.open_nursery() as nursery,
        ):
            ear = Ear(
                FakeVad().open_stream(),
                await stt.open_stream(),
                settings=EarSettings(voice=VoiceSettings(echo_margin_db=None)),
                post=told.append,
                on_silence=lambda: None,
                agent_db=lambda _: SILENCE_DB,
                unheard_ms=lambda: None,
                heard=lambda: "",
            )
            nursery.start_soon(ear.asker.heed)
            said = [world.say("I would like to see", tail_ms=300), world.say("Doctor Chen next Tuesday")]
            silence = np.zeros(40 * CALLER_RATE, np.int16)
            samples = np.concatenate([*said, silence])
            for at in range(0, len(samples), CALLER_RATE // 50):
                ear.hear(to_bytes(samples[at : at + CALLER_RATE // 50]))
                await trio.sleep(0.004)
                if any(isinstance(event, EndOfTurn) for event in told):
                    break
            nursery.cancel_scope.cancel(reason="the turn is over")

    run_world(main)
    judged = [event for event in told if isinstance(event, EagerEndOfTurn | TurnResumed | EndOfTurn)]
    assert [type(event) for event in judged] == [EagerEndOfTurn, TurnResumed, EagerEndOfTurn, EndOfTurn]
    assert judged[0] == EagerEndOfTurn(0, "I would like to see")
    assert judged[2] == EagerEndOfTurn(0, "I would like to see Doctor Chen next Tuesday")
    assert isinstance(judged[3], EndOfTurn)
    assert judged[3].text == judged[2].text
    assert judged[3].silence_ms >= 400


def test_the_end_of_a_turn_is_forced_where_no_transcript_comes(run_world: Any, feed: Any) -> None:
    """The caller's line goes dead in the middle of a word; nothing more is pushed."""

    async def main(world: Any) -> None:
        async with world.listening(DeepgramFluxStt) as stream:
            await feed(stream, world.say("are you there"))
            assert await stream.final() == "are you there"
            assert "ended" not in [s.kind for s in await signals(stream)]  # nobody judged the turn
        assert "ForceEndTurn" in world.server.sessions[0].controls

    run_world(main)


def test_a_transcript_that_comes_by_itself_needs_no_force(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramFluxStt, idle=2.0) as stream:
            text = ""

            async def ask() -> None:
                nonlocal text
                text = await stream.final()

            async with trio.open_nursery() as nursery:
                await feed(stream, world.say("at nine"))
                nursery.start_soon(ask)
                await feed(stream, world.say("x")[:0])
                await feed(stream, world.stt.say("", tail_ms=400))
            assert text == "at nine"
            await trio.sleep(0.4)
        assert "ForceEndTurn" not in world.server.sessions[0].controls

    run_world(main)


def test_nothing_but_noise_is_an_empty_transcript(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramFluxStt) as stream:
            noise = world.say("x")
            noise[noise != 0] = 32_000
            await feed(stream, noise)
            assert await stream.final() == ""
            assert stream.statistics().connections == 1

    run_world(main)


@pytest.mark.parametrize("mid_frame", [False, True])
def test_no_word_is_lost_or_doubled_wherever_the_connection_is_cut(
    run_each: Any, knowing: Any, feed: Any, mid_frame: bool
) -> None:
    """At each of the utterance's frames, of 20 ms; one turn ends in its middle, another at its end."""
    pieces = (("one two three four", 500), ("five sixes seven", 20))
    said = " ".join(text for text, _ in pieces)

    async def one(world: Any) -> tuple[str, int, bool]:
        async with world.listening(DeepgramFluxStt, stall=2.0) as stream:
            for text, tail_ms in pieces:
                await feed(stream, world.say(text, tail_ms=tail_ms))
            text, connections = await stream.final(), stream.statistics().connections
            return text, connections, is_legal([s.kind for s in await signals(stream, 0.05)])

    length = 2 * sum(knowing.say(text, tail_ms=tail_ms).size for text, tail_ms in pieces)
    cuts = [Order(Cut(mid_frame), received=at + 1) for at in range(0, length, 640)]
    assert len(cuts) > 50
    results = run_each(one, cuts)
    assert [(text, legal) for text, _, legal in results] == [(said, True)] * len(cuts)
    # The last frames are not sent before the end is forced, in messages of 80 ms.
    assert all(connections == 2 for _, connections, _ in results[:-6])


def is_legal(kinds: list[str]) -> bool:
    after = {
        None: {"started"},
        "started": {"likely_end", "ended"},
        "likely_end": {"resumed", "ended"},
        "resumed": {"likely_end", "ended"},
        "ended": {"started"},
    }
    return all(kind in after[before] for before, kind in zip([None, *kinds], kinds, strict=False))


def test_kept_alive_by_silence_that_does_not_count(run_world: Any, feed: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramFluxStt(
            api_key=key, base_url=world.url, settings=attrs.evolve(fast, keep_alive=0.05)
        ) as stt:
            stream = await stt.open_stream()
            for segment, text in enumerate(("first words", "second words", "third words")):
                await trio.sleep(0.4)
                stream.begin(segment)
                await feed(stream, world.say(text, tail_ms=100))
                assert await stream.final() == text
            assert stream.statistics().connections == 1
        assert world.server.sessions[0].samples > 20 * 1280

    run_world(main, idle=0.2)


@pytest.mark.parametrize("fault", [ErrorFrame(), Stall()])
def test_trouble_within_a_connection_costs_no_word(run_world: Any, feed: Any, fault: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramFluxStt) as stream:
            await feed(stream, world.say("I would like to see Doctor Chen next Tuesday please"))
            assert await stream.final() == "I would like to see Doctor Chen next Tuesday please"
            (lost,) = stream.statistics().lost
            assert isinstance(lost, EngineTimeout) == isinstance(fault, Stall)

    run_world(main, Order(fault, received=12_000))


def test_a_refused_key(run_world: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramFluxStt(api_key=key, base_url=world.url, settings=fast) as stt:
            with pytest.raises(EngineRefused, match="DEEPGRAM_API_KEY"):
                await stt.open_stream()

    run_world(main, Order(Refuse(401)))
