"""A recogniser's stream around another one, which passes everything on: to be changed in part."""

from __future__ import annotations

import trio

from actors.ports import Pcm, SttStream, TurnSignal, TurnSignalStream

__all__ = ["PassingStream"]


class PassingStream:
    """See :class:`actors.ports.TurnSignalStream`. Gives no signals where the one within gives none."""

    def __init__(self, stream: SttStream) -> None:
        self._stream = stream

    def begin(self, segment: int) -> None:
        self._stream.begin(segment)

    def push(self, samples: Pcm) -> None:
        self._stream.push(samples)

    async def partial(self) -> str:
        return await self._stream.partial()

    async def final(self) -> str:
        return await self._stream.final()

    async def next_signal(self) -> TurnSignal:
        if isinstance(self._stream, TurnSignalStream):
            return await self._stream.next_signal()
        await trio.sleep_forever()
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        await self._stream.aclose()
