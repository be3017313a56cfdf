"""Time that leaps over waiting and still charges for work: calls with real engines, faster than real time.

Between two deadlines nothing happens in a call, so the clock leaps; what a recogniser's thread takes is charged as the
CPU time it used. A loaded machine changes nothing then, and an hour of calls takes minutes. What the event loop itself
costs is not charged (the runs in real time tell that).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from math import inf

import trio

from actors.ports import Intent, Pcm, Stt, SttStream
from actors.testing._passing import PassingStream

__all__ = ["ChargedIntent", "ChargedStt", "PatientClock"]

_UNTIL_WOKEN = 3600.0


class PatientClock(trio.abc.Clock):
    """Real time until :meth:`leap`; then, if it is ``charging``, time leaps to the next deadline whenever every task
    waits, and stands still while ``stopped`` is above 0 (somebody waits for a thread)."""

    def __init__(self, *, charging: bool) -> None:
        self.charging = charging
        self.leaping = False
        self.stopped = 0
        self._now = 0.0
        self._real = 0.0

    def leap(self) -> None:
        """All is loaded: no thread is waited for from here on but those that stop this clock."""
        self.leaping = self.charging

    def start_clock(self) -> None:
        self._real = time.perf_counter()

    def current_time(self) -> float:
        if not self.leaping:
            self._now = time.perf_counter() - self._real
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        if not self.leaping:
            return deadline - self.current_time()
        if self.stopped or deadline == inf:
            return _UNTIL_WOKEN
        self._now = max(self._now, deadline)
        return 0.0


class ChargedIntent:
    """The judge of sounds on a :class:`PatientClock`, one call at a time."""

    def __init__(self, engine: Intent, clock: PatientClock) -> None:
        self.name = engine.name
        self._engine, self._clock = engine, clock

    async def meant(self, samples: Pcm) -> float | None:
        begun = time.process_time()
        self._clock.stopped += 1
        try:
            with trio.CancelScope(shield=True):
                meant = await self._engine.meant(samples)
        finally:
            self._clock.stopped -= 1
        await trio.sleep(time.process_time() - begun)
        return meant

    def with_words(self, text: str, sound: float | None) -> float | None:
        return self._engine.with_words(text, sound)


class ChargedStt:
    """A recogniser on a :class:`PatientClock`, one call at a time."""

    def __init__(self, engine: Stt, clock: PatientClock) -> None:
        self.name = engine.name
        self._engine, self._clock = engine, clock

    async def open_stream(self, *, hints: Sequence[str] = ()) -> SttStream:
        return _ChargedStream(await self._engine.open_stream(hints=hints), self._clock)


class _ChargedStream(PassingStream):
    def __init__(self, stream: SttStream, clock: PatientClock) -> None:
        super().__init__(stream)
        self._clock = clock
        self._busy_until = 0.0  # work that was given up goes on all the same

    async def partial(self) -> str:
        return await self._charged(self._stream.partial)

    async def final(self) -> str:
        return await self._charged(self._stream.final)

    async def _charged(self, request: Callable[[], Awaitable[str]]) -> str:
        await trio.sleep_until(self._busy_until)
        begun = time.process_time()
        self._clock.stopped += 1
        try:
            with trio.CancelScope(shield=True):
                text = await request()
        finally:
            self._clock.stopped -= 1
        self._busy_until = trio.current_time() + time.process_time() - begun
        await trio.sleep_until(self._busy_until)
        return text
