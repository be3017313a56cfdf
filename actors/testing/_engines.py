"""Fake engines: they behave, and misbehave, to order."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import attrs
import numpy as np
import trio

from actors.ports import (
    AGENT_RATE,
    CALLER_RATE,
    LlmDelta,
    LlmFinished,
    LlmRequest,
    LlmText,
    LlmToolCall,
    Pcm,
    SignalKind,
    SpeechChunk,
    TurnSignal,
    WordTiming,
)
from actors.testing._speech import Dictionary, Pronounced

__all__ = ["FakeIntent", "FakeLlm", "FakeStt", "FakeTts", "FakeVad", "Pause", "Said", "Seconds"]


Seconds = float | Callable[[], float]  #: a time, or what draws one


def _draw(seconds: Seconds) -> float:
    return seconds() if callable(seconds) else seconds


class _FakeVadStream:
    window = 512

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.int16)

    def feed(self, samples: Pcm) -> Sequence[float]:
        samples = np.concatenate([self._rest, samples])
        windows = len(samples) // self.window
        self._rest = samples[windows * self.window :]
        if not samples.any():
            return [0.0] * windows
        loud = np.abs(samples[: windows * self.window].reshape(windows, self.window)) > 100
        return [float(window.any()) for window in loud]

    def reset(self) -> None:
        self._rest = np.zeros(0, np.int16)


class FakeVad:
    """Any sound is voice."""

    name = "fake"

    def open_stream(self) -> _FakeVadStream:
        return _FakeVadStream()


class _FakeSttStream:
    def __init__(self, engine: FakeStt) -> None:
        self._engine = engine
        self._audio: list[Pcm] = []
        self._segment = -1
        self._silence = 0  # samples at the end of the audio
        self._thinks: SignalKind = "ended"
        self._signals: deque[tuple[float, TurnSignal]] = deque()  # when each is told
        self._more = trio.Event()

    def begin(self, segment: int) -> None:
        self._audio = []
        self._segment, self._silence, self._thinks = segment, 0, "ended"
        self._signals.clear()

    def push(self, samples: Pcm) -> None:
        self._audio.append(samples)
        if self._engine.likely_end_ms or self._engine.end_ms:
            self._judge(samples)

    def _judge(self, samples: Pcm) -> None:
        voiced = np.flatnonzero(samples)
        self._silence = self._silence + len(samples) if not len(voiced) else len(samples) - 1 - int(voiced[-1])
        if len(voiced):
            if self._thinks != "started":
                self._signal("resumed" if self._thinks == "likely_end" else "started")
            self._thinks = "started"
        for kind, after_ms in (("likely_end", self._engine.likely_end_ms), ("ended", self._engine.end_ms)):
            due = after_ms and self._silence >= after_ms * CALLER_RATE // 1000
            if due and self._thinks != "ended" and self._thinks != kind:
                self._signal(kind)  # type: ignore[arg-type]
                self._thinks = kind  # type: ignore[assignment]

    def _signal(self, kind: SignalKind) -> None:
        audio = np.concatenate(self._audio)
        text = " ".join(self._engine.dictionary.heard(audio, whole=False))
        told_at = trio.current_time() + _draw(self._engine.latency)
        self._signals.append((told_at, TurnSignal(kind, self._segment, text, len(audio))))
        self._more.set()

    async def next_signal(self) -> TurnSignal:
        while True:
            while not self._signals:
                self._more = trio.Event()
                await self._more.wait()
            told_at, signal = self._signals[0]
            await trio.sleep_until(told_at)
            if self._signals and self._signals[0][1] is signal:  # else a new segment has begun
                self._signals.popleft()
                return signal

    async def partial(self) -> str:
        return await self._transcribe()

    async def final(self) -> str:
        return await self._transcribe()

    async def _transcribe(self) -> str:
        audio = np.concatenate(self._audio) if self._audio else np.zeros(0, np.int16)
        await trio.sleep(_draw(self._engine.latency))
        if self._engine.error is not None:
            raise self._engine.error
        return " ".join(self._engine.dictionary.heard(audio, whole=False))

    async def aclose(self) -> None:
        pass


class FakeStt:
    """Knows the caller's dictionary. ``latency`` in seconds; ``error``, when set, is raised by every request. It thinks
    that the caller's turn may be over after ``likely_end_ms`` of silence, and is sure after ``end_ms`` (0: never)."""

    name = "fake"

    def __init__(
        self, dictionary: Dictionary, *, latency: Seconds = 0.1, likely_end_ms: int = 0, end_ms: int = 0
    ) -> None:
        self.dictionary = dictionary
        self.latency = latency
        self.likely_end_ms, self.end_ms = likely_end_ms, end_ms
        self.error: Exception | None = None

    async def open_stream(self, *, hints: Sequence[str] = ()) -> _FakeSttStream:  # noqa: ARG002 - the port's
        return _FakeSttStream(self)


class FakeIntent:
    """Knows the caller's dictionary: sure of a noise, nearly sure of a word from ``backchannels``, unsure of what is
    begun, and sure that any other word is meant. ``latency`` in seconds."""

    name = "fake"

    def __init__(
        self, dictionary: Dictionary, *, backchannels: Sequence[str] = ("okay", "uh-huh", "mm"), latency: Seconds = 0.01
    ) -> None:
        self.dictionary = dictionary
        self.latency = latency
        self._backchannels = frozenset(backchannels)

    async def meant(self, samples: Pcm) -> float | None:
        await trio.sleep(_draw(self.latency))
        words = {word.strip(".,?!").lower() for word in self.dictionary.heard(samples, whole=False)}
        if not words:
            return 0.4 if self.dictionary.begun(samples) else 0.01
        return 0.04 if words <= self._backchannels else 0.99

    def with_words(self, text: str, sound: float | None) -> float | None:  # noqa: ARG002 - it heard them all the same
        return sound


@attrs.frozen
class Pause:
    """In a model's answer: wait this many seconds."""

    seconds: float


Script = Iterable[str | LlmToolCall | Pause | Exception]


class FakeLlm:
    """Answers as ``script(request)`` says: texts (sent token by token), function calls, pauses, errors to raise.

    ``requests`` are those made so far; ``cancelled`` counts those that were left before their end.
    """

    name = "fake"
    model = "fake"

    def __init__(
        self,
        script: Callable[[LlmRequest], Script],
        *,
        ttft: Seconds = 0.2,
        per_token: Seconds = 0.02,
        words_per_token: int = 1,
    ) -> None:
        self.script = script
        self.ttft = ttft
        self.per_token = per_token
        self.words_per_token = words_per_token
        self.requests: list[LlmRequest] = []
        self.cancelled = 0

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        self.requests.append(request)
        deltas = self._deltas(request)
        try:
            yield deltas
        except trio.Cancelled:
            self.cancelled += 1
            raise
        finally:
            await deltas.aclose()

    async def _deltas(self, request: LlmRequest) -> AsyncGenerator[LlmDelta, None]:
        await trio.sleep(_draw(self.ttft))
        reason = "stop"
        for item in self.script(request):
            match item:
                case str():
                    words = item.split(" ")
                    for i in range(0, len(words), self.words_per_token):
                        token = " ".join(words[i : i + self.words_per_token])
                        yield LlmText(token if i + self.words_per_token >= len(words) else token + " ")
                        await trio.sleep(_draw(self.per_token))
                case Pause(seconds):
                    await trio.sleep(seconds)
                case LlmToolCall():
                    reason = "tool_calls"
                    yield item
                case Exception():
                    raise item
        yield LlmFinished(reason)


class _FakeVoice:
    def __init__(self, engine: FakeTts, turn: int) -> None:
        self._engine, self._turn = engine, turn

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        engine = self._engine
        await trio.sleep(_draw(engine.ttfb))
        if engine.error is not None:
            raise engine.error
        said = Said(self._turn, text, engine.dictionary.pronounce(text))
        engine.on_say(said)
        for words, chunk in engine.speak(text, said.words):
            said.given += len(words)
            yield chunk
            await trio.sleep(len(chunk.pcm) / 2 / AGENT_RATE * engine.real_time_factor)
        said.complete = True


@attrs.define(eq=False)
class Said:
    """The voice's own record of a sentence: its words, how many of them it gave away, whether that was all."""

    turn: int
    text: str
    words: list[Pronounced]
    given: int = 0
    complete: bool = False


class FakeTts:
    """Speaks words as samples. ``ttfb`` in seconds, ``real_time_factor`` below 1 is faster than real time; without
    ``timings`` it gives no word times. ``on_say`` is given the record of each sentence when it begins."""

    name = "fake"

    def __init__(
        self,
        *,
        ttfb: Seconds = 0.1,
        real_time_factor: float = 0.05,
        timings: bool = True,
        ms_per_character: int = 60,
        words_per_chunk: int = 1,
        on_say: Callable[[Said], None] = lambda _: None,
    ) -> None:
        self.dictionary = Dictionary(AGENT_RATE, ms_per_character=ms_per_character)
        self.ttfb = ttfb
        self.real_time_factor = real_time_factor
        self.timings = timings
        self.words_per_chunk = words_per_chunk
        self.on_say = on_say
        self.error: Exception | None = None

    @asynccontextmanager
    async def open_voice(self, turn: int) -> AsyncIterator[_FakeVoice]:
        yield _FakeVoice(self, turn)

    def speak(self, text: str, words: Sequence[Pronounced]) -> list[tuple[Sequence[Pronounced], SpeechChunk]]:
        """The sound of ``text``, pronounced as ``words``, chunk by chunk, and which words each one holds."""
        at = position = 0
        timings = []
        for word in words:
            position = text.index(word.text, position)
            timings.append(WordTiming(position, position + len(word.text), at, at + word.samples))
            position, at = position + len(word.text), at + word.samples
        chunks = []
        for i in range(0, len(words), self.words_per_chunk):
            some = words[i : i + self.words_per_chunk]
            pcm = np.repeat(np.array([w.value for w in some], np.int16), [w.samples for w in some]).tobytes()
            chunks.append((some, SpeechChunk(pcm, tuple(timings[i : i + len(some)]) if self.timings else ())))
        return chunks
