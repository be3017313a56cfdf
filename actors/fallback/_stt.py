"""A recogniser made of several: the next one is given the audio of the open segment, and asked the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import trio

from actors.errors import EngineError
from actors.fallback._chain import Chain, Fallback, Member, too_slow
from actors.ports import Pcm, Stt, SttStream, TurnSignal, TurnSignalStream

__all__ = ["FallbackStt"]


class FallbackStt(Fallback[Stt]):
    """See :class:`actors.ports.Stt`. A call has a stream of each engine that is up when it begins; the others are
    opened when their turn comes."""

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:
        """Raises the last engine's EngineError where no stream can be had."""
        stream = _Stream(self._chain, hints)
        await stream.open()
        return stream


class _Stream:
    """One engine hears a segment; where it fails, a second one, too, to which the segment's audio is given again. What
    the engine that hears the segment thinks of the caller's turn is passed on."""

    def __init__(self, chain: Chain[Stt], hints: Sequence[str]) -> None:
        self._chain, self._hints = chain, hints
        self._streams: dict[Member[Stt], SttStream] = {}
        self._active: Member[Stt] | None = None
        self._segment = -1
        self._audio: list[Pcm] = []
        self._begun: dict[Member[Stt], int] = {}
        self._heeding = trio.CancelScope()

    async def open(self) -> None:
        last: EngineError | None = None
        for member, patience in self._chain.candidates():
            if self._streams and not self._chain.is_up(member):
                continue
            try:
                await self._stream_of(member, patience)
            except EngineError as error:
                self._chain.failed(member, error)
                last = error
        if not self._streams:
            assert last is not None
            raise last

    def begin(self, segment: int) -> None:
        self._segment, self._audio = segment, []
        self._listen_to(next((m for m, _ in self._chain.candidates() if m in self._streams), None))
        if self._active is not None:
            self._begin(self._active)

    def push(self, samples: Pcm) -> None:
        self._audio.append(samples)
        for member, segment in self._begun.items():
            if segment == self._segment:
                self._streams[member].push(samples)

    async def partial(self) -> str:
        return await self._ask(lambda stream: stream.partial())

    async def final(self) -> str:
        return await self._ask(lambda stream: stream.final())

    async def next_signal(self) -> TurnSignal:
        while True:
            signal: TurnSignal | None = None
            with trio.CancelScope() as self._heeding:
                stream = self._streams.get(self._active) if self._active is not None else None
                if isinstance(stream, TurnSignalStream):
                    signal = await stream.next_signal()
                else:
                    await trio.sleep_forever()
            if signal is not None and signal.segment == self._segment:
                return signal

    def _listen_to(self, member: Member[Stt] | None) -> None:
        if member is not self._active:
            self._active = member
            self._heeding.cancel(reason="another engine hears the segment")

    async def aclose(self) -> None:
        for stream in self._streams.values():
            await stream.aclose()

    async def _ask(self, request: Callable[[SttStream], Awaitable[str]]) -> str:
        """The engine that hears the segment, then each of the others."""
        segment, last = self._segment, None
        candidates = self._chain.candidates()
        candidates.sort(key=lambda each: each[0] is not self._active)
        for member, patience in candidates:
            try:
                stream = await self._stream_of(member, patience)
                if segment != self._segment:
                    return ""
                self._listen_to(member)
                self._catch_up(member)
                with trio.move_on_after(patience) as scope:
                    text = await request(stream)
                if scope.cancelled_caught:
                    raise too_slow(member)
            except EngineError as error:
                self._chain.failed(member, error)
                last = error
                continue
            self._chain.worked(member)
            return text
        assert last is not None
        raise last

    async def _stream_of(self, member: Member[Stt], patience: float) -> SttStream:
        if member not in self._streams:
            with trio.move_on_after(patience) as scope:
                self._streams[member] = await member.engine.open_stream(hints=self._hints)
            if scope.cancelled_caught:
                raise too_slow(member)
        return self._streams[member]

    def _begin(self, member: Member[Stt]) -> None:
        self._begun[member] = self._segment
        self._streams[member].begin(self._segment)

    def _catch_up(self, member: Member[Stt]) -> None:
        """Begin the segment and push all of its audio, where this engine has not heard it."""
        if self._segment >= 0 and self._begun.get(member) != self._segment:
            self._begin(member)
            for samples in self._audio:
                self._streams[member].push(samples)
