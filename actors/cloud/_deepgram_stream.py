"""One call's recogniser: the port, over as many connections as it takes.

A task of the engine's nursery keeps one connection open from the start, so that it is there before the caller speaks.
When it dies or stalls the next one gets the audio that no final result covers, and the transcripts are stitched
(:mod:`actors.cloud._deepgram_words`). The service hears only open segments, one after the other; between them it is
kept alive. A segment that begins settles what was sent of the one before, so that no word is made of both.
"""

from __future__ import annotations

import logging
import math
import random
from collections import deque

import attrs
import trio
from trio_websocket import WebSocketConnection

from actors.cloud._deepgram_audio import Ring, back_off
from actors.cloud._deepgram_dialect import Dialect, Heard, LinkSettings, Signalled, engine_name
from actors.cloud._deepgram_errors import CONNECTION_FAILURES, translated
from actors.cloud._deepgram_link import ROUNDING, Link
from actors.cloud._deepgram_socket import use_socket
from actors.cloud._deepgram_turns import SignalGate, SignalQueue
from actors.cloud._deepgram_words import Stitcher
from actors.errors import EngineError, EngineOverloaded, EngineRefused, EngineTimeout, EngineUnavailable
from actors.ports import CALLER_RATE, Pcm, SignalKind, TurnSignal

__all__ = ["DeepgramStatistics", "DeepgramStream"]

_log = logging.getLogger(__name__)

_CLOSE_SECONDS = 0.5
_SOUND_SECONDS = 5.0  # a connection that lasted so long was sound, even if nothing was said
_REST = CALLER_RATE // 10  # no word is that short; the service need not report on it


@attrs.frozen
class DeepgramStatistics:
    """``connections`` opened so far; ``replayed``: samples sent again on a new one; ``dropped``: samples that were too
    many to keep while there was no connection; ``lost``: why the latest 16 connections were replaced."""

    connections: int
    replayed: int
    dropped: int
    lost: tuple[EngineError, ...]


class DeepgramStream:
    """See :class:`actors.ports.SttStream`; made by an engine's ``open_stream``. Also a
    :class:`~actors.ports.TurnSignalStream`.

    ``partial`` never waits. ``final`` raises EngineRefused, EngineOverloaded, EngineTimeout, EngineUnavailable or
    EngineBadReply when it could not be had within ``settings.final``, or at once when the key is refused.
    """

    def __init__(self, url: str, headers: list[tuple[bytes, bytes]], dialect: Dialect, settings: LinkSettings) -> None:
        self._url, self._headers = url, headers
        self._dialect, self._settings = dialect, settings
        self._rng = random.Random()
        self._ring = Ring(round(settings.keep * CALLER_RATE))
        self._stitcher = Stitcher()
        self._gate = SignalGate()
        self._signals = SignalQueue()
        self._segment = -1
        self._begin = 0
        self._sent = 0  # position up to which audio was sent on earlier connections
        self._link: Link | None = None
        self._refused: EngineError | None = None
        self._trouble: EngineError | None = None
        self._retry_at = -math.inf
        self._closing = False
        self._changed = trio.Event()
        self._scope = trio.CancelScope()
        self._ended = trio.Event()
        self._connections = self._replayed = 0
        self._lost: deque[EngineError] = deque(maxlen=16)

    def statistics(self) -> DeepgramStatistics:
        return DeepgramStatistics(self._connections, self._replayed, self._ring.dropped, tuple(self._lost))

    # --- the port ---------------------------------------------------------------------------------------------------

    def begin(self, segment: int) -> None:
        if segment <= self._segment:
            raise ValueError(f"segment {segment} after segment {self._segment}")
        self._segment, self._begin = segment, self._ring.end
        self._ring.drop_before(self._begin)
        self._stitcher.begin(self._begin)
        self._gate.begin()
        self._signals.clear()
        if self._link is not None:
            self._link.begin(self._begin)
            self._link.timeline.forget_before(self._begin)
        self._wake()

    def push(self, samples: Pcm) -> None:
        if len(samples):
            self._ring.push(samples)
            if self._link is not None:
                self._link.more()

    async def partial(self) -> str:
        await trio.lowlevel.checkpoint()
        return self._stitcher.text

    async def final(self) -> str:
        await trio.lowlevel.checkpoint()
        try:
            return await self._settle(self._segment, self._ring.end)
        finally:
            if self._link is not None:
                self._link.withdraw()

    async def _settle(self, segment: int, target: int) -> str:
        deadline = trio.current_time() + self._settings.final
        while segment == self._segment:
            if self._reached(target):
                return self._stitcher.text
            if self._refused is not None:
                raise self._refused
            if self._trouble is not None and self._retry_at >= deadline:
                raise self._trouble  # waiting would not help; another engine may
            now = trio.current_time()
            if now >= deadline:
                if self._trouble is None and self._nearly_reached(target):
                    return self._stitcher.text
                raise self._trouble or EngineTimeout(engine_name, "no final transcript in time")
            wake_at = deadline
            if self._link is not None:
                self._link.ask(target)
                wake_at = self._mind_answer(self._link, target, now)
                if wake_at <= now:
                    return self._stitcher.text
            with trio.move_on_at(min(deadline, wake_at)):
                await self._changed.wait()
        return ""

    async def next_signal(self) -> TurnSignal:
        return await self._signals.get()

    async def aclose(self) -> None:
        self._closing = True
        try:
            if self._link is not None:
                self._link.close()
                with trio.move_on_after(_CLOSE_SECONDS):
                    await self._ended.wait()
            await trio.lowlevel.checkpoint()
        finally:
            self._scope.cancel(reason="the call needs no more transcripts")
            self._wake()

    def _reached(self, target: int) -> bool:
        until = self._stitcher.settled_until if self._dialect.settles else self._stitcher.covered_until
        return until >= target - ROUNDING

    def _nearly_reached(self, target: int) -> bool:
        """Whether all that could be a word has been heard, though the service has not said so for good."""
        return self._stitcher.covered_until >= max(target - _REST, self._begin + 1)

    def _mind_answer(self, link: Link, target: int, now: float) -> float:
        """When to look again at a request to settle; ``now`` if what there is will do. Gives the connection up when
        it is over its time."""
        asked_at = link.asked_at(target)
        if asked_at is None:
            return math.inf
        late_at = asked_at + self._settings.answer
        if now < late_at:
            return late_at
        if self._nearly_reached(target):
            return now
        link.lose(EngineTimeout(engine_name, "no final result in time"))
        return math.inf

    # --- results ----------------------------------------------------------------------------------------------------

    def _hear(self, event: Heard | Signalled) -> int:
        link = self._link
        if link is None:
            return 0
        stitcher = self._stitcher
        if isinstance(event, Signalled):
            if link.timeline.position(event.at, ending=True) >= self._begin:
                self._tell(self._gate.pass_on(event.signal, stitcher.text), 0.0)
            return 0
        words = [link.timeline.word(spoken) for spoken in event.words]
        until = link.timeline.position(event.until, ending=True)
        if event.final:
            if event.flushed:
                until = link.answered(until)
            stitcher.settle(words, until)
            keep_from = self._replay_from()
            self._ring.drop_before(keep_from)
            link.timeline.forget_before(keep_from)
        elif until >= self._begin:
            stitcher.interim(words, until)
        if any(word.middle >= self._begin for word in words):
            told = self._gate.pass_on(event.signal, stitcher.text) if event.signal else self._gate.heard(stitcher.text)
            self._tell(told, event.confidence)
        self._trouble = None
        self._wake()
        return until

    def _tell(self, kinds: list[SignalKind], confidence: float) -> None:
        samples = max(0, self._stitcher.covered_until - self._begin)
        for kind in kinds:
            self._signals.put(TurnSignal(kind, self._segment, self._stitcher.text, samples, confidence))

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def _replay_from(self) -> int:
        return max(self._ring.start, self._stitcher.replay_from(round(self._settings.lead * CALLER_RATE)))

    # --- connections ------------------------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep a connection open until the stream is closed. The first failure to connect is raised, before
        ``started``; later ones are told to whoever waits for a transcript."""
        try:
            with self._scope:
                await self._keep_connected(task_status)
        except Exception as error:
            if self._connections == 0:
                raise
            _log.exception("the connection's task failed")
            self._refused = EngineUnavailable(engine_name, f"failed ({type(error).__name__})")
        finally:
            self._link = None
            self._ended.set()
            self._wake()

    async def _keep_connected(self, task_status: trio.TaskStatus[None]) -> None:
        failures = 0
        while not self._closing:
            before = self._connections
            error, sound = await self._connect(task_status)
            if self._closing or error is None:
                return
            if self._connections == 0:
                raise error
            self._trouble = error
            if self._connections > before:
                self._lost.append(error)
            if isinstance(error, EngineRefused):
                _log.error("%s", error)
                self._refused = error
                self._wake()
                return
            failures = 0 if sound else failures + 1
            _log.warning("%s; connecting again", error)
            retry_after = error.retry_after if isinstance(error, EngineOverloaded) else None
            first, most = self._settings.back_off_first, self._settings.back_off_most
            self._retry_at = trio.current_time() + back_off(failures, retry_after, self._rng, first=first, most=most)
            self._wake()
            await trio.sleep_until(self._retry_at)

    async def _connect(self, task_status: trio.TaskStatus[None]) -> tuple[EngineError | None, bool]:
        """One connection to its end: why it ended, and whether it had been a sound one."""
        link: Link | None = None
        error: EngineError | None = None

        async def use(ws: WebSocketConnection) -> EngineError | None:
            nonlocal link
            link = self._new_link()
            if self._connections == 1:
                task_status.started()
            return await link.run(ws)

        try:
            error = await use_socket(self._url, self._headers, use, connect=self._settings.connect)
        except CONNECTION_FAILURES as failure:
            error = translated(engine_name, failure)
        finally:
            self._link = None
            self._sent = max(self._sent, link.sent if link else 0)
            self._stitcher.lose()
        sound = link is not None and (link.heard > 0 or trio.current_time() - link.opened > _SOUND_SECONDS)
        return error, sound

    def _new_link(self) -> Link:
        start = self._replay_from()
        self._link = Link(self._dialect, self._settings, self._ring, start, self._hear)
        self._connections += 1
        self._replayed += max(0, self._sent - start)
        self._wake()
        return self._link
