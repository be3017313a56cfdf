"""ElevenLabs over real sockets on loopback: speaking, and being cut."""

from __future__ import annotations

from typing import Any

import trio

from actors.cloud.servers._faults import Latency
from actors.ports import TtsVoice

TEXT = "Doctor Chen is free at nine."
OTHER = "Shall I book it?"
MS = 24


# --- speaking ---------------------------------------------------------------------------------------------------------


def test_sentences_come_whole_with_exact_words_over_one_context(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking() as (server, tts):
            await tts.check()
            async with tts.open_voice(7) as voice:
                for text in (TEXT, OTHER):
                    pcm, words = await booth.hear(voice, text)
                    assert booth.heard_words(server, pcm) == text.split()
                    lasts = [60 * max(2, len(word)) for word in text.split()]  # the fake voice's measure
                    assert [end - start for _, start, end in words] == lasts
                    assert [word for word, _, _ in words] == text.split()
                    assert words[0][1] == 0
                    assert words[-1][2] * MS * 2 == len(pcm)
            await trio.sleep(0.02)
            sent = list(server.received)
        assert [message["context_id"] for message in sent] == ["context-1"] * 4
        assert sent[0] == {"text": " ", "context_id": "context-1"}
        assert sent[1] == {"text": TEXT + " ", "context_id": "context-1", "flush": True}
        assert sent[-1] == {"context_id": "context-1", "close_context": True}

    booth.run(main)


def test_nothing_sayable_is_nothing_said(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking() as (server, tts), tts.open_voice(1) as voice:
            assert await booth.hear(voice, " … ") == (b"", [])
            assert not server.received

    booth.run(main)


def test_without_times_the_end_is_asked_for(booth: Any) -> None:
    """The service sends no alignment: the context is closed to learn where the sentence ends, no audio is lost."""

    async def main() -> None:
        async with booth.speaking(tts=booth.fast(timings=False), client={"gap": 0.05}) as (server, tts):
            async with tts.open_voice(1) as voice:
                for text in (TEXT, OTHER):
                    pcm, words = await booth.hear(voice, text)
                    assert booth.heard_words(server, pcm) == text.split()
                    assert not words
            await trio.sleep(0.02)
            closed = [m["context_id"] for m in server.received if m.get("close_context")]
        assert closed == ["context-1", "context-2"]  # each once

    booth.run(main)


def test_a_slow_sentence_is_not_torn(booth: Any) -> None:
    """Audio comes in real time and with gaps: asking for the end early loses nothing."""

    async def main() -> None:
        async with booth.speaking(speed=4.0, client={"gap": 0.03}) as (server, tts), tts.open_voice(1) as voice:
            pcm, words = await booth.hear(voice, TEXT)
            assert booth.heard_words(server, pcm) == TEXT.split()
            assert [word for word, _, _ in words] == TEXT.split()
            assert not voice.by_http

    booth.run(main)


# --- barge-in ---------------------------------------------------------------------------------------------------------


def test_leaving_the_voice_closes_its_context_at_once_and_drops_what_is_late(best_of: Any, booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(speed=3.0) as (server, tts):
            await tts.check()

            def closed() -> int:
                return sum("close_context" in m for m in server.received)

            async def leave() -> tuple[float, float]:
                before = closed()
                async with tts.open_voice(before) as voice:
                    await booth.first_chunk(voice, TEXT)
                    left = trio.current_time()
                took = trio.current_time() - left
                await booth.until(lambda: closed() > before)
                return took, trio.current_time() - left

            took, told = await best_of(leave, 0.005, 0.01)
            async with tts.open_voice(100) as voice:  # while the rest of the one before still comes
                pcm, words = await booth.hear(voice, OTHER)
            assert booth.heard_words(server, pcm, whole=False) == OTHER.split()
            assert [word for word, _, _ in words] == OTHER.split()
        print(f"left in {took * 1e3:.2f} ms, the service was told after {told * 1e3:.2f} ms")
        assert took < 0.005
        assert told < 0.01

    booth.run(main)


def test_a_turn_cancelled_while_it_waits_leaves_at_once(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(latency=Latency(5.0)) as (server, tts):
            await tts.check()
            with trio.move_on_after(0.1) as scope:
                async with tts.open_voice(1) as voice:
                    await booth.hear(voice, TEXT)
            assert scope.cancelled_caught
            await trio.sleep(0.02)
            assert server.received[-1] == {"context_id": "context-1", "close_context": True}

    booth.run(main)


def test_quick_interruptions_never_exceed_the_limit_of_contexts(booth: Any) -> None:
    """Contexts that we closed count until the service confirms: a sixth would end the connection for all."""

    async def main() -> None:
        async with booth.speaking(speed=4.0) as (server, tts):
            for turn in range(12):
                async with tts.open_voice(turn) as voice:
                    chunk = await booth.first_chunk(voice, TEXT)
                    assert chunk.pcm
                    assert not voice.by_http
            assert server.sockets == 2  # five contexts each

    booth.run(main)


def test_eleven_voices_at_once_share_three_connections_and_mix_nothing(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking() as (server, tts):

            async def speak(turn: int) -> None:
                text = f"This is voice number {turn} speaking now."
                async with tts.open_voice(turn) as voice:
                    for _ in range(3):
                        pcm, words = await booth.hear(voice, text)
                        assert booth.heard_words(server, pcm, whole=False) == text.split()
                        assert [word for word, _, _ in words] == text.split()
                    voices.append(voice)
                    assert not voice.by_http
                    await booth.until(lambda: len(voices) == 11)

            voices: list[TtsVoice] = []
            async with trio.open_nursery() as nursery:
                for turn in range(11):
                    nursery.start_soon(speak, turn)
            assert server.sockets == 3

    booth.run(main)


# --- long silences ----------------------------------------------------------------------------------------------------


def test_a_silent_context_is_kept_alive(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking(client={"inactivity": 1.0}) as (server, tts), tts.open_voice(1) as voice:
            await booth.hear(voice, TEXT)
            await trio.sleep(2.2)  # a function runs long
            pcm, _ = await booth.hear(voice, OTHER)
            assert booth.heard_words(server, pcm) == OTHER.split()
            names = {m["context_id"] for m in server.received}
            kept = [m for m in server.received if m == {"text": "", "context_id": "context-1"}]
        assert names == {"context-1"}
        assert 3 <= len(kept) <= 8

    booth.run(main)


def test_a_context_that_the_service_closed_is_replaced(booth: Any) -> None:
    async def main() -> None:
        async with booth.speaking() as (server, tts), tts.open_voice(1) as voice:
            await booth.hear(voice, TEXT)
            context = voice._context
            assert context is not None
            context.finish()  # as if the service had closed it: it is final
            await trio.sleep(0.05)
            pcm, words = await booth.hear(voice, OTHER)
            assert booth.heard_words(server, pcm) == OTHER.split()
            assert [word for word, _, _ in words] == OTHER.split()
            assert not voice.by_http
            assert {m["context_id"] for m in server.received} == {"context-1", "context-2"}

    booth.run(main)
