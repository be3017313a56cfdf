"""One connection to the service, from open to lost: one task sends, one receives, one watches over both.

What the protocols have in common is here; a :class:`Dialect` words it. The sender decides in :meth:`Link.next_step`,
which is plain code over the state, and is woken whenever that may have changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from actors.cloud._deepgram_audio import Pace, Ring
from actors.cloud._deepgram_dialect import Dialect, Failed, Heard, LinkSettings, Signalled, engine_name
from actors.cloud._deepgram_errors import closed, from_code
from actors.cloud._deepgram_words import Timeline
from actors.errors import EngineBadReply, EngineError, EngineTimeout, EngineUnavailable
from actors.ports import CALLER_RATE

__all__ = ["ROUNDING", "Link"]


@attrs.frozen
class SendAudio:
    samples: int


@attrs.frozen
class SendFlush:
    pass


@attrs.frozen
class SendKeepAlive:
    pass


@attrs.frozen
class SendClose:
    pass


@attrs.frozen
class Wait:
    until: float


@attrs.frozen
class _Flush:
    position: int
    at: float


Step = SendAudio | SendFlush | SendKeepAlive | SendClose | Wait

ROUNDING = CALLER_RATE // 20  #: samples; results may end that much before the audio they cover
_STALLED = CALLER_RATE // 2  # that much audio without a result is no rest that just was not reported yet


class Link:
    """``start``: position of the first sample to send. ``hear`` takes what was decoded and returns the position up to
    which results now cover the audio."""

    def __init__(
        self,
        dialect: Dialect,
        settings: LinkSettings,
        ring: Ring,
        start: int,
        hear: Callable[[Heard | Signalled], int],
    ) -> None:
        now = trio.current_time()
        self._dialect, self._settings, self._ring, self._hear = dialect, settings, ring, hear
        self.timeline = Timeline(start)
        self.opened = now
        self.heard = 0  #: results received
        self._next = start
        self._flushed = start
        self._flushes: deque[_Flush] = deque(maxlen=64)  # those not answered yet
        self._covered = start
        self._settled = start
        self._boundary = False
        self._wish: tuple[int, float] | None = None
        self._closing = False
        self._pace = Pace(settings.replay_speed, settings.replay_burst, now)
        self._sent_at = self._audio_at = self._progress_at = now
        self._wake = trio.Event()
        self._scope = trio.CancelScope()
        self._error: EngineError | None = None

    # --- what the stream asks for -----------------------------------------------------------------------------------

    @property
    def sent(self) -> int:
        """The position up to which audio was sent."""
        return self._next

    def more(self) -> None:
        """There is more audio."""
        self._wake.set()

    def begin(self, position: int) -> None:
        """Audio before ``position`` is of no interest any more; settle what was sent of it, apart from the rest."""
        self._next = max(self._next, position)
        self._boundary = True
        self._wish = None
        self._wake.set()

    def ask(self, position: int) -> None:
        """Settle everything up to ``position`` when it has been sent; once, however often it is asked."""
        if position > self._flushed and (self._wish is None or self._wish[0] < position):
            self._wish = (position, trio.current_time() + self._dialect.flush_after)
            self._wake.set()

    def withdraw(self) -> None:
        """What was asked for is not needed any more."""
        self._wish = None

    def asked_at(self, position: int) -> float | None:
        """When the unanswered request to settle everything up to ``position`` was sent, if it was."""
        return next((flush.at for flush in self._flushes if flush.position >= position), None)

    def close(self) -> None:
        """Say goodbye; ``run`` returns when the service has answered."""
        self._closing = True
        self._wake.set()

    def lose(self, error: EngineError) -> None:
        """Give the connection up."""
        if self._error is None:
            self._error = error
        self._scope.cancel(reason="the connection is given up")

    def answered(self, until: int) -> int:
        """A result says that it answers our request: the position that it settles at least."""
        return max(until, self._flushes.popleft().position) if self._flushes else until

    # --- running ----------------------------------------------------------------------------------------------------

    async def run(self, ws: WebSocketConnection) -> EngineError | None:
        """Serve the connection until it is lost (returns why) or closed as asked (None)."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._send, ws)
                nursery.start_soon(self._watch)
                nursery.start_soon(self._ping, ws)
                await self._receive(ws)
                self._scope.cancel(reason="the connection is over")
        return None if self._closing else self._error

    async def _receive(self, ws: WebSocketConnection) -> None:
        while True:
            try:
                message = await ws.get_message()
                event = self._dialect.read(message) if isinstance(message, str) else None
            except ConnectionClosed:
                self.lose(closed(engine_name, ws.closed))
                return
            except ValueError:
                self.lose(EngineBadReply(engine_name, "a message is not what the protocol allows"))
                return
            if isinstance(event, Failed):
                self.lose(from_code(engine_name, event.code))
                return
            if event is not None:
                self._take(event)

    def _take(self, event: Heard | Signalled) -> None:
        self._progress_at = trio.current_time()
        until = self._hear(event)
        if not isinstance(event, Heard):
            return
        self.heard += 1
        self._covered = max(self._covered, until)
        if event.final or not self._dialect.settles:
            self._settled = max(self._settled, until)
            while self._flushes and self._flushes[0].position <= self._settled + ROUNDING:
                self._flushes.popleft()

    async def _send(self, ws: WebSocketConnection) -> None:
        while True:
            self._wake = trio.Event()
            match self.next_step(trio.current_time()):
                case Wait(until):
                    with trio.move_on_at(until):
                        await self._wake.wait()
                    continue
                case SendClose():
                    await self._put(ws, self._dialect.close)
                    return
                case step:
                    await self._do(ws, step)

    async def _do(self, ws: WebSocketConnection, step: Step) -> None:
        now = trio.current_time()
        match step:
            case SendAudio(samples):
                audio = self._ring.read(self._next, samples)
                if self._covered >= self._next:
                    self._progress_at = now
                self.timeline.add(self._next, samples)
                self._next += samples
                self._pace.spend(samples, now)
                self._audio_at = now
                await self._put(ws, audio)
            case SendFlush():
                self._boundary = False
                self._flushed = self._next
                if self._wish is not None and self._wish[0] <= self._next:
                    self._wish = None
                self._flushes.append(_Flush(self._next, now))
                await self._put(ws, self._dialect.flush)
                await self._put_silence(ws, self._dialect.flush_silence)
            case _ if self._dialect.keep_alive is None:
                await self._put_silence(ws, self._dialect.most)
            case _:
                await self._put(ws, self._dialect.keep_alive)

    async def _put_silence(self, ws: WebSocketConnection, samples: int) -> None:
        """Send silence of our own: it counts in the service's time, not in ours."""
        while samples > 0:
            piece = min(samples, self._dialect.most)
            self.timeline.add(None, piece)
            await self._put(ws, bytes(2 * piece))
            samples -= piece

    async def _put(self, ws: WebSocketConnection, message: str | bytes) -> None:
        self._sent_at = trio.current_time()
        try:
            await ws.send_message(message)
        except ConnectionClosed:
            # The receiver learns why, after what was still under way.
            await trio.sleep_forever()

    def next_step(self, now: float) -> Step:
        """What to send now, or until when there is nothing to send. Sends nothing itself."""
        if self._closing:
            return SendClose()
        self._next = max(self._next, self._ring.start)  # what the buffer had to drop is lost
        unflushed = self._next > max(self._flushed, self._settled + ROUNDING)
        if self._boundary:
            if unflushed:
                return SendFlush()
            self._boundary = False
        idle_at = self._audio_at + self._settings.idle
        due = [self._sent_at + self._settings.keep_alive]
        backlog = self._ring.end - self._next
        hurry = now >= idle_at or (self._wish is not None and self._next < self._wish[0])
        if backlog >= self._dialect.least or (backlog and hurry):
            samples = min(backlog, self._dialect.most)
            wait = self._pace.wait(samples, now)
            if wait <= 0:
                return SendAudio(samples)
            due.append(now + wait)
        elif unflushed or backlog:
            asked_for = self._wish[1] if self._wish is not None and self._next >= self._wish[0] else idle_at
            if now >= min(asked_for, idle_at):
                return SendFlush()
            due.append(min(asked_for, idle_at))
        if now >= due[0]:
            return SendKeepAlive()
        return Wait(min(due))

    async def _watch(self) -> None:
        """Give the connection up when the service says nothing about audio that it was given."""
        stall = self._settings.stall
        while True:
            await trio.sleep(stall / 8)
            now = trio.current_time()
            if self._next - self._covered <= _STALLED:
                continue
            if now - self._progress_at > stall and now - self._audio_at < 2 * stall:
                self.lose(EngineTimeout(engine_name, "nothing was heard of the audio sent"))

    async def _ping(self, ws: WebSocketConnection) -> None:
        """Notice a connection that died while nobody spoke."""
        while True:
            await trio.sleep(self._settings.keep_alive)
            with trio.move_on_after(self._settings.pong) as scope:
                try:
                    await ws.ping()
                except ConnectionClosed:
                    return
            if scope.cancelled_caught:
                self.lose(EngineUnavailable(engine_name, "the server does not answer a ping"))
