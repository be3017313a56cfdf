"""From words to queued audio: sentences through the voice, fixed phrases from the phrasebook, one at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import trio

from actors.call._meter import TurnTimes
from actors.call._phrases import Phrasebook
from actors.call._playout import Playout
from actors.call._reel import Reel, Span
from actors.errors import EngineTimeout
from actors.ports import SpeechChunk, Tts, TtsVoice
from statechart import Event, SpanQueued, speakable

__all__ = ["Speaker"]

CHUNK_TIMEOUT_S = 5.0  #: the longest wait for the next piece of speech


class Speaker:
    """``on_words(reel)`` is called whenever words were added to a reel (to show them)."""

    def __init__(
        self,
        tts: Tts,
        playout: Playout,
        phrases: Phrasebook,
        *,
        post: Callable[[Event], None],
        on_words: Callable[[Reel], None],
    ) -> None:
        self._tts, self._playout, self._phrases = tts, playout, phrases
        self._post, self._on_words = post, on_words
        self._mouth = trio.Lock()  # a filler and a sentence must not mix

    async def speak_all(self, reel: Reel, spans: trio.MemoryReceiveChannel[Span], times: TurnTimes) -> None:
        """Speak the sentences as they come, with one voice for all of them.

        Raises:
            EngineError: the voice failed; what was queued so far stays.
        """
        attempt = reel.attempt
        async with self._tts.open_voice(reel.turn) as voice:
            async for span in spans:
                await self._speak(reel, attempt, span, voice, times)

    async def speak_phrase(
        self, reel: Reel, text: str, *, filler: bool = False, tells: bool = False, times: TurnTimes | None = None
    ) -> None:
        """Speak fixed words. A filler is dropped where the answer has begun meanwhile. ``tells``: see :class:`Span`.

        Raises:
            EngineError: the text is not in the phrasebook, and the voice failed.
        """
        attempt = reel.attempt
        async with self._mouth:
            if filler and reel.answer_begun:
                return
            span = reel.write(text + " ", speakable(text), filler=filler, tells=tells)
            reel.begin(span)
            self._on_words(reel)
            self._post(SpanQueued(reel.turn, attempt, text, filler))
            if times is not None and filler:
                times.filler = True
            ready = self._phrases.get(text)
            if ready is not None:
                for chunk in ready:
                    await self._playout.add(reel, span, chunk.pcm, chunk.words)
            else:
                async with self._tts.open_voice(reel.turn) as voice:
                    await self._pour(reel, span, voice.say(text), None)
            span.finished = True

    async def _speak(self, reel: Reel, attempt: int, span: Span, voice: TtsVoice, times: TurnTimes) -> None:
        async with self._mouth:
            reel.begin(span)
            if not span.spoken.silent:
                self._on_words(reel)
                self._post(SpanQueued(reel.turn, attempt, span.spoken.text))
                times.tts_asked = times.tts_asked or trio.current_time()
                await self._pour(reel, span, voice.say(span.spoken.text), times)
            span.finished = True

    async def _pour(self, reel: Reel, span: Span, speech: AsyncIterator[SpeechChunk], times: TurnTimes | None) -> None:
        while True:
            with trio.move_on_after(CHUNK_TIMEOUT_S) as deadline:
                chunk = await anext(speech, None)
            if deadline.cancelled_caught:
                raise EngineTimeout(self._tts.name, f"no speech for {CHUNK_TIMEOUT_S:g} s")
            if chunk is None:
                return
            if times is not None and times.tts_first is None:
                times.tts_first = trio.current_time()
            await self._playout.add(reel, span, chunk.pcm, chunk.words)
