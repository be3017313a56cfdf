"""Listen v1 over real sockets: transcripts, life signs, turn signals."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import trio

from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud.deepgram_v1 import DeepgramV1Stt
from actors.ports import TurnSignalStream

TEXT = "I would like to see Doctor Chen next Tuesday at half past nine please"


def test_partial_and_final_transcripts(run_world: Any, feed: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=fast) as stt:
            stream = await stt.open_stream(hints=["Chen", "amoxicillin"])
            stream.begin(0)
            await feed(stream, world.say(TEXT))
            partial = await stream.partial()
            assert partial
            assert TEXT.startswith(partial)
            assert await stream.final() == TEXT
            # The same segment goes on.
            await feed(stream, world.say("or later"))
            assert await stream.final() == TEXT + " or later"
            # What was said before does not come back in the next one.
            stream.begin(1)
            assert await stream.final() == ""
            await feed(stream, world.say("Thank you"))
            assert await stream.final() == "Thank you"
            await stream.aclose()
        log = world.server.sessions[0]
        assert log.controls[-1] == "CloseStream"
        assert log.controls.count("Finalize") >= 3
        options = list(log.options)
        assert [value for name, value in options if name == "keyterm"] == ["Chen", "amoxicillin"]
        assert ("model", "nova-3") in options
        assert stream.statistics().connections == 1

    run_world(main)


def test_a_segment_is_settled_before_the_next_begins(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say("this was said before"))
            stream.begin(1)
            await feed(stream, world.say("and this after"))
            assert await stream.final() == "and this after"

    run_world(main)


def test_kept_alive_while_nobody_speaks(run_world: Any, feed: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=attrs.evolve(fast, keep_alive=0.1)) as stt:
            stream = await stt.open_stream()
            await trio.sleep(0.9)
            stream.begin(0)
            await feed(stream, world.say("still there"))
            assert await stream.final() == "still there"
        assert stream.statistics().connections == 1
        assert world.server.sessions[0].controls.count("KeepAlive") >= 5

    run_world(main, idle=0.3)


def test_more_audio_than_is_kept_loses_the_oldest(run_world: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt, keep=0.4, replay_speed=4.0, replay_burst=0.02) as stream:
            stream.push(world.say("nobody will ever hear this at all since it is too long", gap_ms=40))
            stream.push(world.say("last", gap_ms=40))
            text = await stream.final()
            assert text.endswith("last")
            assert "nobody" not in text

    run_world(main)


def test_turn_signals_of_the_service(run_world: Any, feed: Any) -> None:
    async def main(world: Any) -> None:
        async with world.listening(DeepgramV1Stt) as stream:
            await feed(stream, world.say("at nine", tail_ms=400))
            await feed(stream, world.say("or ten please", tail_ms=1400))
            kinds = []
            with trio.move_on_after(0.3):
                while True:
                    kinds.append(await stream.next_signal())
            assert [s.kind for s in kinds] == ["started", "likely_end", "resumed", "likely_end"]
            assert kinds[1].text == "at nine"
            assert kinds[3].text == "at nine or ten please"

    run_world(main)


def test_the_ports_rules(run_world: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=fast) as stt:
            stream = await stt.open_stream()
            assert isinstance(stream, TurnSignalStream)
            stream.begin(3)
            with pytest.raises(ValueError, match="segment 3 after segment 3"):
                stream.begin(3)
            stream.push(world.say("x")[:0])
            assert await stream.final() == ""
            with trio.CancelScope() as scope:
                scope.cancel(reason="nobody wants it")
                await stream.final()
            assert scope.cancelled_caught
            await stream.aclose()
            await stream.aclose()
        with pytest.raises(RuntimeError, match="not open"):
            await stt.open_stream()

    run_world(main)


def test_the_blocks_own_error_comes_out_as_it_is(run_world: Any, fast: LinkSettings, key: str) -> None:
    async def main(world: Any) -> None:
        async def fail() -> None:
            async with DeepgramV1Stt(api_key=key, base_url=world.url, settings=fast) as stt:
                await stt.open_stream()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()

    run_world(main)
