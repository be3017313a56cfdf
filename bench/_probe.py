"""Engines that note when they were asked and when they answered: the bench's own clockwork beside the call's.

Each wraps a real engine behind the same port and changes nothing. One :class:`Notes` a call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import attrs
import trio

from actors.call import CallSetup
from actors.ports import (
    Llm,
    LlmDelta,
    LlmFinished,
    LlmRequest,
    LlmText,
    LlmToolCall,
    SpeechChunk,
    Stt,
    SttStream,
    Tts,
    TtsVoice,
)
from actors.testing._passing import PassingStream

__all__ = ["Notes", "Work", "probed"]


@attrs.define
class Work:
    """A piece of an engine's work; times on trio's clock, None where it never came so far.

    ``first``: the first token, or the first piece of speech. ``what``: the transcript, the answer so far, the sentence.
    ``tools``: the functions that the model asked for. ``speech``: what came out of a voice so far.
    """

    part: Literal["partial", "final", "llm", "tts"]
    begin: float
    first: float | None = None
    end: float | None = None
    what: str = ""
    tools: tuple[str, ...] = ()
    speech: list[SpeechChunk] = attrs.field(factory=list, repr=False)
    spoken_at: list[float] = attrs.field(factory=list, repr=False)  # when each piece of speech came
    written: list[tuple[float, int]] = attrs.field(factory=list, repr=False)  # when there were so many characters

    def length_at(self, at: float) -> int:
        """Characters written by then."""
        return next((length for when, length in reversed(self.written) if when <= at), 0)

    @property
    def pcm(self) -> bytes:
        """The audio of ``speech``."""
        return b"".join(chunk.pcm for chunk in self.speech)


class Notes:
    """What the engines did in one call, in the order in which it began."""

    def __init__(self) -> None:
        self.work: list[Work] = []

    def begin(self, part: Literal["partial", "final", "llm", "tts"], what: str = "") -> Work:
        work = Work(part, trio.current_time(), what=what)
        self.work.append(work)
        return work


def probed(setup: CallSetup, notes: Notes) -> CallSetup:
    """The same setup with its recogniser, model and voice watched."""
    return attrs.evolve(setup, stt=_Stt(setup.stt, notes), llm=_Llm(setup.llm, notes), tts=_Tts(setup.tts, notes))


class _SttStream(PassingStream):
    def __init__(self, stream: SttStream, notes: Notes) -> None:
        super().__init__(stream)
        self._notes = notes

    async def partial(self) -> str:
        work = self._notes.begin("partial")
        work.what = await self._stream.partial()
        work.end = trio.current_time()
        return work.what

    async def final(self) -> str:
        work = self._notes.begin("final")
        work.what = await self._stream.final()
        work.end = trio.current_time()
        return work.what


class _Stt:
    def __init__(self, engine: Stt, notes: Notes) -> None:
        self.name = engine.name
        self._engine, self._notes = engine, notes

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:
        return _SttStream(await self._engine.open_stream(hints=hints), self._notes)


class _Llm:
    def __init__(self, engine: Llm, notes: Notes) -> None:
        self.name, self.model = engine.name, engine.model
        self._engine, self._notes = engine, notes

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        work = self._notes.begin("llm")
        async with self._engine.stream(request) as deltas:
            yield _watch(deltas, work)


async def _watch(deltas: AsyncIterator[LlmDelta], work: Work) -> AsyncIterator[LlmDelta]:
    async for delta in deltas:
        match delta:
            case LlmText(text):
                work.first = work.first or trio.current_time()
                work.what += text
                work.written.append((trio.current_time(), len(work.what)))
            case LlmToolCall():
                work.first = work.first or trio.current_time()
                work.tools = (*work.tools, delta.name)
            case LlmFinished():
                work.end = trio.current_time()
        yield delta


class _Voice:
    def __init__(self, voice: TtsVoice, notes: Notes) -> None:
        self._voice, self._notes = voice, notes

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        work = self._notes.begin("tts", text)
        async for chunk in self._voice.say(text):
            work.first = work.first or trio.current_time()
            work.speech.append(chunk)
            work.spoken_at.append(work.first if len(work.speech) == 1 else trio.current_time())
            yield chunk
        work.end = trio.current_time()


class _Tts:
    def __init__(self, engine: Tts, notes: Notes) -> None:
        self.name = engine.name
        self._engine, self._notes = engine, notes

    @asynccontextmanager
    async def open_voice(self, turn: int) -> AsyncIterator[TtsVoice]:
        async with self._engine.open_voice(turn) as voice:
            yield _Voice(voice, self._notes)
