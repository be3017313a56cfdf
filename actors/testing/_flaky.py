"""Engines that fail to order: wrappers around any engine of :mod:`actors.ports`.

Kinds of fault: an "error" comes at once or after some pieces, and for good; a "disconnect" may be better on the next
try; a "hang" never ends; a "drip" takes a second or two for every piece; "garbage" is an answer that means nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import attrs
import trio

from actors.errors import EngineBadReply, EngineError, EngineRefused, EngineUnavailable
from actors.ports import (
    Intent,
    Llm,
    LlmDelta,
    LlmFinished,
    LlmRequest,
    LlmText,
    LlmToolCall,
    Pcm,
    SignalKind,
    SpeechChunk,
    Stt,
    SttStream,
    Tts,
    TtsVoice,
    TurnSignal,
)
from actors.testing._passing import PassingStream
from actors.testing._script import Fault

__all__ = ["Faults", "FlakyIntent", "FlakyLlm", "FlakyStt", "FlakyTts"]

_DRIP_S = 1.2
#: What a recogniser that talks nonsense says of the caller's turn instead of what it should.
_NONSENSE: Mapping[SignalKind, SignalKind] = {
    "started": "ended",
    "likely_end": "ended",
    "resumed": "likely_end",
    "ended": "resumed",
}


class Faults:
    """Counts the requests to one part and says which of them fails how. ``on_fault(fault)`` is told."""

    def __init__(self, part: str, faults: Iterable[Fault], on_fault: Callable[[Fault], None] = lambda _: None) -> None:
        self._part = part
        self._faults = [fault for fault in faults if fault.part == part]
        self._on_fault = on_fault
        self._count = 0

    def next(self) -> Fault | None:
        """The fault of the next request, if it has one."""
        number, self._count = self._count, self._count + 1
        for fault in self._faults:
            if fault.nth <= number < fault.nth + fault.times:
                self._on_fault(fault)
                return fault
        return None

    def error(self, fault: Fault) -> EngineError:
        """What this fault raises."""
        if fault.kind == "disconnect":
            return EngineUnavailable(self._part, "disconnected")
        return EngineBadReply(self._part, "garbage") if fault.kind == "garbage" else EngineRefused(self._part, "error")

    async def strike(self, fault: Fault) -> None:
        """Where there is one answer to a request and no pieces: a drip delays it, a hang keeps it for ever, all else
        is raised."""
        if fault.kind == "hang":
            await trio.sleep_forever()
        if fault.kind != "drip":
            raise self.error(fault)
        await trio.sleep(_DRIP_S)


class FlakyLlm:
    """A language model with faults."""

    def __init__(self, llm: Llm, faults: Faults) -> None:
        self.name, self.model = llm.name, llm.model
        self._llm, self._faults = llm, faults

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        async with AsyncExitStack() as stack:
            deltas = await stack.enter_async_context(self._llm.stream(request))
            fault = self._faults.next()
            yield deltas if fault is None else self._spoiled(deltas, fault)

    async def _spoiled(self, deltas: AsyncIterator[LlmDelta], fault: Fault) -> AsyncIterator[LlmDelta]:
        given = 0
        async for delta in deltas:
            if fault.kind == "drip":
                await trio.sleep(_DRIP_S)
            elif given == fault.after:
                if fault.kind == "hang":
                    await trio.sleep_forever()
                if fault.kind == "garbage" and fault.after:
                    yield LlmToolCall("", "no_such_function", '{"subject": ')
                    yield LlmFinished("tool_calls")
                    return
                if fault.kind == "garbage":
                    yield LlmText(" \n")
                    yield LlmFinished("stop")
                    return
                raise self._faults.error(fault)
            given += 1
            yield delta


class FlakyTts:
    """A voice with faults."""

    def __init__(self, tts: Tts, faults: Faults) -> None:
        self.name = tts.name
        self._tts, self._faults = tts, faults

    @asynccontextmanager
    async def open_voice(self, turn: int) -> AsyncIterator[_FlakyVoice]:
        async with self._tts.open_voice(turn) as voice:
            yield _FlakyVoice(voice, self._faults)


class _FlakyVoice:
    def __init__(self, voice: TtsVoice, faults: Faults) -> None:
        self._voice, self._faults = voice, faults

    async def say(self, text: str) -> AsyncIterator[SpeechChunk]:
        fault = self._faults.next()
        given = 0
        async for chunk in self._voice.say(text):
            if fault is not None:
                if fault.kind == "drip":
                    await trio.sleep(_DRIP_S)
                elif given == fault.after:
                    if fault.kind == "hang":
                        await trio.sleep_forever()
                    if fault.kind == "garbage":
                        yield SpeechChunk(b"")
                    raise self._faults.error(fault)
            given += 1
            yield chunk


class FlakyStt:
    """A recogniser with faults; ``signals`` are those of its judgement of turns."""

    def __init__(self, stt: Stt, faults: Faults, *, signals: Faults | None = None) -> None:
        self.name = stt.name
        self._stt, self._faults, self._signals = stt, faults, signals or Faults("signals", ())

    async def open_stream(self, *, hints: Sequence[str] = ()) -> _FlakySttStream:
        return _FlakySttStream(await self._stt.open_stream(hints=hints), self._faults, self._signals)


class _FlakySttStream(PassingStream):
    def __init__(self, stream: SttStream, faults: Faults, signals: Faults) -> None:
        super().__init__(stream)
        self._faults, self._signals = faults, signals

    async def partial(self) -> str:
        return await self._ask(self._stream.partial)

    async def final(self) -> str:
        return await self._ask(self._stream.final)

    async def _ask(self, request: Callable[[], object]) -> str:
        fault = self._faults.next()
        if fault is not None:
            if fault.kind == "garbage":
                return "%$ # -"
            await self._faults.strike(fault)
        return str(await request())  # type: ignore[misc]

    async def next_signal(self) -> TurnSignal:
        signal = await super().next_signal()
        fault = self._signals.next()
        if fault is None:
            return signal
        if fault.kind == "garbage":
            return attrs.evolve(signal, kind=_NONSENSE[signal.kind])
        await self._signals.strike(fault)
        return signal


class FlakyIntent:
    """A judge of sounds with faults. Its garbage is the opposite of what it thinks."""

    def __init__(self, intent: Intent, faults: Faults) -> None:
        self.name = intent.name
        self._intent, self._faults = intent, faults

    async def meant(self, samples: Pcm) -> float | None:
        fault = self._faults.next()
        if fault is not None and fault.kind != "garbage":
            await self._faults.strike(fault)
        meant = await self._intent.meant(samples)
        return meant if fault is None or fault.kind != "garbage" or meant is None else 1 - meant

    def with_words(self, text: str, sound: float | None) -> float | None:
        return self._intent.with_words(text, sound)
