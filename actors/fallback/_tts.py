"""A voice made of several: where one fails within a sentence, the next one speaks the rest of it.

The rest begins with the first word that was not completely given out. An engine without word times is not believed to
have said any: its sentence is spoken again from the beginning, which the caller may hear twice but never misses.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import cast

import attrs
import trio

from actors.errors import EngineBadReply, EngineError
from actors.fallback._chain import Chain, Fallback, Member, too_slow
from actors.ports import SpeechChunk, Tts, TtsVoice

__all__ = ["FallbackTts"]

_BYTES = 2  # a sample


class FallbackTts(Fallback[Tts]):
    """See :class:`actors.ports.Tts`."""

    def open_voice(self, turn: int) -> AbstractAsyncContextManager[TtsVoice]:
        @asynccontextmanager
        async def voice() -> AsyncIterator[TtsVoice]:
            async with AsyncExitStack() as stack:  # a voice costs nothing until it speaks
                voices = {
                    member: await stack.enter_async_context(member.engine.open_voice(turn))
                    for member in self._chain.members
                }
                speaker = _Voice(self._chain, voices)
                try:
                    yield speaker
                finally:
                    await speaker.aclose()

        return voice()


class _Voice:
    def __init__(self, chain: Chain[Tts], voices: Mapping[Member[Tts], TtsVoice]) -> None:
        self._chain, self._voices = chain, voices
        self._saying: AsyncGenerator[SpeechChunk, None] | None = None

    def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        self._saying = self._say(text)
        return self._saying

    async def aclose(self) -> None:
        saying, self._saying = self._saying, None
        if saying is not None:
            with trio.CancelScope(shield=True):
                await saying.aclose()

    async def _say(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        said, samples = 0, 0  # characters and samples given out
        last: EngineError | None = None
        for member, patience in self._chain.candidates():
            from_char, from_sample = said, samples
            try:
                speech = cast("AsyncGenerator[SpeechChunk, None]", self._voices[member].say(text[from_char:]))
                async with aclosing(speech):
                    while (chunk := await _next(member, speech, patience)) is not None:
                        chunk = _shifted(chunk, from_char, from_sample)
                        samples += len(chunk.pcm) // _BYTES
                        said = max([said, *(word.end_char for word in chunk.words)])
                        yield chunk
                if samples == from_sample and any(map(str.isalnum, text[from_char:])):
                    raise EngineBadReply(member.name, "it said nothing")
            except EngineError as error:
                self._chain.failed(member, error)
                last = error
                if said and not any(map(str.isalnum, text[said:])):
                    return
                continue
            self._chain.worked(member)
            return
        assert last is not None
        raise last


async def _next(member: Member[Tts], speech: AsyncIterator[SpeechChunk], patience: float) -> SpeechChunk | None:
    chunk: SpeechChunk | None = None
    with trio.move_on_after(patience) as scope:
        chunk = await anext(speech, None)
    if scope.cancelled_caught:
        raise too_slow(member)
    return chunk


def _shifted(chunk: SpeechChunk, chars: int, samples: int) -> SpeechChunk:
    if not chars and not samples:
        return chunk
    words = tuple(
        attrs.evolve(
            word,
            start_char=word.start_char + chars,
            end_char=word.end_char + chars,
            start=word.start + samples,
            end=word.end + samples,
        )
        for word in chunk.words
    )
    return SpeechChunk(chunk.pcm, words)
